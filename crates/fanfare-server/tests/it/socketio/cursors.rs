//! How far a client has come, and how it goes on from there.

use serde_json::{Value, json};

use super::peer::Peer;
use crate::support::{Id, Publisher, launch, server, until_held};

/// What was published to each channel, and what a client hears of it.
struct Case {
    server: fanfare_testkit::server::Server,
    publisher: Publisher,
}

impl Case {
    fn new() -> Self {
        let server = server();
        let publisher = Publisher::connect(&server);
        Self { server, publisher }
    }

    fn publish(&mut self, channel: &str, text: &str) -> String {
        self.publisher.publish(channel, text).to_string()
    }

    /// Breaks a client off, which then comes back with its last cursor.
    fn back(&self, peer: Peer, offset: Option<&str>) -> Peer {
        let was = peer.entered.clone();
        peer.reset();
        Peer::back(&self.server, &was, offset)
    }
}

#[test]
fn a_client_says_where_it_begins() {
    let mut case = Case::new();
    let ids = ["0", "1", "2"].map(|text| case.publish("c", text));
    for (since, heard) in [
        ("all", &[0, 1, 2][..]),
        ("", &[0, 1, 2]),
        (&*ids[0], &[1, 2]),
        ("-1", &[2]),
        ("1h", &[0, 1, 2]),
        ("now", &[]),
    ] {
        let mut peer = Peer::connect(&case.server);
        peer.subscribe_since("c", since);
        for &number in heard {
            peer.hears("message", &json!([number.to_string(), ids[number]]));
        }
        let id = case.publish("other", "last");
        peer.subscribe_since("other", "-1");
        let last = peer.next();
        assert_eq!(last.arguments[0], "last", "{since}: {last:?}");
        assert!(
            last.arguments[1].as_str().unwrap().contains(&id),
            "{last:?}"
        );
    }
}

#[test]
fn the_setting_says_where_others_begin() {
    let server = launch().set("subscribe.first=newest").start();
    let mut publisher = Publisher::connect(&server);
    publisher.publish("c", "before");
    let mut peer = Peer::connect(&server);
    assert_eq!(peer.ask(&json!(["subscribe", "c"]))["op"], "subscribed");
    let id = publisher.publish("c", "after").to_string();
    peer.hears("message", &json!(["after", id]));
}

// One channel is the common case, and its cursor is the message's id as everywhere.
#[test]
fn the_cursor_of_several_channels_names_them() {
    let mut case = Case::new();
    let mut peer = Peer::connect(&case.server);
    peer.subscribe("a");
    let a = case.publish("a", "1");
    peer.hears("message", &json!(["1", a]));
    peer.subscribe("b, c=%");
    let b = case.publish("b%2C%20c%3D%25", "2");
    peer.hears(
        "message",
        &json!(["2", format!("a={a},b%2C%20c%3D%25={b}")]),
    );
    let a = case.publish("a", "3");
    peer.hears(
        "message",
        &json!(["3", format!("a={a},b%2C%20c%3D%25={b}")]),
    );
    // And so it stays.
    peer.unsubscribe("a");
    let b = case.publish("b%2C%20c%3D%25", "4");
    peer.hears("message", &json!(["4", format!("b%2C%20c%3D%25={b}")]));
}

#[test]
fn who_comes_back_goes_on() {
    let mut case = Case::new();
    let mut peer = Peer::connect(&case.server);
    peer.subscribe("c");
    let heard = case.publish("c", "heard");
    peer.hears("message", &json!(["heard", heard]));
    let missed = case.publish("c", "missed");
    let mut peer = case.back(peer, Some(&heard));
    peer.hears("message", &json!(["missed", missed]));
    let live = case.publish("c", "live");
    peer.hears("message", &json!(["live", live]));
    // A second time, and before anything was heard.
    let peer = case.back(peer, Some(&live));
    let missed = case.publish("c", "missed again");
    let mut peer = case.back(peer, Some(&live));
    peer.hears("message", &json!(["missed again", missed]));
    peer.hears_nothing();
    until_held(&case.server, "c", 1);
}

// It goes on where it began: nobody knows what it has got.
#[test]
fn who_comes_back_without_a_cursor_begins_where_it_began() {
    let mut case = Case::new();
    let before = case.publish("c", "before");
    let after = case.publish("c", "after");
    for since in [&*before, "-1"] {
        let mut peer = Peer::connect(&case.server);
        peer.subscribe_since("c", since);
        let mut peer = case.back(peer, None);
        peer.hears("message", &json!(["after", after]));
        peer.hears_nothing();
    }
    // With the newest: what came after it, although nothing was ever heard.
    let mut peer = Peer::connect(&case.server);
    peer.subscribe_since("c", "now");
    let later = case.publish("c", "later");
    let mut peer = case.back(peer, None);
    peer.hears("message", &json!(["later", later]));
    peer.hears_nothing();
}

#[test]
fn who_comes_back_has_its_channels() {
    let mut case = Case::new();
    let mut peer = Peer::connect(&case.server);
    for channel in ["a", "b", "c"] {
        peer.subscribe(channel);
    }
    let a = case.publish("a", "1");
    assert_eq!(peer.next().arguments[0], "1");
    peer.unsubscribe("b");
    let c = case.publish("c", "2");
    let offset = format!("a={a},c={c}");
    peer.hears("message", &json!(["2", offset]));
    case.publish("b", "not meant any more");
    let (a, c) = (case.publish("a", "3"), case.publish("c", "4"));
    let mut peer = case.back(peer, Some(&offset));
    let mut heard = [peer.next(), peer.next()].map(|it| it.arguments[0].clone());
    heard.sort_by_key(Value::to_string);
    assert_eq!(heard, [json!("3"), json!("4")]);
    peer.hears_nothing();
    let offset = format!("a={a},c={c}");
    let mut peer = case.back(peer, Some(&offset));
    peer.hears_nothing();
    peer.subscribe("b");
    let b = peer.next();
    assert_eq!(b.arguments[0], "not meant any more");
}

// The cursor that a client has may be of a channel that it has left since.
#[test]
fn a_cursor_is_of_the_channel_in_which_it_was_told() {
    let mut case = Case::new();
    let b = case.publish("b", "before");
    let mut peer = Peer::connect(&case.server);
    peer.subscribe("a");
    // Ids of two channels are the same within a second; this one is surely greater.
    let mut a = case.publish("a", "1");
    peer.hears("message", &json!(["1", a]));
    while a.parse::<Id>().unwrap() <= b.parse().unwrap() {
        a = case.publish("a", "1");
        peer.hears("message", &json!(["1", a]));
    }
    peer.unsubscribe("a");
    peer.subscribe("b");
    // It is told of "before", but that it has heard it, it does not say.
    let mut peer = case.back(peer, Some(&a));
    let heard = peer.next();
    assert_eq!(heard.arguments[0], "before", "{heard:?}");
    let cursor = heard.arguments[1].as_str().unwrap().to_owned();
    let mut peer = case.back(peer, Some(&cursor));
    peer.hears_nothing();
}

// A cursor that was told while there was one channel is still that channel's when there are two.
#[test]
fn a_cursor_from_before_the_second_channel_is_the_first_ones() {
    let mut case = Case::new();
    case.publish("b", "of b");
    let mut peer = Peer::connect(&case.server);
    peer.subscribe("a");
    let a = case.publish("a", "of a");
    peer.hears("message", &json!(["of a", a]));
    peer.subscribe("b");
    let mut peer = case.back(peer, Some(&a));
    assert_eq!(peer.next().arguments[0], "of b");
    peer.hears_nothing();
}

// Nobody has told the server yet that the old connection is dead: a client changes networks within
// a second. Its place in a channel that takes one subscriber is still its own.
#[test]
fn who_comes_back_before_it_is_missed_takes_its_place() {
    for setting in [
        "limits.subscribers_per_channel_max=1",
        "subscribe.concurrency=first",
    ] {
        let server = launch().set(setting).start();
        let mut publisher = Publisher::connect(&server);
        let mut peer = Peer::connect(&server);
        peer.subscribe("c");
        let mut cursor = publisher.publish("c", "heard").to_string();
        peer.hears("message", &json!(["heard", cursor]));
        for number in 0..20 {
            let text = number.to_string();
            let back = Peer::back(&server, &peer.entered, Some(&cursor));
            let old = std::mem::replace(&mut peer, back);
            cursor = publisher.publish("c", &text).to_string();
            peer.hears("message", &json!([text, cursor]));
            drop(old);
        }
    }
}

#[test]
fn a_gap_is_told() {
    let mut case = Case::new();
    let first = case.publish("c", "first");
    case.publisher.count("c", 0..150);
    let mut peer = Peer::connect(&case.server);
    peer.subscribe_since("c", &first);
    let gap = peer.next();
    assert_eq!(gap.name, "gap");
    let resumed = &gap.arguments[1];
    assert_eq!(
        gap.arguments,
        [
            json!({"channel": "c", "after": first, "resumed": resumed}),
            resumed.clone()
        ]
    );
    assert_eq!(peer.next().arguments[0], "50");
    // The cursor after a gap is as good as one after a message.
    let mut again = Peer::connect(&case.server);
    again.subscribe_since("c", resumed.as_str().unwrap());
    assert_eq!(again.next().arguments[0], "50");
}

#[test]
fn a_gap_in_one_of_several_channels_is_told() {
    let mut case = Case::new();
    let mut peer = Peer::connect(&case.server);
    peer.subscribe("a");
    peer.subscribe("b");
    let a = case.publish("a", "first");
    let first = peer.next();
    let offset = first.arguments[1].as_str().unwrap();
    let (of_a, of_b) = offset.split_once(',').unwrap();
    assert_eq!(of_a, format!("a={a}"));
    let was = peer.entered.clone();
    peer.reset();
    until_held(&case.server, "a", 0);
    case.publisher.count("a", 0..150);
    let mut peer = Peer::back(&case.server, &was, Some(offset));
    let gap = peer.next();
    let resumed = gap.arguments[0]["resumed"].as_str().unwrap();
    assert_eq!(
        gap.arguments,
        [
            json!({"channel": "a", "after": a, "resumed": resumed}),
            json!(format!("a={resumed},{of_b}"))
        ]
    );
    assert_eq!(peer.next().arguments[0], "50");
}

// After a restart ids go on at the clock, and nothing that was told before is stored.
#[test]
fn a_cursor_from_another_life_is_a_gap() {
    let mut case = Case::new();
    case.publish("c", "of this life");
    for since in ["1:0", "99999999999:0"] {
        let mut peer = Peer::connect(&case.server);
        peer.subscribe_since("c", since);
        let gap = peer.next();
        assert_eq!(
            (&*gap.name, &gap.arguments[0]["after"]),
            ("gap", &json!(since))
        );
    }
}

#[test]
fn who_was_away_too_long_is_new() {
    let server = launch()
        .set("socketio.recovery_time=1s")
        .set("clock.every=1s")
        .start();
    let mut publisher = Publisher::connect(&server);
    let mut peer = Peer::connect(&server);
    peer.subscribe("c");
    let heard = publisher.publish("c", "heard").to_string();
    peer.hears("message", &json!(["heard", heard]));
    let was = peer.entered.clone();
    peer.reset();
    until_held(&server, "c", 0);
    let mut witness = Peer::connect(&server);
    witness.subscribe_since("clock", "now");
    // From the first to the third are two seconds.
    for _ in 0..3 {
        witness.next();
    }
    let auth = json!({"pid": was["pid"], "offset": heard});
    let mut peer = Peer::connect_with(&server, &[], &auth);
    assert_ne!(peer.entered["pid"], was["pid"]);
    publisher.publish("c", "missed");
    peer.hears_nothing();
    peer.subscribe_since("c", &heard);
    assert_eq!(peer.next().arguments[0], "missed");
}

// What a client brings back is its own word: nonsense is none.
#[test]
fn a_cursor_that_is_none_counts_as_missing() {
    let mut case = Case::new();
    let mut peer = Peer::connect(&case.server);
    peer.subscribe("c");
    let id = case.publish("c", "m");
    peer.hears("message", &json!(["m", id]));
    for offset in [
        "",
        "x",
        "c=",
        "d=1:0",
        "c=1:0,",
        "=",
        "c=99999999999999999999:0",
    ] {
        peer = case.back(peer, Some(offset));
        peer.hears("message", &json!(["m", id]));
    }
    for (pid, offset) in [
        (json!("guessed"), json!(id)),
        (json!(7), json!([])),
        (json!({}), json!(null)),
    ] {
        let auth = json!({"pid": pid, "offset": offset});
        let fresh = Peer::connect_with(&case.server, &[], &auth);
        assert_ne!(fresh.entered["sid"], peer.entered["sid"]);
    }
}

#[test]
fn a_deleted_channel_ends() {
    let mut case = Case::new();
    let mut peer = Peer::connect(&case.server);
    peer.subscribe("a");
    let a = case.publish("a", "1");
    peer.hears("message", &json!(["1", a]));
    peer.subscribe("b");
    let b = case.publish("b", "2");
    peer.hears("message", &json!(["2", format!("a={a},b={b}")]));
    case.publisher.delete("a");
    let end = json!([{"channel": "a", "reason": "deleted"}, format!("b={b}")]);
    peer.hears("end", &end);
    let later = case.publish("a", "to nobody");
    case.publish("b", "3");
    assert_eq!(peer.next().arguments[0], "3");
    // It is not taken up again for who comes back. That it has heard of the end, nobody knows.
    let mut peer = case.back(peer, Some(&format!("b={b}")));
    peer.hears("end", &end);
    assert_eq!(peer.next().arguments[0], "3");
    peer.hears_nothing();
    peer.subscribe("a");
    assert_eq!(peer.next().arguments[0], "to nobody");
    assert!(later.parse::<Id>().unwrap() > a.parse().unwrap());
}
