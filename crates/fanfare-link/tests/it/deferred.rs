//! Publishing by frames, and answers to connections that have moved on.

use crate::rig::Rig;

#[test]
fn a_publisher_hears_that_it_has_published() {
    let mut rig = Rig::new();
    let reader = rig.talk("news=newest&shy");
    let publisher = rig.talk("shy");
    rig.send(&publisher, "pub 9 news hello\n");
    assert_eq!(publisher.take(), "9 published true\n");
    assert!(reader.take().ends_with(" hello\n"));
}

#[test]
fn a_connection_hears_its_own_messages() {
    let mut rig = Rig::new();
    let peer = rig.talk("news=newest&shy");
    rig.send(&peer, "pub 1 news a\npub 2 news b\n");
    let taken = peer.take();
    let words: Vec<_> = taken
        .lines()
        .map(|l| l.split(' ').next_back().unwrap())
        .collect();
    assert_eq!(words, ["true", "true", "a", "b"]);
}

#[test]
fn an_abort_drops_what_was_asked_for_with_it() {
    let mut rig = Rig::new();
    let peer = rig.talk("shy");
    rig.send(&peer, "pub 1 news a\nping\nabort\n");
    assert_eq!(peer.take(), "");
    assert!(peer.is_reset());
    rig.check_nothing_is_left();
    let reader = rig.talk("news=oldest");
    assert_eq!(reader.take(), "live\n");
}
