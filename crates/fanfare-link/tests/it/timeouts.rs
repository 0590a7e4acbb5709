//! What time does to a connection, tick by tick.

use std::time::Duration;

use fanfare_link::LinkLimits;

use crate::rig::{Rig, request};

fn limits() -> LinkLimits {
    LinkLimits {
        head_time: Duration::from_secs(5),
        keep_alive_time: Duration::from_secs(8),
        half_open_max: 3,
        ..LinkLimits::default()
    }
}

#[test]
fn half_a_head_is_refused_when_its_time_is_over() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.connect();
    rig.pass(2);
    rig.send(&peer, "GET /answer HT");
    rig.pass(4);
    assert_eq!(peer.take(), "");
    rig.pass(1);
    assert!(peer.take().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    assert!(peer.is_finished());
}

#[test]
fn more_of_a_head_buys_no_more_time() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.connect();
    for byte in ["G", "E", "T", " ", "/"] {
        assert_eq!(peer.take(), "");
        rig.send(&peer, byte);
        rig.pass(1);
    }
    assert!(peer.take().starts_with("HTTP/1.1 408 "));
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.connect();
    rig.pass(4);
    assert!(!peer.is_dropped());
    rig.pass(1);
    assert!(peer.is_dropped());
    assert_eq!(peer.take(), "", "there is nothing to answer");
    rig.check_nothing_is_left();
}

#[test]
fn a_connection_rests_between_requests_for_so_long() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.get("/answer");
    for _ in 0..3 {
        rig.pass(7);
        assert!(!peer.is_dropped());
        rig.send(&peer, &request("/answer"));
    }
    rig.pass(7);
    assert!(!peer.is_dropped());
    rig.pass(1);
    assert!(peer.is_dropped());
    rig.check_nothing_is_left();
}

#[test]
fn the_second_request_has_its_time_too() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.get("/answer");
    rig.pass(6);
    rig.send(&peer, "GET");
    peer.take();
    rig.pass(4);
    assert_eq!(peer.take(), "");
    rig.pass(1);
    assert!(peer.take().starts_with("HTTP/1.1 408 "));
}

#[test]
fn only_so_many_connections_may_keep_half_a_head() {
    let mut rig = Rig::with_limits(limits());
    let peers: Vec<_> = (0..4)
        .map(|_| {
            let peer = rig.connect();
            rig.send(&peer, "GET /ans");
            peer
        })
        .collect();
    assert!(peers[3].take().starts_with("HTTP/1.1 503 "));
    for peer in &peers[..3] {
        assert_eq!(peer.take(), "");
        rig.send(peer, "wer HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(peer.take().starts_with("HTTP/1.1 200 "));
    }
}

#[test]
fn room_for_half_heads_comes_back() {
    let mut rig = Rig::with_limits(limits());
    for _ in 0..3 {
        // Complete, timed out, and gone: each gives its room back.
        let [complete, slow, gone] = [0; 3].map(|_| rig.connect());
        for peer in [&complete, &slow, &gone] {
            rig.send(peer, "GET /ans");
            assert_eq!(peer.take(), "");
        }
        rig.send(&complete, "wer HTTP/1.1\r\nHost: a\r\n\r\n");
        rig.end(&gone);
        rig.pass(5);
        assert!(slow.take().starts_with("HTTP/1.1 408 "));
        rig.end(&complete);
    }
    rig.pass(3);
    rig.check_nothing_is_left();
}

#[test]
fn a_closed_connection_lingers_until_the_peer_has_closed_too() {
    let last = "GET /answer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let mut rig = Rig::with_limits(limits());
    let [quick, slow] = [0; 2].map(|_| rig.connect());
    for peer in [&quick, &slow] {
        rig.send(peer, last);
        assert!(peer.is_finished());
        assert!(
            !peer.is_dropped(),
            "the last bytes would be lost to a reset"
        );
    }
    rig.send(&quick, "still talking");
    assert_eq!(quick.unread(), 0, "unread bytes make the kernel reset");
    rig.end(&quick);
    assert!(quick.is_dropped());
    rig.pass(1);
    assert!(!slow.is_dropped());
    rig.pass(1);
    assert!(slow.is_dropped());
    rig.check_nothing_is_left();
}

/// Guards against leaving bytes in the kernel that were not wanted while the protocol spoke:
/// closing over them makes it reset the connection.
#[test]
fn a_lingering_connection_reads_what_was_not_wanted_before() {
    let limits = LinkLimits {
        head_bytes_max: 100,
        ..limits()
    };
    let mut rig = Rig::with_limits(limits);
    let peer = rig.connect();
    rig.send(
        &peer,
        "GET /poll?news=newest HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    rig.send(&peer, &"x".repeat(500));
    assert!(peer.unread() > 0);
    rig.publish("news", "one");
    rig.run();
    assert!(peer.is_finished());
    assert_eq!(peer.unread(), 0);
}

#[test]
fn a_poll_is_answered_when_its_time_is_over() {
    let mut rig = Rig::new();
    let peer = rig.get("/poll?news=newest");
    rig.pass(19);
    assert_eq!(peer.take(), "");
    rig.pass(1);
    assert!(peer.take().ends_with("nothing\n"));
    rig.send(&peer, &request("/answer"));
    assert!(peer.take().ends_with("hello\n"));
}

/// Guards against keeping an alarm that was set for a later deadline.
#[test]
fn a_deadline_moved_ahead_by_a_message_is_kept() {
    let mut rig = Rig::new();
    let peer = rig.talk("news=newest&shy");
    rig.send(&peer, "then wait 3\n");
    rig.publish("news", "one");
    rig.run();
    peer.take();
    rig.pass(2);
    assert_eq!(peer.take(), "");
    rig.pass(1);
    assert_eq!(peer.take(), "tick\n");
}

#[test]
fn a_deadline_moved_ahead_by_the_peer_is_kept() {
    let mut rig = Rig::new();
    let peer = rig.talk("shy");
    rig.send(&peer, "wait 100\n");
    rig.pass(10);
    rig.send(&peer, "wait 3\n");
    rig.pass(2);
    assert_eq!(peer.take(), "");
    rig.pass(1);
    assert_eq!(peer.take(), "tick\n");
    rig.pass(200);
    assert_eq!(peer.take(), "");
}

#[test]
fn a_request_that_nobody_decides_about_is_refused() {
    let mut rig = Rig::with_limits(limits());
    let peer = rig.get("/later");
    rig.pass(9);
    assert_eq!(peer.take(), "");
    rig.pass(1);
    let refused = peer.take();
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.contains("\r\nfanfare-error: undecided\r\n"));
    assert!(peer.is_finished());
}

// A crowd that came together would else hold everybody up each time its timers come up together.
#[test]
fn the_timers_of_a_crowd_come_up_in_turns() {
    let mut rig = Rig::with_limits(limits());
    let crowd: Vec<_> = (0..200).map(|_| rig.connect()).collect();
    rig.pass(4);
    let gone = || crowd.iter().filter(|peer| peer.is_dropped()).count();
    assert_eq!(gone(), 0);
    rig.tick();
    let mut before = 0;
    while rig.turn() {
        assert!(
            (1..=64).contains(&(gone() - before)),
            "{before} to {}",
            gone()
        );
        before = gone();
    }
    assert_eq!(gone(), 200);
}
