//! The queue between hub and driver: bounded, in order, and never silently lossy.

use std::sync::Arc;

use fanfare_hub::{Admission, Hub, Inbox, Start};

use crate::rig::{Bell, at, bounded_inbox, hub, name, payloads, publish, read, ready, roomy, take};

fn listening(items_max: usize, bytes_max: usize) -> (Hub, Arc<Inbox>, Arc<Bell>) {
    let hub = hub(roomy());
    let (inbox, bell) = bounded_inbox(items_max, bytes_max);
    for channel in ["a", "b"] {
        hub.join(&name(channel), &inbox, Admission::Broadcast, at(1001))
            .unwrap();
    }
    (hub, inbox, bell)
}

#[test]
fn keeps_the_order_over_all_channels() {
    let (hub, inbox, _) = listening(10, 1000);
    publish(&hub, "a", "1", 1001);
    publish(&hub, "b", "2", 1003);
    publish(&hub, "a", "3", 1002);
    let expected = ["message 1001:0", "message 1003:0", "message 1002:0"];
    assert_eq!(take(&inbox), expected);
    assert!(take(&inbox).is_empty());
}

#[test]
fn wakes_its_driver_when_it_becomes_non_empty_and_only_then() {
    let (hub, inbox, bell) = listening(2, 1000);
    assert_eq!(bell.rung(), 0);
    for _ in 0..4 {
        publish(&hub, "a", "x", 1001);
        assert_eq!(bell.rung(), 1, "it has been woken and has not come yet");
    }
    take(&inbox);
    assert_eq!(bell.rung(), 1, "there is nothing to come for");
    publish(&hub, "a", "x", 1001);
    assert_eq!(bell.rung(), 2);
    take(&inbox);
    ready(hub.delete(&name("a"), at(1001))).unwrap();
    assert_eq!(bell.rung(), 3);
}

#[test]
fn remembers_channels_instead_of_messages_when_it_is_full() {
    let (hub, inbox, _) = listening(2, 1000);
    for channel in ["a", "b", "b", "b"] {
        publish(&hub, channel, "x", 1001);
    }
    let expected = ["message 1001:0", "message 1001:0", "behind b"];
    assert_eq!(take(&inbox), expected);
    assert!(take(&inbox).is_empty());
    publish(&hub, "b", "x", 1001);
    assert_eq!(take(&inbox), ["message 1001:3"]);
}

#[test]
fn is_full_when_its_bytes_are_reached() {
    let (hub, inbox, _) = listening(10, 8);
    publish(&hub, "a", "12345", 1001);
    publish(&hub, "b", "1234", 1001);
    publish(&hub, "a", "123", 1001);
    let expected = ["message 1001:0", "message 1001:1", "behind b"];
    assert_eq!(take(&inbox), expected);
    publish(&hub, "a", "12345", 1001);
    assert_eq!(take(&inbox), ["message 1001:2"], "and empty when taken");
}

#[test]
fn takes_one_message_that_is_larger_than_itself() {
    let (hub, inbox, _) = listening(10, 3);
    publish(&hub, "a", "large", 1001);
    publish(&hub, "a", "large", 1001);
    assert_eq!(take(&inbox), ["message 1001:0", "behind a"]);
}

#[test]
fn has_room_for_one_item_even_when_told_to_have_none() {
    let (hub, inbox, bell) = listening(0, 0);
    publish(&hub, "a", "x", 1001);
    publish(&hub, "a", "x", 1001);
    assert_eq!(bell.rung(), 1);
    assert_eq!(take(&inbox), ["message 1001:0", "behind a"]);
}

#[test]
fn loses_no_ending_when_it_is_full() {
    let (hub, inbox, _) = listening(1, 1000);
    publish(&hub, "a", "x", 1001);
    publish(&hub, "a", "x", 1001);
    for channel in ["a", "b"] {
        ready(hub.delete(&name(channel), at(1002))).unwrap();
    }
    let expected = [
        "message 1001:0",
        "end a before 3: Deleted",
        "end b before 3: Deleted",
        "behind a",
    ];
    assert_eq!(take(&inbox), expected);
}

#[test]
fn costs_its_readers_no_message_that_is_still_stored() {
    let (hub, inbox, _) = listening(1, 1000);
    for payload in ["1", "2", "3"] {
        publish(&hub, "a", payload, 1001);
    }
    assert_eq!(take(&inbox), ["message 1001:0", "behind a"]);
    let page = read(&hub, "a", Start::After(crate::rig::id(1001, 0)), 1001);
    assert_eq!(payloads(&page), ["2", "3"]);
}
