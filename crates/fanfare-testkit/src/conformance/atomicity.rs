//! Giving the id, storing and telling the sink are one step.

use std::collections::HashMap;

use fanfare_hub::{Draft, PageLimit, Start};
use tokio::task::JoinSet;

use super::checks;
use super::subject::{Subject, at, name, payload};

checks![
    a_message_is_heard_before_its_publisher_has_the_answer,
    what_was_heard_can_be_read,
    what_is_read_is_what_was_heard,
    every_publisher_is_told_the_id_of_its_own_message,
];

fn a_message_is_heard_before_its_publisher_has_the_answer(subject: &Subject) {
    for count in 1..4 {
        let id = subject.say("a", "x", at(1));
        let heard = subject.heard();
        assert_eq!(heard.len(), count, "each is heard, and once");
        assert_eq!(heard.last().map(|m| m.id()), Some(id));
    }
}

fn what_was_heard_can_be_read(subject: &Subject) {
    subject.wait(async {
        let mut publishers = JoinSet::new();
        for _ in 0..50 {
            publishers.spawn(subject.engine.publish(&name("a"), Draft::new("x"), at(1)));
        }
        let mut checked = 0;
        while checked < 50 {
            // Publishers are somewhere on their way; whatever the sink has heard must be there.
            for message in subject.heard().iter().skip(checked) {
                let after = Start::After(message.previous());
                let page = subject
                    .engine
                    .read(&name("a"), after, PageLimit::ONE, at(1));
                let page = page.await.expect("the engine is there");
                let first = page.messages.front().map(|m| m.id());
                assert_eq!(first, Some(message.id()));
                checked += 1;
            }
            tokio::task::yield_now().await;
        }
    });
}

fn what_is_read_is_what_was_heard(subject: &Subject) {
    for text in ["1", "2", "3"] {
        subject.say("a", text, at(1));
    }
    let page = subject.read("a", Start::Oldest, at(1));
    let heard = subject.heard();
    assert_eq!(page.messages.len(), heard.len());
    for (read, heard) in page.messages.iter().zip(&heard) {
        assert_eq!(read.id(), heard.id());
        assert_eq!(read.previous(), heard.previous());
        assert_eq!(read.payload(), heard.payload());
        assert_eq!(read.expires(), heard.expires());
    }
}

fn every_publisher_is_told_the_id_of_its_own_message(subject: &Subject) {
    let told: HashMap<_, _> = subject.wait(async {
        let mut publishers = JoinSet::new();
        for count in 0..50 {
            let text = count.to_string();
            let draft = Draft::new(text.clone());
            let publish = subject.engine.publish(&name("a"), draft, at(1));
            publishers.spawn(async move { (text, publish.await) });
        }
        let answers = publishers.join_all().await.into_iter();
        answers
            .map(|(text, stored)| (text, stored.expect("the draft is in order").last))
            .collect()
    });
    for message in subject.heard() {
        assert_eq!(told[&payload(&message)], Some(message.id()));
    }
}
