//! Many threads at once: order, loss and numbers must come out as if they had taken turns.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};

use fanfare_hub::limits::MESSAGE_OVERHEAD_BYTES;
use fanfare_hub::{
    Admission, Draft, Gap, Hub, Inbox, Item, MemoryLimits, MessageId, Place, Seat, Standing, Start,
    Step, Wake,
};

use crate::rig::{IDLE, at, hub, inbox, keeping, name, publish, read, ready, roomy, take};

const PUBLISHERS: usize = 4;
const READERS: usize = 3;
const MESSAGES_EACH: usize = 300;
const CHANNELS: [&str; 2] = ["a", "b"];

/// Wakes a reader's thread. A wake before it parks is not lost.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(&self) {
        self.0.unpark();
    }
}

/// What one reader of a channel was given and told, in order.
#[derive(Default)]
struct Heard {
    /// Its cursor before the first page; it is owed everything after.
    start: Option<MessageId>,
    ids: Vec<MessageId>,
    gaps: Vec<Gap>,
}

impl Heard {
    /// Reads one channel until `done`, as a driver does: live while it can, pages when behind.
    fn listen(hub: &Hub, channel: &str, done: &AtomicBool) -> Self {
        let mut heard = Self::default();
        let mut place = Place::new(name(channel), Start::Oldest);
        // Small, so that it is often full.
        let inbox = Inbox::bounded(Box::new(Unpark(thread::current())), 8, 1 << 20);
        let seat = hub
            .join(&name(channel), &inbox, Admission::Broadcast, at(1001))
            .unwrap();
        heard.catch_up(hub, &mut place);
        loop {
            // Asked before the inbox is emptied, or the last messages could be left in it.
            let is_last_turn = done.load(Ordering::SeqCst);
            heard.take(hub, &inbox, &mut place);
            if is_last_turn {
                break;
            }
            thread::park();
        }
        hub.leave(&name(channel), &inbox, seat, at(1001));
        heard
    }

    fn take(&mut self, hub: &Hub, inbox: &Inbox, place: &mut Place) {
        let mut items = Vec::new();
        inbox.take(&mut items);
        for item in &items {
            let Item::Message(message) = item else {
                self.catch_up(hub, place);
                continue;
            };
            match place.judge(message) {
                Standing::Behind => self.catch_up(hub, place),
                Standing::Next => self.ids.push(message.id()),
                Standing::Seen => {}
            }
        }
    }

    fn catch_up(&mut self, hub: &Hub, place: &mut Place) {
        loop {
            let mut page = read(hub, place.channel().as_str(), place.start(), 1001);
            self.start.get_or_insert(page.start);
            while let Some(step) = place.follow(&mut page) {
                match step {
                    Step::Gap(gap) => self.gaps.push(gap),
                    Step::Message(message) => self.ids.push(message.id()),
                }
            }
            if !page.has_more {
                return;
            }
        }
    }

    fn check_nothing_is_lost_in_silence(&self, published: &[MessageId]) {
        assert!(self.ids.is_sorted_by(|a, b| a < b), "in order, none twice");
        let told = |id| self.gaps.iter().any(|g| g.after < id && id <= g.resumed);
        for id in published.iter().filter(|id| Some(**id) > self.start) {
            let got = self.ids.binary_search(id).is_ok();
            assert!(got != told(*id), "{id} was either given or told of");
        }
    }
}

/// Publishes from many threads while others read. Says what was published and what was heard, by
/// channel.
fn broadcast(limits: MemoryLimits) -> Vec<(Vec<MessageId>, Vec<Heard>)> {
    let hub = &hub(limits);
    let done = &AtomicBool::new(false);
    thread::scope(|scope| {
        let listen = |channel| scope.spawn(move || Heard::listen(hub, channel, done));
        let readers = CHANNELS.map(|channel| (0..READERS).map(|_| listen(channel)).collect());
        let readers: [Vec<_>; 2] = readers;
        let publisher = || scope.spawn(move || publish_to_all(hub));
        let publishers: Vec<_> = (0..PUBLISHERS).map(|_| publisher()).collect();
        let mut published = [Vec::new(), Vec::new()];
        for publisher in publishers {
            let receipts = publisher.join().unwrap();
            for (all, more) in published.iter_mut().zip(receipts) {
                all.extend(more);
            }
        }
        done.store(true, Ordering::SeqCst);
        let hear = |reader: thread::ScopedJoinHandle<'_, Heard>| {
            reader.thread().unpark();
            reader.join().unwrap()
        };
        let heard = readers.map(|readers| readers.into_iter().map(hear).collect());
        published.into_iter().zip(heard).collect()
    })
}

fn publish_to_all(hub: &Hub) -> [Vec<MessageId>; 2] {
    let mut ids = [Vec::new(), Vec::new()];
    for _ in 0..MESSAGES_EACH {
        for (ids, channel) in ids.iter_mut().zip(CHANNELS) {
            ids.push(publish(hub, channel, "x", 1001).id);
        }
    }
    for ids in &ids {
        assert!(ids.is_sorted_by(|a, b| a < b), "each publisher's own order");
    }
    ids
}

#[test]
fn every_reader_gets_every_message_in_order() {
    for (mut published, heard) in broadcast(keeping(PUBLISHERS * MESSAGES_EACH)) {
        published.sort();
        assert_eq!(published.len(), PUBLISHERS * MESSAGES_EACH);
        for heard in heard {
            assert_eq!(heard.ids, published);
            assert_eq!(heard.gaps, []);
        }
    }
}

#[test]
fn every_loss_is_told_when_readers_are_too_slow() {
    for (published, heard) in broadcast(keeping(3)) {
        for heard in heard {
            heard.check_nothing_is_lost_in_silence(&published);
        }
    }
}

#[test]
fn a_publish_repeated_from_many_threads_is_published_once() {
    let hub = &hub(roomy());
    let draft = || Draft {
        idempotency_key: Some("k".into()),
        ..Draft::new("x")
    };
    let repeat = || ready(hub.publish(&name("a"), draft(), at(1001))).unwrap();
    let receipts = thread::scope(|scope| {
        let threads: Vec<_> = (0..PUBLISHERS).map(|_| scope.spawn(repeat)).collect();
        threads
            .into_iter()
            .map(|t| t.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(receipts.iter().filter(|r| !r.repeated).count(), 1);
    assert!(receipts.iter().all(|r| r.id == receipts[0].id));
    assert_eq!(hub.usage().messages, 1);
}

#[test]
fn one_seat_is_left_when_many_take_over_at_once() {
    let hub = &hub(roomy());
    let take_over = || {
        let inbox = inbox();
        let take_over = || hub.join(&name("a"), &inbox, Admission::Last, at(1001));
        let seats: Vec<Seat> = (0..50).map(|_| take_over().unwrap()).collect();
        (inbox, seats)
    };
    let all = thread::scope(|scope| {
        let threads: Vec<_> = (0..PUBLISHERS).map(|_| scope.spawn(take_over)).collect();
        threads
            .into_iter()
            .map(|t| t.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!((hub.presence(&name("a")), hub.subscriptions()), (1, 1));
    let notices: usize = all.iter().map(|(inbox, _)| take(inbox).len()).sum();
    let seats: usize = all.iter().map(|(_, seats)| seats.len()).sum();
    assert_eq!(notices, seats - 1, "all were ended but the last one");
    for (inbox, seats) in all {
        for seat in seats {
            hub.leave(&name("a"), &inbox, seat, at(1001));
        }
    }
    assert_eq!((hub.presence(&name("a")), hub.subscriptions()), (0, 0));
}

#[test]
fn numbers_come_out_even_when_everything_happens_at_once() {
    let weight = MESSAGE_OVERHEAD_BYTES + 1;
    let hub = &hub(MemoryLimits {
        bytes_max: 20 * weight,
        ..roomy()
    });
    let visit = |index: usize| {
        let inbox = inbox();
        for turn in 0..200 {
            let channel = CHANNELS[(index + turn) % CHANNELS.len()];
            let seat = hub.join(&name(channel), &inbox, Admission::Broadcast, at(1001));
            publish(hub, channel, "x", 1001);
            read(hub, channel, Start::Oldest, 1001);
            if turn % 10 == index {
                ready(hub.delete(&name(channel), at(1001))).unwrap();
            }
            if turn % 15 == index {
                hub.collect(at(1001), IDLE);
            }
            if let Ok(seat) = seat {
                hub.leave(&name(channel), &inbox, seat, at(1001));
            }
        }
    };
    thread::scope(|scope| {
        for index in 0..PUBLISHERS {
            scope.spawn(move || visit(index));
        }
    });
    let usage = hub.usage();
    assert!(usage.message_bytes <= 20 * weight);
    assert_eq!(usage.message_bytes, usage.messages * weight);
    let stored = CHANNELS.map(|channel| read(hub, channel, Start::Oldest, 1001).messages.len());
    assert_eq!(usage.messages, stored.iter().sum());
    assert_eq!(hub.subscriptions(), 0);
    for channel in CHANNELS {
        ready(hub.delete(&name(channel), at(1001))).unwrap();
    }
    let usage = hub.usage();
    assert_eq!(
        (usage.channels, usage.messages, usage.message_bytes),
        (0, 0, 0)
    );
}
