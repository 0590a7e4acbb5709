//! HTTP itself: bodies, pipelines, old versions.

use std::time::{Duration, Instant};

use crate::support::raw::request;
use crate::support::{Publisher, Raw, metric, server, until_held};

#[test]
fn a_body_may_come_in_chunks() {
    let server = server();
    let mut client = Raw::connect(&server);
    client.begin(
        "POST /pub/a",
        &["Content-Type: text/plain", "Transfer-Encoding: chunked"],
    );
    for piece in ["4\r\nfirs\r\n", "1\r\nt\r\n", "0\r\n\r\n"] {
        client.send(piece);
    }
    assert_eq!(client.answer().status, 202);
    client.ask("GET /sub/a", &[]).check(200, "first");
}

#[test]
fn an_empty_body_may_come_in_chunks() {
    let server = server();
    let mut client = Raw::connect(&server);
    client.begin("POST /pub/a", &["Transfer-Encoding: chunked"]);
    client.send("0\r\n\r\n");
    assert_eq!(client.answer().status, 202);
    client.ask("GET /sub/a", &[]).check(200, "");
}

#[test]
fn chunks_are_counted_against_the_limit() {
    let server = crate::support::launch()
        .set("limits.message_bytes_max=1KiB")
        .start();
    let mut client = Raw::connect(&server);
    client.begin("POST /pub/a", &["Transfer-Encoding: chunked"]);
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
    client.send([&*chunk, &*chunk, "0\r\n\r\n"].concat());
    assert_eq!(client.answer().status, 413);
    Raw::connect(&server).ask("GET /pub/a", &[]).check(404, "");
}

#[test]
fn a_body_that_ends_early_is_no_message() {
    let server = server();
    for head in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let mut client = Raw::connect(&server);
        client.begin("POST /pub/a", &[head]);
        client.send("5\r\nhello\r\n");
        client.half_close();
        client.rest();
    }
    Raw::connect(&server).ask("GET /pub/a", &[]).check(404, "");
}

#[test]
fn a_client_that_expects_to_be_asked_for_its_body_is() {
    let server = server();
    let mut client = Raw::connect(&server);
    client.begin(
        "POST /pub/a",
        &["Content-Length: 5", "Expect: 100-continue"],
    );
    assert_eq!(client.head().status, 100);
    client.send("hello");
    assert_eq!(client.answer().status, 202);
    client.ask("GET /sub/a", &[]).check(200, "hello");
}

#[test]
fn a_client_that_expects_to_be_asked_need_not_send_what_is_refused() {
    let server = crate::support::launch()
        .set("limits.message_bytes_max=1KiB")
        .start();
    let mut client = Raw::connect(&server);
    client.begin(
        "POST /pub/a",
        &["Content-Length: 1000000", "Expect: 100-continue"],
    );
    assert_eq!(client.head().status, 413);
}

// A body that never comes must not hold the answer back.
#[test]
fn a_refusal_does_not_wait_for_the_body() {
    let server = crate::support::launch()
        .set("limits.message_bytes_max=1KiB")
        .start();
    for (line, headers, status) in [
        ("POST /pub/a", &[][..], 413),
        ("POST /sub/a", &[], 405),
        ("PATCH /pub/a", &[], 405),
        ("POST /nowhere", &[], 404),
        ("POST /pub/a", &["Host: evil.example"], 403),
    ] {
        let mut client = Raw::connect(&server);
        let begun = Instant::now();
        client.begin(line, &[headers, &["Content-Length: 1000000"]].concat());
        assert_eq!(client.answer().status, status, "{line} {headers:?}");
        let time = begun.elapsed();
        assert!(time < Duration::from_secs(1), "{line}: {time:?}");
        // What comes late harms neither the answer nor the end.
        client.send_in_vain("x".repeat(1_000_000));
        client.check_closed();
    }
}

// Who has sent the whole request may send the next one.
#[test]
fn a_connection_survives_a_refusal_whose_body_has_come() {
    let server = server();
    let mut client = Raw::connect(&server);
    let body = "x".repeat(100_000);
    for (line, status) in [
        ("POST /sub/a", 405),
        ("PATCH /pub/a", 405),
        ("POST /nowhere", 404),
        ("POST /pub/a", 202),
    ] {
        assert_eq!(client.tell(line, &[], &body).status, status, "{line}");
    }
}

// D39, with requests for both fronts of the server in one pipeline.
#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let ids = [publisher.publish("a", "m0"), publisher.publish("a", "m1")];
    let [modified, tag] = ids[0].conditions();
    let mut pipeline = request("GET /sub/a", &[]);
    pipeline += &request("GET /sub/a", &[&modified, &tag]);
    pipeline += &request("POST /pub/a", &["Content-Length: 2"]);
    pipeline += "m2";
    pipeline += &request("GET /healthz", &[]);
    let [modified, tag] = ids[1].conditions();
    pipeline += &request("GET /sub/a", &[&modified, &tag]);
    pipeline += &request(
        "GET /sub/a?as=interval",
        &["If-None-Match: 0", "Connection: close"],
    );
    let mut client = Raw::connect(&server);
    client.send(pipeline);
    client.answer().check(200, "m0");
    client.answer().check(200, "m1");
    assert_eq!(client.answer().status, 202);
    client.answer().check(200, "ok\n");
    client.answer().check(200, "m2");
    client.answer().check(200, "m0");
    client.check_closed();
}

#[test]
fn a_request_behind_a_held_one_waits_for_it() {
    let server = server();
    let mut client = Raw::connect(&server);
    client.send([request("GET /sub/a", &[]), request("GET /healthz", &[])].concat());
    until_held(&server, "a", 1);
    client.check_silent();
    Publisher::connect(&server).publish("a", "m");
    client.answer().check(200, "m");
    client.answer().check(200, "ok\n");
}

// Every cut of the same bytes is the same requests.
#[test]
fn a_request_may_come_byte_by_byte() {
    let server = server();
    Publisher::connect(&server).publish("a", "m");
    let mut client = Raw::connect(&server);
    for line in ["GET /sub/a", "GET /pub/a", "GET /healthz"] {
        for byte in request(line, &["X-Filler: abc"]).bytes() {
            client.send([byte]);
        }
        assert_eq!(client.answer().status, 200, "{line}");
    }
}

#[test]
fn http_1_0_is_answered_and_closed() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    publisher.publish("a", "m");
    for line in ["GET /sub/a HTTP/1.0", "GET /healthz HTTP/1.0"] {
        let mut client = Raw::connect(&server);
        let answer = client.ask(line, &[]);
        assert_eq!(answer.status, 200, "{line}");
        client.check_closed();
    }
    let mut client = Raw::connect(&server);
    let answer = client.tell("POST /pub/a HTTP/1.0", &[], "m1");
    assert_eq!(answer.status, 202);
    client.check_closed();
}

// D38: held like any other, and a stream ends with the connection.
#[test]
fn http_1_0_may_wait_and_stream() {
    let server = server();
    let mut waiting = Raw::connect(&server);
    waiting.begin("GET /sub/a HTTP/1.0", &[]);
    let (head, mut stream) =
        Raw::connect(&server).stream("GET /sub/a HTTP/1.0", &["Accept: application/x-ndjson"]);
    head.check(200, "")
        .without("transfer-encoding")
        .with("connection", "close");
    until_held(&server, "a", 2);
    let mut publisher = Publisher::connect(&server);
    publisher.publish("a", "m");
    waiting.answer().check(200, "m");
    waiting.check_closed();
    assert!(stream.line().unwrap().contains("\"data\":\"m\""));
    publisher.delete("a");
    assert!(stream.line().unwrap().contains("\"end\""));
    assert_eq!(stream.line(), None);
}

#[test]
fn a_connection_closes_when_it_is_asked_to() {
    let server = server();
    Publisher::connect(&server).publish("a", "m");
    for line in ["GET /sub/a", "GET /pub/a", "GET /healthz"] {
        let mut client = Raw::connect(&server);
        let answer = client.ask(line, &["Connection: close"]);
        assert_eq!(
            (answer.status, answer.header("connection")),
            (200, "close"),
            "{line}"
        );
        client.check_closed();
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let server = server();
    let mut client = Raw::connect(&server);
    for path in [
        "/nowhere",
        "/subs/a",
        "/pubx",
        "/console/nothing.js",
        "/console/../../etc/passwd",
    ] {
        let answer = client.ask(&format!("GET {path}"), &["Accept: application/json"]);
        assert_eq!(answer.status, 404, "{path}");
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(problem["code"], "not_found", "{path}");
    }
}

// HEAD and OPTIONS because balancers ask with them.
#[test]
fn probes_and_metrics_are_only_read() {
    let server = server();
    let mut client = Raw::connect(&server);
    let probe = "GET, HEAD, OPTIONS";
    for (path, allow) in [
        ("/healthz", probe),
        ("/readyz", probe),
        ("/metrics", "GET, HEAD"),
    ] {
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let answer = client.ask(&format!("{method} {path}"), &[]);
            assert_eq!(answer.status, 405, "{method} {path}");
            answer
                .with("allow", allow)
                .with("fanfare-error", "wrong_method");
        }
        for method in allow.split(", ") {
            let answer = client.ask(&format!("{method} {path}"), &[]);
            assert_eq!(answer.status, 200, "{method} {path}");
        }
    }
}

#[test]
fn every_refusal_at_a_publisher_location_is_counted() {
    let server = server();
    let mut client = Raw::connect(&server);
    client.tell("POST /pub/a", &[], "taken");
    let refusals = [
        "POST /pub/",
        "DELETE /pub/none",
        "GET /pub/none",
        "PATCH /pub/a",
    ];
    for line in refusals {
        let answer = client.ask(line, &[]);
        assert!(matches!(answer.status, 404 | 405), "{line}: {answer:?}");
    }
    client.tell("POST /pub/a?ttl=never", &[], "not taken");
    let counted = metric(&server, "fanfare_refused_total");
    assert_eq!(counted, refusals.len() as u64 + 1);
}

#[test]
fn errors_teach() {
    let server = server();
    let mut client = Raw::connect(&server);
    for (line, status, code) in [
        ("GET /sub/a?as=pigeon", 400, "unknown_transport"),
        ("GET /sub/a?as=ws", 426, "upgrade_required"),
        ("GET /sub/a?since=x", 400, "bad_since"),
        ("GET /sub/a,a", 400, "duplicate_channel"),
        ("GET /sub/a,", 400, "empty_channel_name"),
        ("GET /sub/a/b", 400, "raw_slash"),
        ("POST /pub/a,b", 400, "one_channel_only"),
        ("POST /pub/a?ttl=soon", 400, "bad_ttl"),
        ("POST /pub/%FF", 400, "bad_encoding"),
        ("POST /pub/%0A", 400, "bad_channel_name"),
    ] {
        let answer = client.ask(line, &["Accept: application/json"]);
        assert_eq!(
            (answer.status, answer.header("fanfare-error")),
            (status, code),
            "{line}"
        );
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(problem["code"], code, "{line}");
        assert!(
            problem["message"].as_str().unwrap().len() > 10,
            "{line}: {problem}"
        );
    }
}

// RFC 9112, section 3.2.2: what the target says of the host goes before the header.
#[test]
fn a_target_may_be_in_absolute_form() {
    let server = server();
    let mut client = Raw::connect(&server);
    let at = |path: &str| format!("http://{}{path}", server.address());
    let local = ["Host: evil.example"];
    client.tell(&format!("POST {}", at("/pub/a")), &local, "x");
    client
        .ask(&format!("GET {}", at("/sub/a")), &local)
        .check(200, "x");
    let (head, mut body) =
        Raw::connect(&server).stream(&format!("GET {}", at("/sub/a?as=stream")), &[]);
    assert_eq!(head.status, 200);
    assert_eq!(body.line().as_deref(), Some("x"));
    for line in [
        "GET http://evil.example/sub/a",
        "GET http://evil.example/pub/a",
    ] {
        let refused = client.ask(line, &[]);
        refused.with("fanfare-error", "foreign_host");
        assert_eq!(refused.status, 403, "{line}");
    }
}

// What `nc -N` does: the request, and with it the end of what the client sends.
#[test]
fn whoever_sends_no_more_gets_what_is_there() {
    let server = server();
    Publisher::connect(&server).publish("a", "stored");
    for line in [
        "GET /sub/a",
        "GET /sub/a?as=interval",
        "GET /sub/a?as=sse",
        "GET /sub/a?as=stream&since=5:0",
    ] {
        for _ in 0..20 {
            let mut client = Raw::connect(&server);
            client.begin(line, &[]);
            client.half_close();
            let said = String::from_utf8(client.rest()).unwrap();
            assert!(said.contains("stored"), "{line}: {said:?}");
        }
    }
}
