//! Making, looking, deleting, forgetting.

use fanfare_hub::{Start, Stored};

use super::subject::{Subject, Told, at, payloads, seconds};
use super::{IDLE, checks};

checks![
    a_channel_is_there_when_a_publisher_has_made_it,
    creating_a_channel_again_changes_nothing,
    deleting_leaves_nothing,
    deleting_what_is_not_there_is_no_error,
    collecting_forgets_what_is_empty_and_idle,
    collecting_spares_what_is_in_use,
    collecting_spares_what_was_in_use_lately,
    collecting_spares_what_was_used_lately,
    collecting_takes_no_message_before_its_time,
];

fn a_channel_is_there_when_a_publisher_has_made_it(subject: &Subject) {
    assert_eq!(subject.look("a", at(1)), None);
    subject.read("a", Start::Oldest, at(1));
    assert_eq!(subject.look("a", at(1)), None, "a reader has asked for it");
    assert_eq!(subject.create("a", at(1)), Stored::default());
    assert_eq!(subject.look("a", at(1)), Some(Stored::default()));
    subject.say("b", "x", at(1));
    assert!(subject.look("b", at(1)).is_some());
}

fn creating_a_channel_again_changes_nothing(subject: &Subject) {
    let id = subject.say("a", "x", at(1));
    let stored = subject.create("a", at(1));
    assert_eq!((stored.messages, stored.last), (1, Some(id)));
    assert_eq!(subject.told().len(), 1);
}

fn deleting_leaves_nothing(subject: &Subject) {
    subject.say("a", "1", at(1));
    let id = subject.say("a", "2", at(1));
    subject.say("b", "3", at(1));
    let deleted = subject.delete("a", at(1)).expect("the channel was there");
    assert_eq!((deleted.messages, deleted.last), (2, Some(id)));
    assert_eq!(subject.look("a", at(1)), None);
    assert!(subject.read("a", Start::Oldest, at(1)).messages.is_empty());
    assert_eq!(payloads(&subject.read("b", Start::Oldest, at(1))), ["3"]);
    let told = subject.told();
    assert!(matches!(&told[3..], [Told::Deleted(name)] if name.as_str() == "a"));
    let again = subject.create("a", at(1));
    assert_eq!(again, Stored::default(), "it begins anew");
}

fn deleting_what_is_not_there_is_no_error(subject: &Subject) {
    assert_eq!(subject.delete("a", at(1)), None);
    subject.create("a", at(1));
    assert!(subject.delete("a", at(1)).is_some());
    assert_eq!(subject.delete("a", at(1)), None);
}

fn collecting_forgets_what_is_empty_and_idle(subject: &Subject) {
    subject.create("a", at(1));
    subject.collect(at(1).plus(IDLE), &[]);
    assert_eq!(subject.look("a", at(1).plus(IDLE)), None);
}

fn collecting_spares_what_is_in_use(subject: &Subject) {
    subject.create("a", at(1));
    subject.create("b", at(1));
    let later = at(1).plus(IDLE);
    subject.collect(later, &["b"]);
    assert_eq!(subject.look("a", later), None);
    assert!(subject.look("b", later).is_some());
}

fn collecting_spares_what_was_in_use_lately(subject: &Subject) {
    // A reader that is cut off and comes back must find its cursor as good as it was.
    subject.create("a", at(1));
    let left = at(1).plus(IDLE);
    subject.collect(left, &["a"]);
    let soon_after = left.plus(seconds(1));
    subject.collect(soon_after, &[]);
    assert!(subject.look("a", soon_after).is_some());
    subject.collect(left.plus(IDLE), &[]);
    assert_eq!(subject.look("a", left.plus(IDLE)), None);
}

fn collecting_spares_what_was_used_lately(subject: &Subject) {
    let lately = at(1).plus(IDLE).minus(seconds(1));
    for channel in ["created", "published", "read", "unused"] {
        subject.create(channel, at(1));
    }
    subject.create("created", lately);
    subject.read("read", Start::Oldest, lately);
    let brief = fanfare_hub::Draft {
        ttl: Some(seconds(1)),
        ..fanfare_hub::Draft::new("x")
    };
    subject.publish("published", brief, lately);
    let later = at(1).plus(IDLE);
    subject.collect(later, &[]);
    for channel in ["created", "published", "read"] {
        assert!(subject.look(channel, later).is_some(), "{channel}");
    }
    assert_eq!(subject.look("unused", later), None);
}

fn collecting_takes_no_message_before_its_time(subject: &Subject) {
    let draft = super::subject::bounded("x", |h| h.age = 10 * IDLE);
    subject.publish("a", draft, at(0));
    let last_moment = at(0).plus(10 * IDLE).minus(seconds(1));
    subject.collect(last_moment, &[]);
    assert_eq!(
        payloads(&subject.read("a", Start::Oldest, last_moment)),
        ["x"]
    );
}
