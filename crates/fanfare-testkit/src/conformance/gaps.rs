//! A reader can always tell loss from silence.

use fanfare_hub::{Draft, MessageId, Place, Standing, Start};

use super::subject::{Subject, at, bounded, name, seconds};
use super::{IDLE, STARTED, checks};

checks![
    every_message_names_the_one_before_it_stored_or_not,
    a_page_names_the_newest_id_stored_or_not,
    a_reader_that_has_everything_is_told_of_no_gap,
    a_reader_learns_of_expired_messages,
    a_reader_learns_of_messages_over_the_bounds,
    a_reader_learns_of_messages_that_were_never_stored,
    a_reader_learns_of_what_was_deleted,
    a_reader_learns_of_what_was_forgotten,
    a_cursor_of_an_earlier_life_is_a_gap,
    a_cursor_that_lies_ahead_is_a_gap,
    who_waits_for_the_first_message_gets_it_without_a_gap,
];

fn every_message_names_the_one_before_it_stored_or_not(subject: &Subject) {
    subject.say("a", "stored", at(1));
    subject.publish("a", bounded("not stored", |h| h.messages = 0), at(2));
    subject.publish("a", bounded("stored", |h| h.messages = 9), at(3));
    subject.say("a", "stored", at(2));
    let heard = subject.heard();
    for pair in heard.windows(2) {
        assert_eq!(pair[1].previous(), pair[0].id());
    }
    assert!(heard[0].previous() < heard[0].id());
}

fn a_page_names_the_newest_id_stored_or_not(subject: &Subject) {
    let first = subject.say("a", "stored", at(1));
    assert_eq!(subject.read("a", Start::Oldest, at(1)).newest, first);
    let draft = bounded("not stored", |h| h.messages = 0);
    let second = subject.publish("a", draft, at(1)).last;
    assert_eq!(Some(subject.read("a", Start::Oldest, at(1)).newest), second);
}

fn a_reader_that_has_everything_is_told_of_no_gap(subject: &Subject) {
    let mut last = MessageId::ZERO;
    for text in ["1", "2", "3"] {
        last = subject.say("a", text, at(1));
    }
    assert!(subject.follow("a", Start::After(last), at(1)).is_empty());
    // Also when the messages are gone: it has had them.
    let much_later = at(1_000_000);
    assert!(
        subject
            .follow("a", Start::After(last), much_later)
            .is_empty()
    );
}

fn a_reader_learns_of_expired_messages(subject: &Subject) {
    let first = subject.say("a", "1", at(1));
    let brief = Draft {
        ttl: Some(seconds(5)),
        ..Draft::new("brief")
    };
    subject.publish("a", brief.clone(), at(1));
    subject.say("a", "2", at(1));
    subject.publish("a", brief, at(1));
    let steps = subject.follow("a", Start::After(first), at(5));
    assert_eq!(steps, ["brief", "2", "brief"]);
    let steps = subject.follow("a", Start::After(first), at(6));
    assert_eq!(steps, ["gap", "2", "gap"]);
}

fn a_reader_learns_of_messages_over_the_bounds(subject: &Subject) {
    let draft = |text| bounded(text, |h| h.messages = 2);
    let first = subject.publish("a", draft("1"), at(1)).last;
    let after = Start::After(first.expect("a publish has an id"));
    for text in ["2", "3"] {
        subject.publish("a", draft(text), at(1));
    }
    assert_eq!(subject.follow("a", after, at(1)), ["2", "3"]);
    subject.publish("a", draft("4"), at(1));
    assert_eq!(subject.follow("a", after, at(1)), ["gap", "3", "4"]);
}

fn a_reader_learns_of_messages_that_were_never_stored(subject: &Subject) {
    let first = subject.say("a", "1", at(1));
    subject.publish("a", bounded("2", |h| h.messages = 0), at(1));
    assert_eq!(subject.follow("a", Start::After(first), at(1)), ["gap"]);
}

fn a_reader_learns_of_what_was_deleted(subject: &Subject) {
    let first = subject.say("a", "1", at(1));
    let second = subject.say("a", "2", at(1));
    subject.delete("a", at(1));
    assert_eq!(subject.follow("a", Start::After(first), at(1)), ["gap"]);
    assert!(subject.read("a", Start::Oldest, at(1)).newest >= second);
    subject.say("a", "3", at(1));
    let steps = subject.follow("a", Start::After(first), at(1));
    assert_eq!(steps, ["gap", "3"]);
}

fn a_reader_learns_of_what_was_forgotten(subject: &Subject) {
    let first = subject.say("a", "1", at(1));
    let second = subject.say("a", "2", at(1));
    let much_later = at(1_000_000);
    subject.collect(much_later, &[]);
    subject.collect(much_later.plus(IDLE), &[]);
    let page = subject.read("a", Start::Oldest, much_later);
    assert!(page.newest >= second);
    let steps = subject.follow("a", Start::After(first), much_later);
    assert_eq!(steps, ["gap"]);
}

fn a_cursor_of_an_earlier_life_is_a_gap(subject: &Subject) {
    let earlier = Start::After(MessageId::new(STARTED.seconds() - 100, 3));
    assert_eq!(subject.follow("a", earlier, at(1)), ["gap"]);
    subject.say("b", "1", at(1));
    assert_eq!(subject.follow("b", earlier, at(1)), ["gap", "1"]);
}

fn a_cursor_that_lies_ahead_is_a_gap(subject: &Subject) {
    let ahead = Start::After(MessageId::new(STARTED.seconds() + 100, 3));
    assert_eq!(subject.follow("a", ahead, at(1)), ["gap"]);
    subject.say("b", "1", at(1));
    assert_eq!(subject.follow("b", ahead, at(1)), ["gap"]);
}

fn who_waits_for_the_first_message_gets_it_without_a_gap(subject: &Subject) {
    for (channel, start) in [("a", Start::Newest), ("b", Start::Oldest)] {
        let mut place = Place::new(name(channel), start);
        let mut page = subject.read(channel, place.start(), at(1));
        assert!(place.follow(&mut page).is_none());
        // Something else happens meanwhile, and the engine tidies up.
        subject.say("other", "x", at(5));
        subject.delete("other", at(5));
        subject.collect(at(100_000), &[channel]);
        subject.say(channel, "first", at(100_000));
        let heard = subject.heard();
        let first = heard.last().expect("just published");
        assert_eq!(place.judge(first), Standing::Next);
    }
}
