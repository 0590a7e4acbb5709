//! A protocol with a fault in it: what it costs, and whom.

use crate::rig::Rig;

#[test]
fn a_panic_ends_its_own_connection_and_no_other() {
    let mut rig = Rig::new();
    let before = rig.talk("news=newest&shy");
    let faulty = rig.talk("news=newest&shy");
    let after = rig.talk("news=newest&shy");
    rig.send(&faulty, "explode\n");
    assert!(faulty.is_reset());
    rig.publish("news", "hello");
    rig.run();
    for peer in [&before, &after] {
        assert!(peer.take().ends_with("hello\n"));
    }
}

#[test]
fn a_panic_in_the_middle_of_a_fan_out_stops_nobody() {
    let mut rig = Rig::new();
    let peers: Vec<_> = (0..9).map(|_| rig.talk("news=newest&shy")).collect();
    rig.send(&peers[4], "then explode\n");
    rig.publish("news", "hello");
    rig.run();
    for (index, peer) in peers.iter().enumerate() {
        assert_eq!(peer.is_reset(), index == 4, "connection {index}");
        assert_eq!(
            peer.take().ends_with("hello\n"),
            index != 4,
            "connection {index}"
        );
    }
    assert_eq!(rig.hub.subscriptions(), 8);
}
