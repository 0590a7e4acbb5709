//! A page holds the oldest messages after the start, in order, without holes.

use fanfare_hub::{MessageId, PageLimit, Start};

use super::checks;
use super::subject::{Subject, at, bounded, payload, payloads, seconds};

checks![
    a_page_begins_where_the_start_says,
    a_page_stands_right_before_its_first_message,
    many_pages_make_the_whole_history,
    a_page_ends_at_its_limits,
    a_page_holds_one_message_whatever_its_limits,
    what_has_expired_is_not_given,
    channels_do_not_mix,
];

/// Five messages, one a second; returns their ids.
fn five(subject: &Subject) -> [MessageId; 5] {
    [1, 2, 3, 4, 5].map(|n| subject.say("a", &n.to_string(), at(n)))
}

fn a_page_begins_where_the_start_says(subject: &Subject) {
    let ids = five(subject);
    let never_given = MessageId::new(ids[1].seconds, 77);
    let cases: [(Start, &[&str]); 10] = [
        (Start::Oldest, &["1", "2", "3", "4", "5"]),
        (Start::Newest, &[]),
        (Start::Last(0), &[]),
        (Start::Last(2), &["4", "5"]),
        (Start::Last(9), &["1", "2", "3", "4", "5"]),
        (Start::Within(seconds(0)), &["5"]),
        (Start::Within(seconds(2)), &["3", "4", "5"]),
        (Start::After(ids[2]), &["4", "5"]),
        (Start::After(never_given), &["3", "4", "5"]),
        (Start::After(ids[4]), &[]),
    ];
    for (start, expected) in cases {
        let page = subject.read("a", start, at(5));
        assert_eq!(payloads(&page), expected, "{start:?}");
        assert!(!page.has_more);
        assert_eq!(page.newest, ids[4]);
    }
}

fn a_page_stands_right_before_its_first_message(subject: &Subject) {
    let before = subject.read("a", Start::Oldest, at(1));
    assert_eq!(before.start, before.newest);
    let ids = five(subject);
    let check = |start, expected| {
        let page = subject.read("a", start, at(5));
        assert_eq!(page.start, expected, "{start:?}");
    };
    check(Start::Oldest, before.newest);
    check(Start::Last(2), ids[2]);
    check(Start::Within(seconds(2)), ids[1]);
    check(Start::Newest, ids[4]);
    for cursor in [MessageId::ZERO, ids[2], ids[4], MessageId::new(u64::MAX, 0)] {
        check(Start::After(cursor), cursor);
    }
}

fn many_pages_make_the_whole_history(subject: &Subject) {
    let expected: Vec<String> = (0..25).map(|n| n.to_string()).collect();
    for text in &expected {
        subject.publish("a", bounded(text, |h| h.messages = 100), at(1));
    }
    for messages in [1, 3, 24, 25, 26] {
        let limit = PageLimit {
            messages,
            ..PageLimit::default()
        };
        let mut start = Start::Oldest;
        let mut all = Vec::new();
        loop {
            let page = subject.read_up_to("a", start, limit, at(1));
            assert!(page.messages.len() <= messages);
            let last = page.messages.back().expect("there is more to read");
            start = Start::After(last.id());
            all.extend(payloads(&page));
            if !page.has_more {
                break;
            }
        }
        assert_eq!(all, expected, "{messages} a page");
    }
}

fn a_page_ends_at_its_limits(subject: &Subject) {
    for text in ["12345", "12", "1234", "1"] {
        subject.say("a", text, at(1));
    }
    let check = |messages, bytes, expected: &[&str]| {
        let limit = PageLimit { messages, bytes };
        let page = subject.read_up_to("a", Start::Oldest, limit, at(1));
        assert_eq!(payloads(&page), expected);
        assert_eq!(page.has_more, expected.len() < 4);
    };
    check(2, 1000, &["12345", "12"]);
    check(9, 7, &["12345", "12"]);
    check(9, 8, &["12345", "12"]);
    check(9, 11, &["12345", "12", "1234"]);
    check(9, 12, &["12345", "12", "1234", "1"]);
}

fn a_page_holds_one_message_whatever_its_limits(subject: &Subject) {
    let ids = five(subject);
    for (messages, bytes) in [(0, 0), (0, 1000), (9, 0)] {
        let limit = PageLimit { messages, bytes };
        let page = subject.read_up_to("a", Start::After(ids[1]), limit, at(5));
        assert_eq!(payloads(&page), ["3"]);
        assert!(page.has_more);
    }
}

fn what_has_expired_is_not_given(subject: &Subject) {
    for (text, age) in [("1", 30), ("2", 10), ("3", 20)] {
        let draft = bounded(text, |h| h.age = seconds(age));
        subject.publish("a", draft, at(1));
    }
    let check = |now, expected: &[&str]| {
        let page = subject.read("a", Start::Oldest, at(now));
        assert_eq!(payloads(&page), expected, "after {now} s");
        let stored = subject.look("a", at(now)).expect("the channel is there");
        assert_eq!(stored.messages, expected.len());
    };
    check(10, &["1", "2", "3"]);
    check(11, &["1", "3"]);
    check(21, &["1"]);
    check(31, &[]);
}

fn channels_do_not_mix(subject: &Subject) {
    for (channel, text) in [("a", "1"), ("ab", "2"), ("a", "3"), ("A", "4")] {
        subject.say(channel, text, at(1));
    }
    for (channel, expected) in [("a", vec!["1", "3"]), ("ab", vec!["2"]), ("A", vec!["4"])] {
        let page = subject.read(channel, Start::Oldest, at(1));
        assert_eq!(payloads(&page), expected);
    }
    let heard: Vec<String> = subject.heard().iter().map(|m| payload(m)).collect();
    assert_eq!(heard, ["1", "2", "3", "4"]);
}
