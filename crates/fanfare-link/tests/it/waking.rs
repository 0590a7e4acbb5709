//! Connections that somebody else in the process has something to say to.

use std::sync::Arc;
use std::time::Duration;

use fanfare_link::LinkLimits;
use fanfare_link::limits::SENDS_PER_TURN;

use crate::letterbox::Letterbox;
use crate::rig::Rig;
use crate::wire::Peer;

/// A stream of letters without framing.
fn letters(rig: &mut Rig, name: &str) -> (Peer, Arc<Letterbox>) {
    let peer = rig.connect();
    rig.send(&peer, &format!("GET /letters?{name} HTTP/1.0\r\n\r\n"));
    let answer = peer.take();
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    (peer, rig.routes.letterbox(name))
}

fn crowd(rig: &mut Rig, count: usize) -> Vec<(Peer, Arc<Letterbox>)> {
    (0..count)
        .map(|number| letters(rig, &number.to_string()))
        .collect()
}

#[test]
fn what_others_say_leaves_when_the_shard_gets_its_turn() {
    let mut rig = Rig::new();
    let (peer, letterbox) = letters(&mut rig, "ann");
    letterbox.post("one");
    assert_eq!(rig.calls(), 1, "the driver is woken");
    assert_eq!(
        peer.take(),
        "",
        "by its own thread alone anything is written"
    );
    rig.run();
    assert_eq!(peer.take(), "one\n");
    letterbox.post("two");
    assert_eq!(rig.calls(), 1);
    rig.run();
    assert_eq!(peer.take(), "two\n");
}

#[test]
fn a_burst_is_one_call_and_one_write() {
    let mut rig = Rig::new();
    let (peer, letterbox) = letters(&mut rig, "ann");
    let before = peer.sends();
    for number in 0..50 {
        letterbox.post(&number.to_string());
    }
    rig.run();
    assert_eq!(letterbox.look().rounds, 1);
    assert_eq!(peer.sends() - before, 1);
    assert_eq!(peer.take().lines().count(), 50);
}

#[test]
fn a_crowd_costs_one_call_of_the_driver() {
    let mut rig = Rig::new();
    let crowd = crowd(&mut rig, 1000);
    rig.calls();
    for (_, letterbox) in &crowd {
        letterbox.post("hello");
    }
    assert_eq!(rig.calls(), 1);
    rig.run();
    assert_eq!(rig.calls(), 0);
    for (peer, _) in &crowd {
        assert_eq!(peer.take(), "hello\n");
    }
}

#[test]
fn a_crowd_is_called_in_turns_between_which_messages_are_delivered() {
    let mut rig = Rig::new();
    let crowd = crowd(&mut rig, 10 * SENDS_PER_TURN);
    let reader = rig.talk("news=newest&shy");
    let called = || crowd.iter().filter(|(_, l)| l.look().rounds > 0).count();
    for (_, letterbox) in &crowd {
        letterbox.post("hello");
    }
    for turn in 1..=10 {
        rig.publish("news", "message");
        assert_eq!(rig.turn(), turn < 10, "turn {turn}");
        assert_eq!(called(), turn * SENDS_PER_TURN);
        assert!(reader.take().ends_with("message\n"), "turn {turn}");
    }
}

#[test]
fn a_wake_during_the_call_is_another_call() {
    let mut rig = Rig::new();
    let (peer, letterbox) = letters(&mut rig, "ann");
    letterbox.post("again");
    rig.turn();
    assert_eq!(letterbox.look().rounds, 1);
    rig.turn();
    assert_eq!(letterbox.look().rounds, 2);
    rig.turn();
    assert_eq!(letterbox.look().rounds, 2);
    assert_eq!(peer.take(), "again\n");
}

#[test]
fn a_slow_reader_is_not_called_until_it_has_taken_what_waits() {
    let mut rig = Rig::new();
    let (peer, letterbox) = letters(&mut rig, "ann");
    peer.set_room(3);
    letterbox.post("first");
    rig.run();
    rig.calls();
    for number in 0..50 {
        letterbox.post(&number.to_string());
        rig.run();
        assert_eq!(rig.shard.metrics().backlog_bytes.value(), 3);
    }
    assert_eq!(
        rig.calls(),
        1,
        "the first wake waits, and the others for it"
    );
    rig.take_more(&peer, 2);
    assert_eq!(letterbox.look().rounds, 1);
    peer.set_room(usize::MAX);
    let before = peer.sends();
    rig.shard.writable(peer.key, rig.now);
    assert_eq!(letterbox.look().rounds, 2);
    assert_eq!(
        peer.sends() - before,
        2,
        "the rest, and all the others at once"
    );
    let expected: String = (0..50).map(|number| format!("{number}\n")).collect();
    assert_eq!(peer.take(), format!("first\n{expected}"));
    letterbox.post("last");
    rig.run();
    assert_eq!(peer.take(), "last\n");
}

#[test]
fn every_waker_of_a_slow_reader_works_again_afterwards() {
    let mut rig = Rig::new();
    let (peer, letterbox) = letters(&mut rig, "ann");
    let wakers = [letterbox.waker(), letterbox.look().spare.take().unwrap()];
    peer.set_room(0);
    letterbox.post("blocked");
    rig.run();
    wakers.iter().for_each(std::task::Waker::wake_by_ref);
    rig.run();
    rig.take_more(&peer, usize::MAX);
    for waker in wakers {
        let before = letterbox.look().rounds;
        waker.wake();
        rig.run();
        assert_eq!(letterbox.look().rounds, before + 1);
    }
}

#[test]
fn a_waker_outlives_its_connection_and_does_nothing() {
    let mut rig = Rig::new();
    let (peer, letterbox) = letters(&mut rig, "ann");
    letterbox.post("too late");
    rig.end(&peer);
    assert!(letterbox.look().is_closed);
    // Another one in the same slot.
    let (other, others) = letters(&mut rig, "bob");
    letterbox.waker().wake();
    rig.run();
    assert_eq!(others.look().rounds, 0);
    assert_eq!((peer.take(), other.take()), (String::new(), String::new()));
    rig.calls();
    letterbox.waker().wake();
    assert_eq!(rig.calls(), 0, "it is not even heard any more");
    drop(rig);
    others.waker().wake();
}

#[test]
fn a_waker_does_not_reach_the_next_request_on_its_connection() {
    let mut rig = Rig::new();
    let peer = rig.get("/letter?first");
    let first = rig.routes.letterbox("first");
    first.post("hello");
    rig.run();
    assert!(peer.take().ends_with("\r\n\r\nhello\n"));
    rig.send(&peer, &crate::rig::request("/letter?second"));
    first.waker().wake();
    rig.run();
    let second = rig.routes.letterbox("second");
    assert_eq!(second.look().rounds, 0);
    second.post("bye");
    rig.run();
    assert!(peer.take().ends_with("\r\n\r\nbye\n"));
}

#[test]
fn a_protocol_hears_at_once_that_its_frames_are_out_if_they_are() {
    let mut rig = Rig::new();
    let (_peer, letterbox) = letters(&mut rig, "ann");
    letterbox.post("one");
    rig.run();
    assert_eq!(letterbox.look().confirmed, 0, "it has not asked");
    letterbox.look().is_registered = true;
    letterbox.post("two");
    rig.run();
    assert_eq!(letterbox.look().confirmed, 1);
}

#[test]
fn a_protocol_hears_later_that_its_frames_are_out_if_some_are_kept_back() {
    let mut rig = Rig::new();
    let (peer, letterbox) = letters(&mut rig, "ann");
    peer.set_room(3);
    letterbox.look().is_registered = true;
    letterbox.post("one");
    rig.run();
    rig.take_more(&peer, 0);
    assert_eq!(letterbox.look().confirmed, 0);
    rig.take_more(&peer, 1);
    assert_eq!(letterbox.look().confirmed, 1);
    assert_eq!(peer.take(), "one\n");
    letterbox.post("two");
    rig.run();
    rig.take_more(&peer, usize::MAX);
    assert_eq!(letterbox.look().confirmed, 1, "once");
}

#[test]
fn a_connection_that_ends_with_its_last_frames_sends_them() {
    let mut rig = Rig::with_limits(LinkLimits {
        write_time: Duration::from_secs(6),
        ..LinkLimits::default()
    });
    let (peer, letterbox) = letters(&mut rig, "ann");
    peer.set_room(2);
    letterbox.post("one");
    letterbox.post("hang");
    letterbox.post("two");
    rig.run();
    assert!(letterbox.look().is_closed);
    letterbox.post("three");
    rig.take_more(&peer, usize::MAX);
    assert_eq!(peer.take(), "one\n");
    assert!(peer.is_finished());
}

#[test]
fn a_panic_of_one_that_was_woken_costs_nobody_else() {
    let mut rig = Rig::new();
    let crowd = crowd(&mut rig, 5);
    for (index, (_, letterbox)) in crowd.iter().enumerate() {
        letterbox.post(if index == 2 { "explode" } else { "hello" });
    }
    rig.run();
    for (index, (peer, letterbox)) in crowd.iter().enumerate() {
        assert_eq!(peer.is_reset(), index == 2, "connection {index}");
        assert_eq!(letterbox.look().is_closed, index == 2);
        assert_eq!(peer.take() == "hello\n", index != 2, "connection {index}");
    }
}
