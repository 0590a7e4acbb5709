//! What the hub announced and nobody was told yet.

use std::collections::VecDeque;
use std::sync::Arc;

use fanfare_hub::{ChannelName, Inbox, Item, Message};

/// Messages of one channel that are told together. What comes in addition waits until other
/// channels had their turn.
pub(super) const TOGETHER_MAX: usize = 64;

/// Turns of the thread without another message after which there is none to wait for. A publisher
/// on this thread needs two for each.
const QUIET_TURNS: usize = 4;

/// Items in their order, from an inbox.
pub(super) struct Agenda {
    inbox: Arc<Inbox>,
    items: VecDeque<Item>,
    taken: Vec<Item>,
}

impl Agenda {
    pub(super) fn new(inbox: &Arc<Inbox>) -> Self {
        Self {
            inbox: Arc::clone(inbox),
            items: VecDeque::new(),
            taken: Vec::new(),
        }
    }

    /// What is to be done next.
    pub(super) fn next(&mut self) -> Option<Item> {
        self.refill();
        self.items.pop_front()
    }

    /// The message that comes next, if it is of this channel.
    pub(super) fn next_of(&mut self, channel: &ChannelName) -> Option<Arc<Message>> {
        self.refill();
        let is_it = |item: &mut Item| matches!(item, Item::Message(it) if it.channel() == channel);
        match self.items.pop_front_if(is_it) {
            Some(Item::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// Adds the messages of this channel that follow at once, and those that are being published
    /// just now, unless there is something else to do: whoever publishes one often publishes more.
    pub(super) async fn gather(&mut self, channel: &ChannelName, into: &mut Vec<Arc<Message>>) {
        let mut quiet = 0;
        while into.len() < TOGETHER_MAX {
            if let Some(message) = self.next_of(channel) {
                into.push(message);
                quiet = 0;
            } else if self.items.is_empty() && quiet < QUIET_TURNS {
                tokio::task::yield_now().await;
                quiet += 1;
            } else {
                return;
            }
        }
    }

    /// Nothing is taken from the inbox while something waits here: it is the inbox that is bounded.
    fn refill(&mut self) {
        if self.items.is_empty() {
            self.inbox.take(&mut self.taken);
            self.items.extend(self.taken.drain(..));
        }
    }
}

#[cfg(test)]
mod tests {
    use fanfare_hub::{
        Admission, Draft, Hub, MemoryEngine, MemoryLimits, Pending, Timestamp, Wake,
    };
    use tokio::sync::Notify;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_763_680_000);

    struct Unheard;

    impl Wake for Unheard {
        fn wake(&self) {}
    }

    fn name(channel: &str) -> ChannelName {
        ChannelName::new(channel).unwrap()
    }

    /// A hub, and an agenda that hears two of its channels.
    fn start() -> (Hub, Agenda) {
        let engine = MemoryEngine::new(MemoryLimits::default(), NOW);
        let hub = Hub::new(Arc::new(engine), 0);
        let inbox = Inbox::new(Box::new(Unheard));
        for channel in ["a", "b"] {
            let joined = hub.join(&name(channel), &inbox, Admission::default(), NOW);
            assert!(joined.is_ok());
        }
        (hub, Agenda::new(&inbox))
    }

    fn publish(hub: &Hub, channel: &str, text: &str) {
        let draft = Draft::new(text.to_owned().into_bytes());
        let published = hub.publish(&name(channel), draft, NOW);
        assert!(matches!(published, Pending::Ready(Ok(_))));
    }

    fn texts(messages: &[Arc<Message>]) -> Vec<String> {
        let text = |it: &Arc<Message>| String::from_utf8_lossy(it.payload()).into_owned();
        messages.iter().map(text).collect()
    }

    async fn gather(agenda: &mut Agenda, channel: &str) -> Vec<String> {
        let mut messages = Vec::new();
        agenda.gather(&name(channel), &mut messages).await;
        texts(&messages)
    }

    #[tokio::test]
    async fn messages_of_one_channel_are_gathered_up_to_what_is_of_another() {
        let (hub, mut agenda) = start();
        for (channel, text) in [("a", "1"), ("a", "2"), ("b", "3"), ("a", "4")] {
            publish(&hub, channel, text);
        }
        assert_eq!(gather(&mut agenda, "a").await, ["1", "2"]);
        assert_eq!(gather(&mut agenda, "a").await, [] as [&str; 0]);
        assert_eq!(gather(&mut agenda, "b").await, ["3"]);
        assert_eq!(gather(&mut agenda, "a").await, ["4"]);
        assert!(agenda.next().is_none());
    }

    #[tokio::test]
    async fn what_is_being_published_is_waited_for() {
        let (hub, mut agenda) = start();
        let begun = Arc::new(Notify::new());
        let publisher = tokio::spawn({
            let begun = Arc::clone(&begun);
            async move {
                begun.notified().await;
                for text in ["1", "2", "3"] {
                    tokio::task::yield_now().await;
                    tokio::task::yield_now().await;
                    publish(&hub, "a", text);
                }
            }
        });
        begun.notify_one();
        assert_eq!(gather(&mut agenda, "a").await, ["1", "2", "3"]);
        publisher.await.unwrap();
    }

    #[tokio::test]
    async fn others_have_their_turn_after_so_many() {
        let (hub, mut agenda) = start();
        for number in 0..=TOGETHER_MAX {
            publish(&hub, "a", &number.to_string());
        }
        assert_eq!(gather(&mut agenda, "a").await.len(), TOGETHER_MAX);
        assert_eq!(gather(&mut agenda, "a").await, [TOGETHER_MAX.to_string()]);
    }
}
