//! One message to many: fair between channels, and right while the crowd changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use fanfare_hub::Draft;
use fanfare_link::limits::SENDS_PER_TURN;

use crate::rig::Rig;
use crate::wire::Peer;

const CROWD: usize = 10_000;

fn sends(peers: &[Peer]) -> usize {
    peers.iter().map(Peer::sends).sum()
}

#[test]
fn a_channel_with_one_member_does_not_wait_for_one_with_ten_thousand() {
    let mut rig = Rig::new();
    let crowd: Vec<_> = (0..CROWD).map(|_| rig.talk("crowd=newest&shy")).collect();
    let single = rig.talk("single=newest&shy");
    let before = sends(&crowd);
    rig.publish("crowd", "x");
    rig.turn();
    rig.publish("single", "x");
    while single.take().is_empty() {
        assert!(rig.turn());
    }
    let waited = sends(&crowd) - before;
    assert!(waited <= 3 * SENDS_PER_TURN, "{waited} sends came before");
    rig.run();
    assert_eq!(sends(&crowd) - before, CROWD);
}

#[test]
fn new_connections_do_not_wait_for_a_crowd_either() {
    let mut rig = Rig::new();
    let crowd: Vec<_> = (0..1000).map(|_| rig.talk("crowd=newest&shy")).collect();
    let before = sends(&crowd);
    rig.publish("crowd", "x");
    rig.turn();
    let peer = rig.connect();
    rig.send_only(&peer, &crate::rig::request("/poll?single=oldest"));
    rig.publish("single", "x");
    rig.turn();
    rig.turn();
    assert!(!peer.take().is_empty());
    assert!(sends(&crowd) - before <= 4 * SENDS_PER_TURN);
}

#[test]
fn messages_that_pile_up_leave_in_one_write() {
    let mut rig = Rig::new();
    let peer = rig.talk("news=newest&shy");
    let before = peer.sends();
    for _ in 0..40 {
        rig.publish("news", "x");
    }
    rig.run();
    assert_eq!(peer.take().lines().count(), 40);
    assert_eq!(peer.sends() - before, 1);
}

/// A payload that tells how many of its kind are still in memory.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        b"x"
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A publisher that is faster than the fan-out must not fill the memory: what waits for a walk is
/// bounded, and the rest is read from the engine.
#[test]
fn what_waits_for_a_crowd_is_bounded() {
    let mut rig = Rig::new();
    let crowd: Vec<_> = (0..1000).map(|_| rig.talk("crowd=newest&shy")).collect();
    let count = Arc::default();
    let mut last = None;
    for _ in 0..100 {
        for _ in 0..100 {
            let payload = Bytes::from_owner(Counted::new(&count));
            last = Some(rig.publish_draft("crowd", Draft::new(payload)));
        }
        rig.turn();
    }
    let kept = count.load(Ordering::Relaxed);
    assert!(kept < 5000, "{kept} of 10000 messages are kept");
    rig.run();
    let last = format!("crowd {} x\n", last.unwrap());
    for peer in &crowd {
        assert!(peer.take().ends_with(&last));
    }
}

/// Members that join or leave between any two visits of a walk: nobody misses the message, nobody
/// gets it twice.
#[test]
fn a_crowd_may_change_in_the_middle_of_a_walk() {
    // Three turns' worth of members; the change happens after each possible number of turns.
    let members = 3 * SENDS_PER_TURN;
    for turns in 0..4 {
        for leaver in [0, 1, SENDS_PER_TURN, 2 * SENDS_PER_TURN, members - 1] {
            let mut rig = Rig::new();
            let mut crowd: Vec<_> = (0..members).map(|_| rig.talk("news=newest&shy")).collect();
            let id = rig.publish("news", "x");
            for _ in 0..turns {
                rig.turn();
            }
            let gone = crowd.remove(leaver);
            gone.end();
            rig.shard.readable(gone.key, rig.now);
            assert!(gone.is_dropped());
            let joined = rig.connect();
            let target = format!("/talk?news={}:0&shy", crate::rig::BEGIN - 1);
            rig.send_only(&joined, &crate::rig::request(&target));
            rig.run();
            let line = format!("news {id} x\n");
            for (index, peer) in crowd.iter().enumerate() {
                assert_eq!(
                    peer.take(),
                    line,
                    "member {index}, {turns} turns, {leaver} left"
                );
            }
            let taken = joined.take();
            assert_eq!(taken.matches(&line).count(), 1, "{taken}");
        }
    }
}

/// Members that leave because of what they are given: each step of the walk takes one away.
#[test]
fn a_crowd_may_leave_by_what_it_is_given() {
    let mut rig = Rig::new();
    let polls: Vec<_> = (0..200).map(|_| rig.get("/poll?news=newest")).collect();
    let talks: Vec<_> = (0..200).map(|_| rig.talk("news=newest&shy")).collect();
    let id = rig.publish("news", "x");
    rig.run();
    for poll in &polls {
        let taken = poll.take();
        assert_eq!(taken.matches(&format!("news {id} x\n")).count(), 1);
    }
    for talk in &talks {
        assert_eq!(talk.take(), format!("news {id} x\n"));
    }
    assert_eq!(rig.hub.subscriptions(), talks.len());
    for peer in polls.iter().chain(&talks) {
        rig.end(peer);
    }
    rig.check_nothing_is_left();
}
