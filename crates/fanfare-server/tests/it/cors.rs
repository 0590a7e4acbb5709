//! Pages of other origins: E20, and who is kept out.

use std::net::SocketAddr;

use fanfare_testkit::server::{Launch, Server};

use crate::support::{Answer, BINARY, Publisher, Raw, launch, server};

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
        "fanfare-error",
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
        let exposed = answer.list("access-control-expose-headers");
        assert!(exposed.contains(&"fanfare-error".to_owned()), "{line}");
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
            "GET /metrics",
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
        "user@127.0.0.1:7474",
        "127.0.0.1:abc",
        "127.0.0.1:65536",
        "127.0.0.1:+1",
        "",
    ] {
        for line in [
            "GET /sub/a?as=interval",
            "POST /pub/a",
            "GET /ws",
            "GET /metrics",
            "GET /",
        ] {
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
    for probe in ["/healthz", "/readyz"] {
        let answer = Raw::connect(&server).ask(&format!("GET {probe}"), &["Host: 10.1.2.3"]);
        assert_eq!(answer.status, 200, "{probe}");
    }
}

// Which of the two would count depends on who reads them.
#[test]
fn a_request_with_two_origins_is_refused() {
    let server = server();
    Publisher::connect(&server).publish("a", "m");
    let own = format!("Origin: {LOCAL}");
    let foreign = format!("Origin: {FOREIGN}");
    for origins in [[&*own, &*foreign], [&*foreign, &*own], [&*own, &*own]] {
        for line in ["GET /sub/a", "POST /pub/a", "GET /metrics", "GET /"] {
            let answer = Raw::connect(&server).ask(line, &origins);
            assert_eq!(answer.status, 400, "{line} {origins:?}");
            answer
                .with("fanfare-error", "ambiguous_origin")
                .without("access-control-allow-origin");
        }
    }
}

// What an image, a script or a frame of a page elsewhere asks for has no origin; a browser says all
// the same where the request comes from.
#[test]
fn what_foreign_pages_embed_is_kept_out() {
    let server = server();
    Publisher::connect(&server).publish("a", "m");
    let ask = |server: &Server, line: &str, site: &str, dest: &str| {
        let site = format!("Sec-Fetch-Site: {site}");
        let dest = format!("Sec-Fetch-Dest: {dest}");
        Raw::connect(server).ask(line, &[&site, &dest])
    };
    for dest in ["image", "script", "iframe", "audio", "empty"] {
        for line in ["GET /sub/a", "GET /sub/a?as=sse", "GET /metrics", "GET /"] {
            let answer = ask(&server, line, "cross-site", dest);
            assert_eq!(answer.status, 403, "{line} as {dest}");
            answer.with("fanfare-error", "cross_site");
        }
    }
    // A link that somebody follows is no secret use: the browser shows where it leads.
    for line in ["GET /sub/a", "GET /"] {
        let answer = ask(&server, line, "cross-site", "document");
        assert_eq!(answer.status, 200, "{line}");
    }
    for site in ["same-origin", "same-site", "none"] {
        let answer = ask(&server, "GET /sub/a", site, "image");
        assert_eq!(answer.status, 200, "{site}");
    }
    // With an origin that decides.
    let headers = [
        "Sec-Fetch-Site: cross-site",
        "Origin: http://localhost:5173",
    ];
    let answer = Raw::connect(&server).ask("GET /sub/a", &headers);
    assert_eq!(answer.status, 200);

    let everybody = launch().set("subscribe.cors_origins=*").start();
    Publisher::connect(&everybody).publish("a", "m");
    let answer = ask(&everybody, "GET /sub/a", "cross-site", "image");
    assert_eq!(answer.status, 200);
}

// Whatever type a publisher gives it: shown by a browser, it must not be a page of this server,
// whose scripts could publish.
#[test]
fn a_message_is_no_page_of_this_server() {
    let server = server();
    let page = "<script>fetch('/pub/a')</script>";
    Publisher::connect(&server).publish_with("a", &["Content-Type: text/html"], page);
    let mut client = Raw::connect(&server);
    let poll = client.ask("GET /sub/a", &[]);
    poll.check(200, page).with("content-type", "text/html");
    let streams = ["multipart", "chunked", "stream"].map(|transport| {
        let line = format!("GET /sub/a?as={transport}");
        Raw::connect(&server).stream(&line, &[]).0
    });
    for answer in streams.iter().chain([&poll]) {
        answer
            .with("x-content-type-options", "nosniff")
            .with("content-security-policy", "default-src 'none'; sandbox");
    }
}

#[test]
fn metrics_of_an_open_address_take_a_key() {
    let key = "a-key-of-sixteen-characters-or-more";
    let server = Launch::bare(BINARY)
        .arg("--listen")
        .arg("0.0.0.0:0")
        .set(&format!("publish.keys={key}"))
        .set("subscribe.allow=everyone")
        .start();
    let local = SocketAddr::from(([127, 0, 0, 1], server.address().port()));
    let ask = |headers: &[&str]| Raw::connect_to(local).ask("GET /metrics", headers);
    let refused = ask(&[]);
    assert_eq!(refused.status, 401);
    refused
        .with("fanfare-error", "key_required")
        .with("www-authenticate", "Bearer");
    assert!(refused.text().starts_with("the metrics take a key"));
    let refused = ask(&["Authorization: Bearer another-key-of-sixteen-characters"]);
    assert_eq!(refused.status, 401);
    refused.with("fanfare-error", "wrong_key");
    let host = "Host: metrics.example";
    let answer = ask(&[host, &format!("Authorization: Bearer {key}")]);
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("fanfare_connections"));
    for probe in ["GET /healthz", "GET /readyz"] {
        assert_eq!(Raw::connect_to(local).ask(probe, &[host]).status, 200);
    }
}

#[test]
fn a_wrong_key_is_told_from_none() {
    let server = launch()
        .set("publish.keys=a-key-of-sixteen-characters")
        .start();
    let mut client = Raw::connect(&server);
    let none = client.tell("POST /pub/a", &[], "m");
    none.with("fanfare-error", "key_required")
        .with("www-authenticate", "Bearer");
    let other = "Authorization: Bearer another-key-of-sixteen-characters";
    let wrong = client.tell("POST /pub/a", &[other], "m");
    wrong
        .check(
            401,
            "the key that was sent is none of this server's \
             (wrong_key, see the setting publish.keys)\n",
        )
        .with("fanfare-error", "wrong_key")
        .with("www-authenticate", "Bearer error=\"invalid_token\"");
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
