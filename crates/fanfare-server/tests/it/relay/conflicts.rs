//! E13 and E14: what becomes of a second subscriber (R29 to R34, section 5.1).

use super::{check_vary, held, info, relay_server};
use crate::support::{Publisher, Raw, until_held};

#[test]
fn everybody_is_served_by_default() {
    let server = relay_server();
    let mut subscribers = [
        held(&server, "GET /sub/a", &[]),
        held(&server, "GET /sub/a", &[]),
    ];
    until_held(&server, "a", 2);
    Publisher::connect(&server).publish("a", "x");
    for subscriber in &mut subscribers {
        subscriber.answer().check(200, "x");
    }
}

#[test]
fn e13_the_last_subscriber_takes_over() {
    let server = relay_server();
    let mut first = held(&server, "GET /last/sub/l", &[]);
    until_held(&server, "l", 1);
    let mut second = held(&server, "GET /last/sub/l", &[]);
    let conflict = first.answer();
    conflict
        .check(409, "")
        .with("content-length", "0")
        .with("fanfare-error", "conflict")
        .without("etag")
        .without("last-modified");
    check_vary(&conflict);
    until_held(&server, "l", 1);
    let published = Raw::connect(&server).tell("POST /last/pub/l", &[], "x");
    published.check(201, info(1, 0, 1));
    second.answer().check(200, "x");
    first.ask("GET /healthz", &[]).check(200, "ok\n");
}

// D33: the held one is sent away also by somebody who is answered at once.
#[test]
fn e13_a_subscriber_is_replaced_also_by_one_that_does_not_wait() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    let [modified, tag] = publisher.publish("l", "stored").conditions();
    let mut first = held(&server, "GET /last/sub/l", &[&modified, &tag]);
    until_held(&server, "l", 1);
    Raw::connect(&server)
        .ask("GET /last/sub/l", &[])
        .check(200, "stored");
    first.answer().check(409, "");
    until_held(&server, "l", 0);
}

#[test]
fn e14_the_first_subscriber_stays() {
    let server = relay_server();
    let mut first = held(&server, "GET /first/sub/f", &[]);
    until_held(&server, "f", 1);
    let mut client = Raw::connect(&server);
    let conflict = client.ask("GET /first/sub/f", &[]);
    conflict.check(409, "").with("content-length", "0");
    check_vary(&conflict);
    let published = client.tell("POST /first/pub/f", &[], "x");
    published.check(201, info(1, 0, 1));
    first.answer().check(200, "x");
    // Its place is free again.
    client.ask("GET /first/sub/f", &[]).check(200, "x");
}

// D33: also a message that is stored does not help the second one.
#[test]
fn e14_a_second_subscriber_gets_nothing_that_is_stored() {
    let server = relay_server();
    let [modified, tag] = Publisher::connect(&server)
        .publish("f", "stored")
        .conditions();
    let _first = held(&server, "GET /first/sub/f", &[&modified, &tag]);
    until_held(&server, "f", 1);
    Raw::connect(&server)
        .ask("GET /first/sub/f", &[])
        .check(409, "");
    until_held(&server, "f", 1);
}

#[test]
fn a_subscriber_that_has_gone_is_in_nobodys_way() {
    let server = relay_server();
    let first = held(&server, "GET /first/sub/f", &[]);
    until_held(&server, "f", 1);
    first.reset();
    until_held(&server, "f", 0);
    let mut second = held(&server, "GET /first/sub/f", &[]);
    until_held(&server, "f", 1);
    Publisher::connect(&server).publish("f", "x");
    second.answer().check(200, "x");
}

// R48: whoever has its answer is not held any more when a publisher asks.
#[test]
fn an_answered_poll_is_counted_no_more() {
    let server = relay_server();
    let mut publisher = Raw::connect(&server);
    for round in 0..100 {
        let channel = format!("n{round}");
        let publish = format!("POST /pub/{channel}");
        publisher.tell(&publish, &[], "stored");
        for line in ["/sub/", "/sub/"].map(|at| format!("GET {at}{channel}")) {
            Raw::connect(&server).ask(&line, &[]).check(200, "stored");
            assert_eq!(publisher.tell(&publish, &[], "x").status, 202, "{round}");
        }
    }
}

#[test]
fn an_interval_poll_is_nobodys_conflict() {
    let server = relay_server();
    // Many at once: if they were counted, some would meet.
    let mut polls: Vec<_> = (0..50).map(|_| Raw::connect(&server)).collect();
    for _ in 0..10 {
        for poll in &mut polls {
            poll.begin("GET /first/sub/i?as=interval", &[]);
        }
        for poll in &mut polls {
            poll.answer().check(304, "");
        }
    }
    let mut first = held(&server, "GET /first/sub/i", &[]);
    until_held(&server, "i", 1);
    // D33: one that is held is somebody's.
    polls[0]
        .ask("GET /first/sub/i?as=interval", &[])
        .check(409, "");
    Publisher::connect(&server).publish("i", "x");
    first.answer().check(200, "x");
}
