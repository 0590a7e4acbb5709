//! Who counts as listening: presence, admission, endings and what is remembered of them.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use fanfare_hub::{Admission, Hub, Inbox, JoinError, Seat};

use crate::rig::{IDLE, at, hub, inbox, name, publish, ready, roomy, take};

fn join(hub: &Hub, inbox: &Arc<Inbox>, admission: Admission) -> Result<Seat, JoinError> {
    hub.join(&name("a"), inbox, admission, at(1001))
}

fn seat(hub: &Hub, inbox: &Arc<Inbox>) -> Seat {
    join(hub, inbox, Admission::Broadcast).unwrap()
}

fn leave(hub: &Hub, inbox: &Arc<Inbox>, seat: Seat) {
    hub.leave(&name("a"), inbox, seat, at(1002));
}

fn delete(hub: &Hub) {
    ready(hub.delete(&name("a"), at(1003))).unwrap();
}

/// How long ago a subscriber was last seen.
fn requested(hub: &Hub, seconds: u64) -> Option<Duration> {
    let info = ready(hub.info(&name("a"), at(seconds))).unwrap();
    info.and_then(|info| info.requested)
}

#[test]
fn counts_those_who_came_and_did_not_leave() {
    let hub = hub(roomy());
    let (one, two) = (inbox(), inbox());
    let first = seat(&hub, &one);
    seat(&hub, &one);
    let third = seat(&hub, &two);
    assert_eq!((hub.presence(&name("a")), hub.subscriptions()), (3, 3));
    leave(&hub, &one, first);
    leave(&hub, &two, third);
    assert_eq!((hub.presence(&name("a")), hub.subscriptions()), (1, 1));
    assert_eq!(hub.presence(&name("b")), 0);
}

#[test]
fn tells_a_publisher_how_many_its_message_was_meant_for() {
    let hub = hub(roomy());
    let (one, two) = (inbox(), inbox());
    assert_eq!(publish(&hub, "a", "nobody", 1001).info.subscribers, 0);
    seat(&hub, &one);
    seat(&hub, &one);
    seat(&hub, &two);
    assert_eq!(publish(&hub, "a", "three", 1001).info.subscribers, 3);
    // One driver, one copy, however many of its connections listen.
    assert_eq!(take(&one), ["message 1001:1"]);
    assert_eq!(take(&two), ["message 1001:1"]);
}

#[test]
fn hears_nothing_after_the_last_one_of_an_inbox_has_left() {
    let hub = hub(roomy());
    let inbox = inbox();
    let (one, two) = (seat(&hub, &inbox), seat(&hub, &inbox));
    leave(&hub, &inbox, one);
    publish(&hub, "a", "still heard", 1001);
    leave(&hub, &inbox, two);
    publish(&hub, "a", "not heard", 1001);
    assert_eq!(take(&inbox), ["message 1001:0"]);
}

#[test]
fn refuses_newcomers_while_the_first_one_stays() {
    let hub = hub(roomy());
    let (old, new) = (inbox(), inbox());
    let first = join(&hub, &old, Admission::First).unwrap();
    for admission in [Admission::First, Admission::First] {
        assert_eq!(
            join(&hub, &new, admission).unwrap_err(),
            JoinError::Conflict
        );
    }
    assert_eq!(hub.presence(&name("a")), 1);
    leave(&hub, &old, first);
    assert!(join(&hub, &new, Admission::First).is_ok());
}

#[test]
fn ends_the_others_when_the_last_one_takes_over() {
    let hub = hub(roomy());
    let (old, new) = (inbox(), inbox());
    seat(&hub, &old);
    seat(&hub, &old);
    let last = join(&hub, &new, Admission::Last).unwrap();
    assert_eq!((hub.presence(&name("a")), hub.subscriptions()), (1, 1));
    let notice = format!("end a before {}: Conflict", last.ticket);
    assert_eq!(take(&old), [notice]);
    assert!(take(&new).is_empty());
}

#[test]
fn never_ends_the_newcomer_itself() {
    let hub = hub(roomy());
    let inbox = inbox();
    let old = seat(&hub, &inbox);
    let last = join(&hub, &inbox, Admission::Last).unwrap();
    let notice = format!("end a before {}: Conflict", last.ticket);
    assert_eq!(take(&inbox), [notice]);
    assert!(old.ticket < last.ticket, "the notice is for the older one");
    assert_eq!(publish(&hub, "a", "x", 1001).info.subscribers, 1);
}

#[test]
fn ends_everybody_when_the_channel_is_deleted_and_nobody_who_comes_after() {
    let hub = hub(roomy());
    let (one, two) = (inbox(), inbox());
    let before = seat(&hub, &one);
    seat(&hub, &two);
    delete(&hub);
    assert_eq!((hub.presence(&name("a")), hub.subscriptions()), (0, 0));
    let after = seat(&hub, &one);
    let notice = take(&one);
    assert_eq!(notice, take(&two));
    let [notice] = notice.try_into().unwrap();
    let limit = notice.split([' ', ':']).nth(3).unwrap().parse().unwrap();
    assert!(before.ticket < limit, "{notice} ends the older seat");
    assert!(after.ticket >= limit, "{notice} spares the newer seat");
}

#[test]
fn ends_the_subscribers_of_a_channel_that_the_engine_does_not_know() {
    let hub = hub(roomy());
    let inbox = inbox();
    seat(&hub, &inbox);
    delete(&hub);
    assert_eq!(take(&inbox), ["end a before 2: Deleted"]);
}

#[test]
fn takes_nobody_elses_seat_when_somebody_leaves_who_was_ended() {
    let ends: [fn(&Hub, &Arc<Inbox>); 2] = [
        |hub, _| delete(hub),
        |hub, inbox| leave(hub, inbox, join(hub, inbox, Admission::Last).unwrap()),
    ];
    for end in ends {
        let hub = hub(roomy());
        let inbox = inbox();
        let ended = seat(&hub, &inbox);
        end(&hub, &inbox);
        leave(&hub, &inbox, ended);
        assert_eq!((hub.presence(&name("a")), hub.subscriptions()), (0, 0));
        let newcomer = seat(&hub, &inbox);
        leave(&hub, &inbox, ended);
        assert_eq!((hub.presence(&name("a")), hub.subscriptions()), (1, 1));
        leave(&hub, &inbox, newcomer);
        assert_eq!((hub.presence(&name("a")), hub.subscriptions()), (0, 0));
    }
}

#[test]
fn lets_no_more_in_than_the_limit() {
    let hub = hub(roomy());
    let inbox = inbox();
    let first = seat(&hub, &inbox);
    seat(&hub, &inbox);
    seat(&hub, &inbox);
    let refused = join(&hub, &inbox, Admission::Broadcast);
    assert_eq!(refused.unwrap_err(), JoinError::Full(3));
    assert!(
        hub.join(&name("b"), &inbox, Admission::Broadcast, at(1001))
            .is_ok(),
        "the limit is of each channel"
    );
    leave(&hub, &inbox, first);
    assert!(join(&hub, &inbox, Admission::Broadcast).is_ok());
}

#[test]
fn lets_the_last_one_take_over_a_full_channel() {
    // The newcomer will be alone, so there is room for it.
    let hub = hub(roomy());
    let (old, new) = (inbox(), inbox());
    for _ in 0..3 {
        seat(&hub, &old);
    }
    assert!(join(&hub, &new, Admission::Last).is_ok());
    assert_eq!(hub.presence(&name("a")), 1);
}

#[test]
fn remembers_for_a_while_when_somebody_was_seen() {
    let hub = hub(roomy());
    let inbox = inbox();
    assert_eq!(requested(&hub, 1001), None);
    let seat = seat(&hub, &inbox);
    hub.collect(at(5000), IDLE);
    assert!(requested(&hub, 5000).is_some(), "it listens still");
    hub.leave(&name("a"), &inbox, seat, at(5000));
    hub.collect(at(5009), IDLE);
    assert_eq!(requested(&hub, 5009), Some(Duration::from_secs(9)));
    hub.collect(at(5010), IDLE);
    assert_eq!(requested(&hub, 5010), None);
}

#[test]
fn forgets_a_channel_in_time_when_the_clock_steps_back() {
    // Seen in the future, as after a wrong clock was set right: the time is counted from now on.
    let hub = hub(roomy());
    let inbox = inbox();
    let seat = hub
        .join(&name("a"), &inbox, Admission::Broadcast, at(900_000))
        .unwrap();
    hub.leave(&name("a"), &inbox, seat, at(900_000));
    hub.collect(at(2000), IDLE);
    assert!(requested(&hub, 2000).is_some());
    hub.collect(at(2010), IDLE);
    assert_eq!(requested(&hub, 2010), None);
}

/// Counts how often a task is woken.
#[derive(Default)]
struct Alarm(AtomicUsize);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_deletion_is_told_when_every_driver_has_passed_it_on() {
    let hub = hub(roomy());
    let (one, two) = (inbox(), inbox());
    seat(&hub, &one);
    seat(&hub, &two);
    let alarm = Arc::new(Alarm::default());
    let waker = Waker::from(Arc::clone(&alarm));
    let mut cx = Context::from_waker(&waker);
    let mut told = pin!(ready(hub.delete(&name("a"), at(1003))).unwrap().told);
    assert!(told.as_mut().poll(&mut cx).is_pending());
    take(&one);
    assert!(told.as_mut().poll(&mut cx).is_pending(), "two has not");
    let mut passing_on = Vec::new();
    two.take(&mut passing_on);
    assert!(told.as_mut().poll(&mut cx).is_pending(), "two has begun");
    assert_eq!(alarm.0.load(Ordering::Relaxed), 0);
    drop(passing_on);
    assert_eq!(alarm.0.load(Ordering::Relaxed), 1);
    assert!(told.as_mut().poll(&mut cx).is_ready());
}

#[test]
fn a_deletion_that_concerns_nobody_is_told_at_once() {
    let hub = hub(roomy());
    let inbox = inbox();
    let seat = seat(&hub, &inbox);
    leave(&hub, &inbox, seat);
    let mut told = pin!(ready(hub.delete(&name("a"), at(1003))).unwrap().told);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(told.as_mut().poll(&mut cx).is_ready());
}

#[test]
fn somebody_who_looks_in_is_asked_for_but_not_counted() {
    let hub = hub(roomy());
    let inbox = inbox();
    let look_in = |admission| hub.look_in(&name("a"), admission, at(1001));
    let glance = look_in(Admission::First).unwrap();
    assert_eq!((hub.presence(&name("a")), hub.subscriptions()), (0, 0));
    assert_eq!(requested(&hub, 1004), Some(Duration::from_secs(3)));
    let first = seat(&hub, &inbox);
    assert_eq!(look_in(Admission::First).unwrap_err(), JoinError::Conflict);
    leave(&hub, &inbox, glance);
    assert_eq!(
        hub.presence(&name("a")),
        1,
        "only its own seat is given back"
    );
    look_in(Admission::Last).unwrap();
    assert_eq!(
        take(&inbox),
        [format!("end a before {}: Conflict", first.ticket + 1)]
    );
}
