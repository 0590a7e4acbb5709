//! Too much of what is harmless once.

use super::{all_is_well, enter, is_heard};
use crate::site::start;
use crate::websocket::Frame;

/// More than any bound here.
const MANY: usize = 1_100;

#[test]
fn namespaces_of_a_client_are_bounded() {
    let server = start();
    let mut socket = enter(server.address());
    let mut refused = 0;
    for number in 0..200 {
        socket.text(&format!("40/dyn-{number},"));
    }
    let answers = (0..200).map(|_| {
        loop {
            let text = socket.hear();
            if !text.starts_with("42/dyn-") {
                return text;
            }
        }
    });
    for answer in answers.collect::<Vec<_>>() {
        match answer.starts_with("44/") {
            true => {
                assert!(
                    answer.ends_with(r#",{"message":"Too many namespaces"}"#),
                    "{answer}"
                );
                refused += 1;
            }
            false => assert!(answer.starts_with("40/dyn-"), "{answer}"),
        }
    }
    assert_eq!(refused, 200 - 99, "the main one counts");
    assert!(is_heard(&mut socket).is_some());
    all_is_well(server.address());
}

#[test]
fn rooms_of_a_socket_are_bounded() {
    let server = start();
    let mut socket = enter(server.address());
    for number in 0..MANY {
        socket.text(&format!(r#"42["join","room {number}"]"#));
    }
    socket.text(&format!(r#"42["join","{}"]"#, "long".repeat(300)));
    socket.text(r#"420["rooms"]"#);
    let answer = socket.hear();
    assert!(answer.starts_with("430["), "{answer:.80}");
    assert_eq!(answer.matches("\"room ").count(), 1_000);
    assert!(!answer.contains("longlong"));
    all_is_well(server.address());
}

#[test]
fn acknowledgements_that_nobody_asked_for_are_nothing() {
    let server = start();
    let mut socket = enter(server.address());
    for number in 0..20 * MANY {
        socket.text(&format!("43{number}[1]"));
    }
    assert_eq!(is_heard(&mut socket), Some(Vec::new()));
}

#[test]
fn acknowledgements_are_given_in_order_however_many_are_wanted() {
    let server = start();
    let mut socket = enter(server.address());
    for number in 0..MANY {
        socket.text(&format!(r#"42{number}["message-with-ack",{number}]"#));
    }
    for number in 0..MANY {
        assert_eq!(socket.hear(), format!("43{number}[{number}]"));
    }
}

#[test]
fn who_does_not_read_is_cut_off_and_nobody_else() {
    let server = start();
    let mut socket = enter(server.address());
    // 100 MB, of which the kernel takes a part.
    for _ in 0..10 {
        socket.text(r#"42["burst",100,100000]"#);
    }
    all_is_well(server.address());
    // The end comes after what was on its way.
    let mut frames = 0;
    while socket.frame() != Frame::End {
        frames += 1;
    }
    assert!(frames < 1_000, "{frames} of 1,000 came");
    all_is_well(server.address());
}
