//! What each stream sends first.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// The example, running on a port of its own until the end of the test.
struct Example {
    process: Child,
    host: String,
}

impl Example {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_sse-axum"))
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut log = BufReader::new(process.stdout.take().unwrap());
        log.read_line(&mut line).unwrap();
        let host = line
            .trim()
            .trim_start_matches("Open http://")
            .trim_end_matches('/');
        Self {
            process,
            host: host.to_owned(),
        }
    }

    /// The first event at `path` must be this.
    fn check(&self, path: &str, event: &str) {
        let expected = format!("\r\n\r\nretry: 5000\n\n{event}\n\n");
        let mut socket = TcpStream::connect(&self.host).unwrap();
        write!(socket, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        for byte in BufReader::new(socket).bytes() {
            answer.push(byte.unwrap().into());
            if answer.ends_with(&expected) {
                return;
            }
            assert!(answer.len() < 1000, "{answer}");
        }
        panic!("{answer}");
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn each_stream_sends_what_it_is_named_after() {
    let example = Example::start();
    example.check("/text", "data: Hello for the 1. time,\ndata: in two lines");
    example.check("/json", r#"data: {"name":"Anna","age":1}"#);
    example.check(
        "/xml",
        "data: <Person><name>Anna</name><age>1</age></Person>",
    );
    example.check("/feed", "event: feed\ndata: item 1");
}

#[test]
fn a_port_in_use_is_told_with_a_way_out() {
    let example = Example::start();
    let (_, port) = example.host.rsplit_once(':').unwrap();
    let second = Command::new(env!("CARGO_BIN_EXE_sse-axum"))
        .env("PORT", port)
        .output()
        .unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("PORT="), "{said}");
}
