//! The slow engine is slow in the way that was asked for, and in no other.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use fanfare_hub::{
    ChannelName, Draft, Engine, EngineError, MemoryEngine, MemoryLimits, MessageId, Page,
    PageLimit, Pending, PublishError, Start, Stored, Timestamp,
};
use fanfare_testkit::dice::Dice;
use fanfare_testkit::slow_engine::SlowEngine;

fn slow() -> SlowEngine {
    let memory = MemoryEngine::new(MemoryLimits::default(), Timestamp::default());
    SlowEngine::new(Arc::new(memory))
}

fn now() -> Timestamp {
    Timestamp::from_seconds(5)
}

fn name() -> ChannelName {
    ChannelName::new("a").unwrap()
}

fn publish(slow: &SlowEngine) -> Pending<Result<Stored, PublishError>> {
    slow.publish(&name(), Draft::new("x"), now())
}

fn read(slow: &SlowEngine) -> Pending<Result<Page, EngineError>> {
    slow.read(&name(), Start::Oldest, PageLimit::default(), now())
}

fn poll<T: Send + 'static>(pending: &mut Pending<T>) -> Option<T> {
    match pin!(pending).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => None,
        Poll::Ready(answer) => Some(answer),
    }
}

#[test]
fn a_call_makes_two_journeys() {
    let slow = slow();
    let mut call = publish(&slow);
    assert!(matches!(call, Pending::Later(_)));
    assert_eq!((slow.waiting(), slow.usage().messages), (1, 0));
    assert!(poll(&mut call).is_none());

    assert_eq!(slow.release(1), 1);
    assert!(poll(&mut call).is_none());
    assert_eq!((slow.waiting(), slow.usage().messages), (1, 1));

    assert_eq!(slow.release(1), 1);
    assert!(poll(&mut call).unwrap().is_ok());
    assert_eq!(slow.waiting(), 0);
}

#[test]
fn the_oldest_journeys_go_first() {
    let slow = slow();
    let mut calls = [publish(&slow), publish(&slow), publish(&slow)];
    assert_eq!(slow.release(2), 2);
    calls
        .iter_mut()
        .for_each(|call| assert!(poll(call).is_none()));
    assert_eq!(slow.usage().messages, 2);
    assert_eq!(slow.release(9), 3);
    let answered = calls.iter_mut().filter_map(poll).count();
    assert_eq!(answered, 2, "the third one is on its way back");
}

#[test]
fn a_page_may_be_old_when_it_arrives() {
    let slow = slow();
    let mut reading = read(&slow);
    slow.release(1);
    assert!(poll(&mut reading).is_none());
    let mut publishing = publish(&slow);
    slow.release(2);
    let page = poll(&mut reading).unwrap().unwrap();
    assert!(poll(&mut publishing).is_none());
    assert_eq!(slow.usage().messages, 1);
    assert!(page.messages.is_empty());
}

#[test]
fn a_refused_call_changes_nothing() {
    let slow = slow();
    let mut calls = [publish(&slow), publish(&slow)];
    slow.release(1);
    calls
        .iter_mut()
        .for_each(|call| assert!(poll(call).is_none()));
    let retry_after = Duration::from_secs(3);
    assert_eq!(slow.refuse(9, retry_after), 1, "one has been there already");
    let refused = poll(&mut calls[1]).unwrap();
    assert!(matches!(
        refused,
        Err(PublishError::Engine(EngineError::Unavailable { retry_after: after })) if after == retry_after
    ));
    slow.release(1);
    assert!(poll(&mut calls[0]).unwrap().is_ok());
    assert_eq!(slow.usage().messages, 1);
}

#[test]
fn a_call_that_was_given_up_waits_for_nobody() {
    let slow = slow();
    drop(publish(&slow));
    assert_eq!(slow.release(9), 1);
    assert_eq!((slow.waiting(), slow.usage().messages), (0, 0));
}

/// Lets dice decide until all of eight publishes are done, and returns their ids.
fn rolled(seed: u64) -> Vec<MessageId> {
    let slow = slow();
    let mut dice = Dice::new(seed);
    let mut calls: Vec<_> = (0..8).map(|_| publish(&slow)).collect();
    let mut ids = vec![None; calls.len()];
    while ids.iter().any(Option::is_none) {
        slow.release_some(&mut dice);
        for (id, call) in ids.iter_mut().zip(&mut calls) {
            let answer = if id.is_none() { poll(call) } else { None };
            *id = id.or(answer.and_then(|stored| stored.unwrap().last));
        }
    }
    ids.into_iter().flatten().collect()
}

#[test]
fn the_same_dice_make_the_same_order() {
    assert_eq!(rolled(1), rolled(1));
    let orders: std::collections::BTreeSet<_> = (0..20).map(rolled).collect();
    assert!(orders.len() > 10, "other dice make other orders");
}
