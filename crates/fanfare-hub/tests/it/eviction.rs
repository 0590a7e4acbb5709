//! The bound of the whole process: what goes first, and that its readers are told.

use std::sync::Arc;

use bytes::Bytes;
use fanfare_hub::limits::MESSAGE_OVERHEAD_BYTES;
use fanfare_hub::{Draft, Gap, HistoryLimits, Hub, MemoryLimits, Place, Start, Step, WireFormat};

use crate::rig::{IDLE, at, hub, name, publish, read, ready, roomy};

/// The weight of the messages of these tests, which have ten bytes of payload and no texts.
const WEIGHT: usize = MESSAGE_OVERHEAD_BYTES + PAYLOAD.len();
const PAYLOAD: &str = "ten bytes.";

/// A hub with room for so many messages, however they are spread over channels.
fn room_for(messages: usize) -> Hub {
    hub(MemoryLimits {
        bytes_max: messages * WEIGHT,
        ..roomy()
    })
}

/// What each channel has stored, as ids in words.
fn stored(hub: &Hub, channels: &[&str], seconds: u64) -> Vec<String> {
    let ids = |channel: &&str| {
        let page = read(hub, channel, Start::Oldest, seconds);
        let ids = page
            .messages
            .iter()
            .map(|m| format!("{channel} {}", m.id()));
        ids.collect::<Vec<_>>()
    };
    channels.iter().flat_map(ids).collect()
}

#[test]
fn drops_the_smallest_id_of_all_channels_first() {
    let hub = room_for(4);
    // Published in an order that is neither that of the names nor that of the ids.
    for (channel, seconds) in [("c", 1003), ("a", 1001), ("b", 1002), ("c", 1004)] {
        publish(&hub, channel, PAYLOAD, seconds);
    }
    let names = ["a", "b", "c"];
    let all = ["a 1001:0", "b 1002:0", "c 1003:0", "c 1004:0"];
    assert_eq!(stored(&hub, &names, 1005), all);
    let mut expected = all.to_vec();
    for _ in 0..4 {
        expected.remove(0);
        publish(&hub, "d", PAYLOAD, 1010);
        assert_eq!(stored(&hub, &names, 1010), expected);
    }
    assert_eq!(hub.usage().evicted, 4);
    assert_eq!(hub.usage().message_bytes, 4 * WEIGHT);
}

#[test]
fn tells_those_who_had_not_read_it() {
    let hub = room_for(2);
    let first = publish(&hub, "a", PAYLOAD, 1001).id;
    let second = publish(&hub, "a", PAYLOAD, 1002).id;
    for seconds in [1003, 1004, 1005] {
        publish(&hub, "b", PAYLOAD, seconds);
    }
    let mut place = Place::new(name("a"), Start::After(first));
    let mut page = read(&hub, "a", place.start(), 1005);
    let lost = Gap {
        after: first,
        resumed: second,
    };
    assert!(matches!(place.follow(&mut page), Some(Step::Gap(gap)) if gap == lost));
    assert!(place.follow(&mut page).is_none());

    let mut in_time = Place::new(name("a"), Start::After(second));
    let mut page = read(&hub, "a", in_time.start(), 1005);
    assert!(in_time.follow(&mut page).is_none(), "it has missed nothing");
}

#[test]
fn counts_wire_forms_in_the_bound_and_gives_them_back() {
    let hub = room_for(3);
    for seconds in [1001, 1002] {
        publish(&hub, "a", PAYLOAD, seconds);
    }
    let being_read = read(&hub, "a", Start::Oldest, 1002);
    for message in &being_read.messages {
        message.encoded(WireFormat(1), |_| Bytes::from(vec![0; WEIGHT]));
    }
    assert_eq!(hub.usage().encoded_bytes, 2 * WEIGHT);
    // Forms are made by readers; the bound is brought back by the next publish or collection.
    hub.collect(at(1002), IDLE);
    assert_eq!(stored(&hub, &["a"], 1002), ["a 1002:0"]);
    drop(being_read);
    assert_eq!(hub.usage().encoded_bytes, WEIGHT);
}

#[test]
fn drops_even_the_newest_when_it_alone_is_too_large() {
    let hub = room_for(1);
    publish(&hub, "a", &PAYLOAD.repeat(2), 1001);
    assert_eq!(hub.usage().messages, 0);
    assert_eq!(hub.usage().evicted, 1);
}

#[test]
fn stops_when_nothing_is_left_to_drop() {
    // A reader holds a message that no history has: its forms count, and dropping cannot help.
    let hub = room_for(1);
    let kept_nowhere = Draft {
        history: Some(HistoryLimits {
            messages: 0,
            ..HistoryLimits::default()
        }),
        ..Draft::new(PAYLOAD)
    };
    publish(&hub, "a", PAYLOAD, 1001);
    let held = Arc::clone(&read(&hub, "a", Start::Oldest, 1001).messages[0]);
    held.encoded(WireFormat(1), |_| Bytes::from(vec![0; 2 * WEIGHT]));
    ready(hub.publish(&name("a"), kept_nowhere, at(1002))).unwrap();
    assert_eq!(hub.usage().messages, 0);
    assert_eq!(hub.usage().encoded_bytes, 2 * WEIGHT);
    drop(held);
    assert_eq!(hub.usage().encoded_bytes, 0);
    publish(&hub, "b", PAYLOAD, 1003);
    assert_eq!(stored(&hub, &["b"], 1003), ["b 1003:0"]);
}

// Else an anonymous reader could push everybody's messages out, just by reading them.
#[test]
fn what_readers_make_of_messages_goes_before_messages() {
    let hub = room_for(40);
    for number in 0..40 {
        publish(&hub, &format!("c{number}"), PAYLOAD, 1001);
    }
    for number in 0..40 {
        let page = read(&hub, &format!("c{number}"), Start::Oldest, 1002);
        let large = |_: &_| Bytes::from(vec![b'x'; 10 * WEIGHT]);
        page.messages[0].encoded(WireFormat(1), large);
    }
    assert_eq!(hub.usage().encoded_bytes, 400 * WEIGHT);
    hub.collect(at(1002), IDLE);
    assert_eq!((hub.usage().messages, hub.usage().evicted), (40, 0));
    assert_eq!(hub.usage().encoded_bytes, 0);
}
