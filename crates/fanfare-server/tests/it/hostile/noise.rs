//! Bytes without end, and bytes without sense.

use fanfare_testkit::dice::Dice;

use super::check_unharmed;
use crate::support::frame::{self, TEXT, masked};
use crate::support::raw::request;
use crate::support::{Publisher, Raw, launch, metric, until};

/// How much more memory the process may have in the end, in bytes: buffers and tables that have
/// grown once and are used again.
const LEFT_BEHIND_BYTES_MAX: u64 = 8 << 20;

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
            if dice.flip() { raw.reset() } else { drop(raw) }
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
