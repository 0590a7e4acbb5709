//! A reader's cursor against pages and live messages, one rule at a time.

use std::sync::Arc;

use fanfare_hub::message::Meter;
use fanfare_hub::{Draft, Gap, Message, MessageId, Page, Place, Standing, Start, Step, Timestamp};

use crate::rig::{id, name};

/// A message whose predecessor and own id are of this second.
fn message(previous: u32, tag: u32) -> Message {
    Message::new(
        name("a"),
        (id(1, previous), id(1, tag)),
        (Timestamp::default(), Timestamp::NEVER),
        Draft::default(),
        Arc::new(Meter::default()),
    )
}

fn page(start: u32, messages: &[(u32, u32)], newest: u32) -> Page {
    let messages = messages.iter().map(|(p, t)| Arc::new(message(*p, *t)));
    Page {
        start: id(1, start),
        messages: messages.collect(),
        has_more: false,
        newest: id(1, newest),
    }
}

fn after(tag: u32) -> Start {
    Start::After(id(1, tag))
}

/// Everything that a page holds for a reader at `start`, as `gap 1-3` and `5`, and its new cursor.
fn follow(start: Start, page: &mut Page) -> (Vec<String>, Option<MessageId>) {
    let mut place = Place::new(name("a"), start);
    let mut steps = Vec::new();
    while let Some(step) = place.follow(page) {
        steps.push(match step {
            Step::Gap(Gap { after, resumed }) => format!("gap {}-{}", after.tag, resumed.tag),
            Step::Message(message) => message.id().tag.to_string(),
        });
    }
    (steps, place.cursor())
}

fn check(start: Start, mut page: Page, steps: &[&str], cursor: u32) {
    let (found, reached) = follow(start, &mut page);
    assert_eq!(found, steps);
    assert_eq!(reached, Some(id(1, cursor)));
}

#[test]
fn follows_a_page_without_holes() {
    check(after(3), page(3, &[(3, 4), (4, 5)], 5), &["4", "5"], 5);
    check(after(5), page(5, &[], 5), &[], 5);
}

#[test]
fn tells_of_a_gap_before_between_and_behind_the_messages() {
    check(after(1), page(1, &[(3, 4)], 4), &["gap 1-3", "4"], 4);
    let holes = page(3, &[(3, 4), (6, 7)], 7);
    check(after(3), holes, &["4", "gap 4-6", "7"], 7);
    check(after(3), page(3, &[(3, 4)], 6), &["4", "gap 4-6"], 6);
    check(after(3), page(3, &[], 6), &["gap 3-6"], 6);
}

#[test]
fn does_not_take_the_end_of_a_page_for_the_head_of_the_channel() {
    let mut page = page(3, &[(3, 4)], 9);
    page.has_more = true;
    check(after(3), page, &["4"], 4);
}

#[test]
fn owes_nothing_before_the_page_to_a_reader_that_named_no_message() {
    for start in [Start::Oldest, Start::Last(1), Start::Newest] {
        check(start, page(5, &[(5, 6)], 6), &["6"], 6);
        check(start, page(6, &[], 6), &[], 6);
    }
}

#[test]
fn tells_of_a_gap_when_the_cursor_comes_from_another_life() {
    check(after(9), page(9, &[], 6), &["gap 9-6"], 6);
}

#[test]
fn does_not_repeat_what_came_live_while_the_page_was_on_its_way() {
    // The page was asked for at 3; 4 and 5 have been delivered live since.
    check(after(5), page(3, &[(3, 4), (4, 5), (5, 6)], 6), &["6"], 6);
    check(after(5), page(3, &[(3, 4)], 4), &[], 5);
}

#[test]
fn is_not_taken_back_by_a_page_that_is_older_than_its_cursor() {
    check(after(5), page(3, &[], 3), &[], 5);
}

#[test]
fn judges_live_messages_by_the_cursor() {
    let cases = [
        (Start::Oldest, (3, 4), Standing::Behind, None),
        (after(4), (3, 4), Standing::Seen, Some(4)),
        (after(9), (3, 4), Standing::Seen, Some(9)),
        (after(3), (3, 4), Standing::Next, Some(4)),
        // A cursor that names no message, right before the next one.
        (after(3), (2, 4), Standing::Next, Some(4)),
        (after(2), (3, 4), Standing::Behind, Some(2)),
    ];
    for (start, (previous, tag), standing, cursor) in cases {
        let mut place = Place::new(name("a"), start);
        assert_eq!(place.judge(&message(previous, tag)), standing, "{start:?}");
        assert_eq!(place.cursor(), cursor.map(|tag| id(1, tag)), "{start:?}");
    }
}

#[test]
fn is_before_what_it_has_not_reached() {
    let place = |start| Place::new(name("a"), start);
    assert!(place(Start::Newest).is_before(MessageId::ZERO));
    assert!(place(after(3)).is_before(id(1, 4)));
    assert!(!place(after(4)).is_before(id(1, 4)));
}
