//! The clock as its visitors see it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The clock, running on a port of its own until the end of the test.
struct Clock {
    process: Child,
    log: BufReader<ChildStdout>,
    host: String,
}

impl Clock {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_clock"))
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let host = line
            .trim()
            .trim_start_matches("Open http://")
            .trim_end_matches('/');
        Self {
            process,
            host: host.to_owned(),
            log,
        }
    }

    fn ask(&self, path: &str) -> BufReader<TcpStream> {
        let mut socket = TcpStream::connect(&self.host).unwrap();
        // Longer than two messages are apart.
        socket
            .set_read_timeout(Some(Duration::from_secs(11)))
            .unwrap();
        write!(socket, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        BufReader::new(socket)
    }

    fn log_until(&mut self, end: &str) -> Vec<String> {
        read_until(&mut self.log, end)
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Lines up to the first that begins with this.
fn read_until(reader: impl std::io::BufRead, end: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in reader.lines() {
        lines.push(line.unwrap());
        if lines.last().unwrap().starts_with(end) {
            return lines;
        }
    }
    panic!("no {end:?} in {lines:?}");
}

#[test]
fn everybody_hears_the_time_and_leaves_when_they_like() {
    let mut clock = Clock::start();
    let stalled = clock.ask("/events/");
    clock.log_until("Added new client");
    let mut reader = clock.ask("/events/");
    let answer = read_until(&mut reader, "data: Message: ");
    assert_eq!(answer[0], "HTTP/1.0 200 OK");
    assert!(answer.contains(&"content-type: text/event-stream".to_owned()));
    assert!(answer.last().unwrap().contains(" - the time is 2"));

    let log = clock.log_until("Broadcast message to 2 clients");
    assert!(log.contains(&"Added new client".to_owned()));
    drop(reader);
    drop(stalled);
    clock.log_until("HTTP connection just closed.");
    clock.log_until("Removed client");
    clock.log_until("Finished HTTP request at /events/");
}

#[test]
fn there_is_a_page_and_nothing_else() {
    let clock = Clock::start();
    read_until(clock.ask("/"), "  <h1>Hello, friend</h1>");
    read_until(clock.ask("/elsewhere"), "HTTP/1.0 404 Not Found");
}

#[test]
fn a_port_in_use_is_told_with_a_way_out() {
    let example = Clock::start();
    let (_, port) = example.host.rsplit_once(':').unwrap();
    let second = Command::new(env!("CARGO_BIN_EXE_clock"))
        .env("PORT", port)
        .output()
        .unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("PORT="), "{said}");
}
