//! Who is let in.

use std::future::ready;
use std::sync::Arc;

use fanfare_socketio::{Auth, Handlers, Newcomer, Refused, Socket, SocketIo, State, limits};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::app_site::{App, notes, until};

type Gate = Arc<Semaphore>;

#[tokio::test]
async fn guards_are_asked_in_order_until_one_refuses() {
    let (note, mut heard) = notes();
    let (one, other, inside) = (note.clone(), note.clone(), note);
    let handlers = Handlers::new()
        .guard(move || {
            one.note("first");
            ready(Ok(()))
        })
        .guard(move |Auth(auth): Auth<Value>| {
            other.note("second");
            ready(match auth["may"] == true {
                true => Ok(()),
                false => Err(Refused::new("no").with_data(&json!({"why": 7})).unwrap()),
            })
        })
        .on_connect(move || inside.noted("in"));
    let app = App::serve(handlers).await;
    let mut socket = app.open().await;
    socket.send("40").await;
    let refusal = r#"44{"message":"no","data":{"why":7}}"#;
    assert_eq!(socket.text().await, refusal);
    // It may try again.
    socket.send(r#"40{"may":true}"#).await;
    assert!(socket.text().await.starts_with("40{"));
    for expected in ["first", "second", "first", "second", "in"] {
        assert_eq!(heard.next().await, expected);
    }
}

#[tokio::test]
async fn what_a_guard_found_out_the_socket_has() {
    let handlers = Handlers::new()
        .guard(async |Auth(auth): Auth<Value>, newcomer: Newcomer| {
            newcomer.set_data(&json!({"name": auth["name"]}))?;
            Ok(())
        })
        .guard(async |newcomer: Newcomer| {
            let mut data: Value = newcomer.data().unwrap();
            data["is_asked_twice"] = json!(true);
            Ok(newcomer.set_data(&data)?)
        })
        .on_connect(async |socket: Socket| {
            let data: Option<Value> = socket.data();
            socket.emit("you", &(data,)).unwrap();
        });
    let app = App::serve(handlers).await;
    for name in ["one", "other"] {
        let mut socket = app.open().await;
        socket.send(&format!(r#"40{{"name":"{name}"}}"#)).await;
        assert!(socket.text().await.starts_with("40{"));
        let told = format!(r#"42["you",{{"is_asked_twice":true,"name":"{name}"}}]"#);
        assert_eq!(socket.text().await, told);
    }
}

/// A guard that waits; what happens to the client meanwhile is the test's.
async fn waiting() -> (App, Gate, crate::app_site::Heard) {
    let gate: Gate = Arc::new(Semaphore::new(0));
    let (note, heard) = notes();
    let (asked, inside, gone) = (note.clone(), note.clone(), note);
    let handlers = Handlers::new()
        .guard(move |gate: State<Gate>| {
            asked.note("asked");
            async move {
                gate.0.acquire().await.unwrap().forget();
                Ok(())
            }
        })
        .on_connect(move || inside.noted("in"))
        .on_disconnect(move || gone.noted("out"));
    let builder = SocketIo::builder().state(Arc::clone(&gate));
    (App::serve_with(builder, handlers).await, gate, heard)
}

#[tokio::test]
async fn who_is_gone_before_the_guard_has_answered_was_never_there() {
    let (app, gate, mut heard) = waiting().await;
    let mut socket = app.open().await;
    socket.send("40").await;
    assert_eq!(heard.next().await, "asked");
    drop(socket);
    until(|| app.io.engine().count() == 0).await;
    gate.add_permits(2);
    // The next one is let in by what is left of the permits, after the first.
    let (_socket, _) = app.enter().await;
    assert_eq!(heard.next().await, "asked");
    assert_eq!(heard.next().await, "in");
    assert!(heard.is_empty());
    assert_eq!(app.main.count(), 1);
}

#[tokio::test]
async fn who_leaves_and_comes_again_meanwhile_is_let_in_once() {
    let (app, gate, mut heard) = waiting().await;
    let mut socket = app.open().await;
    for packet in ["40", "41", "40"] {
        socket.send(packet).await;
    }
    assert_eq!(heard.next().await, "asked");
    assert_eq!(heard.next().await, "asked");
    gate.add_permits(2);
    assert!(socket.text().await.starts_with("40{"));
    assert_eq!(heard.next().await, "in");
    socket.send("41").await;
    assert_eq!(heard.next().await, "out");
    assert!(heard.is_empty());
}

#[tokio::test]
async fn who_speaks_before_being_let_in_is_cut_off() {
    let (app, gate, mut heard) = waiting().await;
    let mut socket = app.open().await;
    socket.send("40").await;
    assert_eq!(heard.next().await, "asked");
    socket.send(r#"42["too early"]"#).await;
    socket.closed().await;
    gate.add_permits(1);
    until(|| app.io.engine().count() == 0).await;
    assert!(heard.is_empty());
}

#[tokio::test]
async fn a_guard_that_panics_lets_nobody_in() {
    type Never = std::future::Ready<Result<(), Refused>>;
    let guards = [
        Handlers::new().guard(async || -> Result<(), Refused> { panic!("later") }),
        Handlers::new().guard(|| -> Never { panic!("at once") }),
    ];
    for handlers in guards {
        let app = App::serve(handlers).await;
        let mut socket = app.open().await;
        for _ in 0..2 {
            socket.send("40").await;
            assert_eq!(socket.text().await, r#"44{"message":"Internal error"}"#);
        }
        assert_eq!(app.main.count(), 0);
    }
}

#[tokio::test]
async fn namespaces_that_were_made_for_somebody_go_with_the_last() {
    let app = App::serve(Handlers::new()).await;
    app.io
        .dynamic(|name, _| name.starts_with("/dyn-"), Handlers::new());
    let refusing = Handlers::new().guard(async || Err(Refused::new("no")));
    app.io.dynamic(|name, _| name.starts_with("/no-"), refusing);
    assert!(app.io.namespace("/dyn-1").is_none());
    let (mut one, mut other) = (app.open().await, app.open().await);
    for socket in [&mut one, &mut other] {
        socket.send("40/dyn-1,").await;
        assert!(socket.text().await.starts_with("40/dyn-1,{"));
    }
    assert_eq!(app.io.namespace("/dyn-1").map(|it| it.count()), Some(2));
    one.send("41/dyn-1,").await;
    until(|| app.io.namespace("/dyn-1").is_some_and(|it| it.count() == 1)).await;
    drop(other);
    until(|| app.io.namespace("/dyn-1").is_none()).await;
    one.send("40/no-1,").await;
    assert_eq!(one.text().await, r#"44/no-1,{"message":"no"}"#);
    assert!(app.io.namespace("/no-1").is_none());
    // And may come again.
    one.send("40/dyn-1,").await;
    assert!(one.text().await.starts_with("40/dyn-1,{"));
}

/// Whoever was handed one goes on speaking to those who are in it.
#[tokio::test]
async fn a_dynamic_namespace_is_there_as_long_as_somebody_has_a_handle() {
    let app = App::serve(Handlers::new()).await;
    app.io.dynamic(|_, _| true, Handlers::new());
    let mut one = app.open().await;
    one.send("40/dyn,").await;
    assert!(one.text().await.starts_with("40/dyn,{"));
    let held = app.io.namespace("/dyn").unwrap();
    drop(one);
    until(|| held.count() == 0).await;
    let mut other = app.open().await;
    other.send("40/dyn,").await;
    assert!(other.text().await.starts_with("40/dyn,{"));
    until(|| held.count() == 1).await;
    held.emit("later", &()).unwrap();
    assert_eq!(other.text().await, r#"42/dyn,["later"]"#);
    drop((held, other));
    until(|| app.io.namespace("/dyn").is_none()).await;
}

#[tokio::test]
async fn who_decides_on_a_dynamic_namespace_may_look_at_others() {
    let app = App::serve(Handlers::new()).await;
    let io = app.io.clone();
    let matches = move |name: &str, _: &fanfare_socketio::Json<'_>| {
        io.namespace("/").is_some() && io.namespace(name).is_none()
    };
    app.io.dynamic(matches, Handlers::new());
    let mut socket = app.open().await;
    socket.send("40/any,").await;
    assert!(socket.text().await.starts_with("40/any,{"));
}

#[tokio::test]
async fn credentials_are_bounded() {
    let app = App::serve(Handlers::new()).await;
    let mut socket = app.open().await;
    let with = |bytes: usize| format!(r#"40{{"token":"{}"}}"#, "x".repeat(bytes - 12));
    socket.send(&with(limits::AUTH_BYTES_MAX + 1)).await;
    let refusal = r#"44{"message":"The credentials are too large"}"#;
    assert_eq!(socket.text().await, refusal);
    socket.send(&with(limits::AUTH_BYTES_MAX)).await;
    assert!(socket.text().await.starts_with("40{"));
}
