//! The example, used as its page uses it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// The example as a process; ends with the test.
struct Example {
    child: Child,
    address: String,
}

impl Example {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_embedded"))
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let said = child.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("Open http://");
        let address = address.trim_end_matches('/').to_owned();
        Self { child, address }
    }

    /// Sends a request and leaves the answer for later.
    fn begin(&self, line: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        stream
    }

    fn ask(&self, line: &str, headers: &str, body: &str) -> String {
        rest(self.begin(line, headers, body))
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rest(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn everybody_hears_of_a_cheer_over_whatever() {
    let example = Example::start();
    let page = example.ask("GET /", "", "");
    assert!(page.contains("cheers so far"), "{page}");
    let waiting = example.begin("GET /sub/cheers", "", "");
    let mut stream = BufReader::new(example.begin("GET /sub/cheers?as=ndjson", "", ""));
    let cheered = example.ask("POST /cheer", "", "");
    assert!(cheered.ends_with("\r\n\r\n1"), "{cheered}");
    let poll = rest(waiting);
    assert!(poll.ends_with("\r\n\r\n1"), "{poll}");
    let mut line = String::new();
    while !line.contains("\"data\"") {
        line.clear();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the stream ended");
    }
    assert!(line.contains("\"data\":\"1\""), "{line}");
    let past = example.ask("POST /pub/cheers", "", "1000000");
    assert!(past.starts_with("HTTP/1.1 401 "), "{past}");
    let other = example.ask("GET /sub/other", "", "");
    assert!(other.starts_with("HTTP/1.1 403 "), "{other}");
    let nothing = example.ask("GET /nothing", "", "");
    assert!(nothing.starts_with("HTTP/1.1 404 "), "{nothing}");
}

#[test]
fn a_port_in_use_is_told_with_a_way_out() {
    let example = Example::start();
    let (_, port) = example.address.rsplit_once(':').unwrap();
    let second = Command::new(env!("CARGO_BIN_EXE_embedded"))
        .env("PORT", port)
        .output()
        .unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("PORT="), "{said}");
}
