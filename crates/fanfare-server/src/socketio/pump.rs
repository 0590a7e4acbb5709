//! The one task that gives sockets what the hub announces.

use std::sync::{Arc, Weak};

use fanfare_hub::{Item, Message, Wake};
use tokio::sync::Notify;

use super::agenda::{Agenda, TOGETHER_MAX};
use super::gallery::Gallery;
use super::hearer::News;
use super::reader::Reader;

/// Steps before others on the thread get their turn: to give a socket something is one.
const STEPS_PER_TURN: usize = 256;

/// Wakes the pump when the inbox has something.
pub(super) struct Bell(pub(super) Arc<Notify>);

impl Wake for Bell {
    fn wake(&self) {
        self.0.notify_one();
    }
}

/// Goes on as long as the gallery is there.
pub(super) async fn run(gallery: Weak<Gallery>, mut agenda: Agenda, wakes: Arc<Notify>) {
    let mut turn = Turn::default();
    loop {
        wakes.notified().await;
        let Some(gallery) = gallery.upgrade() else {
            return;
        };
        while let Some(item) = agenda.next() {
            pass_on(&gallery, item, &mut agenda, &mut turn).await;
            turn.spend().await;
        }
    }
}

/// What was done since others on the thread had their turn.
#[derive(Default)]
struct Turn {
    steps: usize,
}

impl Turn {
    /// A step is done. True if others have had their turn since.
    async fn spend(&mut self) -> bool {
        self.steps += 1;
        let is_over = self.steps >= STEPS_PER_TURN;
        if is_over {
            self.steps = 0;
            tokio::task::yield_now().await;
        }
        is_over
    }
}

/// Does what the hub announced.
async fn pass_on(gallery: &Arc<Gallery>, item: Item, agenda: &mut Agenda, turn: &mut Turn) {
    match item {
        Item::Message(message) => announce(gallery, message, agenda, turn).await,
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

/// Gives a message to all who hear its channel, together with those that follow it: a write costs
/// more than all that is in it. What comes in while the first sockets are written to goes out to
/// the later ones at once, and to the first in a second pass.
async fn announce(
    gallery: &Arc<Gallery>,
    message: Arc<Message>,
    agenda: &mut Agenda,
    turn: &mut Turn,
) {
    let channel = message.channel().clone();
    let mut messages = vec![message];
    agenda.gather(&channel, &mut messages).await;
    let mut news: Vec<_> = messages.into_iter().map(News::new).collect();
    let mut told = 0;
    while told < news.len() {
        let known = news.len();
        for hearer in gallery.members(&channel) {
            if let Some(ticket) = hearer.offer(&mut news[told..]) {
                Reader::new(gallery, hearer, &channel, ticket).start(None);
            }
            let may_have_more = turn.spend().await;
            while may_have_more
                && news.len() < TOGETHER_MAX
                && let Some(message) = agenda.next_of(&channel)
            {
                news.push(News::new(message));
            }
        }
        told = known;
    }
}
