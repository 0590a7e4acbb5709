//! Clients before 1.0, at the door: their addresses, their handshake, and what becomes of those who
//! have no session.

use std::time::Duration;

#[cfg(feature = "msgpack")]
use fanfare_socketio::Parser;
use fanfare_socketio::engine::{MountSettings, Refusal, Revision, Settings};
use fanfare_socketio::{Handlers, Refused, Socket, SocketIo};

use crate::client::soon;
use crate::site::{Site, patient};
use crate::websocket::WebSocket;

const UNKNOWN: &str = "7:::1+0";

fn mount() -> MountSettings {
    MountSettings {
        path: "/io/".to_owned(),
        revisions: &[Revision::V4, Revision::V1],
        engine: Settings {
            poll_duration: Duration::from_millis(50),
            ..Settings::default()
        },
        ..patient()
    }
}

/// Shakes hands; returns the id.
async fn shake_hands(site: &Site) -> String {
    let reply = site.get("/io/1/?t=1").await;
    assert_eq!(reply.field("content-type").unwrap(), "text/plain");
    let text = reply.text();
    let parts: Vec<_> = text.split(':').collect();
    let rest = ["45", "45", "websocket,xhr-polling,jsonp-polling"];
    assert_eq!((reply.status, &parts[1..]), (200, &rest[..]), "{text}");
    parts[0].to_owned()
}

#[tokio::test]
async fn a_session_opens_and_waits_for_a_poll() {
    let (site, _ends) = Site::echo(mount()).await;
    let session = format!("/io/1/xhr-polling/{}", shake_hands(&site).await);
    assert_eq!(site.get(&session).await.text(), "8::");
    assert_eq!(site.post(&session, "3:::a").await.text(), "1");
    let reply = site.get(&format!("{session}/?t=2")).await;
    assert_eq!(reply.text(), "3:::a");
    let is = reply.field("content-type");
    assert_eq!(is.as_deref(), Some("text/plain; charset=UTF-8"));
    assert_eq!(site.engine.clients()[0].revision(), Revision::V1);
}

#[tokio::test]
async fn a_goodbye_is_one_at_every_address() {
    let (site, _ends) = Site::echo(mount()).await;
    for address in [
        "xhr-polling/<sid>?disconnect=1",
        "websocket/<sid>?t=1&disconnect",
        "/<sid>/?disconnect=1",
    ] {
        let sid = shake_hands(&site).await;
        let reply = site
            .get(&format!("/io/1/{}", address.replace("<sid>", &sid)))
            .await;
        assert_eq!(reply.brief(), (200, String::new()), "{address}");
        assert_eq!(site.engine.count(), 0);
    }
    let reply = site.get("/io/1/xhr-polling/123456?disconnect=1").await;
    assert_eq!(reply.brief(), (200, String::new()));
    // The sessions of others are not theirs to end.
    let session = site.open_at("/io/?EIO=4&transport=polling").await;
    let (_, sid) = session.split_once("sid=").unwrap();
    site.get(&format!("/io/1/xhr-polling/{sid}?disconnect=1"))
        .await;
    assert_eq!(site.engine.count(), 1);
}

#[tokio::test]
async fn who_has_no_session_is_told_to_begin_anew() {
    let (site, _ends) = Site::echo(mount()).await;
    let session = site.open_at("/io/?EIO=4&transport=polling").await;
    let (_, other) = session.split_once("sid=").unwrap();
    for sid in ["123456", other] {
        let target = format!("/io/1/xhr-polling/{sid}?t=1");
        assert_eq!(site.get(&target).await.brief(), (200, UNKNOWN.to_owned()));
        assert_eq!(site.post(&target, "3:::a").await.text(), UNKNOWN);
        let reply = site.get(&format!("/io/1/jsonp-polling/{sid}?i=2")).await;
        assert_eq!(reply.text(), r#"io.j[2]("7:::1+0");"#);
        let mut socket = site.websocket(&format!("/io/1/websocket/{sid}")).await;
        assert_eq!(socket.text().await, UNKNOWN);
        assert_eq!(socket.closed().await, None);
    }
    assert_eq!(site.engine.count(), 1);
    // And theirs are nobody else's.
    let sid = shake_hands(&site).await;
    let reply = site
        .get(&format!("/io/?EIO=4&transport=polling&sid={sid}"))
        .await;
    assert_eq!(
        reply.brief(),
        (400, r#"{"code":3,"message":"Bad request"}"#.to_owned())
    );
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let (site, _ends) = Site::echo(mount()).await;
    let sid = shake_hands(&site).await;
    let unknown = (400, "Transport unknown".to_owned());
    for rest in [
        "flashsocket/<sid>",
        "htmlfile/<sid>",
        "xhr-polling/<sid>/more",
        "/<sid>",
        "websocket/<sid>",
    ] {
        let target = format!("/io/1/{}", rest.replace("<sid>", &sid));
        assert_eq!(site.get(&target).await.brief(), unknown, "{target}");
    }
    assert_eq!(
        site.post("/io/1/", "").await.brief(),
        (400, "Bad handshake method".to_owned())
    );
    let mut connection = site.connect().await;
    connection
        .request("PUT", &format!("/io/1/xhr-polling/{sid}"), "")
        .await;
    assert_eq!(connection.reply().await.brief(), (500, String::new()));
    assert_eq!(site.engine.count(), 1);
}

#[tokio::test]
async fn a_web_socket_needs_no_probe() {
    let (site, _ends) = Site::echo(mount()).await;
    let sid = shake_hands(&site).await;
    let mut socket = site.websocket(&format!("/io/1/websocket/{sid}")).await;
    socket.send("3:::a").await;
    assert_eq!(socket.text().await, "3:::a");
    let mut second = site.websocket(&format!("/io/1/websocket/{sid}")).await;
    assert_eq!(second.text().await, UNKNOWN);
    assert_eq!(second.closed().await, None);
    socket.send("3:::b").await;
    assert_eq!(socket.text().await, "3:::b");
    site.engine.close();
    assert_eq!(socket.closed().await, None);
}

#[tokio::test]
async fn without_permission_their_addresses_are_nobodys() {
    let (site, _ends) = Site::echo(patient()).await;
    for rest in [
        "1/",
        "1/?t=1",
        "1/xhr-polling/123456",
        "1/websocket/123456?disconnect=1",
    ] {
        let reply = site.get(&format!("/engine.io/{rest}")).await;
        let body = r#"{"code":0,"message":"Transport unknown"}"#;
        assert_eq!(reply.brief(), (400, body.to_owned()), "{rest}");
    }
}

/// A server with one namespace that nobody may enter, the main one or another.
async fn serve(io: SocketIo) -> Site {
    let guarded = Handlers::new().guard(async || Err::<(), _>(Refused::new("no")));
    let greeting = Handlers::new().on_connect(async |socket: Socket| {
        let _ = socket.emit("welcome", &());
    });
    io.of("/", greeting).unwrap();
    io.of("/guarded", guarded).unwrap();
    Site::at(io.engine().clone()).await
}

#[tokio::test]
async fn a_refused_handshake_says_why() {
    let (_layer, io) = SocketIo::builder()
        .allow_protocol1()
        .admit(|request| match request.uri.query() {
            Some(query) if query.contains("silent") => Err(Refusal::Forbidden(None)),
            _ => Err(Refusal::Forbidden(Some("\"no\"".into()))),
        })
        .build();
    let site = serve(io).await;
    let check = async |query: &str, status: u16, body: &str| {
        let reply = site.get(&format!("/socket.io/1/?{query}")).await;
        assert_eq!(reply.brief(), (status, body.to_owned()), "{query}");
    };
    check("silent", 403, "handshake unauthorized").await;
    check("loud", 403, "\"no\"").await;
    check("loud&jsonp=4", 200, r#"io.j[4](new Error("\"no\""));"#).await;
    site.engine.close();
    check("late", 503, "").await;
}

#[tokio::test]
async fn all_allowances_go_together_in_any_order() {
    let serves = async |io: SocketIo, revisions: [bool; 2]| {
        let site = serve(io).await;
        let old = site.get("/socket.io/?EIO=3&transport=polling").await.status == 200;
        let oldest = site.get("/socket.io/1/").await.status == 200;
        assert_eq!([old, oldest], revisions);
    };
    let builder = SocketIo::builder;
    serves(builder().build().1, [false, false]).await;
    serves(builder().allow_eio3().build().1, [true, false]).await;
    serves(builder().allow_protocol1().build().1, [false, true]).await;
    serves(
        builder().allow_eio3().allow_protocol1().build().1,
        [true, true],
    )
    .await;
    serves(
        builder().allow_protocol1().allow_eio3().build().1,
        [true, true],
    )
    .await;
    #[cfg(feature = "msgpack")]
    {
        let builder = || builder().allow_protocol1().parser(Parser::Msgpack);
        serves(builder().build().1, [false, false]).await;
        serves(builder().allow_eio3().build().1, [true, false]).await;
    }
}

#[tokio::test]
async fn a_namespace_that_is_refused_leaves_the_others() {
    let (_layer, io) = SocketIo::builder().allow_protocol1().build();
    let site = serve(io).await;
    let text = site.get("/socket.io/1/").await.text();
    let sid = text.split(':').next().unwrap();
    let mut socket = WebSocket::open(site.address, &format!("/socket.io/1/websocket/{sid}")).await;
    assert_eq!(socket.text().await, "1::");
    assert_eq!(socket.text().await, r#"5:::{"name":"welcome"}"#);
    socket.send("1::/guarded").await;
    socket.send(r#"5:1:/guarded:{"name":"x"}"#).await;
    assert_eq!(socket.text().await, "7::/guarded:2");
    assert_eq!(socket.text().await, "6::/guarded:1");
    socket.send("1::/nobody").await;
    assert_eq!(socket.text().await, "7::/nobody:2");
    socket.send("0::").await;
    assert_eq!(socket.closed().await, None);
    soon(site.is_empty()).await;
}
