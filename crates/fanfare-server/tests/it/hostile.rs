//! Input that nobody sends in good faith. The server answers in a sentence or closes; afterwards
//! it lives, serves, and holds nothing of it.

use std::time::Duration;

use fanfare_testkit::dice::Dice;
use fanfare_testkit::server::Server;

use crate::support::frame::{self, TEXT, masked};
use crate::support::raw::request;
use crate::support::{Publisher, Raw, launch, metric, server, until, until_held};

/// How much more memory the process may have in the end, in bytes: buffers and tables that have
/// grown once and are used again.
const LEFT_BEHIND_BYTES_MAX: u64 = 8 << 20;

/// The server is as it was: alive, ready, and without anybody.
fn check_unharmed(server: &mut Server) {
    assert!(server.is_running(), "{}", server.log());
    Raw::connect(server)
        .ask("GET /healthz", &[])
        .check(200, "ok\n");
    // The connection that asks is one, the one before may not be gone yet.
    until("all connections are gone", || {
        metric(server, "fanfare_connections") <= 1
    });
    assert_eq!(metric(server, "fanfare_subscriptions"), 0);
    assert_eq!(metric(server, "fanfare_memory_bytes{kind=\"backlog\"}"), 0);
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

/// Sends bytes and returns the status of the one answer that comes before the end.
#[track_caller]
fn refused(server: &Server, bytes: impl AsRef<[u8]>) -> u16 {
    let mut raw = Raw::connect(server);
    raw.send_in_vain(bytes);
    let status = raw.answer().status;
    raw.check_closed();
    status
}

#[test]
fn a_head_that_comes_slowly_is_given_up() {
    let mut server = launch().set("limits.head_time=1s").start();
    let mut begun: Vec<Raw> = [
        "G",
        "GET /sub/a HTTP/1.1\r\nHost: loc",
        "POST /pub/a HTTP/1.1\r\nX: y\r\n",
    ]
    .into_iter()
    .map(|bytes| {
        let mut raw = Raw::connect(&server);
        raw.send(bytes);
        raw
    })
    .collect();
    for raw in &mut begun {
        let answer = raw.answer();
        assert_eq!(
            (answer.status, answer.header("fanfare-error")),
            (408, "head_too_slow")
        );
        raw.check_closed();
    }
    check_unharmed(&mut server);
}

#[test]
fn a_connection_that_never_begins_is_given_up() {
    let mut server = launch().set("limits.head_time=1s").start();
    // Who has said nothing at all is not owed a sentence.
    let rest = Raw::connect(&server).rest();
    assert!(
        rest.is_empty() || rest.starts_with(b"HTTP/1.1 408 "),
        "{rest:?}"
    );
    check_unharmed(&mut server);
}

// A byte now and then does not buy time: the whole head has to be there.
#[test]
fn a_head_that_drips_is_given_up() {
    let server = launch().set("limits.head_time=1s").start();
    let mut raw = Raw::connect(&server);
    raw.send("GET /sub/a HTTP/1.1\r\n");
    let head = "X-Drip: ".to_owned() + &"y".repeat(200);
    for byte in head.bytes() {
        raw.send_in_vain([byte]);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(raw.answer().status, 408);
}

#[test]
fn a_head_has_a_size() {
    let mut server = launch().set("limits.head_bytes_max=4KiB").start();
    let long = "x".repeat(5000);
    for head in [
        format!("GET /sub/{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        request("GET /sub/a", &[&format!("X-Long: {long}")]),
        // No end in sight.
        format!("GET /sub/a HTTP/1.1\r\nX-Long: {long}"),
        format!("POST /pub/a HTTP/1.1\r\nX-Long: {long}"),
        long.clone(),
    ] {
        let status = refused(&server, &head);
        assert!(
            matches!(status, 431 | 414),
            "{status} for {:?}",
            &head[..40]
        );
    }
    let many: Vec<String> = (0..100).map(|n| format!("X-{n}: y")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for line in ["GET /sub/a", "POST /pub/a", "GET /healthz"] {
        assert_eq!(refused(&server, request(line, &many)), 431, "{line}");
    }
    check_unharmed(&mut server);
}

// What two parsers could read in two ways is refused before either acts on it.
#[test]
fn a_head_that_can_be_read_in_two_ways_is_refused() {
    let mut server = server();
    for headers in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3, 3",
        "Content-Length: +3",
        "Content-Length: -1",
        "Content-Length: 0x3",
        "Content-Length: ",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked\r\n ",
        "X-Folded: one\r\n two",
        "X-Folded: one\r\n\ttwo",
        "X-Bare: one\nX-Other: two",
        "X-Bare: one\rX-Other: two",
        "X-Nul: \0",
        "X Space: one",
        ": nameless",
        "Host: localhost",
    ] {
        for line in ["GET /sub/a?as=interval", "POST /pub/a", "GET /healthz"] {
            let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n");
            assert_eq!(refused(&server, &head), 400, "{head:?}");
        }
    }
    check_unharmed(&mut server);
}

#[test]
fn what_is_not_http_is_refused() {
    let mut server = server();
    for bytes in [
        "\r\n\r\n",
        "GET /sub/a\r\n\r\n",
        "GET  /sub/a HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /sub/a HTTP/1.1\nHost: localhost\n\n",
        "GET /sub/a HTTP/1.2\r\nHost: localhost\r\n\r\n",
        "GET /sub/a HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET /sub/\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /sub/a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET sub/a HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /sub/a HTTP/1.1\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n",
        "\u{0}\u{0}\u{0}\u{0}\r\n\r\n",
        "PRI * HTTP/1.1\r\n\r\n",
    ] {
        assert_eq!(refused(&server, bytes), 400, "{bytes:?}");
    }
    check_unharmed(&mut server);
}

#[test]
fn names_are_checked() {
    let mut server = server();
    let mut client = Raw::connect(&server);
    for name in [
        "%",
        "%2",
        "%zz",
        "%FF",
        "%C3",
        "%00",
        "%0A",
        "%0d%0aX-Injected:%20y",
        "%7F",
        "%C2%85",
        "a%1Bb",
    ] {
        for line in [
            format!("POST /pub/{name}"),
            format!("GET /sub/{name}"),
            format!("DELETE /pub/{name}"),
        ] {
            let answer = client.ask(&line, &[]);
            assert_eq!(answer.status, 400, "{line}: {answer:?}");
            answer.without("x-injected");
        }
    }
    for path in [
        "/sub/../pub/a",
        "/sub//a",
        "//sub/a",
        "/sub/a/",
        "/./sub/a",
        "/sub/a/../b",
        "/sub\\a",
    ] {
        let answer = client.ask(&format!("GET {path}?as=interval"), &[]);
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
    }
    for query in [
        "since=%FF",
        "since=%00",
        "as=%0A",
        "last_event_id=%00&since=%zz",
    ] {
        let answer = client.ask(&format!("GET /sub/a?{query}"), &[]);
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
    }
    drop(client);
    check_unharmed(&mut server);
}

#[test]
fn broken_frames_close_the_socket() {
    let mut server = server();
    let unmasked = [&frame::header(0x80 | TEXT, 0, 2)[..], b"{}"].concat();
    let with_mask =
        |first: u8, length: u64| [frame::header(first, 0x80, length), vec![0; 4]].concat();
    for (bytes, codes) in [
        (unmasked, &[1002][..]),
        (masked(0x40 | TEXT, b"{}"), &[1002]),
        (masked(0x20 | TEXT, b"{}"), &[1002]),
        (masked(0x10 | TEXT, b"{}"), &[1002]),
        (masked(0x3, b""), &[1002]),
        (masked(0xb, b""), &[1002]),
        // A continuation of nothing, a beginning within a message.
        (masked(0x0, b"x"), &[1002]),
        ([with_mask(TEXT, 0), masked(TEXT, b"x")].concat(), &[1002]),
        // Control frames: long, or in pieces.
        (masked(frame::PING, &[0; 126]), &[1002]),
        (with_mask(frame::PING, 0), &[1002]),
        (masked(frame::CLOSE, b"\x03"), &[1002]),
        (masked(frame::CLOSE, &[0x03, 0xec]), &[1002]),
        (masked(frame::CLOSE, b"\x03\xe8\xff"), &[1007]),
        (masked(TEXT, b"\xc3\x28"), &[1007]),
        (masked(TEXT, b"\xed\xa0\x80"), &[1007]),
        // Lengths that nobody has memory for.
        (with_mask(0x80 | TEXT, 1 << 63), &[1002, 1009]),
        (with_mask(0x80 | TEXT, (1 << 63) - 1), &[1009]),
        (with_mask(0x80 | TEXT, 1 << 40), &[1009]),
        (with_mask(TEXT, 1 << 32), &[1009]),
    ] {
        for path in ["/ws", "/sub/c"] {
            let mut raw = Raw::connect(&server);
            frame::upgrade(&mut raw, path, &[]);
            raw.send_in_vain(&bytes);
            let (code, reason) = frame::read_close(&mut raw);
            // A location that takes no message may say that first.
            let is_expected = codes.contains(&code) || (path == "/sub/c" && code == 1008);
            assert!(is_expected, "{path}: {code} {reason:?} for {bytes:02x?}");
            raw.rest();
        }
    }
    check_unharmed(&mut server);
}

#[test]
fn a_message_of_a_million_pieces_is_bounded() {
    let mut server = launch().set("limits.message_bytes_max=64KiB").start();
    let mut raw = Raw::connect(&server);
    frame::upgrade(&mut raw, "/ws", &[]);
    let piece = [frame::header(0, 0x80, 1000), vec![0; 4], vec![b'x'; 1000]].concat();
    let mut first = piece.clone();
    first[0] = TEXT;
    raw.send(first);
    for _ in 0..400 {
        raw.send_in_vain(&piece);
    }
    assert_eq!(frame::read_close(&mut raw).0, 1009);
    drop(raw);
    check_unharmed(&mut server);
}

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
            if dice.roll() % 2 == 0 {
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

#[test]
fn bodies_that_are_refused_cannot_fill_the_server() {
    let mut server = launch().set("limits.message_bytes_max=1KiB").start();
    let mut raw = Raw::connect(&server);
    // Announces more than there is, and goes on sending: it is told so and not read for ever.
    raw.begin("POST /pub/a", &["Content-Length: 1000000000"]);
    let megabyte = vec![b'x'; 1 << 20];
    for _ in 0..32 {
        raw.send_in_vain(&megabyte);
    }
    let said = raw.rest();
    assert!(
        said.is_empty() || said.starts_with(b"HTTP/1.1 413 "),
        "{}",
        String::from_utf8_lossy(&said)
    );
    drop(raw);
    check_unharmed(&mut server);
}

// Everything at once and many times, from a seed: whatever it is, nothing is left of it.
#[test]
fn noise_leaves_nothing_behind() {
    let mut server = launch().set("limits.head_time=1s").start();
    let noise = |dice: &mut Dice| {
        let mut raw = Raw::connect(&server);
        let valid = [
            request("GET /sub/a", &[]),
            request("GET /sub/a,b?as=sse", &[]),
            request("GET /sub/a", &frame::HANDSHAKE),
            request("GET /ws", &frame::HANDSHAKE),
            request("POST /pub/a", &["Transfer-Encoding: chunked"]) + "3\r\nabc\r\n0\r\n\r\n",
            request("POST /pub/a", &["Content-Length: 3"]) + "abc",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        ];
        let mut bytes = dice.one_of(&valid).clone().into_bytes();
        bytes.extend(masked(TEXT, b"{\"op\":\"subscribe\",\"channel\":\"a\"}"));
        for _ in 0..dice.within(0..4) {
            let at = dice.within(0..bytes.len() as u64) as usize;
            match dice.roll() % 3 {
                0 => bytes[at] = dice.roll() as u8,
                1 => bytes.truncate(at + 1),
                _ => bytes.insert(at, dice.roll() as u8),
            }
        }
        raw.send_in_vain(bytes);
        raw
    };
    let mut dice = Dice::new(20_261_121);
    let round = |dice: &mut Dice| {
        let connections: Vec<Raw> = (0..200).map(|_| noise(dice)).collect();
        Publisher::connect(&server).publish("a", "m");
        for raw in connections {
            if dice.roll() % 2 == 0 {
                raw.reset()
            } else {
                drop(raw)
            }
        }
    };
    round(&mut dice);
    until("all connections are gone", || {
        metric(&server, "fanfare_connections") <= 1
    });
    let before = server.anonymous_bytes();
    for _ in 0..20 {
        round(&mut dice);
    }
    until("all connections are gone", || {
        metric(&server, "fanfare_connections") <= 1
    });
    let after = server.anonymous_bytes();
    println!("after 4000 connections of noise: {after} bytes, {before} before");
    assert!(
        after < before + LEFT_BEHIND_BYTES_MAX,
        "{after} bytes, {before} before"
    );
    check_unharmed(&mut server);
}
