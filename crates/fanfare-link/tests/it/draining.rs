//! Ending all connections in good order.

use fanfare_link::Verdict;

use crate::rig::{Rig, request};
use crate::routes::answer;

#[test]
fn everybody_is_told_a_few_at_a_time() {
    let mut rig = Rig::new();
    let peers: Vec<_> = (0..10).map(|_| rig.talk("news=newest&shy")).collect();
    let told = |peers: &[crate::wire::Peer]| peers.iter().filter(|p| p.is_finished()).count();
    for step in 1..=5 {
        assert_eq!(rig.shard.drain(2, rig.now), 10);
        assert_eq!(told(&peers), 2 * step);
    }
    for peer in &peers {
        assert_eq!(peer.take(), "bye Shutdown\n");
        rig.end(peer);
    }
    assert_eq!(rig.shard.drain(2, rig.now), 0);
    rig.check_nothing_is_left();
}

#[test]
fn a_poll_is_answered_and_told_that_no_request_may_follow() {
    let mut rig = Rig::new();
    let peer = rig.get("/poll?news=newest");
    rig.shard.drain(1, rig.now);
    let taken = peer.take();
    assert!(taken.ends_with("bye Shutdown\n"));
    assert!(taken.contains("connection: close\r\n"), "{taken}");
    assert!(peer.is_finished());
}

#[test]
fn resting_connections_and_half_heads_are_closed() {
    let mut rig = Rig::new();
    let resting = rig.get("/answer");
    let fresh = rig.connect();
    let half = rig.connect();
    rig.send(&half, "GET /answ");
    rig.shard.drain(3, rig.now);
    for peer in [&resting, &fresh, &half] {
        assert!(peer.is_finished());
    }
    rig.pass(2);
    rig.check_nothing_is_left();
}

#[test]
fn a_request_during_the_drain_is_the_last_of_its_connection() {
    let mut rig = Rig::new();
    let peer = rig.connect();
    rig.shard.drain(0, rig.now);
    rig.send(&peer, &request("/answer"));
    assert!(peer.take().contains("connection: close\r\n"));
    assert!(peer.is_finished());
}

#[test]
fn a_request_that_waits_for_its_verdict_is_still_answered() {
    let mut rig = Rig::new();
    let peer = rig.get("/later");
    rig.shard.drain(1, rig.now);
    assert!(!peer.is_finished());
    rig.routes.decide(Verdict::Answer(answer("later\n")));
    rig.complete();
    let taken = peer.take();
    assert!(taken.ends_with("later\n"));
    assert!(taken.contains("connection: close\r\n"), "{taken}");
    assert!(peer.is_finished());
}

#[test]
fn a_slow_reader_gets_the_rest_before_the_goodbye() {
    let mut rig = Rig::new();
    let peer = rig.talk("news=newest&shy");
    peer.set_room(3);
    let id = rig.publish("news", "one");
    rig.run();
    rig.shard.drain(1, rig.now);
    assert!(!peer.is_finished());
    rig.take_more(&peer, usize::MAX);
    assert_eq!(peer.take(), format!("news {id} one\nbye Shutdown\n"));
    assert!(peer.is_finished());
}
