//! Coming back.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fanfare_hub::{Hub, MemoryEngine, MemoryLimits, Timestamp};
use fanfare_socketio::{
    Builder, Data, Handlers, Newcomer, Reason, Recovery, Refused, Socket, SocketIo, limits,
};
use fanfare_testkit::slow_engine::SlowEngine;

use crate::app_site::{App, Welcome, notes, until};
use crate::websocket::WebSocket;

fn recovering() -> Builder {
    SocketIo::builder().recovery(Recovery::default())
}

fn on_hub(hub: &Hub) -> Builder {
    SocketIo::builder().recovery(Recovery {
        hub: Some(hub.clone()),
        ..Recovery::default()
    })
}

fn hub() -> Hub {
    let engine = MemoryEngine::new(MemoryLimits::default(), Timestamp::from_millis(0));
    Hub::new(Arc::new(engine), 0)
}

/// Says who it is when it is in, and joins a room the first time.
fn telling() -> Handlers {
    Handlers::new().on_connect(async |socket: Socket| {
        if !socket.is_recovered() {
            socket.join("room").unwrap();
            socket.set_data(&"kept").unwrap();
        }
        let told = (
            socket.is_recovered(),
            socket.rooms().len(),
            socket.data::<String>(),
        );
        socket.emit("you", &told).unwrap();
    })
}

/// An event, without its offset; and that.
fn event(packet: &str) -> (String, String) {
    let (event, offset) = packet.rsplit_once(",\"").expect("an offset");
    let offset = offset.strip_suffix("\"]").expect("an offset");
    (event.to_owned(), offset.to_owned())
}

async fn hears(socket: &mut WebSocket) -> (String, String) {
    event(&socket.text().await)
}

fn claim(welcome: &Welcome, offset: &str) -> String {
    format!(r#"{{"pid":"{}","offset":"{offset}"}}"#, welcome.pid)
}

/// Comes back; returns the events before the welcome, and that.
async fn back(app: &App, auth: &str) -> (WebSocket, Vec<String>, Welcome) {
    let mut socket = app.open().await;
    socket.send(&format!("40{auth}")).await;
    let mut missed = Vec::new();
    loop {
        let packet = socket.text().await;
        if packet.starts_with("40") {
            return (socket, missed, Welcome::read(&packet));
        }
        missed.push(event(&packet).0);
    }
}

#[tokio::test]
async fn a_session_survives_its_server() {
    let hub = hub();
    let first = App::serve_with(on_hub(&hub), telling()).await;
    let (mut socket, welcome) = first.enter().await;
    let (told, offset) = hears(&mut socket).await;
    assert_eq!(told, r#"42["you",false,2,"kept""#);
    first.main.to("room").emit("before", &()).unwrap();
    assert_eq!(hears(&mut socket).await.0, r#"42["before""#);
    first.io.close();
    socket.closed().await;

    let second = App::serve_with(on_hub(&hub), telling()).await;
    second.main.to("room").emit("after", &(1,)).unwrap();
    second.main.to("elsewhere").emit("not meant", &()).unwrap();
    second.main.emit("after", &(2,)).unwrap();
    let (mut socket, missed, again) = back(&second, &claim(&welcome, &offset)).await;
    assert_eq!(
        missed,
        [r#"42["before""#, r#"42["after",1"#, r#"42["after",2"#]
    );
    assert_eq!(
        (again.id, again.pid),
        (welcome.id.clone(), welcome.pid.clone())
    );
    assert_eq!(hears(&mut socket).await.0, r#"42["you",true,2,"kept""#);

    // A place is good for one return.
    drop(socket);
    until(|| second.main.count() == 0).await;
    let (_one, _, one) = back(&second, &claim(&welcome, &offset)).await;
    assert_eq!(one.id, welcome.id);
}

#[tokio::test]
async fn a_living_session_is_taken_over() {
    let (note, mut heard) = notes();
    let handlers = telling()
        .on_disconnect(move |socket: Socket, reason: Reason| {
            note.noted(format!("{reason} {}", socket.is_recovered()))
        })
        .on("say", async |socket: Socket, said: Data| {
            socket.emit("said", said).unwrap();
        });
    let app = App::serve_with(recovering(), handlers).await;
    let (mut old, welcome) = app.enter().await;
    let (_, offset) = hears(&mut old).await;
    app.main.emit("into the dead connection", &()).unwrap();
    let (mut new, missed, again) = back(&app, &claim(&welcome, &offset)).await;
    assert_eq!(missed, [r#"42["into the dead connection""#]);
    assert_eq!(again.id, welcome.id);
    assert_eq!(heard.next().await, "transport close false");
    assert_eq!(hears(&mut new).await.0, r#"42["you",true,2,"kept""#);
    until(|| app.io.engine().count() == 1).await;
    assert_eq!(app.main.to("room").sockets().len(), 1);
    // The old one hears its end, the new one goes on.
    while old.next().await.is_some() {}
    new.send(r#"42["say",1]"#).await;
    assert_eq!(hears(&mut new).await.0, r#"42["said",1"#);
    assert!(heard.is_empty());
}

#[tokio::test]
async fn two_who_claim_the_same_place_do_not_both_get_it() {
    let app = App::serve_with(recovering(), telling()).await;
    let (mut old, welcome) = app.enter().await;
    let (_, offset) = hears(&mut old).await;
    drop(old);
    until(|| app.main.count() == 0).await;
    let auth = claim(&welcome, &offset);
    let ((one, _, first), (other, _, second)) = tokio::join!(back(&app, &auth), back(&app, &auth));
    // Either the later found nothing, or it took over from the earlier.
    until(|| app.main.count() == app.io.engine().count()).await;
    let same = [&first, &second]
        .iter()
        .filter(|it| it.id == welcome.id)
        .count();
    let living = app
        .main
        .sockets()
        .iter()
        .filter(|it| it.id() == welcome.id)
        .count();
    assert!(same >= 1 && living == 1, "{same} got it, {living} have it");
    drop((one, other));
}

#[tokio::test]
async fn what_cannot_be_given_again_is_a_new_beginning() {
    let app = App::serve_with(recovering(), telling()).await;
    let (mut old, welcome) = app.enter().await;
    let (_, offset) = hears(&mut old).await;
    for claimed in [
        claim(&welcome, "no offset"),
        format!(r#"{{"pid":"{}","offset":7}}"#, welcome.pid),
        r#"{"pid":"nobody","offset":"1:0"}"#.to_owned(),
        r#"{"pid":{"a":1}}"#.to_owned(),
    ] {
        let (mut socket, missed, other) = back(&app, &claimed).await;
        assert_eq!(
            (missed.len(), other.id == welcome.id),
            (0, false),
            "{claimed}"
        );
        assert_eq!(hears(&mut socket).await.0, r#"42["you",false,2,"kept""#);
    }
    let (mut old, welcome) = app.enter().await;
    let (_, offset) = match offset.is_empty() {
        true => unreachable!("it was one"),
        false => hears(&mut old).await,
    };
    drop(old);
    until(|| app.main.sockets().iter().all(|it| it.id() != welcome.id)).await;
    let large = "x".repeat(100_000);
    for _ in 0..=limits::REPLAY_BYTES_MAX / large.len() {
        app.main.emit("large", &(&large,)).unwrap();
    }
    let (_socket, missed, other) = back(&app, &claim(&welcome, &offset)).await;
    assert_eq!((missed.len(), other.id == welcome.id), (0, false));
}

/// A guard is not asked about who goes on, and is asked about who cannot.
#[tokio::test]
async fn who_cannot_go_on_is_a_newcomer() {
    let (note, mut heard) = notes();
    let handlers = Handlers::new()
        .guard(move |newcomer: Newcomer| {
            note.note("asked");
            ready(newcomer.set_data(&"checked").map_err(Refused::from))
        })
        .on_connect(async |socket: Socket| {
            let told = (socket.is_recovered(), socket.data::<String>());
            socket.emit("you", &told).unwrap();
        });
    let builder = SocketIo::builder().recovery(Recovery {
        events_max: 2,
        ..Recovery::default()
    });
    let app = App::serve_with(builder, handlers).await;
    let (mut socket, mut welcome) = app.enter().await;
    assert_eq!(heard.next().await, "asked");
    let (told, mut offset) = hears(&mut socket).await;
    assert_eq!(told, r#"42["you",false,"checked""#);
    for (missed, is_recovered) in [(2, true), (3, false)] {
        drop(socket);
        until(|| app.main.count() == 0).await;
        for number in 0..missed {
            app.main.emit("m", &(number,)).unwrap();
        }
        (socket, _, welcome) = back(&app, &claim(&welcome, &offset)).await;
        let told;
        (told, offset) = hears(&mut socket).await;
        assert_eq!(told, format!(r#"42["you",{is_recovered},"checked""#));
    }
    assert_eq!(heard.next().await, "asked");
    assert!(heard.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_hears_everything_in_the_order_of_the_offsets() {
    const EVENTS: usize = 200;
    let app = App::serve_with(recovering(), Handlers::new()).await;
    let (mut one, _) = app.enter().await;
    let (mut other, _) = app.enter().await;
    until(|| app.main.count() == 2).await;
    let saying = (0..4).map(|who| {
        let main = app.main.clone();
        tokio::spawn(async move {
            for number in 0..EVENTS {
                main.emit("m", &(who, number)).unwrap();
                if number % 16 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        })
    });
    for task in saying.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let mut before = (0, 0);
    for _ in 0..4 * EVENTS {
        let heard = hears(&mut one).await;
        assert_eq!(heard, hears(&mut other).await);
        let (time, counter) = heard.1.split_once(':').unwrap();
        let offset: (u64, u64) = (time.parse().unwrap(), counter.parse().unwrap());
        assert!(offset > before, "{offset:?} after {before:?}");
        before = offset;
    }
}

#[tokio::test]
async fn only_what_is_kept_has_an_offset_of_its_own() {
    let app = App::serve_with(recovering().allow_eio3(), Handlers::new()).await;
    let (mut socket, welcome) = app.enter().await;
    until(|| app.main.count() == 1).await;
    let server = app.main.socket(&welcome.id).unwrap();
    app.main.emit("kept", &()).unwrap();
    let (_, offset) = hears(&mut socket).await;
    server.emit_volatile("volatile", &("text",)).unwrap();
    let expected = (r#"42["volatile","text""#.to_owned(), offset);
    assert_eq!(hears(&mut socket).await, expected);
    let time = Duration::from_millis(10);
    assert!(server.emit_with_ack("asked", &(), time).await.is_err());
    assert_eq!(socket.text().await, r#"420["asked"]"#);
    // Clients 2.x know nothing of all that.
    let target = "/socket.io/?EIO=3&transport=websocket";
    let mut old = WebSocket::open(app.address, target).await;
    assert!(old.text().await.starts_with("0{"));
    assert_eq!(old.text().await, "40");
    app.main.emit("kept", &(1,)).unwrap();
    assert_eq!(old.text().await, r#"42["kept",1]"#);
}

#[tokio::test]
async fn a_place_is_one_of_its_mount_and_of_its_namespace() {
    let hub = hub();
    let here = App::serve_with(on_hub(&hub), telling()).await;
    here.io.of("/other", telling()).unwrap();
    let refusing = Handlers::new().guard(async || Err(Refused::new("no")));
    let (_layer, elsewhere) = on_hub(&hub).path("/elsewhere/").build();
    elsewhere.of("/", refusing).unwrap();
    let (mut socket, welcome) = here.enter().await;
    let (_, offset) = hears(&mut socket).await;
    drop(socket);
    until(|| here.main.count() == 0).await;
    let auth = claim(&welcome, &offset);

    let address = App::listen(&elsewhere).await;
    let target = "/elsewhere/?EIO=4&transport=websocket";
    let mut socket = WebSocket::open(address, target).await;
    assert!(socket.text().await.starts_with("0{"));
    socket.send(&format!("40{auth}")).await;
    assert_eq!(socket.text().await, r#"44{"message":"no"}"#);

    let mut socket = here.open().await;
    socket.send(&format!("40/other,{auth}")).await;
    assert!(socket.text().await.starts_with("40/other,{"));
    // Whoever tried it in the wrong place has not lost it.
    let (_socket, _, again) = back(&here, &auth).await;
    assert_eq!(again.id, welcome.id);
}

#[tokio::test]
async fn nobody_comes_back_over_what_could_not_be_kept() {
    let memory = MemoryEngine::new(MemoryLimits::default(), Timestamp::from_millis(0));
    let engine = Arc::new(SlowEngine::new(Arc::new(memory)));
    let hub = Hub::new(engine.clone(), 0);
    let is_held = Arc::new(AtomicBool::new(false));
    let (releasing, holding) = (Arc::clone(&engine), Arc::clone(&is_held));
    tokio::spawn(async move {
        loop {
            if !holding.load(Ordering::Relaxed) {
                releasing.release(usize::MAX);
            }
            tokio::task::yield_now().await;
        }
    });
    let app = App::serve_with(on_hub(&hub), telling()).await;
    let (mut away, welcome) = app.enter().await;
    let (_, offset) = hears(&mut away).await;
    drop(away);
    let (mut here, present) = app.enter().await;
    hears(&mut here).await;
    until(|| app.main.count() == 1 && engine.waiting() == 0).await;

    is_held.store(true, Ordering::Relaxed);
    app.main.emit("not kept", &()).unwrap();
    until(|| engine.waiting() == 1).await;
    engine.refuse(1, Duration::from_secs(1));
    is_held.store(false, Ordering::Relaxed);
    assert_eq!(here.text().await, r#"42["not kept"]"#);
    app.main.emit("kept", &()).unwrap();
    let (_, later) = hears(&mut here).await;

    let (_, missed, other) = back(&app, &claim(&welcome, &offset)).await;
    assert_eq!((missed.len(), other.id == welcome.id), (0, false));
    // Whoever has heard something later has missed nothing.
    drop(here);
    until(|| app.main.socket(&present.id).is_none()).await;
    let (_, _, again) = back(&app, &claim(&present, &later)).await;
    assert_eq!(again.id, present.id);
}

/// A client that is faster than the engine which keeps its place finds it all the same.
#[tokio::test]
async fn who_is_back_before_its_place_is_kept_is_the_same() {
    let memory = MemoryEngine::new(MemoryLimits::default(), Timestamp::from_millis(0));
    let engine = Arc::new(SlowEngine::new(Arc::new(memory)));
    let hub = Hub::new(engine.clone(), 0);
    let app = App::serve_with(on_hub(&hub), telling()).await;
    let held = Arc::new(AtomicUsize::new(0));
    let (releasing, holding) = (Arc::clone(&engine), Arc::clone(&held));
    tokio::spawn(async move {
        loop {
            if releasing.waiting() > holding.load(Ordering::Relaxed) {
                releasing.release_newest();
            }
            tokio::task::yield_now().await;
        }
    });
    let (mut socket, welcome) = app.enter().await;
    let (_, mut offset) = hears(&mut socket).await;
    for places in 1..=3 {
        // Its place is on the way; whatever comes later overtakes it.
        held.store(places, Ordering::Relaxed);
        drop(socket);
        until(|| app.main.count() == 0 && engine.waiting() == places).await;
        let again;
        (socket, _, again) = back(&app, &claim(&welcome, &offset)).await;
        assert_eq!(again.id, welcome.id);
        let told;
        (told, offset) = hears(&mut socket).await;
        assert_eq!(told, r#"42["you",true,2,"kept""#);
    }
}
