//! What opens a session, and what does not.

use crate::client::Reply;
use crate::site::{Site, eio3, engine_io, patient, sid, sio};
use crate::websocket::{HANDSHAKE, WebSocket};

#[tokio::test]
async fn polling_begins_with_the_open_packet() {
    let (site, _ends) = Site::echo(engine_io()).await;
    let reply = site
        .get("/engine.io/?EIO=4&transport=polling&t=kru5iyna")
        .await;
    let sid = sid(&reply.text());
    let expected = format!(
        r#"0{{"sid":"{sid}","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}}"#
    );
    assert_eq!(reply.brief(), (200, expected));
    assert_eq!(sid.len(), 20);
    assert_eq!(
        reply.field("content-type").unwrap(),
        "text/plain; charset=UTF-8"
    );
    assert_eq!(reply.field("cache-control").unwrap(), "no-store");
    assert_eq!(reply.field("access-control-allow-origin").unwrap(), "*");
    assert_eq!(reply.field("vary"), None);
    assert_eq!(reply.field("set-cookie"), None);
    assert_eq!(site.engine.count(), 1);
}

#[tokio::test]
async fn a_websocket_begins_with_the_open_packet() {
    let (site, _ends) = Site::echo(patient()).await;
    let mut socket = site
        .websocket("/engine.io/?EIO=4&transport=websocket")
        .await;
    let open = socket.text().await;
    assert!(open.ends_with(
        r#""upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
    ));
    assert_eq!(site.engine.clients()[0].sid(), sid(&open));
}

#[tokio::test]
async fn revision_3_has_payloads_of_its_own() {
    let (site, _ends) = Site::echo(eio3()).await;
    for target in ["/eio3/?transport=polling", "/eio3/?EIO=3&transport=polling"] {
        let reply = site.get(target).await;
        assert!(reply.text().starts_with("114:0{"), "{reply:?}");
    }
}

/// A request, and the body of its refusal.
async fn check(request: (&str, &str, &str), expected: (u16, &str)) {
    let (site, _ends) = Site::echo(patient()).await;
    let (method, target, fields) = request;
    let mut connection = site.connect().await;
    connection.request(method, target, fields).await;
    let reply = connection.reply().await;
    assert_eq!(
        reply.brief(),
        (expected.0, expected.1.to_owned()),
        "{request:?}"
    );
    assert_eq!(reply.field("content-type").unwrap(), "application/json");
    assert_eq!(reply.field("access-control-allow-origin").unwrap(), "*");
    assert_eq!(site.engine.count(), 0);
}

#[tokio::test]
async fn what_is_refused_is_told_why() {
    let method = (400, r#"{"code":2,"message":"Bad handshake method"}"#);
    let polling = "/engine.io/?EIO=4&transport=polling";
    check(("POST", polling, "Content-Length: 0\r\n"), method).await;
    let socket = "/engine.io/?EIO=4&transport=websocket";
    let unknown = (400, r#"{"code":0,"message":"Transport unknown"}"#);
    let bad = (400, r#"{"code":3,"message":"Bad request"}"#);
    let denied = (403, r#"{"code":4,"message":"denied by contract"}"#);
    let revision = (
        400,
        r#"{"code":5,"message":"Unsupported protocol version"}"#,
    );
    let gone = (400, r#"{"code":1,"message":"Session ID unknown"}"#);
    check(("GET", "/engine.io/?EIO=4", ""), unknown).await;
    check(("GET", "/engine.io/some.js", ""), unknown).await;
    check(("GET", "/engine.io/?EIO=4&transport=tin", ""), unknown).await;
    check(("GET", &format!("{polling}&sid=abc"), ""), gone).await;
    check(
        ("PUT", polling, ""),
        (400, r#"{"code":2,"message":"Bad handshake method"}"#),
    )
    .await;
    check(("GET", socket, ""), bad).await;
    check(("GET", polling, HANDSHAKE), bad).await;
    check(("GET", &format!("{polling}&deny=1"), ""), denied).await;
    check(("GET", &format!("{socket}&deny=1"), HANDSHAKE), denied).await;
    check(("GET", &polling.replace("EIO=4", "EIO=3"), ""), revision).await;
    check(("GET", &socket.replace("EIO=4&", ""), HANDSHAKE), revision).await;
    check(
        (
            "GET",
            socket,
            "Connection: Upgrade\r\nUpgrade: websocket\r\n",
        ),
        bad,
    )
    .await;
}

#[tokio::test]
async fn other_paths_are_not_the_mounts() {
    let (site, _ends) = Site::echo(patient()).await;
    for path in [
        "/",
        "/engine.io?EIO=4&transport=polling",
        "/engine.iox/?EIO=4&transport=polling",
    ] {
        assert_eq!(site.get(path).await.status, 404, "{path}");
    }
    assert_eq!(
        site.get("/engine.io/deeper?EIO=4&transport=polling")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn there_are_not_more_sessions_than_allowed() {
    let mut settings = patient();
    settings.sessions_max = 1;
    let (site, _ends) = Site::echo(settings).await;
    site.open().await;
    let reply = site.get("/engine.io/?EIO=4&transport=polling").await;
    assert_eq!(
        reply.brief(),
        (
            403,
            r#"{"code":4,"message":"too many sessions"}"#.to_owned()
        )
    );
    assert_eq!(site.engine.count(), 1);
}

fn assert_mirrored(reply: &Reply) {
    assert_eq!(
        reply.field("access-control-allow-origin").unwrap(),
        "https://a.example"
    );
    assert_eq!(
        reply.field("access-control-allow-credentials").unwrap(),
        "true"
    );
    assert!(
        reply
            .field("vary")
            .unwrap()
            .to_lowercase()
            .contains("origin")
    );
}

#[tokio::test]
async fn all_answers_say_who_may_read_them() {
    let (site, _ends) = Site::echo(sio()).await;
    let polling = "/sio/?EIO=4&transport=polling";
    let origin = "Origin: https://a.example\r\n";
    let mut connection = site.connect().await;
    for (target, status) in [
        (polling, 200),
        ("/sio/", 400),
        ("/sio/?EIO=4&transport=polling&deny=1", 403),
    ] {
        connection.request("GET", target, origin).await;
        let reply = connection.reply().await;
        assert_eq!(reply.status, status);
        assert_mirrored(&reply);
    }
    let (_, reply) =
        WebSocket::open_with(site.address, "/sio/?EIO=4&transport=websocket", origin).await;
    assert_mirrored(&reply);
}

#[tokio::test]
async fn a_preflight_is_answered_and_touches_nothing() {
    let (site, _ends) = Site::echo(sio()).await;
    let session = site.open_at("/sio/?EIO=4&transport=polling").await;
    let fields = "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n\
         Access-Control-Request-Headers: content-type, x-a\r\n";
    let mut connection = site.connect().await;
    for target in ["/sio/?EIO=4&transport=polling", &session] {
        connection.request("OPTIONS", target, fields).await;
        let reply = connection.reply().await;
        assert_eq!(reply.status, 204);
        assert_mirrored(&reply);
        assert_eq!(
            reply.field("access-control-allow-methods").unwrap(),
            "GET,HEAD,PUT,PATCH,POST,DELETE",
        );
        assert_eq!(
            reply.field("access-control-allow-headers").unwrap(),
            "content-type, x-a"
        );
    }
    assert_eq!(
        site.post(&session, "4x").await.brief(),
        (200, "ok".to_owned())
    );
}

#[tokio::test]
async fn the_cookie_comes_with_the_handshake_alone() {
    let (site, _ends) = Site::echo(sio()).await;
    let reply = site.get("/sio/?EIO=4&transport=polling").await;
    let sid = sid(&reply.text());
    let expected = format!("io={sid}; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(reply.field("set-cookie"), Some(expected));
    let session = format!("/sio/?EIO=4&transport=polling&sid={sid}");
    assert_eq!(site.post(&session, "4x").await.field("set-cookie"), None);
    assert_eq!(site.get(&session).await.field("set-cookie"), None);
}

#[tokio::test]
async fn nobody_is_sent_where_nobody_serves() {
    let mut settings = patient();
    settings.transports = &[fanfare_socketio::engine::Transport::Polling];
    let (site, _ends) = Site::echo(settings).await;
    let reply = site.get("/engine.io/?EIO=4&transport=polling").await;
    assert!(reply.text().contains(r#""upgrades":[]"#), "{reply:?}");
    let session = crate::site::upgrade_of(&format!(
        "/engine.io/?EIO=4&transport=polling&sid={}",
        sid(&reply.text())
    ));
    let mut connection = site.connect().await;
    connection.request("GET", &session, HANDSHAKE).await;
    assert_eq!(connection.reply().await.status, 400);
}
