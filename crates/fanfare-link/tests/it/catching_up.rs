//! Reading on from a cursor: nothing is lost, doubled, or given to the wrong one.

use fanfare_hub::MessageId;

use crate::gated::Gated;
use crate::rig::{Rig, request};

fn lines(channel: &str, messages: &[(MessageId, &str)]) -> String {
    messages
        .iter()
        .map(|(id, text)| format!("{channel} {id} {text}\n"))
        .collect()
}

#[test]
fn a_reader_that_comes_back_gets_what_it_missed() {
    let mut rig = Rig::new();
    let ids = ["a", "b", "c"].map(|text| (rig.publish("news", text), text));
    let peer = rig.talk(&format!("news={}", ids[0].0));
    assert_eq!(peer.take(), lines("news", &ids[1..]) + "live\n");
    let poll = rig.get(&format!("/poll?news={}", ids[1].0));
    assert!(poll.take().ends_with(&lines("news", &ids[2..])));
}

#[test]
fn a_reader_that_has_everything_is_live_at_once() {
    let mut rig = Rig::new();
    let id = rig.publish("news", "a");
    let peer = rig.talk(&format!("news={id}"));
    assert_eq!(peer.take(), "live\n");
}

#[test]
fn a_reader_with_a_cursor_from_nowhere_is_told_of_a_gap() {
    let mut rig = Rig::new();
    let id = rig.publish("news", "a");
    let peer = rig.talk("news=1800000000:5");
    assert_eq!(peer.take(), format!("gap news 1800000000:5 {id}\nlive\n"));
}

#[test]
fn a_long_history_is_read_page_by_page() {
    let mut rig = Rig::new();
    let sent: Vec<_> = (0..100).map(|_| (rig.publish("news", "x"), "x")).collect();
    let peer = rig.talk("news=oldest");
    assert_eq!(peer.take(), lines("news", &sent) + "live\n");
}

#[test]
fn the_histories_of_several_channels_are_merged_by_id() {
    let mut rig = Rig::new();
    let mut expected = String::new();
    for number in 0..6 {
        let channel = ["a", "b", "c"][number % 3];
        let id = rig.publish(channel, "x");
        expected += &format!("{channel} {id} x\n");
        rig.pass(1);
    }
    let peer = rig.talk("c=oldest&b=oldest&a=oldest");
    assert_eq!(peer.take(), expected + "live\n");
}

/// Guards against taking the newest message that was announced for the newest there is: those
/// that a full inbox drops are not announced.
#[test]
fn messages_that_a_full_inbox_dropped_are_read_from_the_engine() {
    let mut rig = Rig::with_inbox(4);
    let peer = rig.talk("news=newest&shy");
    let sent: Vec<_> = (0..9).map(|_| (rig.publish("news", "x"), "x")).collect();
    rig.run();
    assert_eq!(peer.take(), lines("news", &sent));
}

#[test]
fn a_slow_reader_learns_of_dropped_messages_too() {
    let mut rig = Rig::with_inbox(4);
    let peer = rig.talk("news=newest&shy");
    peer.set_room(0);
    let first = rig.publish("news", "x");
    rig.run();
    let mut sent = vec![(first, "x")];
    sent.extend((0..9).map(|_| (rig.publish("news", "x"), "x")));
    rig.run();
    rig.take_more(&peer, usize::MAX);
    assert_eq!(peer.take(), lines("news", &sent));
}

#[test]
fn messages_published_while_the_engine_reads_come_once_and_in_order() {
    let engine = Gated::new();
    let mut rig = Rig::with_engine(engine.clone());
    let mut sent = vec![(rig.publish("news", "a"), "a")];
    let peer = rig.talk("news=oldest&shy");
    sent.push((rig.publish("news", "b"), "b"));
    rig.run();
    assert_eq!(peer.take(), "");
    while engine.waiting() > 0 {
        engine.release();
        rig.complete();
    }
    sent.push((rig.publish("news", "c"), "c"));
    rig.run();
    assert_eq!(peer.take(), lines("news", &sent));
}

/// Guards against giving a message that is announced and read at the same time twice, when the
/// end of an older subscription travels with it.
#[test]
fn an_end_that_is_meant_for_others_doubles_nothing() {
    let engine = Gated::new();
    let mut rig = Rig::with_engine(engine.clone());
    let old = rig.talk("news=newest&shy");
    rig.delete("news");
    let peer = rig.talk(&format!("news={}:0&shy", crate::rig::BEGIN));
    engine.release();
    engine.release();
    rig.complete();
    peer.take();
    // Behind, and with a read under way, when the end of somebody else comes by.
    peer.set_room(0);
    let mut sent = vec![(rig.publish("news", "a"), "a")];
    rig.run();
    sent.push((rig.publish("news", "b"), "b"));
    rig.run();
    rig.take_more(&peer, usize::MAX);
    assert_eq!(engine.waiting(), 1);
    sent.push((rig.publish("news", "c"), "c"));
    rig.talk("news=newest&last&shy");
    while engine.waiting() > 0 {
        engine.release();
        rig.complete();
    }
    let taken = peer.take();
    let told: Vec<&str> = taken.lines().filter(|l| l.starts_with("news ")).collect();
    let mut once = told.clone();
    once.dedup();
    assert_eq!(told, once);
    assert!(old.take().contains("ended news Deleted\n"));
}

/// Guards against a page that was asked for by an earlier subscription to the same channel.
#[test]
fn a_page_for_a_subscription_that_is_gone_is_not_given_to_the_next() {
    let engine = Gated::new();
    let mut rig = Rig::with_engine(engine.clone());
    rig.publish("news", "old");
    let peer = rig.talk("news=oldest&shy");
    rig.send(&peer, "unsub 1 news\nsub 2 news newest\n");
    while engine.waiting() > 0 {
        engine.release();
        rig.complete();
    }
    assert_eq!(peer.take(), "1 unsubscribed true\n2 subscribed\n");
    let id = rig.publish("news", "new");
    rig.run();
    assert_eq!(peer.take(), format!("news {id} new\n"));
}

/// Guards against the same across two channels: a table gives an index away again.
#[test]
fn a_page_of_one_channel_is_not_taken_for_one_of_another() {
    let engine = Gated::new();
    let mut rig = Rig::with_engine(engine.clone());
    rig.publish("news", "old");
    rig.publish("sport", "old");
    let peer = rig.talk("news=oldest&shy");
    rig.send(&peer, "unsub 1 news\nsub 2 sport newest\n");
    while engine.waiting() > 0 {
        engine.release();
        rig.complete();
    }
    assert_eq!(peer.take(), "1 unsubscribed true\n2 subscribed\n");
}

/// Guards against the same across two requests on one connection.
#[test]
fn a_page_for_an_earlier_request_is_not_given_to_the_next() {
    let engine = Gated::new();
    let mut rig = Rig::with_engine(engine.clone());
    let old = rig.publish("news", "old");
    let peer = rig.get(&format!("/poll?news={old}&sport=oldest"));
    engine.release();
    rig.complete();
    // The poll is answered by one channel while the engine still reads the other.
    let id = rig.publish("news", "new");
    rig.run();
    assert!(peer.take().ends_with(&format!("news {id} new\n")));
    assert_eq!(engine.waiting(), 1);
    rig.send(&peer, &request(&format!("/poll?sport=oldest&news={old}")));
    assert_eq!(engine.waiting(), 3);
    engine.release();
    rig.complete();
    assert_eq!(peer.take(), "", "the page of the first request is nobody's");
    engine.release();
    engine.release();
    rig.complete();
    assert!(peer.take().ends_with(&format!("news {id} new\n")));
    rig.end(&peer);
    rig.check_nothing_is_left();
}

#[test]
fn a_read_that_failed_is_tried_again_at_the_next_tick() {
    let engine = Gated::new();
    let mut rig = Rig::with_engine(engine.clone());
    let id = rig.publish("news", "a");
    let peer = rig.talk("news=oldest");
    engine.fail();
    rig.complete();
    assert_eq!(engine.waiting(), 0);
    rig.pass(1);
    engine.release();
    rig.complete();
    assert_eq!(peer.take(), format!("news {id} a\nlive\n"));
}

#[test]
fn a_slow_engine_holds_up_one_channel_and_not_its_neighbours() {
    let engine = Gated::new();
    let mut rig = Rig::with_engine(engine.clone());
    let peer = rig.talk("news=newest&shy");
    engine.release();
    rig.complete();
    rig.send(&peer, "sub 1 sport oldest\n");
    assert_eq!(peer.take(), "1 subscribed\n");
    let id = rig.publish("news", "a");
    rig.run();
    assert_eq!(peer.take(), format!("news {id} a\n"));
}

#[test]
fn subscriptions_come_and_go_on_one_connection() {
    let mut rig = Rig::new();
    let peer = rig.talk("shy");
    let first = rig.publish("news", "a");
    rig.send(
        &peer,
        "sub 1 news oldest\nsub 2 news newest\nunsub 3 sport\n",
    );
    let taken = peer.take();
    assert!(taken.contains("1 subscribed\n"));
    assert!(taken.contains("2 this connection has subscribed to that channel already\n"));
    assert!(taken.contains("3 unsubscribed false\n"));
    assert!(taken.contains(&format!("news {first} a\n")));
    rig.send(&peer, "unsub 4 news\n");
    assert_eq!(peer.take(), "4 unsubscribed true\n");
    rig.publish("news", "b");
    rig.run();
    assert_eq!(peer.take(), "");
    rig.end(&peer);
    rig.check_nothing_is_left();
}

#[test]
fn a_connection_has_so_many_channels_and_no_more() {
    let limits = fanfare_link::LinkLimits {
        channels_max: 2,
        ..fanfare_link::LinkLimits::default()
    };
    let mut rig = Rig::with_limits(limits);
    let peer = rig.talk("a=newest&shy");
    rig.send(&peer, "sub 1 b newest\nsub 2 c newest\n");
    let taken = peer.take();
    assert!(
        taken.starts_with("1 subscribed\n2 this connection has 2 channels"),
        "{taken}"
    );
    assert_eq!(rig.hub.subscriptions(), 2);
}

/// Guards against doing what one connection asked for in the name of another.
#[test]
fn what_a_protocol_asks_for_while_it_is_given_a_message_is_its_own() {
    let mut rig = Rig::new();
    let quiet = rig.talk("news=newest&shy");
    let asking = rig.talk("news=newest&shy");
    rig.send(&asking, "then sub 7 sport newest\n");
    rig.publish("news", "a");
    rig.run();
    assert!(asking.take().ends_with("7 subscribed\n"));
    rig.send(&quiet, "ping\n");
    let id = rig.publish("sport", "b");
    rig.run();
    assert!(quiet.take().ends_with("pong\n"));
    assert_eq!(asking.take(), format!("sport {id} b\n"));
}

#[test]
fn a_deleted_channel_ends_for_everybody_and_begins_anew() {
    let mut rig = Rig::new();
    let peer = rig.talk("news=newest&sport=newest&shy");
    rig.publish("news", "a");
    rig.run();
    peer.take();
    rig.delete("news");
    rig.run();
    assert_eq!(peer.take(), "ended news Deleted\n");
    let later = rig.talk("news=newest&shy");
    let id = rig.publish("news", "b");
    rig.run();
    assert_eq!(peer.take(), "");
    assert_eq!(later.take(), format!("news {id} b\n"));
    for peer in [&peer, &later] {
        rig.end(peer);
    }
    rig.check_nothing_is_left();
}
