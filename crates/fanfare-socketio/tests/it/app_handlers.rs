//! In which order handlers run, and what it costs when they go wrong.

mod journal;
mod mistakes;

use std::sync::Arc;

use fanfare_socketio::{
    Args, Data, Event, Handlers, IntoArguments, IntoRooms, Json, Reason, Refused, Socket,
    SocketError, SocketIo, State, Value,
};
use tokio::sync::Semaphore;

use crate::app_site::{App, LONG, notes, until};
use crate::websocket::WebSocket;

/// What handlers wait for until the test lets them go on.
type Gate = Arc<Semaphore>;

/// `wait` takes as long as the gate says, `say` tells the client what it said.
fn slow() -> Handlers {
    Handlers::new()
        .on("wait", async |gate: State<Gate>| {
            gate.0.acquire().await.unwrap().forget();
        })
        .on("say", async |socket: Socket, said: Data| {
            socket.emit("said", said).unwrap();
        })
}

async fn hears(socket: &mut WebSocket, expected: &str) {
    assert_eq!(socket.text().await, expected);
}

#[tokio::test]
async fn a_slow_handler_holds_up_its_own_socket_only() {
    let gate: Gate = Arc::new(Semaphore::new(0));
    let builder = SocketIo::builder().state(Arc::clone(&gate));
    let app = App::serve_with(builder, slow()).await;
    let (mut slow, _) = app.enter().await;
    let (mut other, _) = app.enter().await;
    for packet in [
        r#"42["wait"]"#,
        r#"42["say",1]"#,
        r#"42["wait"]"#,
        r#"42["say",2]"#,
    ] {
        slow.send(packet).await;
    }
    other.send(r#"42["say","quick"]"#).await;
    hears(&mut other, r#"42["said","quick"]"#).await;
    gate.add_permits(1);
    hears(&mut slow, r#"42["said",1]"#).await;
    // What the server says by itself does not wait for handlers either.
    app.main.emit("all", &()).unwrap();
    hears(&mut slow, r#"42["all"]"#).await;
    gate.add_permits(1);
    hears(&mut slow, r#"42["said",2]"#).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_stay_in_order_on_several_threads() {
    const EVENTS: u32 = 500;
    let handlers = Handlers::new().on("n", async |socket: Socket, Args((n,)): Args<(u32,)>| {
        for _ in 0..n % 3 {
            tokio::task::yield_now().await;
        }
        socket.emit("n", &(n,)).unwrap();
    });
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    for n in 0..EVENTS {
        socket.send(&format!(r#"42["n",{n}]"#)).await;
    }
    for n in 0..EVENTS {
        hears(&mut socket, &format!(r#"42["n",{n}]"#)).await;
    }
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_handler_that_asked() {
    let handlers = Handlers::new().on("start", async |socket: Socket| {
        let answer = socket.emit_with_ack("question", &(1,), LONG).await.unwrap();
        socket.emit("thanks", answer).unwrap();
    });
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    socket.send(r#"42["start"]"#).await;
    hears(&mut socket, r#"420["question",1]"#).await;
    socket.send(r#"430["answer"]"#).await;
    hears(&mut socket, r#"42["thanks","answer"]"#).await;
}

#[tokio::test]
async fn what_waits_for_a_handler_is_bounded() {
    let gate: Gate = Arc::new(Semaphore::new(0));
    let (note, mut heard) = notes();
    let handlers = slow().on_disconnect(move |reason: Reason| note.noted(reason.as_str()));
    let builder = SocketIo::builder().state(Arc::clone(&gate));
    let app = App::serve_with(builder, handlers).await;
    let (mut socket, _) = app.enter().await;
    socket.send(r#"42["wait"]"#).await;
    let large = format!(r#"42["say","{}"]"#, "x".repeat(900_000));
    // 9 MB: more than twice the largest packet.
    for _ in 0..10 {
        socket.send(&large).await;
    }
    socket.closed().await;
    gate.add_permits(1);
    assert_eq!(heard.next().await, "forced close");
}

#[tokio::test]
async fn a_panic_costs_one_event() {
    let handlers = Handlers::new()
        .on("soon", async || panic!("a handler's own fault"))
        .on("at once", || -> std::future::Ready<()> {
            panic!("before there is a future")
        })
        .on("say", async |socket: Socket, said: Data| {
            socket.emit("said", said).unwrap();
        });
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    for (event, number) in [("soon", 1), ("at once", 2), ("soon", 3)] {
        socket.send(&format!(r#"42["{event}"]"#)).await;
        socket.send(&format!(r#"42["say",{number}]"#)).await;
        hears(&mut socket, &format!(r#"42["said",{number}]"#)).await;
    }
}

#[tokio::test]
async fn a_panic_on_the_way_in_or_out_costs_nothing_else() {
    let (note, mut heard) = notes();
    let handlers = Handlers::new()
        .on_connect(|| -> std::future::Ready<()> { panic!("on connect") })
        .on_error(|| -> std::future::Ready<()> { panic!("on error") })
        .on("typed", async |Args((_n,)): Args<(u32,)>| ())
        .on_disconnect(move || -> std::future::Ready<()> {
            note.note("gone");
            panic!("on disconnect")
        })
        .on("say", async |socket: Socket, said: Data| {
            socket.emit("said", said).unwrap();
        });
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    socket.send(r#"42["typed","no number"]"#).await;
    socket.send(r#"42["say",1]"#).await;
    hears(&mut socket, r#"42["said",1]"#).await;
    socket.send("41").await;
    assert_eq!(heard.next().await, "gone");
    socket.send("40").await;
    assert!(socket.text().await.starts_with("40{"));
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_an_error_of_the_socket() {
    let handlers = Handlers::new()
        .on("typed", async |Args((_n,)): Args<(u32,)>| ())
        .on_error(async |socket: Socket, error: SocketError| {
            assert!(matches!(error, SocketError::Handler(_)));
            socket.emit("error here", &()).unwrap();
        });
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    for arguments in ["", ",\"x\"", ",-1", ",null", ",{}"] {
        socket.send(&format!(r#"42["typed"{arguments}]"#)).await;
        hears(&mut socket, r#"42["error here"]"#).await;
    }
}

#[tokio::test]
async fn an_event_is_for_the_handler_of_its_name_or_for_the_one_of_all() {
    let handlers = Handlers::new()
        .guard_event(async |event: Event| match &*event.name {
            "secret" => Err(Refused::new("not for you")),
            _ => Ok(()),
        })
        .on("known", async |socket: Socket| {
            socket.emit("by name", &()).unwrap()
        })
        .on_other(async |socket: Socket, event: Event| {
            socket.emit("any", &(&*event.name,)).unwrap();
        })
        .on_error(async |socket: Socket, error: SocketError| {
            socket.emit("no", &(error.to_string(),)).unwrap();
        });
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    for (event, expected) in [
        ("known", r#"42["by name"]"#),
        ("other", r#"42["any","other"]"#),
        ("", r#"42["any",""]"#),
        ("secret", r#"42["no","not for you"]"#),
    ] {
        socket.send(&format!(r#"42["{event}"]"#)).await;
        hears(&mut socket, expected).await;
    }
}

#[tokio::test]
async fn an_event_guard_that_goes_wrong_lets_nothing_pass() {
    type Never = std::future::Ready<Result<(), Refused>>;
    let guards = [
        Handlers::new().guard_event(async || -> Result<(), Refused> { panic!("later") }),
        Handlers::new().guard_event(|| -> Never { panic!("at once") }),
        Handlers::new().guard_event(async |Args((_n,)): Args<(u32,)>| Ok(())),
    ];
    for handlers in guards {
        let (note, heard) = notes();
        let app = App::serve(handlers.on("say", move || note.noted("passed"))).await;
        let (mut socket, _) = app.enter().await;
        socket.send(r#"42["say","no number"]"#).await;
        socket.send("41").await;
        until(|| app.main.count() == 0).await;
        assert!(heard.is_empty());
    }
}

#[tokio::test]
async fn a_handler_may_end_its_own_socket() {
    let (note, mut heard) = notes();
    let handlers = Handlers::new()
        .on(
            "leave",
            async |socket: Socket, Args((close,)): Args<(bool,)>| {
                socket.disconnect(close);
                socket.disconnect(close);
                assert!(!socket.is_connected());
                assert!(socket.emit("too late", &()).is_err());
                assert!(socket.join("nowhere").is_ok());
            },
        )
        .on_disconnect(move |socket: Socket, reason: Reason| {
            note.noted(format!("{reason} {}", socket.rooms().len()))
        });
    let app = App::serve(handlers).await;
    for close in [true, false] {
        let (mut socket, _) = app.enter().await;
        socket.send(&format!(r#"42["leave",{close}]"#)).await;
        hears(&mut socket, "41").await;
        assert_eq!(heard.next().await, "server namespace disconnect 1");
        if close {
            socket.closed().await;
        } else {
            socket.send("40").await;
            assert!(socket.text().await.starts_with("40{"));
        }
    }
    assert!(heard.is_empty());
}

#[tokio::test]
async fn whoever_is_sent_away_on_arrival_was_there() {
    let (note, mut heard) = notes();
    let handlers = Handlers::new()
        .on_connect(async |socket: Socket| socket.disconnect(true))
        .on_disconnect(move |reason: Reason| note.noted(reason.as_str()));
    let app = App::serve(handlers).await;
    let (mut socket, _) = app.enter().await;
    hears(&mut socket, "41").await;
    socket.closed().await;
    assert_eq!(heard.next().await, "server namespace disconnect");
    assert_eq!(app.main.count(), 0);
}

/// What a client hears of `said`.
async fn check_arguments(said: impl IntoArguments, expected: &str) {
    let app = App::serve(Handlers::new()).await;
    let (mut socket, _) = app.enter().await;
    until(|| app.main.count() == 1).await;
    app.main.emit("said", said).unwrap();
    hears(&mut socket, expected).await;
}

#[tokio::test]
async fn arguments_are_taken_as_they_lie_about() {
    let data = Data::write(&("a", 1)).unwrap();
    let text = Json::write("a").unwrap();
    check_arguments(&(), r#"42["said"]"#).await;
    check_arguments("a", r#"42["said","a"]"#).await;
    check_arguments(&"a".to_owned(), r#"42["said","a"]"#).await;
    check_arguments("a".to_owned(), r#"42["said","a"]"#).await;
    check_arguments(&("a", 1), r#"42["said","a",1]"#).await;
    check_arguments(&vec!["a", "b"], r#"42["said",["a","b"]]"#).await;
    check_arguments(text.clone(), r#"42["said","a"]"#).await;
    check_arguments(Value::Json(text), r#"42["said","a"]"#).await;
    check_arguments(&data, r#"42["said","a",1]"#).await;
    check_arguments(data, r#"42["said","a",1]"#).await;
}

#[test]
fn rooms_are_taken_as_they_lie_about() {
    fn check(rooms: impl IntoRooms, expected: &[&str]) {
        let rooms = rooms.into_rooms();
        let rooms: Vec<&str> = rooms.iter().map(|room| &**room).collect();
        assert_eq!(rooms, expected);
    }
    let (name, shared): (String, Arc<str>) = ("a".to_owned(), "a".into());
    let (names, list) = (["a", "b"].map(str::to_owned), vec!["a", "b"]);
    check("a", &["a"]);
    for name in &list {
        check(name, &[name]);
    }
    check(&name, &["a"]);
    check(name, &["a"]);
    check(&shared, &["a"]);
    check(Arc::clone(&shared), &["a"]);
    check([shared], &["a"]);
    check(&names, &["a", "b"]);
    check(names.as_slice(), &["a", "b"]);
    check(names, &["a", "b"]);
    check(&list, &["a", "b"]);
    check(list, &["a", "b"]);
}
