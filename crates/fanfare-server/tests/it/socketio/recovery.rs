//! Who comes back as the client it was: what it is told of channels that it has no more, and what
//! becomes of a request that it makes once more.

use fanfare_testkit::server::Server;
use serde_json::json;

use super::peer::Peer;
use crate::support::{Publisher, launch, server, until_held};

/// `end` of a channel that was deleted.
fn deleted(channel: &str, cursor: &str) -> serde_json::Value {
    json!([{"channel": channel, "reason": "deleted"}, cursor])
}

/// A client of one channel that has heard one message, and that message's id.
fn listener(server: &Server, channel: &str) -> (Peer, String) {
    let mut peer = Peer::connect(server);
    peer.subscribe(channel);
    let id = Publisher::connect(server).publish(channel, "heard");
    peer.hears("message", &json!(["heard", id.to_string()]));
    (peer, id.to_string())
}

// The server had told the old connection, which was dead already.
#[test]
fn an_end_that_was_told_to_a_dead_connection_is_told_again() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let (dead, heard) = listener(&server, "c");
    publisher.delete("c");
    let mut peer = Peer::back(&server, &dead.entered, Some(&heard));
    peer.hears("end", &deleted("c", ""));
    publisher.publish("c", "to nobody");
    peer.hears_nothing();
    // Again, because nobody knows whether it has heard that.
    let mut peer = Peer::back(&server, &peer.entered, Some(&heard));
    peer.hears("end", &deleted("c", ""));
    // Not any more once it has asked anew.
    peer.subscribe("c");
    let anew = peer.next();
    assert_eq!(anew.arguments[0], "to nobody");
    let mut peer = Peer::back(&server, &peer.entered, anew.arguments[1].as_str());
    peer.hears_nothing();
}

#[test]
fn who_comes_back_keeps_the_channels_that_have_not_ended() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let mut dead = Peer::connect(&server);
    for channel in ["a", "b", "c"] {
        dead.subscribe(channel);
    }
    let b = publisher.publish("b", "heard").to_string();
    let heard = dead.next();
    for channel in ["a", "c"] {
        publisher.delete(channel);
    }
    let missed = publisher.publish("b", "missed").to_string();
    let offset = heard.arguments[1].as_str();
    let mut peer = Peer::back(&server, &dead.entered, offset);
    // Its cursor says no more than what it has heard.
    for channel in ["a", "c"] {
        peer.hears("end", &deleted(channel, &format!("b={b}")));
    }
    peer.hears("message", &json!(["missed", format!("b={missed}")]));
    peer.hears_nothing();
}

// What a client has left itself is no news, even if it was over before.
#[test]
fn an_end_is_not_told_again_to_who_has_left() {
    let server = server();
    let (mut dead, heard) = listener(&server, "c");
    Publisher::connect(&server).delete("c");
    dead.hears("end", &deleted("c", ""));
    let left = dead.ask(&json!(["unsubscribe", "c"]));
    assert_eq!(left["code"], "not_subscribed");
    let mut peer = Peer::back(&server, &dead.entered, Some(&heard));
    peer.hears_nothing();
}

#[test]
fn who_was_taken_over_while_its_connection_was_dead_is_told_so() {
    let server = launch().set("subscribe.concurrency=last").start();
    let (dead, heard) = listener(&server, "c");
    let mut other = Peer::connect(&server);
    other.subscribe_since("c", "now");
    let mut peer = Peer::back(&server, &dead.entered, Some(&heard));
    peer.hears("end", &json!([{"channel": "c", "reason": "conflict"}, ""]));
    Publisher::connect(&server).publish("c", "m");
    assert_eq!(other.next().arguments[0], "m");
    peer.hears_nothing();
}

// While nobody is there, there is no subscription that could end. What is lost is a gap, and what
// is published anew is heard.
#[test]
fn a_channel_that_was_deleted_while_its_client_was_away_goes_on_with_a_gap() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let (gone, heard) = listener(&server, "c");
    let was = gone.entered.clone();
    gone.reset();
    until_held(&server, "c", 0);
    let lost = publisher.publish("c", "deleted before it was heard");
    publisher.delete("c");
    let anew = publisher.publish("c", "anew").to_string();
    let mut peer = Peer::back(&server, &was, Some(&heard));
    let notice = json!({"channel": "c", "after": heard, "resumed": lost.to_string()});
    peer.hears("gap", &json!([notice, lost.to_string()]));
    peer.hears("message", &json!(["anew", anew]));
}

#[test]
fn a_channel_that_cannot_be_had_again_is_named() {
    for (setting, code, decider) in [
        (
            "limits.subscribers_per_channel_max=1",
            "too_many_subscribers",
            json!("limits.subscribers_per_channel_max"),
        ),
        ("subscribe.concurrency=first", "conflict", json!(null)),
    ] {
        let server = launch().set(setting).start();
        let mut publisher = Publisher::connect(&server);
        let mut gone = Peer::connect(&server);
        gone.subscribe("a");
        gone.subscribe("b");
        let was = gone.entered.clone();
        gone.reset();
        until_held(&server, "a", 0);
        let mut other = Peer::connect(&server);
        other.subscribe("a");
        let mut peer = Peer::back(&server, &was, None);
        let heard = peer.next();
        let [refusal] = &heard.arguments[..] else {
            panic!("one argument, no cursor: {heard:?}")
        };
        assert_eq!(
            (
                &*heard.name,
                &refusal["op"],
                &refusal["channel"],
                &refusal["code"]
            ),
            ("error", &json!("error"), &json!("a"), &json!(code))
        );
        assert_eq!(refusal["setting"], decider);
        // The others it has.
        publisher.publish("b", "m");
        assert_eq!(peer.next().arguments[0], "m");
    }
}

// An answer may have been lost with a connection: whoever asks again is answered, and stays where
// it is.
#[test]
fn asking_twice_for_a_channel_is_asking_once() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let (mut peer, heard) = listener(&server, "c");
    for since in ["all", "now", &*heard, "-1", "1:0"] {
        peer.subscribe_since("c", since);
    }
    peer.hears_nothing();
    assert_eq!(publisher.subscribers("c"), 1);
    let missed = publisher.publish("c", "missed").to_string();
    // Also of who was recovered and begins elsewhere.
    let mut peer = Peer::back(&server, &peer.entered, Some(&heard));
    peer.subscribe_since("c", "now");
    peer.hears("message", &json!(["missed", missed]));
    peer.subscribe_since("c", "all");
    peer.hears_nothing();
    // Once is enough to leave.
    peer.unsubscribe("c");
    until_held(&server, "c", 0);
}
