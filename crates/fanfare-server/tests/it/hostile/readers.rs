//! Connections that vanish, that never read, that never go, that are too many.

use fanfare_testkit::dice::Dice;

use super::check_unharmed;
use crate::support::raw::request;
use crate::support::{Publisher, Raw, frame, launch, metric, server, until, until_held};

#[test]
fn readers_that_vanish_in_the_middle_of_a_fan_out_harm_nobody() {
    let mut server = server();
    let mut dice = Dice::new(0x0fa0_0f00);
    let mut publisher = Publisher::connect(&server);
    let mut faithful = Raw::connect(&server);
    frame::upgrade(&mut faithful, "/sub/c", &[]);
    let body = "x".repeat(10_000);
    for _ in 0..10 {
        let mut readers: Vec<Raw> = (0..40)
            .map(|_| {
                let mut raw = Raw::connect(&server);
                let transport =
                    dice.one_of(&["sse", "ndjson", "multipart", "stream", "chunked", "poll"]);
                raw.begin(&format!("GET /sub/c?since=now&as={transport}"), &[]);
                raw
            })
            .collect();
        until_held(&server, "c", 41);
        while let Some(reader) = readers.pop() {
            publisher.publish("c", &body);
            let (first, payload) = frame::read(&mut faithful);
            assert_eq!((first, payload.len()), (0x81, body.len()));
            if dice.flip() {
                reader.reset()
            } else {
                drop(reader)
            }
        }
        until_held(&server, "c", 1);
    }
    drop(faithful);
    drop(publisher);
    check_unharmed(&mut server);
}

#[test]
fn readers_that_read_nothing_are_bounded_and_cut() {
    let mut server = launch()
        .set("limits.write_time=1s")
        .set("limits.history_messages=1000")
        .set("limits.history_bytes=64MiB")
        .start();
    let lazy: Vec<Raw> = ["sse", "ndjson", "multipart", "stream", "chunked"]
        .iter()
        .cycle()
        .take(20)
        .map(|transport| {
            let mut raw = Raw::connect(&server);
            raw.set_receive_buffer(4096);
            raw.begin(&format!("GET /sub/c?as={transport}"), &[]);
            raw
        })
        .collect();
    let mut awake = Raw::connect(&server);
    frame::upgrade(&mut awake, "/sub/c", &[]);
    until_held(&server, "c", 21);
    let mut publisher = Publisher::connect(&server);
    let body = "x".repeat(100_000);
    let backlog_max = 20 * (256 << 10) + 20 * body.len() as u64;
    for _ in 0..200 {
        publisher.publish("c", &body);
        // Everybody else hears it at once.
        assert_eq!(frame::read(&mut awake).1.len(), body.len());
        let backlog = metric(&server, "fanfare_memory_bytes{kind=\"backlog\"}");
        assert!(
            backlog <= backlog_max,
            "{backlog} bytes wait for 20 readers"
        );
    }
    until("lazy readers are cut", || {
        metric(&server, "fanfare_slow_readers_cut_total") == 20
    });
    until_held(&server, "c", 1);
    drop((lazy, awake, publisher));
    check_unharmed(&mut server);
}

#[test]
fn half_open_connections_go_away() {
    let mut server = launch()
        .set("limits.head_time=1s")
        .set("limits.keep_alive_time=1s")
        .start();
    let mut connections: Vec<Raw> = (0..200).map(|_| Raw::connect(&server)).collect();
    for (number, raw) in connections.iter_mut().enumerate() {
        match number % 4 {
            0 => {}
            1 => raw.send("GET /sub/c HTTP/1.1\r\n"),
            2 => raw.send(request("GET /healthz", &[])),
            _ => {
                raw.send(request("GET /sub/c?as=sse", &[]));
                raw.half_close();
            }
        }
    }
    until("all connections are gone", || {
        metric(&server, "fanfare_connections") <= 1
    });
    drop(connections);
    check_unharmed(&mut server);
}

#[test]
fn a_full_server_says_so() {
    let mut server = launch()
        .arg("--shards")
        .arg("1")
        .set("limits.connections_max=8")
        .start();
    let mut held: Vec<Raw> = (0..8)
        .map(|_| {
            let mut raw = Raw::connect(&server);
            raw.ask("GET /healthz", &[]).check(200, "ok\n");
            raw
        })
        .collect();
    let mut turned_away = Raw::connect(&server);
    let answer = turned_away.answer();
    assert_eq!(
        (answer.status, answer.header("fanfare-error")),
        (503, "node_full")
    );
    turned_away.check_closed();
    held.pop().unwrap().reset();
    until("there is room", || {
        let mut raw = Raw::connect(&server);
        raw.send_in_vain(request("GET /healthz", &["Connection: close"]));
        raw.rest().starts_with(b"HTTP/1.1 200 ")
    });
    drop(held);
    check_unharmed(&mut server);
}
