//! What is refused over HTTP: 12.13.

use crate::http::Http;
use crate::site::start;
use crate::websocket::WebSocket;

#[test]
fn every_error_has_its_code() {
    let server = start();
    let unknown_transport = r#"{"code":0,"message":"Transport unknown"}"#;
    let unknown_session = r#"{"code":1,"message":"Session ID unknown"}"#;
    let bad_method = r#"{"code":2,"message":"Bad handshake method"}"#;
    let bad_request = r#"{"code":3,"message":"Bad request"}"#;
    let denied = r#"{"code":4,"message":"denied by contract"}"#;
    let bad_version = r#"{"code":5,"message":"Unsupported protocol version"}"#;
    for (method, target, status, body) in [
        ("GET", "/socket.io/?EIO=4", 400, unknown_transport),
        (
            "GET",
            "/socket.io/?EIO=4&transport=tobi",
            400,
            unknown_transport,
        ),
        (
            "GET",
            "/socket.io/?EIO=4&transport=polling&sid=nosuch",
            400,
            unknown_session,
        ),
        (
            "POST",
            "/socket.io/?EIO=4&transport=polling",
            400,
            bad_method,
        ),
        (
            "PUT",
            "/socket.io/?EIO=4&transport=polling",
            400,
            bad_method,
        ),
        (
            "GET",
            "/socket.io/?EIO=4&transport=websocket",
            400,
            bad_request,
        ),
        ("GET", "/sio/?EIO=4&transport=polling&deny=1", 403, denied),
        (
            "GET",
            "/socket.io/?EIO=5&transport=polling",
            400,
            bad_version,
        ),
        ("GET", "/socket.io/?transport=polling", 400, bad_version),
        ("GET", "/socket.io/nothing.js", 400, unknown_transport),
    ] {
        let mut http = Http::connect(server.address());
        http.begin(method, target, "Content-Length: 0\r\n");
        let reply = http.reply();
        assert_eq!(
            (reply.status, reply.text()),
            (status, body),
            "{method} {target}"
        );
        assert_eq!(
            reply.field("content-type"),
            Some("application/json"),
            "{target}"
        );
    }
}

#[test]
fn a_web_socket_is_refused_before_it_opens() {
    let server = start();
    for (target, status) in [
        ("/socket.io/?EIO=4", 400),
        ("/socket.io/?EIO=4&transport=abc", 400),
        ("/socket.io/?transport=websocket", 400),
        ("/socket.io/?EIO=abc&transport=websocket", 400),
        ("/socket.io/?EIO=4&transport=websocket&sid=nosuch", 400),
        ("/sio/?EIO=4&transport=websocket&deny=1", 403),
    ] {
        let Err(reply) = WebSocket::try_open(server.address(), target) else {
            panic!("{target} is open");
        };
        assert_eq!(reply.status, status, "{target}");
    }
}
