//! Requests of a session on polling.

use std::task::{Context, Waker};

use bytes::Bytes;
use fanfare_socketio::engine::{CloseReason, Parcel};
use http::Request;
use http_body_util::Empty;
use tower_service::Service as _;

use crate::client::soon;
use crate::site::{Site, eio3, engine_io, patient, sid};

#[tokio::test]
async fn what_is_posted_comes_back_in_the_poll_that_waits() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut poll = site.connect().await;
    poll.request("GET", &session, "").await;
    let taken = site.post(&session, "4hello\u{1e}4€\u{1e}bAQIDBA==").await;
    assert_eq!(taken.brief(), (200, "ok".to_owned()));
    assert_eq!(taken.field("content-type").unwrap(), "text/html");
    assert_eq!(taken.field("cache-control").unwrap(), "no-store");
    let reply = poll.reply().await;
    assert_eq!(
        reply.brief(),
        (200, "4hello\u{1e}4€\u{1e}bAQIDBA==".to_owned())
    );
    assert_eq!(
        reply.field("content-type").unwrap(),
        "text/plain; charset=UTF-8"
    );
}

#[tokio::test]
async fn what_nobody_polls_for_waits() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    for text in ["4a", "4b"] {
        site.post(&session, text).await;
    }
    assert_eq!(site.get(&session).await.text(), "4a\u{1e}4b");
}

#[tokio::test]
async fn a_body_may_come_in_chunks_that_cut_characters() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut connection = site.connect().await;
    let fields = "Transfer-Encoding: chunked\r\n";
    connection.request("POST", &session, fields).await;
    let [first, second, third] = "€".as_bytes() else {
        panic!("three bytes");
    };
    let chunks = [
        &b"3\r\n4"[..],
        &[*first, *second],
        b"\r\n1\r\n",
        &[*third],
        b"\r\n0\r\n\r\n",
    ];
    for chunk in chunks {
        connection.write(chunk).await;
    }
    assert_eq!(connection.reply().await.text(), "ok");
    assert_eq!(site.get(&session).await.text(), "4€");
}

#[tokio::test]
async fn a_second_poll_ends_the_session() {
    let (site, mut ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut first = site.connect().await;
    let mut second = site.connect().await;
    for connection in [&mut first, &mut second] {
        connection.request("GET", &session, "").await;
    }
    // Which of them is the first is the kernel's to say.
    let mut replies = [first.reply().await.brief(), second.reply().await.brief()];
    replies.sort();
    assert_eq!(replies, [(200, "1".to_owned()), (400, String::new())]);
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportError));
    assert_eq!(
        site.get(&session).await.text(),
        r#"{"code":1,"message":"Session ID unknown"}"#
    );
}

#[tokio::test]
async fn a_second_post_ends_the_session() {
    let (site, mut ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut first = site.connect().await;
    first.announce_post(&session, 6).await;
    assert_eq!(
        site.post(&session, "4hello").await.brief(),
        (400, String::new())
    );
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportError));
    assert_ne!(first.try_reply().await.map(|it| it.status), Some(200));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_and_the_session_goes_on() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let longest = format!("4{}", "x".repeat(999_999));
    assert_eq!(
        site.post(&session, &longest).await.brief(),
        (200, "ok".to_owned())
    );
    assert_eq!(site.get(&session).await.body.len(), 1_000_000);
    let reply = site.post(&session, &format!("{longest}x")).await;
    assert_eq!(reply.brief(), (413, String::new()));
    // One that says so beforehand is not even asked for.
    let mut connection = site.connect().await;
    connection.begin_post(&session, 100_000_000, "4").await;
    assert_eq!(connection.reply().await.status, 413);
    assert_eq!(site.post(&session, "4x").await.status, 200);
    assert_eq!(site.get(&session).await.text(), "4x");
}

#[tokio::test]
async fn methods_that_polling_does_not_have_change_nothing() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut connection = site.connect().await;
    for method in ["PUT", "DELETE", "PATCH"] {
        connection.request(method, &session, "").await;
        assert_eq!(connection.reply().await.status, 500, "{method}");
    }
    assert_eq!(site.post(&session, "4x").await.status, 200);
}

#[tokio::test]
async fn a_client_that_says_goodbye_is_let_go() {
    let (site, mut ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut poll = site.connect().await;
    poll.request("GET", &session, "").await;
    // The poll is held once it has been answered what was posted.
    site.post(&session, "4x").await;
    poll.reply().await;
    poll.request("GET", &session, "").await;
    assert_eq!(site.post(&session, "1").await.text(), "ok");
    let reply = poll.reply().await;
    assert!(["6", r#"{"code":1,"message":"Session ID unknown"}"#].contains(&&*reply.text()));
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportClose));
    assert_eq!(site.engine.count(), 0);
}

#[tokio::test]
async fn a_goodbye_lets_the_poll_beside_it_go_first() {
    let (site, mut ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut post = site.connect().await;
    let mut poll = site.connect().await;
    post.begin_post(&session, 1, "1").await;
    poll.request("GET", &session, "").await;
    assert_eq!(poll.reply().await.brief(), (200, "6".to_owned()));
    assert_eq!(post.reply().await.brief(), (200, "ok".to_owned()));
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportClose));
    assert_eq!(site.get(&session).await.status, 400);
}

#[tokio::test]
async fn what_is_no_packet_ends_the_session() {
    for body in ["abc", "", "4a\u{1e}9"] {
        let (site, mut ends) = Site::echo(patient()).await;
        let session = site.open().await;
        assert_eq!(
            site.post(&session, body).await.brief(),
            (200, "ok".to_owned()),
            "{body:?}"
        );
        assert_eq!(soon(ends.recv()).await, Some(CloseReason::ParseError));
        assert_eq!(site.get(&session).await.status, 400);
    }
}

#[tokio::test]
async fn a_poll_whose_connection_dies_ends_the_session() {
    let (site, mut ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut poll = site.connect().await;
    poll.request("GET", &session, "").await;
    drop(poll);
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportError));
    assert_eq!(site.engine.count(), 0);
}

#[tokio::test]
async fn an_answer_that_reaches_nobody_ends_the_session() {
    let (site, mut ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let request = Request::get(&session).body(Empty::<Bytes>::new()).unwrap();
    let mut poll = site.engine.service().call(request);
    let mut context = Context::from_waker(Waker::noop());
    assert!(poll.as_mut().poll(&mut context).is_pending());
    // The answer is made, and its request goes away before it is taken.
    site.engine.clients()[0].send(&Parcel::text("lost"));
    drop(poll);
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportError));
    assert_eq!(site.engine.count(), 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_ends_the_session() {
    let (site, mut ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut post = site.connect().await;
    post.begin_post(&session, 100, "4hel").await;
    drop(post);
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportError));
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up_with_its_session() {
    let (site, mut ends) = Site::echo(engine_io()).await;
    let session = site.open().await;
    let mut post = site.connect().await;
    post.begin_post(&session, 100, "4hel").await;
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::PingTimeout));
    assert_eq!(
        post.reply().await.text(),
        r#"{"code":1,"message":"Session ID unknown"}"#
    );
}

#[tokio::test]
async fn sessions_that_nobody_polls_for_are_forgotten() {
    let (site, mut ends) = Site::echo(engine_io()).await;
    for _ in 0..100 {
        site.open().await;
    }
    assert_eq!(site.engine.count(), 100);
    for _ in 0..100 {
        assert_eq!(soon(ends.recv()).await, Some(CloseReason::PingTimeout));
    }
    soon(site.is_empty()).await;
}

#[tokio::test]
async fn revision_3_counts_and_sends_bytes_as_bytes() {
    let (site, _ends) = Site::echo(eio3()).await;
    let session = site.open_at("/eio3/?EIO=3&transport=polling").await;
    assert_eq!(site.post(&session, "6:4héllo3:4😀").await.text(), "ok");
    assert_eq!(site.get(&session).await.text(), "6:4héllo3:4😀");
    site.post(&session, "10:b4AQIDBA==").await;
    let reply = site.get(&session).await;
    assert_eq!(
        reply.field("content-type").unwrap(),
        "application/octet-stream"
    );
    assert_eq!(reply.body, b"\x01\x05\xff\x04\x01\x02\x03\x04");
}

#[tokio::test]
async fn revision_3_takes_bytes_as_bytes() {
    let (site, _ends) = Site::echo(eio3()).await;
    let session = site.open_at("/eio3/?EIO=3&transport=polling").await;
    let body = b"\x00\x06\xff4h\xe2\x82\xacl\x01\x05\xff\x04\x01\x02\x03\x04";
    let mut connection = site.connect().await;
    let reply = connection
        .post_as("application/octet-stream", &session, body)
        .await;
    assert_eq!(reply.brief(), (200, "ok".to_owned()));
    assert_eq!(connection.get(&session).await.body, body);
}

#[tokio::test]
async fn revision_4_does_not_take_bytes() {
    let (site, mut ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut connection = site.connect().await;
    let reply = connection
        .post_as("application/octet-stream", &session, b"4x")
        .await;
    assert_eq!(reply.brief(), (400, String::new()));
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportError));
}

#[tokio::test]
async fn scripts_answer_scripts_and_forms() {
    let (site, _ends) = Site::echo(eio3()).await;
    let form = "application/x-www-form-urlencoded";
    let reply = site.get("/eio3/?EIO=3&transport=polling&j=7&b64=1").await;
    assert!(reply.text().starts_with("___eio[7](\"114:0{"), "{reply:?}");
    assert_eq!(
        reply.field("content-type").unwrap(),
        "text/javascript; charset=UTF-8"
    );
    assert_eq!(reply.field("x-content-type-options").unwrap(), "nosniff");
    let sid = sid(&reply.text().replace('\\', ""));
    let session = format!("/eio3/?EIO=3&transport=polling&j=8&b64=1&sid={sid}");
    let body = b"d=24%3A42%5B%22message%22%2C%22a%5C%5Cnb%22%2C%22%E2%82%AC%22%5D";
    let mut connection = site.connect().await;
    assert_eq!(connection.post_as(form, &session, body).await.text(), "ok");
    let expected = r#"___eio[8]("24:42[\"message\",\"a\\nb\",\"€\"]");"#;
    assert_eq!(connection.get(&session).await.text(), expected);
    assert_eq!(
        connection.post_as(form, &session, b"d=1%3A1").await.text(),
        "ok"
    );
    soon(site.is_empty()).await;
}
