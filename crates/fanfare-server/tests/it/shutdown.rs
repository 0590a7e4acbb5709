//! The end of a server: in good order, or at once.

use fanfare_testkit::server::{Server, Signal};

use crate::support::frame;
use crate::support::raw::request;
use crate::support::sse::Events;
use crate::support::{Body, Raw, SOON, launch, until_held};

fn server_with_grace(grace: &str) -> Server {
    launch()
        .set(&format!("server.shutdown_grace={grace}"))
        .start()
}

#[test]
fn every_client_is_told_goodbye() {
    let mut server = server_with_grace("2s");
    let (_, sse) = Raw::connect(&server).stream("GET /sub/c?as=sse", &[]);
    let (_, mut ndjson) = Raw::connect(&server).stream("GET /sub/c?as=ndjson", &[]);
    let mut poll = Raw::connect(&server);
    poll.begin("GET /sub/c", &[]);
    let mut socket = Raw::connect(&server);
    frame::upgrade(&mut socket, "/sub/c", &[]);
    let mut multiplex = Raw::connect(&server);
    frame::upgrade(&mut multiplex, "/ws", &[]);
    let mut idle = Raw::connect(&server);
    idle.ask("GET /healthz", &[]).check(200, "ok\n");
    until_held(&server, "c", 4);

    server.signal(Signal::TERM);
    let mut events = Events::of((head_of_stream(), sse));
    assert_eq!(events.next(), None);
    assert!(
        events.retry.is_some_and(|retry| retry >= 2000),
        "{:?}",
        events.retry
    );
    assert_eq!(events.into_body().rest(), b"");
    assert_eq!(ndjson.line(), None);
    assert_eq!(poll.answer().status, 304);
    poll.check_closed();
    for socket in [&mut socket, &mut multiplex] {
        assert_eq!(frame::read_close(socket).0, 1001);
        socket.send_in_vain(frame::masked(frame::CLOSE, &[0x03, 0xe9]));
        socket.check_closed();
    }
    idle.check_closed();
    assert_eq!(server.wait(SOON).code(), Some(0), "{}", server.log());
}

/// The head was read before.
fn head_of_stream() -> crate::support::Answer {
    crate::support::Answer {
        status: 200,
        headers: vec![("content-type".into(), "text/event-stream".into())],
        body: Vec::new(),
    }
}

#[test]
fn a_server_without_clients_ends_at_once() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut server = server_with_grace("1h");
        server.signal(signal);
        assert_eq!(server.wait(SOON).code(), Some(0), "{}", server.log());
    }
}

#[test]
fn nobody_new_is_let_in_while_it_ends() {
    let mut server = server_with_grace("3s");
    let mut socket = Raw::connect(&server);
    frame::upgrade(&mut socket, "/ws", &[]);
    server.signal(Signal::TERM);
    crate::support::until("the port is closed", || {
        std::net::TcpStream::connect(server.address()).is_err()
    });
    assert_eq!(server.wait(SOON).code(), Some(0), "{}", server.log());
}

#[test]
fn connections_that_are_still_open_hear_that_it_is_not_ready() {
    let mut server = server_with_grace("2s");
    // So many that some are still open: each shard closes one at a time.
    let mut idle: Vec<Raw> = (0..40).map(|_| Raw::connect(&server)).collect();
    for client in &mut idle {
        client.ask("GET /readyz", &[]).check(200, "ready\n");
    }
    server.signal(Signal::TERM);
    crate::support::until("the port is closed", || {
        std::net::TcpStream::connect(server.address()).is_err()
    });
    for client in &mut idle {
        client.send_in_vain(request("GET /readyz", &[]));
    }
    let answers: Vec<Vec<u8>> = idle.iter_mut().map(Raw::rest).collect();
    let told = answers.iter().filter(|answer| {
        answer.starts_with(b"HTTP/1.1 503 ") && answer.ends_with(b"\r\n\r\nstopping\n")
    });
    assert!(told.count() > 0, "{}", server.log());
    assert_eq!(server.wait(SOON).code(), Some(0), "{}", server.log());
}

// A client that never closes its side must not hold the server for longer than its grace.
#[test]
fn a_client_that_stays_does_not_keep_it() {
    let mut server = server_with_grace("1s");
    let _stream: (_, Body) = Raw::connect(&server).stream("GET /sub/c?as=sse", &[]);
    let mut half = Raw::connect(&server);
    half.send("GET /sub/c HTTP/1.1\r\n");
    let mut body = Raw::connect(&server);
    body.begin("POST /pub/c", &["Content-Length: 100"]);
    until_held(&server, "c", 1);
    server.signal(Signal::TERM);
    assert_eq!(server.wait(SOON).code(), Some(0), "{}", server.log());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut server = server_with_grace("1h");
    let mut sockets: Vec<Raw> = (0..4).map(|_| Raw::connect(&server)).collect();
    for socket in &mut sockets {
        frame::upgrade(socket, "/ws", &[]);
    }
    server.signal(Signal::TERM);
    crate::support::until("the port is closed", || {
        std::net::TcpStream::connect(server.address()).is_err()
    });
    assert!(server.is_running(), "it had an hour: {}", server.log());
    server.signal(Signal::TERM);
    assert_eq!(server.wait(SOON).code(), Some(130), "{}", server.log());
}
