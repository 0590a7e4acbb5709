//! The one task that gives sockets what the hub announces.

use std::sync::{Arc, Weak};

use fanfare_hub::{ChannelName, Item, Wake};
use tokio::sync::Notify;

use super::gallery::Gallery;
use super::hearer::News;
use super::reader::Reader;

/// Sockets that are written to before others on the thread get their turn.
const SOCKETS_PER_TURN: usize = 256;

/// Wakes the pump when the inbox has something.
pub(super) struct Bell(pub(super) Arc<Notify>);

impl Wake for Bell {
    fn wake(&self) {
        self.0.notify_one();
    }
}

/// Goes on as long as the gallery is there.
pub(super) async fn run(gallery: Weak<Gallery>, wakes: Arc<Notify>) {
    let mut items = Vec::new();
    loop {
        wakes.notified().await;
        let Some(gallery) = gallery.upgrade() else {
            return;
        };
        gallery.inbox().take(&mut items);
        pass_on(&gallery, items.drain(..)).await;
    }
}

/// Does what the hub announced, in order.
async fn pass_on(gallery: &Arc<Gallery>, items: impl Iterator<Item = Item>) {
    let mut items = items.peekable();
    while let Some(item) = items.next() {
        match item {
            Item::Message(message) => {
                let channel = message.channel().clone();
                let mut news = vec![News::new(message)];
                while let Some(Item::Message(message)) = items
                    .next_if(|next| matches!(next, Item::Message(it) if *it.channel() == channel))
                {
                    news.push(News::new(message));
                }
                announce(gallery, &channel, news).await;
            }
            Item::Behind(channel) => {
                for hearer in gallery.members(&channel) {
                    if let Some(ticket) = hearer.fall_behind(&channel) {
                        Reader::new(gallery, hearer, &channel, ticket).start(None);
                    }
                }
            }
            // What waits for all to be told is kept until then.
            Item::End {
                channel,
                before,
                reason,
                telling: _telling,
            } => {
                for hearer in gallery.members(&channel) {
                    gallery.end(&hearer, &channel, before, reason);
                }
            }
        }
    }
}

/// Gives messages of one channel to all who hear it: to each of them all that there are, so that
/// they leave together.
async fn announce(gallery: &Arc<Gallery>, channel: &ChannelName, mut news: Vec<News>) {
    let members = gallery.members(channel);
    for turn in members.chunks(SOCKETS_PER_TURN) {
        for hearer in turn {
            if let Some(ticket) = hearer.offer(&mut news) {
                Reader::new(gallery, Arc::clone(hearer), channel, ticket).start(None);
            }
        }
        tokio::task::yield_now().await;
    }
}
