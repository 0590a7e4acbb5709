//! A socket that reads on in a channel: what is stored, and what was announced while it read.

use std::sync::Arc;

use fanfare_hub::{ChannelName, Page, PageLimit, Ticket};

use super::gallery::Gallery;
use super::hearer::Hearer;
use super::retry;

/// Reads for one subscription: if the socket leaves the channel and comes again, that is another's.
pub(super) struct Reader {
    gallery: Arc<Gallery>,
    hearer: Arc<Hearer>,
    channel: ChannelName,
    ticket: Ticket,
}

impl Reader {
    pub(super) fn new(
        gallery: &Arc<Gallery>,
        hearer: Arc<Hearer>,
        channel: &ChannelName,
        ticket: Ticket,
    ) -> Self {
        Self {
            gallery: Arc::clone(gallery),
            hearer,
            channel: channel.clone(),
            ticket,
        }
    }

    /// Asks the channel where the socket begins, and keeps that: from now on it can come back and
    /// misses nothing. None if it does not hear the channel any more.
    pub(super) async fn settle(&self) -> Option<Page> {
        let page = self.page().await?;
        self.hearer.settle(self.ticket, &page);
        Some(page)
    }

    /// Gives the socket all there is. It begins with a page, if there is one already.
    pub(super) fn start(self, first: Option<Page>) {
        tokio::spawn(self.run(first));
    }

    async fn run(self, mut first: Option<Page>) {
        loop {
            let page = match first.take() {
                Some(page) => page,
                None => match self.page().await {
                    Some(page) => page,
                    None => return,
                },
            };
            if self.hearer.follow(self.ticket, &self.channel, page) {
                return;
            }
            // What it gets next would only wait behind this. That its session is over, the next
            // look shows.
            let _ = self.hearer.socket.flushed().await;
        }
    }

    /// What the socket reads next. None if it does not hear the channel any more.
    async fn page(&self) -> Option<Page> {
        loop {
            let start = self.hearer.seats().with_ticket(self.ticket)?.place.start();
            let (hub, now) = (self.gallery.hub(), self.gallery.now());
            let read = hub.read(&self.channel, start, PageLimit::default(), now);
            match read.await {
                Ok(page) => return Some(page),
                Err(error) => retry::pause(&self.channel, &error).await,
            }
        }
    }
}
