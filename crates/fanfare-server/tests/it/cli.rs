//! `fanfare publish` and `fanfare subscribe`: what they print, what they say, and how they end.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, ExitStatus, Stdio};

use fanfare_testkit::lines::Lines;
use fanfare_testkit::server::{Ended, Launch, Server};
use serde_json::{Value, json};

use crate::support::{BINARY, Publisher, SOON, launch, server, until, until_held};

const TRANSPORTS: [&str; 4] = ["ndjson", "poll", "sse", "ws"];

/// Runs a command of the binary against this server, to its end.
fn run(server: &Server, words: &[&str]) -> Ended {
    words
        .iter()
        .fold(Launch::bare(BINARY), Launch::arg)
        .arg("--server")
        .arg(server.url(""))
        .run(SOON)
}

/// A command that goes on until something happens.
struct Running {
    child: Child,
    output: Lines,
    notes: Lines,
}

impl Running {
    fn subscribe(server: &Server, words: &[&str]) -> Self {
        Self::subscribe_at(&server.url(""), words)
    }

    fn subscribe_at(url: &str, words: &[&str]) -> Self {
        let mut child = Command::new(BINARY)
            .arg("subscribe")
            .args(words)
            .args(["--server", url])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary under test");
        Self {
            output: Lines::read(child.stdout.take().expect("it was asked for")),
            notes: Lines::read(child.stderr.take().expect("it was asked for")),
            child,
        }
    }

    #[track_caller]
    fn wait_for(&self, text: &str) {
        let heard = self.output.wait_for(0, SOON, |line| line == text);
        assert!(
            heard.is_ok(),
            "no {text:?} in {:?}, {:?}",
            heard,
            self.notes.so_far()
        );
    }

    fn end(&mut self) -> (Option<i32>, String) {
        let mut ended: Option<ExitStatus> = None;
        until("the command ends", || {
            ended = self.child.try_wait().expect("the child is ours");
            ended.is_some()
        });
        // Nothing is wanted but that both pipes have been read to the end: what the command wrote
        // last may still be in them when it is gone.
        for pipe in [&self.output, &self.notes] {
            let _ = pipe.wait_for(0, SOON, |_| false);
        }
        (ended.and_then(|status| status.code()), self.notes.so_far())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn server_at(address: SocketAddr) -> Server {
    Launch::bare(BINARY)
        .arg("--listen")
        .arg(address.to_string())
        .start()
}

fn objects(ended: &Ended) -> Vec<Value> {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines = ended.output.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

// A poll in flight used to end with the server that held it.
#[test]
fn every_transport_survives_a_restart() {
    for transport in TRANSPORTS {
        let first = server();
        let reader = Running::subscribe(&first, &["c", "--transport", transport]);
        until_held(&first, "c", 1);
        Publisher::connect(&first).publish("c", "before");
        reader.wait_for("before");
        until_held(&first, "c", 1);
        let address = first.address();
        drop(first);
        let second = server_at(address);
        let mut publisher = Publisher::connect(&second);
        // Two servers that began within one second give the same first id.
        publisher.publish("c", "between");
        publisher.publish("c", "after");
        reader.wait_for("after");
    }
}

// Also one that has heard nothing yet, and so has no cursor.
#[test]
fn a_reader_that_has_heard_nothing_survives_a_restart() {
    for transport in TRANSPORTS {
        let first = server();
        let reader = Running::subscribe(&first, &["c", "--transport", transport]);
        until_held(&first, "c", 1);
        let address = first.address();
        drop(first);
        let second = server_at(address);
        Publisher::connect(&second).publish("c", "after");
        reader.wait_for("after");
    }
}

#[test]
fn a_deleted_channel_ends_it_over_every_transport() {
    for transport in TRANSPORTS {
        let server = server();
        let mut reader = Running::subscribe(&server, &["c", "--transport", transport]);
        let mut publisher = Publisher::connect(&server);
        until_held(&server, "c", 1);
        publisher.publish("c", "one");
        reader.wait_for("one");
        until_held(&server, "c", 1);
        publisher.delete("c");
        let (code, notes) = reader.end();
        assert_eq!(notes, "fanfare: the channel c was deleted", "{transport}");
        assert_eq!(code, Some(7), "{transport}");
        assert_eq!(reader.output.so_far(), "one", "{transport}");
    }
}

#[test]
fn a_channel_taken_over_ends_it_over_every_transport() {
    for transport in TRANSPORTS {
        let server = launch().set("subscribe.concurrency=last").start();
        let mut reader = Running::subscribe(&server, &["c", "--transport", transport]);
        until_held(&server, "c", 1);
        let _other = Running::subscribe(&server, &["c"]);
        let (code, notes) = reader.end();
        let said = "fanfare: the channel c takes one subscriber at a time, and has another";
        assert_eq!(notes, said, "{transport}");
        assert_eq!(code, Some(4), "{transport}");
    }
}

#[test]
fn bytes_are_the_same_over_every_transport() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let bytes = [0xff, 0x00, 0x80];
    let headers = ["Content-Type: image/x-dot", "X-EventSource-Event: dot"];
    let id = publisher.publish_with("c", &headers, bytes).to_string();
    for transport in TRANSPORTS {
        let words = ["subscribe", "c", "--count", "1", "--transport", transport];
        let plain = run(&server, &words);
        assert_eq!(
            plain.output,
            String::from_utf8_lossy(&bytes),
            "{transport}: {plain:?}"
        );
        let as_json = objects(&run(&server, &[&words[..], &["--json"]].concat()));
        let [object] = as_json.as_slice() else {
            panic!("{as_json:?}")
        };
        assert_eq!(object["base64"], "/wCA", "{transport}");
        assert_eq!(object["channel"], "c", "{transport}");
        assert_eq!(object["id"], id, "{transport}");
        assert_eq!(object.get("data"), None, "{transport}");
        // Event streams have no place for a type, sockets none for a name.
        let has_type = transport != "sse";
        assert_eq!(object["content_type"].is_string(), has_type, "{object}");
        assert_eq!(object["event"].is_string(), transport != "ws", "{object}");
    }
}

#[test]
fn a_gap_is_the_same_over_every_transport() {
    let server = launch().set("limits.history_messages=1").start();
    let mut publisher = Publisher::connect(&server);
    let first = publisher.publish("c", "1").to_string();
    let lost = publisher.publish("c", "2").to_string();
    publisher.publish("c", "3");
    for transport in TRANSPORTS {
        let words = ["subscribe", "c", "--since", &first, "--count", "1"];
        let words = [&words[..], &["--transport", transport]].concat();
        let plain = run(&server, &words);
        assert_eq!(plain.output, "3", "{transport}");
        assert_eq!(plain.log.lines().count(), 1, "{plain:?}");
        let said = format!("whatever c had after {first} up to {lost} is missing here");
        assert!(plain.log.contains(&said), "{plain:?}");
        let as_json = objects(&run(&server, &[&words[..], &["--json"]].concat()));
        let gap = json!({"gap": {"channel": "c", "after": first, "resumed": lost}});
        assert_eq!(as_json.first(), Some(&gap), "{transport}");
        assert_eq!(as_json.len(), 2, "{transport}: {as_json:?}");
    }
}

// As `date | fanfare publish c` leaves them.
#[test]
fn a_line_that_ends_is_not_ended_again() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    for text in ["one\n", "two", "", "three\r\n"] {
        publisher.publish("c", text);
    }
    let ended = Command::new(BINARY)
        .args(["subscribe", "c", "--count", "4", "--transport", "ndjson"])
        .args(["--server", &server.url("")])
        .output()
        .expect("the binary under test");
    assert_eq!(
        String::from_utf8_lossy(&ended.stdout),
        "one\ntwo\n\nthree\r\n"
    );
}

// A publisher may call its events as it likes.
#[test]
fn a_message_named_gap_is_a_message() {
    let server = server();
    let named = ["X-EventSource-Event: gap"];
    Publisher::connect(&server).publish_with("c", &named, "in the fence");
    for transport in TRANSPORTS {
        let words = ["subscribe", "c", "--count", "1", "--transport", transport];
        let ended = run(&server, &words);
        assert_eq!(ended.output, "in the fence", "{transport}: {ended:?}");
    }
}

/// Takes one connection, reads the head of a request, and answers with these lines.
fn answer_once(listener: &TcpListener, answer: &str) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    stream.write_all(answer.as_bytes()).unwrap();
    let head = String::from_utf8(head).unwrap();
    head.lines().next().unwrap().to_owned()
}

// After `--since now` each poll would begin anew, and lose what came between two of them.
#[test]
fn a_poll_that_times_out_keeps_its_place() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let words = ["c", "--since", "now", "--transport", "poll", "--count", "1"];
    let mut reader = Running::subscribe_at(&url, &words);
    let nothing = "HTTP/1.1 304 Not Modified\r\nEtag: 3\r\n\
                   Last-Modified: Thu, 20 Nov 2025 23:27:06 GMT\r\n\r\n";
    let message = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew";
    let asked = [
        answer_once(&listener, nothing),
        answer_once(&listener, message),
    ];
    let expected = ["now", "1763681226:3"];
    assert_eq!(
        asked,
        expected.map(|since| format!("GET /sub/c?since={since} HTTP/1.1"))
    );
    assert_eq!(reader.end().0, Some(0));
    assert_eq!(reader.output.so_far(), "new");
}

// A proxy says so of a server that is away: the first time it is final, later on it will be back.
#[test]
fn a_server_that_was_there_is_expected_back() {
    let away = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
    let message = |text| format!("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{text}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let words = ["c", "--transport", "poll", "--count", "2"];

    let mut reader = Running::subscribe_at(&url, &words);
    answer_once(&listener, away);
    let said = "the server is not available now (502 Bad Gateway)";
    assert_eq!(reader.end(), (Some(5), format!("fanfare: {said}")));

    let mut reader = Running::subscribe_at(&url, &words);
    answer_once(&listener, &message("one"));
    answer_once(&listener, away);
    answer_once(&listener, &message("two"));
    let notes = format!("fanfare: {said}; coming back in 200ms");
    assert_eq!(reader.end(), (Some(0), notes));
    assert_eq!(reader.output.so_far(), "one\ntwo");
}

#[test]
fn whoever_stops_reading_has_had_enough() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let mut child = Command::new(BINARY)
        .args(["subscribe", "c", "--server", &server.url("")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let notes = Lines::read(child.stderr.take().unwrap());
    // As `| head -1` does it.
    drop(child.stdout.take());
    publisher.publish("c", "one");
    let mut ended = None;
    until("the command ends", || {
        ended = child.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(0), "{}", notes.so_far());
    assert_eq!(notes.so_far(), "");
}

#[track_caller]
fn check_refused(server: &Server, words: &[&str], code: i32, said: &str) {
    let ended = run(server, words);
    assert_eq!(ended.log, format!("fanfare: {said}"), "{words:?}");
    assert_eq!(ended.code, Some(code), "{words:?}: {ended:?}");
    assert_eq!(ended.output, "", "{words:?}");
}

#[test]
fn each_refusal_has_its_sentence_and_its_code() {
    let server = launch()
        .set("limits.message_bytes_max=10B")
        .set("publish.keys=a-key-of-sixteen-characters")
        .set("subscribe.existing_channels_only=true")
        .start();
    let key = ["--key", "a-key-of-sixteen-characters"];
    check_refused(
        &server,
        &["publish", "c", "x"],
        4,
        "not allowed (401 Unauthorized): publishing takes a key: send it as \
         `Authorization: Bearer KEY` (key_required, see the setting publish.keys)",
    );
    check_refused(
        &server,
        &["publish", "c", "more than ten bytes", key[0], key[1]],
        8,
        "the message is too large (413 Payload Too Large): the message is longer than 10 bytes, \
         which is the limit (message_too_large, see the setting limits.message_bytes_max)",
    );
    // The protocol wants this answer without a body.
    for transport in TRANSPORTS {
        check_refused(
            &server,
            &["subscribe", "c", "--transport", transport],
            4,
            "not allowed (403 Forbidden): no_such_channel",
        );
    }
    let elsewhere = Launch::bare(BINARY)
        .arg("publish")
        .arg("c")
        .arg("x")
        .arg("--server")
        .arg(server.url("/elsewhere"))
        .run(SOON);
    assert_eq!(elsewhere.code, Some(6), "{elsewhere:?}");
    assert_eq!(
        elsewhere.log,
        "fanfare: no such address on this server (404 Not Found): \
         there is nothing at this address (not_found)"
    );
}

#[test]
fn a_server_that_is_not_there_is_told_once() {
    let server = server();
    let url = server.url("");
    let address = server.address();
    drop(server);
    for words in [&["publish", "c", "x"][..], &["subscribe", "c"]] {
        let launch = words.iter().fold(Launch::bare(BINARY), Launch::arg);
        let ended = launch.arg("--server").arg(&url).run(SOON);
        assert_eq!(ended.code, Some(5), "{ended:?}");
        let said = format!(
            "fanfare: cannot reach the server at {address}: Connection refused (os error 111)"
        );
        assert_eq!(ended.log, said);
    }
}

#[test]
fn an_option_that_no_header_could_carry_is_a_mistake() {
    let server = server();
    let long = "x".repeat(257);
    for (option, value) in [
        ("--event", "a\nb"),
        ("--event", &long),
        ("--type", "text/plain\r\nX-Evil: 1"),
        ("--type", &long),
        ("--id", "a\u{7f}"),
        ("--key", "s3cret\n"),
    ] {
        let ended = run(&server, &["publish", "c", "x", option, value]);
        assert_eq!(ended.code, Some(2), "{option} {value:?}: {ended:?}");
        assert!(ended.log.contains(option), "{ended:?}");
        assert!(ended.log.contains("control character"), "{ended:?}");
        assert!(!ended.log.contains("s3cret"), "{ended:?}");
    }
}

#[test]
fn help_is_a_command_too() {
    for words in [&["help"][..], &["--help"], &["help", "subscribe"]] {
        let ended = words
            .iter()
            .fold(Launch::bare(BINARY), Launch::arg)
            .run(SOON);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.output.contains("Usage: fanfare"), "{ended:?}");
    }
}
