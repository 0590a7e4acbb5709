//! Readers that take less than they are sent.

use std::time::Duration;

use fanfare_hub::{Draft, HistoryLimits};
use fanfare_link::LinkLimits;

use crate::rig::Rig;

fn limits() -> LinkLimits {
    LinkLimits {
        write_time: Duration::from_secs(6),
        backlog_bytes_max: 1000,
        ..LinkLimits::default()
    }
}

#[test]
fn a_reader_that_takes_nothing_is_cut_when_its_time_is_over() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.talk("news=newest&shy");
    peer.set_room(5);
    rig.publish("news", "one");
    rig.run();
    rig.pass(5);
    assert!(!peer.is_dropped());
    rig.pass(1);
    assert!(peer.is_dropped());
    assert!(
        peer.is_reset(),
        "it must not take the end for an orderly one"
    );
    assert_eq!(rig.shard.metrics().slow_readers_cut.value(), 1);
    rig.check_nothing_is_left();
}

#[test]
fn a_reader_that_takes_a_little_is_given_time() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.talk("news=newest&shy");
    peer.set_room(0);
    let id = rig.publish("news", &"x".repeat(100));
    rig.run();
    for _ in 0..4 {
        rig.pass(5);
        rig.take_more(&peer, 10);
    }
    rig.take_more(&peer, usize::MAX);
    assert_eq!(peer.take(), format!("news {id} {}\n", "x".repeat(100)));
    assert_eq!(rig.shard.metrics().backlog_bytes.value(), 0);
    rig.pass(100);
    assert!(!peer.is_dropped());
}

#[test]
fn messages_do_not_pile_up_for_a_slow_reader() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.talk("news=newest&shy");
    peer.set_room(0);
    let mut expected = String::new();
    for number in 0..50 {
        let id = rig.publish("news", &number.to_string());
        expected += &format!("news {id} {number}\n");
        rig.run();
        let backlog = rig.shard.metrics().backlog_bytes.value();
        assert_eq!(backlog, "news 1700000000:0 0\n".len() as u64);
    }
    rig.take_more(&peer, usize::MAX);
    assert_eq!(peer.take(), expected, "it reads on from its cursor");
}

/// A poll ends with its answer; the rest of it goes out before the next request is looked at.
#[test]
fn the_next_request_waits_for_the_rest_of_an_answer() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.get("/poll?news=newest");
    peer.set_room(10);
    rig.publish("news", "one");
    rig.run();
    rig.send(&peer, &crate::rig::request("/answer"));
    assert_eq!(peer.take().len(), 10);
    rig.take_more(&peer, usize::MAX);
    assert!(peer.take().ends_with("\r\n\r\nhello\n"));
}

#[test]
fn what_a_protocol_says_to_a_slow_reader_is_bounded() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.talk("shy");
    peer.set_room(0);
    // Bytes from the peer wait while it takes none, so one burst is all it can cause.
    rig.send(&peer, &"ping\n".repeat(1000));
    rig.send(&peer, "ping\n");
    assert!(!peer.is_dropped());
    assert_eq!(peer.unread(), 5);
    rig.take_more(&peer, usize::MAX);
    assert_eq!(peer.take(), "pong\n".repeat(1001));
}

#[test]
fn a_backlog_over_its_bound_ends_the_connection() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.talk("news=newest&shy&last");
    peer.set_room(0);
    rig.publish("news", &"x".repeat(1001));
    rig.run();
    assert!(
        !peer.is_dropped(),
        "one message may be as large as it likes"
    );
    rig.publish("news", "one");
    rig.run();
    assert!(
        !peer.is_dropped(),
        "what is not written cannot pass a bound"
    );
    // The newcomer makes the hub end the first one's place, and the protocol say so.
    rig.talk("news=newest&last&shy");
    assert!(peer.is_dropped());
    assert_eq!(rig.shard.metrics().backlog_bytes.value(), 0);
}

#[test]
fn a_reader_that_falls_behind_the_history_is_told_of_the_gap() {
    let mut rig = Rig::new();
    let peer = rig.talk("news=newest&shy");
    let (sent, resumed, last) = fall_behind(&mut rig, &peer);
    let expected = format!("news {sent} -\ngap news {sent} {resumed}\nnews {last} 9\n");
    assert_eq!(peer.take(), expected);
    assert_eq!(rig.shard.metrics().gaps.value(), 1);
}

#[test]
fn a_strict_reader_that_falls_behind_the_history_is_closed() {
    let mut rig = Rig::new();
    let peer = rig.talk("news=newest&shy&strict");
    let (sent, ..) = fall_behind(&mut rig, &peer);
    assert_eq!(peer.take(), format!("news {sent} -\nbye Behind\n"));
    assert!(peer.is_finished());
}

/// The policy is for readers that fell behind while they listened, not for those that come back.
#[test]
fn a_strict_reader_that_comes_back_too_late_is_told_of_the_gap() {
    let mut rig = Rig::new();
    let first = rig.publish_draft("news", draft("0"));
    let last = rig.publish_draft("news", draft("1"));
    let peer = rig.talk(&format!("news={}:0&shy&strict", crate::rig::BEGIN - 9));
    let gap = format!(
        "gap news {}:0 {first}\nnews {last} 1\n",
        crate::rig::BEGIN - 9
    );
    assert_eq!(peer.take(), gap);
    let second = rig.talk("shy&strict");
    rig.send(
        &second,
        &format!("sub 1 news {}:0\n", crate::rig::BEGIN - 9),
    );
    assert_eq!(second.take(), format!("1 subscribed\n{gap}"));
}

/// A history of one message.
fn draft(text: &str) -> Draft {
    Draft {
        history: Some(HistoryLimits {
            messages: 1,
            ..HistoryLimits::default()
        }),
        ..Draft::new(text.to_owned())
    }
}

/// Blocks a reader after one message while ten others pass; returns the ids of that one, of the
/// last but one, and of the last.
fn fall_behind(
    rig: &mut Rig,
    peer: &crate::wire::Peer,
) -> (
    fanfare_hub::MessageId,
    fanfare_hub::MessageId,
    fanfare_hub::MessageId,
) {
    peer.set_room(0);
    let sent = rig.publish_draft("news", draft("-"));
    rig.run();
    let ids: Vec<_> = (0..10)
        .map(|number| rig.publish_draft("news", draft(&number.to_string())))
        .collect();
    rig.run();
    rig.take_more(peer, usize::MAX);
    (sent, ids[8], ids[9])
}
