//! Mistakes of the program: the operator reads what is wrong and where, whoever is at the other end
//! does not.

use std::future::Ready;

use fanfare_socketio::{
    Args, Auth, Data, Event, Handlers, Reason, Refused, Socket, SocketError, State,
};
use serde::Deserialize;

use super::hears;
use super::journal::Journal;
use crate::app_site::{App, notes};

/// State that nobody gives to the builder.
struct Missing;

#[tokio::test]
async fn a_handler_that_cannot_be_called_is_an_error_in_the_log() {
    let handlers = Handlers::new()
        .on("state", async |_: State<Missing>| ())
        .on("reason", async |_: Reason| ())
        .on("say", async |socket: Socket, said: Data| {
            socket.emit("said", said).unwrap();
        });
    let journal = Journal::new();
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    for (event, missing) in [
        ("state", "mistakes::Missing"),
        ("reason", "reason of an end"),
    ] {
        socket.send(&format!(r#"42["{event}"]"#)).await;
        socket.send(r#"42["say"]"#).await;
        hears(&mut socket, r#"42["said"]"#).await;
        let event = format!("event={event:?}");
        journal.says(&[
            "ERROR",
            "handler=\"on\"",
            "namespace=\"/\"",
            &event,
            missing,
        ]);
    }
}

#[tokio::test]
async fn whoever_asks_for_errors_does_not_keep_mistakes_from_the_log() {
    let handlers = Handlers::new()
        .on("state", async |_: State<Missing>| ())
        .on_error(async |socket: Socket, _: SocketError| {
            socket.emit("error here", &()).unwrap();
        });
    let journal = Journal::new();
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    socket.send(r#"42["state"]"#).await;
    hears(&mut socket, r#"42["error here"]"#).await;
    journal.says(&["ERROR", "event=\"state\"", "mistakes::Missing"]);
}

#[tokio::test]
async fn what_a_client_got_wrong_is_no_error_in_the_log() {
    let handlers = Handlers::new().on("number", async |_: Args<u32>| ()).on(
        "say",
        async |socket: Socket, said: Data| {
            socket.emit("said", said).unwrap();
        },
    );
    let journal = Journal::new();
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    socket.send(r#"42["number","none"]"#).await;
    socket.send(r#"42["say"]"#).await;
    hears(&mut socket, r#"42["said"]"#).await;
    assert_eq!(journal.take(), Vec::<String>::new());
}

#[tokio::test]
async fn a_panic_is_an_error_in_the_log() {
    let handlers = Handlers::new()
        .guard_event(async |event: Event| {
            assert!(&*event.name != "guarded", "a guard's own fault");
            Ok(())
        })
        .on("soon", async || panic!("a handler's own fault"))
        .on("at once", || -> Ready<()> {
            panic!("before there is a future")
        })
        .on("say", async |socket: Socket, said: Data| {
            socket.emit("said", said).unwrap();
        });
    let journal = Journal::new();
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    for (event, handler) in [
        ("soon", "on"),
        ("at once", "on"),
        ("guarded", "guard_event"),
    ] {
        socket.send(&format!(r#"42["{event}"]"#)).await;
        socket.send(r#"42["say"]"#).await;
        hears(&mut socket, r#"42["said"]"#).await;
        let (event, handler) = (format!("event={event:?}"), format!("handler={handler:?}"));
        journal.says(&["ERROR", "panicked", "namespace=\"/\"", &handler, &event]);
    }
}

#[tokio::test]
async fn a_panic_on_the_way_in_or_out_is_an_error_in_the_log() {
    let (note, mut heard) = notes();
    let handlers = Handlers::new()
        .on_connect(|socket: Socket| -> Ready<()> {
            socket.emit("in", &()).unwrap();
            panic!("on connect")
        })
        .on_disconnect(move || -> Ready<()> {
            note.note("gone");
            panic!("on disconnect")
        });
    let journal = Journal::new();
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    hears(&mut socket, r#"42["in"]"#).await;
    journal.says(&["ERROR", "panicked", "handler=\"on_connect\""]);
    socket.send("41").await;
    assert_eq!(heard.next().await, "gone");
    journal.says(&["ERROR", "panicked", "handler=\"on_disconnect\""]);
}

/// A client that wants to come in is told no more than this, and the operator what is wrong.
async fn check_guard(handlers: Handlers, told: &str, written: &[&str]) {
    let journal = Journal::new();
    let app = App::serve(handlers).await;
    let mut socket = app.open().await;
    socket.send(r#"40{"token":7}"#).await;
    assert_eq!(socket.text().await, format!(r#"44{{"message":"{told}"}}"#));
    match written {
        [] => assert_eq!(journal.take(), Vec::<String>::new()),
        _ => journal.says(written),
    }
    assert_eq!(app.main.count(), 0);
}

#[tokio::test]
async fn a_guard_that_cannot_be_asked_keeps_its_reason_from_the_client() {
    let guard = Handlers::new().guard(async |_: State<Missing>| Ok(()));
    let written = ["ERROR", "\"guard\"", "namespace=\"/\"", "mistakes::Missing"];
    check_guard(guard, "Internal error", &written).await;
    let guard = Handlers::new().guard(async |_: Socket| Ok(()));
    check_guard(guard, "Internal error", &["ERROR", "\"guard\"", "a socket"]).await;
    let guard = Handlers::new().guard(|| -> Ready<Result<(), Refused>> { panic!("at once") });
    check_guard(guard, "Internal error", &["ERROR", "\"guard\"", "panicked"]).await;
}

#[tokio::test]
async fn credentials_that_do_not_fit_are_refused_in_a_plain_sentence() {
    #[derive(Deserialize)]
    struct Token {
        #[expect(dead_code, reason = "only its type counts")]
        token: String,
    }
    let guard = Handlers::new().guard(async |_: Auth<Token>| Ok(()));
    check_guard(guard, "The credentials do not have the expected form", &[]).await;
}

#[tokio::test]
async fn events_that_no_client_can_send_are_refused() {
    for (event, instead) in [
        ("connect", "on_connect"),
        ("connect_error", "no client can send"),
        ("disconnect", "on_disconnect"),
        ("disconnecting", "on_disconnect"),
        ("newListener", "no client can send"),
        ("removeListener", "no client can send"),
    ] {
        let journal = Journal::new();
        let _ = Handlers::new().on(event, async || ());
        let name = format!("event={event:?}");
        journal.says(&["WARN", "no client can send", &name, instead]);
        let _ = Handlers::new()
            .on("connection", async || ())
            .on_message(async || ());
        assert_eq!(journal.take(), Vec::<String>::new());
    }
}
