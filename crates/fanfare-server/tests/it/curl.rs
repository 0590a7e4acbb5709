//! `curl`, as people use it on the command line and in scripts.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use fanfare_testkit::server::Server;
use fanfare_testkit::tools::Tool;

use crate::support::{Publisher, server, until_held};

fn curl(arguments: &[&str]) -> Command {
    let mut command = Command::new(Tool::Curl.path());
    // No configuration of the user's, and nothing that waits for ever.
    command
        .args(["--disable", "--silent", "--show-error", "--max-time", "30"])
        .args(arguments);
    command
}

fn run(arguments: &[&str]) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = curl(arguments).output().expect("curl runs");
    assert!(
        status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&stderr)
    );
    String::from_utf8(stdout).expect("text")
}

/// A `curl` that stays connected.
struct Reader {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Reader {
    fn start(arguments: &[&str]) -> Self {
        let mut child = curl(&[&["--no-buffer"], arguments].concat())
            .stdout(Stdio::piped())
            .spawn()
            .expect("curl runs");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that has something of interest.
    fn line_with(&mut self, part: &str) -> String {
        self.lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains(part))
            .expect("a line")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two messages over one way of reading: the first is stored when the reader comes.
fn check_stream(server: &Server, channel: &str, arguments: &[&str], parts: [&str; 2]) {
    let mut publisher = Publisher::connect(server);
    publisher.publish(channel, "first message");
    let mut reader = Reader::start(arguments);
    reader.line_with(parts[0]);
    until_held(server, channel, 1);
    publisher.publish(channel, "second message");
    reader.line_with(parts[1]);
    drop(reader);
    until_held(server, channel, 0);
}

#[test]
fn curl_publishes() {
    let server = server();
    let url = server.url("/pub/a");
    let info = run(&["--data", "Hello, world", &url]);
    assert!(info.starts_with("queued messages: 1"), "{info}");
    let info = run(&["--json", "{\"n\":1}", &url]);
    assert_eq!(
        info,
        "{\"messages\": 2, \"requested\": -1, \"subscribers\": 0 }"
    );
    run(&["--request", "DELETE", &url]);
    let status = run(&["--output", "/dev/null", "--write-out", "%{http_code}", &url]);
    assert_eq!(status, "404");
}

#[test]
fn curl_publishes_files() {
    let server = server();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("message.bin");
    std::fs::write(&file, &bytes).unwrap();
    let from = format!("@{}", file.display());
    // From 1 MiB on, curl asks before it sends; below, it sends at once.
    run(&["--data-binary", &from, &server.url("/pub/a")]);
    let back = curl(&[&server.url("/sub/a")]).output().unwrap();
    assert_eq!(back.stdout, bytes);
    let asked = run(&[
        "--header",
        "Expect: 100-continue",
        "--data-binary",
        &from,
        &server.url("/pub/a"),
    ]);
    assert!(asked.starts_with("queued messages: 2"), "{asked}");
    let chunked = [
        "--header",
        "Transfer-Encoding: chunked",
        "--data-binary",
        &from,
    ];
    let info = run(&[&chunked[..], &[&server.url("/pub/a")]].concat());
    assert!(info.starts_with("queued messages: 3"), "{info}");
}

#[test]
fn curl_polls() {
    let server = server();
    let url = server.url("/sub/a");
    let waiting = curl(&[&url]).stdout(Stdio::piped()).spawn().unwrap();
    until_held(&server, "a", 1);
    let id = Publisher::connect(&server).publish("a", "polled");
    assert_eq!(waiting.wait_with_output().unwrap().stdout, b"polled");

    let [modified, tag] = id.conditions();
    let next = ["--include", "--header", &modified, "--header", &tag];
    let answer = run(&[&next[..], &[&server.url("/sub/a?as=interval")]].concat());
    assert!(answer.starts_with("HTTP/1.1 304 "), "{answer}");
}

#[test]
fn curl_reads_every_stream() {
    let server = server();
    let url =
        |channel: &str, transport: &str| server.url(&format!("/sub/{channel}?as={transport}"));
    check_stream(
        &server,
        "sse",
        &[&url("sse", "sse")],
        ["data: first", "data: second"],
    );
    let accept = ["--header", "Accept: text/event-stream"];
    let plain = server.url("/sub/sse2");
    check_stream(
        &server,
        "sse2",
        &[&accept[..], &[&plain]].concat(),
        ["data: first", "data: second"],
    );
    check_stream(
        &server,
        "raw",
        &[&url("raw", "stream")],
        ["first message", "second message"],
    );
    let json = ["\"data\":\"first message\"", "\"data\":\"second message\""];
    check_stream(&server, "json", &[&url("json", "ndjson")], json);
    check_stream(
        &server,
        "parts",
        &[&url("parts", "multipart")],
        ["first message", "second message"],
    );
}

#[test]
fn curl_speaks_http_2() {
    let server = server();
    let h2 = "--http2-prior-knowledge";
    let info = run(&[h2, "--include", "--data", "over h2", &server.url("/pub/a")]);
    assert!(info.starts_with("HTTP/2 202 "), "{info}");
    let answer = run(&[h2, "--include", &server.url("/sub/a")]);
    assert!(
        answer.starts_with("HTTP/2 200 ") && answer.ends_with("\r\n\r\nover h2"),
        "{answer}"
    );
    assert!(answer.contains("\r\netag: "), "{answer}");

    let waiting = curl(&[h2, &server.url("/sub/b")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    until_held(&server, "b", 1);
    Publisher::connect(&server).publish("b", "held over h2");
    assert_eq!(waiting.wait_with_output().unwrap().stdout, b"held over h2");

    let url =
        |channel: &str, transport: &str| server.url(&format!("/sub/{channel}?as={transport}"));
    check_stream(
        &server,
        "c",
        &[h2, &url("c", "sse")],
        ["data: first", "data: second"],
    );
    let json = ["\"data\":\"first message\"", "\"data\":\"second message\""];
    check_stream(&server, "d", &[h2, &url("d", "ndjson")], json);
}

#[test]
fn the_lines_of_the_help_work() {
    let server = server();
    run(&["-d", "Hello, world", &server.url("/pub/news")]);
    let mut reader = Reader::start(&["-H", "Accept: text/event-stream", &server.url("/sub/news")]);
    assert_eq!(reader.line_with("data:"), "data: Hello, world");
}
