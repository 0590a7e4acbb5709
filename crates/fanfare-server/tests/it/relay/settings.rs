//! What a profile or the configuration changes: E12, E15, E17, E19.

use super::{check_vary, held, info, relay_server};
use crate::support::{Publisher, Raw, launch, until_held};

#[test]
fn e12_a_channel_may_have_to_exist_first() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let refused = client.ask("GET /known/sub/z", &[]);
    refused.check(403, "").with("content-length", "0");
    check_vary(&refused);
    // Asking has not made it.
    client.ask("GET /pub/z", &[]).check(404, "");
    client.ask("PUT /pub/z", &[]).check(200, info(0, -1, 0));
    let mut subscriber = held(&server, "GET /known/sub/z", &[]);
    until_held(&server, "z", 1);
    Publisher::connect(&server).publish("z", "m");
    subscriber.answer().check(200, "m");
}

#[test]
fn e15_a_channel_may_have_so_many_subscribers() {
    let server = launch().set("limits.subscribers_per_channel_max=1").start();
    let mut first = held(&server, "GET /sub/m", &[]);
    until_held(&server, "m", 1);
    let mut client = Raw::connect(&server);
    let refused = client.ask("GET /sub/m", &[]);
    refused
        .check(403, "")
        .with("content-length", "0")
        .with("fanfare-error", "too_many_subscribers");
    check_vary(&refused);
    Publisher::connect(&server).publish("m", "x");
    first.answer().check(200, "x");
    client.ask("GET /sub/m", &[]).check(200, "x");
}

// The limit wins over the look-up (D19).
#[test]
fn e15_the_limit_holds_also_for_what_is_stored() {
    let server = launch().set("limits.subscribers_per_channel_max=1").start();
    let [modified, tag] = Publisher::connect(&server)
        .publish("m", "stored")
        .conditions();
    let _first = held(&server, "GET /sub/m", &[&modified, &tag]);
    until_held(&server, "m", 1);
    Raw::connect(&server).ask("GET /sub/m", &[]).check(403, "");
}

#[test]
fn e17_what_is_not_stored_is_heard_by_who_listens() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    client
        .tell("POST /unstored/pub/s", &[], "x")
        .check(202, info(0, -1, 0));
    let mut subscriber = held(&server, "GET /sub/s", &[]);
    until_held(&server, "s", 1);
    assert_eq!(
        client.tell("POST /unstored/pub/s", &[], "heard").status,
        201
    );
    subscriber.answer().check(200, "heard");
    client.ask("GET /sub/s?as=interval", &[]).check(304, "");
}

#[test]
fn e17_the_oldest_make_room() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    for number in 0..5 {
        client.tell("POST /three/pub/b", &[], format!("m{number}"));
    }
    client
        .ask("GET /three/pub/b", &[])
        .check(200, info(3, -1, 0));
    client.ask("GET /sub/b", &[]).check(200, "m2");
}

#[test]
fn e19_a_poll_that_takes_too_long_is_asked_to_come_back() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let nothing = client.ask("GET /brief/sub/t", &[]);
    nothing
        .check(304, "")
        .without("etag")
        .without("last-modified");
    check_vary(&nothing);

    let id = Publisher::connect(&server).publish("t", "m");
    let [modified, tag] = id.conditions();
    let nothing = client.ask("GET /brief/sub/t", &[&modified, &tag]);
    nothing
        .check(304, "")
        .with("etag", &id.tag.to_string())
        .with("last-modified", &id.date());
    until_held(&server, "t", 0);
}

#[test]
fn a_message_that_is_too_long_is_refused_in_a_sentence() {
    let server = launch().set("limits.message_bytes_max=10KiB").start();
    let mut client = Raw::connect(&server);
    let longest = vec![b'x'; 10 << 10];
    assert_eq!(client.tell("POST /pub/a", &[], &longest).status, 202);
    let longer = vec![b'x'; (10 << 10) + 1];
    let refused = client.tell("POST /pub/a", &[], &longer);
    assert_eq!(refused.status, 413);
    refused.with("fanfare-error", "message_too_large");
    let sentence = refused.text();
    assert!(sentence.contains("10240 bytes"), "{sentence}");
    assert!(sentence.contains("limits.message_bytes_max"), "{sentence}");
    client.ask("GET /pub/a", &[]).check(200, info(1, -1, 0));
}

#[test]
fn a_name_that_is_too_long_is_forbidden() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let longest = "n".repeat(255);
    assert_eq!(
        client
            .tell(&format!("POST /pub/{longest}"), &[], "m")
            .status,
        202
    );
    client
        .ask(&format!("GET /sub/{longest}"), &[])
        .check(200, "m");
    for line in [
        format!("POST /pub/{longest}n"),
        format!("GET /sub/{longest}n"),
    ] {
        client
            .ask(&line, &[])
            .check(403, "")
            .with("content-length", "0");
    }
}
