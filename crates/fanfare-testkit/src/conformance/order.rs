//! Ids only grow, and the sink hears messages in their order.

use fanfare_hub::{Draft, MessageId};
use tokio::task::JoinSet;

use super::subject::{Subject, Told, at, name};
use super::{IDLE, checks};

checks![
    an_id_is_a_second_and_a_count_within_it,
    ids_grow_when_the_clock_steps_back,
    ids_grow_across_a_deletion,
    ids_grow_when_an_idle_channel_was_forgotten,
    an_id_is_greater_than_any_of_the_second_the_engine_began_in,
    the_sink_hears_messages_in_the_order_of_their_ids,
    the_sink_hears_of_a_deletion_after_the_messages_before_it,
];

fn an_id_is_a_second_and_a_count_within_it(subject: &Subject) {
    for second in [1, 5] {
        for tag in 0..3 {
            let id = subject.say("a", "x", at(second));
            assert_eq!(id, MessageId::new(at(second).seconds(), tag));
        }
    }
    let other = subject.say("b", "x", at(5));
    assert_eq!(other.tag, 0, "each channel counts for itself");
}

fn ids_grow_when_the_clock_steps_back(subject: &Subject) {
    let ids = [9, 5, 9, 1, 10].map(|second| subject.say("a", "x", at(second)));
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

fn ids_grow_across_a_deletion(subject: &Subject) {
    let before = subject.say("a", "x", at(9));
    subject.delete("a", at(9));
    let after = subject.say("a", "x", at(5));
    assert!(after > before);
}

fn ids_grow_when_an_idle_channel_was_forgotten(subject: &Subject) {
    let before = subject.say("a", "x", at(9));
    let mut last = before;
    // Once to expire, once to forget, however the engine spreads its work.
    for days in [1, 2, 3] {
        subject.collect(at(days * 86_400), &[]);
        subject.collect(at(days * 86_400).plus(IDLE), &[]);
        let id = subject.say("a", "x", at(5));
        assert!(id > last);
        last = id;
    }
}

fn an_id_is_greater_than_any_of_the_second_the_engine_began_in(subject: &Subject) {
    // An engine that was here before may have used every tag of that second.
    let id = subject.say("a", "x", at(0));
    assert!(id > MessageId::end_of_second(at(0)));
}

fn the_sink_hears_messages_in_the_order_of_their_ids(subject: &Subject) {
    subject.wait(async {
        let mut publishers = JoinSet::new();
        for count in 0..100 {
            let channel = name(["a", "b"][count % 2]);
            let draft = Draft::new(count.to_string());
            publishers.spawn(subject.engine.publish(&channel, draft, at(1)));
        }
        publishers.join_all().await;
    });
    for channel in ["a", "b"] {
        let mut heard = subject.heard();
        heard.retain(|message| message.channel().as_str() == channel);
        assert_eq!(heard.len(), 50);
        assert!(heard.is_sorted_by(|a, b| a.id() < b.id()));
    }
}

fn the_sink_hears_of_a_deletion_after_the_messages_before_it(subject: &Subject) {
    subject.say("a", "before", at(1));
    subject.delete("a", at(1));
    subject.say("a", "after", at(1));
    let told = subject.told();
    let [Told::Message(_), Told::Deleted(deleted), Told::Message(_)] = &told[..] else {
        unreachable!("{told:?}");
    };
    assert_eq!(deleted.as_str(), "a");
}
