//! What becomes of a draft.

use bytes::Bytes;
use fanfare_hub::limits::MESSAGE_OVERHEAD_BYTES;
use fanfare_hub::{Draft, Start, Timestamp};

use super::checks;
use super::subject::{SUBSCRIBERS, Subject, at, bounded, payloads, seconds};

checks![
    a_message_is_what_was_published,
    a_publisher_is_told_what_is_stored_and_who_it_was_meant_for,
    a_message_expires_with_its_ttl_or_the_history_whichever_is_first,
    a_repeated_publish_does_nothing,
    a_draft_that_is_not_in_order_changes_nothing,
    a_history_is_bounded_in_messages,
    a_history_is_bounded_in_bytes,
    a_channel_without_history_is_heard_and_not_stored,
    the_bounds_of_a_draft_hold_for_those_after_it,
];

fn a_message_is_what_was_published(subject: &Subject) {
    let bytes: Bytes = (0..=255).collect();
    let now = at(1).plus(std::time::Duration::from_millis(234));
    let drafts = [
        Draft {
            content_type: Some("text/plain; charset=utf-8".into()),
            event: Some("grüße".into()),
            ..Draft::new(bytes)
        },
        Draft::default(),
    ];
    for draft in &drafts {
        subject.publish("räume/1", draft.clone(), now);
    }
    let page = subject.read("räume/1", Start::Oldest, now);
    assert_eq!(page.messages.len(), drafts.len());
    for (message, draft) in page.messages.iter().zip(&drafts) {
        assert_eq!(message.channel().as_str(), "räume/1");
        assert_eq!(message.payload(), &draft.payload);
        assert_eq!(message.content_type(), draft.content_type.as_deref());
        assert_eq!(message.event(), draft.event.as_deref());
        assert_eq!(message.published(), now);
    }
}

fn a_publisher_is_told_what_is_stored_and_who_it_was_meant_for(subject: &Subject) {
    for count in 1..4 {
        let stored = subject.publish("a", Draft::new("x"), at(1));
        assert_eq!(stored.messages, count);
        assert_eq!(stored.subscribers, SUBSCRIBERS);
        assert!(!stored.repeated);
        let looked = subject.look("a", at(1)).expect("the channel is there");
        assert_eq!((looked.messages, looked.last), (count, stored.last));
        assert_eq!((looked.subscribers, looked.repeated), (0, false));
    }
}

fn a_message_expires_with_its_ttl_or_the_history_whichever_is_first(subject: &Subject) {
    let expires = |ttl: Option<u64>| -> Timestamp {
        let draft = Draft {
            ttl: ttl.map(seconds),
            ..bounded("x", |h| h.age = seconds(60))
        };
        subject.publish("a", draft, at(1));
        let heard = subject.heard();
        heard.last().expect("just published").expires()
    };
    assert_eq!(expires(None), at(61));
    assert_eq!(expires(Some(10)), at(11));
    assert_eq!(expires(Some(100)), at(61));
}

fn a_repeated_publish_does_nothing(subject: &Subject) {
    let keyed = |key: &str| Draft {
        idempotency_key: Some(key.into()),
        ..Draft::new(key.to_owned())
    };
    let first = subject.publish("a", keyed("k"), at(1));
    assert!(!first.repeated);
    subject.publish("a", keyed("other key"), at(2));
    assert!(!subject.publish("other channel", keyed("k"), at(2)).repeated);
    let again = subject.publish("a", keyed("k"), at(3));
    assert!(again.repeated);
    assert_eq!(again.last, first.last, "it is told the id of the first");
    assert_eq!((again.messages, again.subscribers), (2, 0));
    assert_eq!(subject.heard().len(), 3);
    let page = subject.read("a", Start::Oldest, at(3));
    assert_eq!(payloads(&page), ["k", "other key"]);
}

fn a_draft_that_is_not_in_order_changes_nothing(subject: &Subject) {
    let unfit = [
        Draft {
            event: Some("line\nend".into()),
            ..Draft::default()
        },
        Draft {
            content_type: Some("x".repeat(1000).into()),
            ..Draft::default()
        },
        Draft {
            idempotency_key: Some("\0".into()),
            ..Draft::default()
        },
    ];
    for draft in unfit {
        assert!(subject.try_publish("a", draft, at(1)).is_err());
    }
    assert!(subject.told().is_empty());
    assert_eq!(subject.look("a", at(1)), None);
}

fn a_history_is_bounded_in_messages(subject: &Subject) {
    for text in ["1", "2", "3", "4"] {
        let stored = subject.publish("a", bounded(text, |h| h.messages = 2), at(1));
        assert!(stored.messages <= 2);
    }
    let page = subject.read("a", Start::Oldest, at(1));
    assert_eq!(payloads(&page), ["3", "4"]);
}

fn a_history_is_bounded_in_bytes(subject: &Subject) {
    let draft = |text: &str| bounded(text, |h| h.bytes = 2 * (MESSAGE_OVERHEAD_BYTES + 3));
    for text in ["aaa", "bbb", "ccc"] {
        subject.publish("a", draft(text), at(1));
    }
    let page = subject.read("a", Start::Oldest, at(1));
    assert_eq!(payloads(&page), ["bbb", "ccc"]);
    subject.publish("a", draft("dddd"), at(1));
    let page = subject.read("a", Start::Oldest, at(1));
    assert_eq!(payloads(&page), ["dddd"]);
    subject.publish("a", draft(&"e".repeat(1000)), at(1));
    let page = subject.read("a", Start::Oldest, at(1));
    assert_eq!(page.messages.len(), 1, "the newest stays, however heavy");
    subject.publish("a", draft("f"), at(1));
    let page = subject.read("a", Start::Oldest, at(1));
    assert_eq!(payloads(&page), ["f"]);
}

fn a_channel_without_history_is_heard_and_not_stored(subject: &Subject) {
    let stored = subject.publish("a", bounded("x", |h| h.messages = 0), at(1));
    assert_eq!((stored.messages, stored.subscribers), (0, SUBSCRIBERS));
    assert_eq!(subject.heard().len(), 1);
    let page = subject.read("a", Start::Oldest, at(1));
    assert!(page.messages.is_empty());
    let looked = subject.look("a", at(1)).expect("the channel is there");
    assert_eq!(looked.last, stored.last);
}

fn the_bounds_of_a_draft_hold_for_those_after_it(subject: &Subject) {
    subject.publish("a", bounded("1", |h| h.messages = 2), at(1));
    for text in ["2", "3"] {
        subject.say("a", text, at(1));
    }
    let page = subject.read("a", Start::Oldest, at(1));
    assert_eq!(payloads(&page), ["2", "3"]);
    subject.publish("a", bounded("4", |h| h.messages = 1), at(1));
    let page = subject.read("a", Start::Oldest, at(1));
    assert_eq!(payloads(&page), ["4"]);
}
