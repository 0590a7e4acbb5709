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
        let mut child = Command::new(env!("CARGO_BIN_EXE_chat-relay"))
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
fn what_is_said_in_a_room_is_heard_there() {
    let example = Example::start();
    let page = example.ask("GET /", "", "");
    assert!(page.contains("from \"/relay.js\""), "{page}");
    let script = example.ask("GET /relay.js", "", "");
    assert!(script.contains("export function subscribe"), "{script}");
    let waiting = example.begin("GET /hear/lobby", "", "");
    let said = example.ask(
        "POST /say/lobby",
        "Content-Type: application/json\r\n",
        "{}",
    );
    assert!(said.starts_with("HTTP/1.1 20"), "{said}");
    let heard = rest(waiting);
    assert!(
        heard.contains("content-type: application/json\r\n"),
        "{heard}"
    );
    assert!(heard.ends_with("\r\n\r\n{}"), "{heard}");
}

#[test]
fn a_port_in_use_is_told_with_a_way_out() {
    let example = Example::start();
    let (_, port) = example.address.rsplit_once(':').unwrap();
    let second = Command::new(env!("CARGO_BIN_EXE_chat-relay"))
        .env("PORT", port)
        .output()
        .unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("PORT="), "{said}");
}
