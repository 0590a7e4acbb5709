//! What is stored and what is read from it, where the model would only say "differs".

use std::time::Duration;

use fanfare_hub::{Admission, ChannelName, Draft, HistoryLimits, Hub, Start};

use crate::rig::{IDLE, at, hub, id, inbox, keeping, name, payloads, publish, read, ready, roomy};

fn keyed(key: &str) -> Draft {
    Draft {
        idempotency_key: Some(key.into()),
        ttl: Some(Duration::from_secs(5)),
        ..Draft::new("x")
    }
}

#[test]
fn starts_within_an_age_also_after_the_clock_stepped_back() {
    let hub = hub(roomy());
    // By publication time the messages are no longer in order; by id they are.
    for (payload, seconds) in [("1", 1050), ("2", 1100), ("3", 1060), ("4", 1061)] {
        publish(&hub, "a", payload, seconds);
    }
    let within = |seconds| Start::Within(Duration::from_secs(seconds));
    let check = |start, expected: &[&str]| {
        assert_eq!(
            payloads(&read(&hub, "a", start, 1062)),
            expected,
            "{start:?}"
        );
    };
    check(within(20), &["1", "2", "3", "4"]);
    check(within(5), &["2", "3", "4"]);
    check(within(0), &["2", "3", "4"]);
}

#[test]
fn does_not_count_expired_messages_when_a_publish_is_repeated() {
    let hub = hub(roomy());
    let first = ready(hub.publish(&name("a"), keyed("k"), at(1001))).unwrap();
    let again = ready(hub.publish(&name("a"), keyed("k"), at(1010))).unwrap();
    assert!(again.repeated);
    assert_eq!(again.id, first.id);
    assert_eq!(again.info.messages, 0);
}

#[test]
fn keeps_a_channel_in_use_while_publishes_are_repeated() {
    let hub = hub(roomy());
    ready(hub.publish(&name("a"), keyed("k"), at(1001))).unwrap();
    ready(hub.publish(&name("a"), keyed("k"), at(1010))).unwrap();
    hub.collect(at(1012), IDLE);
    let again = ready(hub.publish(&name("a"), keyed("k"), at(1012))).unwrap();
    assert!(again.repeated);
}

#[test]
fn keeps_nothing_of_a_channel_without_history() {
    let hub = hub(keeping(0));
    let receipt = publish(&hub, "a", "x", 1001);
    let page = read(&hub, "a", Start::Oldest, 1001);
    assert!(page.messages.is_empty());
    assert_eq!((page.start, page.newest), (receipt.id, receipt.id));
}

#[test]
fn keeps_only_the_newest_message_if_that_is_heavier_than_the_history() {
    let hub = hub(roomy());
    publish(&hub, "a", "small", 1001);
    let heavy = Draft {
        history: Some(HistoryLimits {
            bytes: 1000,
            ..HistoryLimits::default()
        }),
        ..Draft::new(vec![0; 2000])
    };
    let receipt = ready(hub.publish(&name("a"), heavy, at(1002))).unwrap();
    assert_eq!(receipt.info.messages, 1);
    let page = read(&hub, "a", Start::Oldest, 1002);
    assert_eq!(page.messages[0].id(), receipt.id);
}

#[test]
fn exists_only_when_a_publisher_has_made_it() {
    let hub = hub(roomy());
    let exists = || ready(hub.exists(&name("a"), at(1001))).unwrap();
    assert!(!exists());
    read(&hub, "a", Start::Oldest, 1001);
    assert!(!exists(), "a reader has asked for it");
    let deleted = ready(hub.delete(&name("a"), at(1001))).unwrap();
    assert!(deleted.info.is_none(), "there was nothing to delete");
    ready(hub.create(&name("a"), at(1001))).unwrap();
    assert!(exists());
    ready(hub.delete(&name("a"), at(1001))).unwrap();
    assert!(!exists());
    publish(&hub, "a", "x", 1001);
    assert!(exists());
}

#[test]
fn forgets_an_idle_channel_in_time_when_the_clock_steps_back() {
    // Used in the future, as after a wrong clock was set right: the time is counted from now on.
    let hub = hub(roomy());
    ready(hub.create(&name("a"), at(900_000))).unwrap();
    hub.collect(at(2000), IDLE);
    assert_eq!(hub.usage().channels, 1);
    hub.collect(at(2010), IDLE);
    assert_eq!(hub.usage().channels, 0);
}

/// Ids of a channel grow although it was forgotten with others that had not come as far.
fn check_ids_grow_after(forget: impl Fn(&Hub, &ChannelName)) {
    let hub = hub(roomy());
    // So many that some share what remembers their last ids.
    let named = |kind: &str| (0..40).map(|n| format!("{kind} {n}")).collect::<Vec<_>>();
    let (early, late) = (named("early"), named("late"));
    for (channels, seconds) in [(&early, 1500), (&late, 2000)] {
        for channel in channels {
            publish(&hub, channel, "x", seconds);
        }
    }
    for channel in late.iter().chain(&early) {
        forget(&hub, &name(channel));
    }
    assert_eq!(hub.usage().channels, 0);
    for channel in &late {
        assert!(publish(&hub, channel, "x", 1500).id > id(2000, 0));
    }
}

#[test]
fn never_takes_an_id_back_whichever_channels_are_deleted() {
    check_ids_grow_after(|hub, channel| assert!(ready(hub.delete(channel, at(2000))).is_ok()));
}

#[test]
fn never_takes_an_id_back_whichever_channels_are_forgotten() {
    // When all have expired and are idle.
    check_ids_grow_after(|hub, _| hub.collect(at(100_000), IDLE));
}

#[test]
fn gives_back_what_has_expired_without_being_asked_for_it() {
    let hub = hub(roomy());
    publish(&hub, "a", "x", 1001);
    publish(&hub, "a", "y", 1002);
    hub.collect(at(1001 + 3600), IDLE);
    assert_eq!(hub.usage().messages, 1);
    hub.collect(at(1002 + 3600), IDLE);
    assert_eq!((hub.usage().messages, hub.usage().message_bytes), (0, 0));
}

#[test]
fn remembers_a_channel_for_the_idle_time_after_its_last_listener() {
    // A reader that is cut off and comes back finds its cursor as good as it was: if the channel
    // were forgotten meanwhile, it would be told of a gap for ids of other channels.
    let hub = hub(roomy());
    let inbox = inbox();
    read(&hub, "a", Start::Newest, 1001);
    let seat = hub
        .join(&name("a"), &inbox, Admission::Broadcast, at(1001))
        .unwrap();
    for seconds in 1001..1100 {
        hub.collect(at(seconds), IDLE);
    }
    hub.leave(&name("a"), &inbox, seat, at(1100));
    hub.collect(at(1100), IDLE);
    assert_eq!(hub.usage().channels, 1);
    hub.collect(at(1110), IDLE);
    assert_eq!(hub.usage().channels, 0);
}

// Anybody may read any name; that must not take the room that publishers need.
#[test]
fn readers_of_random_names_leave_room_for_publishers() {
    let hub = hub(fanfare_hub::MemoryLimits {
        channels_max: 10,
        ..roomy()
    });
    for reader in 0..50 {
        read(&hub, &format!("random-{reader}"), Start::Oldest, 1001);
    }
    for publisher in 0..5 {
        publish(&hub, &format!("new-{publisher}"), "x", 1001);
    }
}
