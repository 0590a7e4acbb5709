//! Pages of other origins: E20, and who is kept out.

use fanfare_testkit::server::Server;

use crate::support::{Answer, Publisher, Raw, launch, server};

const LOCAL: &str = "http://localhost:5173";
const FOREIGN: &str = "https://evil.example";

fn ask(server: &Server, line: &str, origin: &str) -> Answer {
    Raw::connect(server).ask(line, &[&format!("Origin: {origin}")])
}

#[track_caller]
fn check_readable(answer: &Answer, origin: &str) {
    answer.with("access-control-allow-origin", origin);
    answer.with("access-control-allow-credentials", "true");
    assert!(
        answer.list("vary").contains(&"origin".to_owned()),
        "Vary of {answer:?}"
    );
}

#[test]
fn e20_a_preflight_tells_what_may_be_sent() {
    let server = server();
    let mut client = Raw::connect(&server);
    let asking = [
        "Access-Control-Request-Method: GET",
        "Origin: http://localhost:5173",
    ];
    let answer = client.ask("OPTIONS /sub/a", &asking);
    answer
        .check(200, "")
        .with("content-length", "0")
        .with("allow", "GET");
    check_readable(&answer, LOCAL);
    assert!(
        answer
            .list("access-control-allow-methods")
            .contains(&"get".to_owned())
    );
    let allowed = answer.list("access-control-allow-headers");
    for name in [
        "if-none-match",
        "if-modified-since",
        "last-event-id",
        "content-type",
        "cache-control",
    ] {
        assert!(allowed.contains(&name.to_owned()), "{name} in {allowed:?}");
    }
    answer.header("access-control-max-age");

    let asking = [
        "Access-Control-Request-Method: POST",
        "Origin: http://localhost:5173",
    ];
    let answer = client.ask("OPTIONS /pub/a", &asking);
    answer
        .check(200, "")
        .with("allow", "GET, POST, PUT, DELETE");
    check_readable(&answer, LOCAL);
    let allowed = answer.list("access-control-allow-headers");
    for name in [
        "content-type",
        "x-eventsource-event",
        "idempotency-key",
        "authorization",
    ] {
        assert!(allowed.contains(&name.to_owned()), "{name} in {allowed:?}");
    }
}

#[test]
fn e20_without_an_origin_nothing_is_said_of_origins() {
    let server = server();
    Publisher::connect(&server).publish("a", "m");
    let mut client = Raw::connect(&server);
    for line in [
        "OPTIONS /sub/a",
        "GET /sub/a",
        "GET /pub/a",
        "OPTIONS /pub/a",
    ] {
        let answer = client.ask(line, &[]);
        assert_eq!(answer.status, 200, "{line}");
        let said = answer.headers.iter().find(|(name, _)| {
            name == "access-control-allow-origin" || name == "access-control-allow-credentials"
        });
        assert_eq!(said, None, "{line}");
    }
}

#[test]
fn e20_a_page_sees_cursor_and_gap() {
    let server = server();
    Publisher::connect(&server).publish("a", "hello");
    let answer = ask(&server, "GET /sub/a", LOCAL);
    answer.check(200, "hello");
    check_readable(&answer, LOCAL);
    let exposed = answer.list("access-control-expose-headers");
    for name in [
        "last-modified",
        "etag",
        "content-type",
        "fanfare-id",
        "fanfare-gap",
    ] {
        assert!(exposed.contains(&name.to_owned()), "{name} in {exposed:?}");
    }
    let vary = answer.list("vary");
    for name in ["if-none-match", "if-modified-since", "origin"] {
        assert!(vary.contains(&name.to_owned()), "{name} in {vary:?}");
    }
}

// A page must be able to read why it was refused.
#[test]
fn errors_are_readable_too() {
    let server = launch().set("limits.message_bytes_max=1KiB").start();
    for (line, status) in [
        ("GET /sub/a?since=x", 400),
        ("GET /sub/a?as=ws", 426),
        ("GET /sub/", 404),
        ("GET /sub/a?as=interval", 304),
        ("GET /pub/missing", 404),
        ("POST /sub/a", 405),
        ("PATCH /pub/a", 405),
        ("GET /pub/a,b", 400),
        ("GET /nowhere", 404),
    ] {
        let answer = ask(&server, line, LOCAL);
        assert_eq!(answer.status, status, "{line}");
        check_readable(&answer, LOCAL);
    }
    let long = "x".repeat(2000);
    let answer =
        Raw::connect(&server).tell("POST /pub/a", &["Origin: http://localhost:5173"], long);
    assert_eq!(answer.status, 413);
    check_readable(&answer, LOCAL);
}

#[test]
fn streams_are_readable_too() {
    let server = server();
    for transport in ["sse", "ndjson", "multipart", "chunked", "stream"] {
        let line = format!("GET /sub/a?as={transport}");
        let (head, _) = Raw::connect(&server).stream(&line, &["Origin: http://localhost:5173"]);
        check_readable(&head, LOCAL);
    }
}

#[test]
fn pages_of_this_machine_are_let_in() {
    let server = server();
    Publisher::connect(&server).publish("a", "m");
    let own = format!("http://{}", server.address());
    for origin in [
        &own,
        LOCAL,
        "http://127.0.0.1:3000",
        "http://[::1]:80",
        "https://app.localhost",
    ] {
        let answer = ask(&server, "GET /sub/a", origin);
        assert_eq!(answer.status, 200, "{origin}");
        check_readable(&answer, origin);
    }
}

#[test]
fn foreign_pages_are_kept_out() {
    let server = server();
    Publisher::connect(&server).publish("a", "m");
    for origin in [
        FOREIGN,
        "null",
        "http://localhost.evil.example",
        "file://",
        "http://127.0.0.1.evil.example",
    ] {
        for line in [
            "GET /sub/a",
            "GET /sub/a?as=sse",
            "GET /pub/a",
            "POST /pub/a",
            "DELETE /pub/a",
            "OPTIONS /sub/a",
            "OPTIONS /pub/a",
            "GET /ws",
            "GET /",
        ] {
            let answer = ask(&server, line, origin);
            assert_eq!(answer.status, 403, "{line} from {origin}: {answer:?}");
            answer
                .with("fanfare-error", "foreign_origin")
                .without("access-control-allow-origin");
        }
    }
    let handshake = crate::support::frame::HANDSHAKE;
    for path in ["/sub/a", "/ws"] {
        let headers = [&handshake[..], &["Origin: https://evil.example"]].concat();
        let answer = Raw::connect(&server).ask(&format!("GET {path}"), &headers);
        assert_eq!(answer.status, 403, "{path}");
    }
    // Nothing was published or deleted.
    let mut client = Raw::connect(&server);
    assert!(
        client
            .ask("GET /pub/a", &[])
            .text()
            .starts_with("queued messages: 1\r\n")
    );
}

// DNS rebinding: the page's own name leads here, so its requests name it as the host.
#[test]
fn foreign_hosts_are_kept_out() {
    let server = server();
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "0.0.0.0",
        "",
    ] {
        for line in ["GET /sub/a?as=interval", "POST /pub/a", "GET /ws", "GET /"] {
            let answer = Raw::connect(&server).ask(line, &[&format!("Host: {host}")]);
            assert_eq!(answer.status, 403, "{line} for {host:?}");
            answer.with("fanfare-error", "foreign_host");
        }
    }
    for host in [
        "localhost",
        "127.0.0.1:1234",
        "[::1]",
        "LOCALHOST:80",
        "a.localhost",
    ] {
        let answer =
            Raw::connect(&server).ask("GET /sub/a?as=interval", &[&format!("Host: {host}")]);
        assert_eq!(answer.status, 304, "{host}");
    }
    // Probes come under any name.
    for probe in ["/healthz", "/readyz", "/metrics"] {
        let answer = Raw::connect(&server).ask(&format!("GET {probe}"), &["Host: 10.1.2.3"]);
        assert_eq!(answer.status, 200, "{probe}");
    }
}

#[test]
fn listed_origins_are_let_in() {
    let server = launch()
        .set("subscribe.cors_origins=https://app.example")
        .set("publish.cors_origins=https://admin.example")
        .start();
    Publisher::connect(&server).publish("a", "m");
    for (line, origin, status) in [
        ("GET /sub/a", "https://app.example", 200),
        ("GET /sub/a", "https://admin.example", 403),
        ("GET /pub/a", "https://admin.example", 200),
        ("GET /pub/a", "https://app.example", 403),
        ("GET /sub/a", "https://app.example.evil.example", 403),
    ] {
        let answer = ask(&server, line, origin);
        assert_eq!(answer.status, status, "{line} from {origin}");
        if status == 200 {
            check_readable(&answer, origin);
        }
    }
}
