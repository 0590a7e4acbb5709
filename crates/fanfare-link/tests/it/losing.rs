//! What a protocol is told of the end of its connection.

use std::sync::Arc;
use std::time::Duration;

use fanfare_link::{LinkLimits, Loss};

use crate::letterbox::Letterbox;
use crate::rig::Rig;
use crate::wire::Peer;

/// Ends a connection with `end`, and looks what its protocol was told before it was dropped.
fn check(end: impl FnOnce(&mut Rig, &Peer, &Letterbox), expected: Option<Loss>) {
    let mut rig = Rig::with_limits(LinkLimits {
        write_time: Duration::from_secs(6),
        backlog_bytes_max: 1000,
        ..LinkLimits::default()
    });
    let peer = rig.get("/letters?ann");
    let letterbox: Arc<Letterbox> = rig.routes.letterbox("ann");
    end(&mut rig, &peer, &letterbox);
    let contents = letterbox.look();
    assert!(contents.is_closed, "it is dropped in any case");
    assert_eq!(contents.loss, expected);
}

#[test]
fn a_peer_that_closes_is_told_from_one_that_fails() {
    check(|rig, peer, _| rig.end(peer), Some(Loss::Closed));
    check(
        |rig, peer, _| rig.shard.hung_up(peer.key, rig.now),
        Some(Loss::Failed),
    );
}

#[test]
fn a_peer_that_is_found_to_be_gone_has_failed() {
    check(
        |rig, peer, letterbox| {
            peer.break_sends();
            letterbox.post("hello");
            rig.run();
        },
        Some(Loss::Failed),
    );
    check(
        |rig, peer, letterbox| {
            peer.set_room(0);
            letterbox.post("hello");
            rig.run();
            peer.break_sends();
            rig.shard.writable(peer.key, rig.now);
        },
        Some(Loss::Failed),
    );
}

#[test]
fn a_peer_that_has_closed_may_still_take_what_is_under_way() {
    check(
        |rig, peer, letterbox| {
            peer.take();
            peer.set_room(0);
            letterbox.post("hello");
            rig.run();
            rig.end(peer);
            assert!(!letterbox.look().is_closed);
            rig.take_more(peer, usize::MAX);
            assert_eq!(peer.take(), "6\r\nhello\n\r\n");
        },
        Some(Loss::Closed),
    );
}

#[test]
fn a_peer_that_takes_nothing_is_too_slow() {
    check(
        |rig, peer, letterbox| {
            peer.set_room(0);
            letterbox.post("hello");
            rig.run();
            rig.pass(6);
            assert!(peer.is_reset());
        },
        Some(Loss::TooSlow),
    );
}

/// The rig is the shard: it lives on, and counts right.
#[test]
fn a_panic_at_the_end_costs_nobody_else() {
    check(
        |rig, peer, letterbox| {
            letterbox.look().is_cursed = true;
            rig.end(peer);
            rig.check_nothing_is_left();
        },
        Some(Loss::Closed),
    );
    check(
        |rig, peer, letterbox| {
            letterbox.look().is_cursed = true;
            letterbox.post("hang");
            rig.run();
            assert!(peer.is_finished());
            rig.end(peer);
            rig.check_nothing_is_left();
        },
        None,
    );
}

#[test]
fn whoever_ends_a_connection_itself_is_not_told() {
    for letter in ["finish", "hang", "abort"] {
        check(
            |rig, _, letterbox| {
                letterbox.post(letter);
                rig.run();
            },
            None,
        );
    }
    check(
        |rig, _, _| {
            rig.shard.drain(1, rig.now);
        },
        None,
    );
    check(
        |rig, peer, letterbox| {
            peer.break_sends();
            letterbox.post("hello");
            letterbox.post("hang");
            rig.run();
        },
        None,
    );
}
