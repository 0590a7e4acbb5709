//! A subscriber that drives itself hears what it should, once, in order, and is woken for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use fanfare_hub::{Admission, Heard, Hub, JoinError, Listener, PageLimit, Start};
use proptest::prelude::*;

use crate::rig::{at, hub, keeping, name, publish, ready, roomy};

/// Counts how often a task is woken.
#[derive(Default)]
struct Alarm(AtomicUsize);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn listen(hub: &Hub, channels: &[(&str, Start)], admission: Admission) -> Listener {
    let places = channels
        .iter()
        .map(|(channel, start)| (name(channel), *start));
    hub.listen(places, admission, PageLimit::default(), at(1001))
        .unwrap()
}

/// Everything there is to hear at the moment, in words.
fn hear(listener: &mut Listener) -> Vec<String> {
    hear_with(listener, Waker::noop())
}

fn hear_with(listener: &mut Listener, waker: &Waker) -> Vec<String> {
    let mut cx = Context::from_waker(waker);
    let mut heard = Vec::new();
    while let Poll::Ready(next) = listener.poll(&mut cx, at(1002)) {
        heard.push(match next.unwrap() {
            Heard::CaughtUp => "caught up".to_owned(),
            Heard::Ended { index, reason } => format!("{index} ended: {reason:?}"),
            Heard::Gap { index, gap } => format!("{index} gap {} to {}", gap.after, gap.resumed),
            Heard::Message { index, message } => {
                format!("{index} {}", String::from_utf8_lossy(message.payload()))
            }
        });
    }
    heard
}

#[test]
fn hears_what_is_stored_and_then_what_is_published() {
    let hub = hub(roomy());
    publish(&hub, "a", "stored", 1001);
    let mut listener = listen(&hub, &[("a", Start::Oldest)], Admission::Broadcast);
    assert_eq!(hear(&mut listener), ["0 stored", "caught up"]);
    publish(&hub, "a", "live", 1001);
    publish(&hub, "b", "elsewhere", 1001);
    assert_eq!(hear(&mut listener), ["0 live"]);
    assert_eq!(
        listener.cursors().collect::<Vec<_>>(),
        [Some("1001:1".parse().unwrap())]
    );
}

#[test]
fn what_is_stored_in_several_channels_comes_in_the_order_of_its_ids() {
    let hub = hub(roomy());
    publish(&hub, "b", "1", 1001);
    publish(&hub, "a", "2", 1002);
    publish(&hub, "b", "3", 1003);
    let channels = [("a", Start::Oldest), ("b", Start::Oldest)];
    let mut listener = listen(&hub, &channels, Admission::Broadcast);
    assert_eq!(hear(&mut listener), ["1 1", "0 2", "1 3", "caught up"]);
}

#[test]
fn is_woken_when_there_is_something_to_hear() {
    let hub = hub(roomy());
    let alarm = Arc::new(Alarm::default());
    let waker = Waker::from(Arc::clone(&alarm));
    let mut listener = listen(&hub, &[("a", Start::Newest)], Admission::Broadcast);
    assert_eq!(hear_with(&mut listener, &waker), ["caught up"]);
    publish(&hub, "a", "1", 1001);
    publish(&hub, "a", "2", 1001);
    assert_eq!(alarm.0.load(Ordering::Relaxed), 1);
    assert_eq!(hear_with(&mut listener, &waker), ["0 1", "0 2"]);
    publish(&hub, "a", "3", 1001);
    assert_eq!(alarm.0.load(Ordering::Relaxed), 2);
}

#[test]
fn a_burst_beyond_its_inbox_is_read_from_the_engine() {
    let hub = hub(keeping(1000));
    let mut listener = listen(&hub, &[("a", Start::Newest)], Admission::Broadcast);
    hear(&mut listener);
    let numbers: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    for number in &numbers {
        publish(&hub, "a", number, 1001);
    }
    let expected: Vec<String> = numbers.iter().map(|number| format!("0 {number}")).collect();
    assert_eq!(hear(&mut listener), expected);
}

#[test]
fn is_told_of_what_it_missed() {
    let hub = hub(keeping(2));
    let first = publish(&hub, "a", "first", 1001).id;
    for payload in ["lost", "kept", "newest"] {
        publish(&hub, "a", payload, 1001);
    }
    let mut listener = listen(&hub, &[("a", Start::After(first))], Admission::Broadcast);
    assert_eq!(
        hear(&mut listener),
        ["0 gap 1001:0 to 1001:1", "0 kept", "0 newest", "caught up"]
    );
}

#[test]
fn hears_the_end_of_its_subscription_and_counts_no_more() {
    let hub = hub(roomy());
    let channels = [("a", Start::Newest), ("b", Start::Newest)];
    let mut listener = listen(&hub, &channels, Admission::Broadcast);
    hear(&mut listener);
    ready(hub.delete(&name("a"), at(1003))).unwrap();
    publish(&hub, "a", "of another life", 1004);
    publish(&hub, "b", "live", 1004);
    assert_eq!(hear(&mut listener), ["0 ended: Deleted", "1 live"]);
    assert_eq!((hub.presence(&name("a")), hub.presence(&name("b"))), (0, 1));
    drop(listener);
    assert_eq!(hub.subscriptions(), 0);
}

#[test]
fn gives_way_to_a_newcomer_or_keeps_it_out() {
    let hub = hub(roomy());
    let mut first = listen(&hub, &[("a", Start::Newest)], Admission::Last);
    hear(&mut first);
    let second = listen(&hub, &[("a", Start::Newest)], Admission::Last);
    assert_eq!(hear(&mut first), ["0 ended: Conflict"]);
    let places = [(name("b"), Start::Newest), (name("a"), Start::Newest)];
    let refused = hub.listen(places, Admission::First, PageLimit::default(), at(1003));
    assert!(matches!(refused, Err(JoinError::Conflict)));
    assert_eq!(hub.presence(&name("b")), 0, "it is in none of them");
    drop(first);
    assert_eq!(hub.presence(&name("a")), 1, "the second still listens");
    drop(second);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Hear(usize),
    Publish(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0..5_usize).prop_map(Step::Hear),
        9 => (0..2_usize).prop_map(Step::Publish),
    ]
}

proptest! {
    /// Whenever it comes to hear, and however little it reads at once, it misses nothing.
    #[test]
    fn hears_every_message_once_and_in_order(
        steps in proptest::collection::vec(step(), 0..600),
        messages in 1..10_usize,
    ) {
        let hub = hub(keeping(1000));
        let limit = PageLimit { messages, ..PageLimit::default() };
        let channels = ["a", "b"];
        let places = channels.map(|channel| (name(channel), Start::Oldest));
        let mut listener = hub.listen(places, Admission::Broadcast, limit, at(1001)).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let (mut published, mut heard) = ([0, 0], [0, 0]);
        for step in steps.into_iter().chain([Step::Hear(usize::MAX)]) {
            let times = match step {
                Step::Hear(times) => times,
                Step::Publish(index) => {
                    publish(&hub, channels[index], &published[index].to_string(), 1001);
                    published[index] += 1;
                    continue;
                }
            };
            for _ in 0..times {
                let Poll::Ready(next) = listener.poll(&mut cx, at(1002)) else {
                    break;
                };
                if let Heard::Message { index, message } = next.unwrap() {
                    prop_assert_eq!(message.payload(), &heard[index].to_string());
                    heard[index] += 1;
                }
            }
        }
        prop_assert_eq!(heard, published);
    }
}
