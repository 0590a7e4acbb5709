//! What applications may do, and what they may rely on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fanfare_socketio::engine::{
    Application, Client, CloseReason, Conversation, Encoded, Parcel, Received, SessionOver,
};
use http::request::Parts;

use crate::applications::{React, Seen, With};
use crate::client::soon;
use crate::site::{Site, patient, sid, upgrade_of};

fn silent(_client: &Client) -> React {
    Box::new(|_, _| ())
}

fn only(site: &Site) -> Client {
    let [client] = &site.engine.clients()[..] else {
        panic!("one session");
    };
    client.clone()
}

#[tokio::test]
async fn what_is_sent_at_once_shares_the_first_answer() {
    let site = Site::serve(
        patient(),
        With(|client: &Client| {
            client.send(&Parcel::text("a"));
            client.send(&Parcel::binary(vec![1].into()));
            silent(client)
        }),
    )
    .await;
    let reply = site.get("/engine.io/?EIO=4&transport=polling").await;
    assert!(reply.text().ends_with("}\u{1e}4a\u{1e}bAQ=="), "{reply:?}");
    let mut socket = site.socket().await;
    assert_eq!(socket.text().await, "4a");
}

#[tokio::test]
async fn what_answers_one_message_shares_an_answer() {
    let site = Site::serve(
        patient(),
        With(|_: &Client| -> React {
            Box::new(|text, client| {
                for part in ["1", "2", "3"] {
                    client.send(&Parcel::text(&format!("{text}{part}")));
                }
            })
        }),
    )
    .await;
    let session = site.open().await;
    let mut poll = site.connect().await;
    poll.request("GET", &session, "").await;
    site.post(&session, "4a\u{1e}4b").await;
    assert_eq!(
        poll.reply().await.text(),
        "4a1\u{1e}4a2\u{1e}4a3\u{1e}4b1\u{1e}4b2\u{1e}4b3"
    );
}

#[tokio::test]
async fn a_close_from_inside_comes_after_what_was_sent() {
    let seen = Seen::default();
    let log = Arc::clone(&seen);
    let site = Site::serve(
        patient(),
        With(move |_: &Client| -> React {
            let log = Arc::clone(&log);
            Box::new(move |text, client| {
                log.lock().unwrap().push(text.to_owned());
                client.send(&Parcel::text("bye"));
                client.close(CloseReason::ForcedClose);
                assert!(!client.send(&Parcel::text("too late")));
            })
        }),
    )
    .await;
    let session = site.open().await;
    site.post(&session, "4go").await;
    // Clients 4.x that find the end beside messages look at it first.
    assert_eq!(site.get(&session).await.text(), "4bye");
    assert_eq!(site.get(&session).await.text(), "1");
    soon(site.is_empty()).await;
    let mut socket = site.socket().await;
    socket.send("4go").await;
    assert_eq!(socket.text().await, "4bye");
    assert_eq!(socket.closed().await, None);
    while seen.lock().unwrap().len() < 4 {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        *seen.lock().unwrap(),
        ["go", "forced close", "go", "forced close"]
    );
}

#[tokio::test]
async fn a_close_may_be_called_with_a_lock_that_its_hearer_takes() {
    let lock = Arc::new(Mutex::new(0));
    let other = Arc::clone(&lock);
    let site = Site::serve(
        patient(),
        With(move |_: &Client| -> React {
            let lock = Arc::clone(&other);
            Box::new(move |_, _| *lock.lock().unwrap() += 1)
        }),
    )
    .await;
    let _socket = site.socket().await;
    {
        let guard = lock.lock().unwrap();
        only(&site).close(CloseReason::ForcedClose);
        assert_eq!(*guard, 0);
    }
    soon(async {
        while *lock.lock().unwrap() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_panic_costs_its_session_alone() {
    let site = Site::serve(
        patient(),
        With(|_: &Client| -> React {
            Box::new(|text, client| {
                assert_ne!(text, "panic", "the test wants it");
                client.send(&Parcel::text(text));
            })
        }),
    )
    .await;
    let mut other = site.socket().await;
    let mut socket = site.socket().await;
    socket.send("4panic").await;
    assert_eq!(socket.closed().await, None);
    other.send("4x").await;
    assert_eq!(other.text().await, "4x");
    assert_eq!(site.engine.count(), 1);
}

#[tokio::test]
async fn packets_of_a_parcel_are_not_separated() {
    let site = Site::serve(patient(), With(silent)).await;
    let mut socket = site.socket().await;
    let client = only(&site);
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let client = client.clone();
            std::thread::spawn(move || {
                for _ in 0..100 {
                    let texts = [format!("{writer}a"), format!("{writer}b")];
                    let packets = texts.iter().map(|text| Encoded::text_message(text));
                    assert!(client.send(&Parcel::new(packets.collect())));
                }
            })
        })
        .collect();
    for _ in 0..400 {
        let (first, second) = (socket.text().await, socket.text().await);
        assert_eq!(first.replace('a', "b"), second);
    }
    for writer in writers {
        writer.join().unwrap();
    }
}

#[tokio::test]
async fn volatile_packets_leave_now_or_never() {
    let site = Site::serve(patient(), With(silent)).await;
    let session = site.open().await;
    let client = only(&site);
    assert!(!client.send_volatile(&Parcel::text("nobody polls")));
    let mut poll = site.connect().await;
    poll.request("GET", &session, "").await;
    soon(async {
        while !client.send_volatile(&Parcel::text("v")) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(poll.reply().await.text(), "4v");
    client.abort(CloseReason::ForcedClose);
    let mut socket = site.socket().await;
    let client = only(&site);
    assert!(client.send_volatile(&Parcel::text("v")));
    assert_eq!(socket.text().await, "4v");
    // Its client stops reading: what the kernel does not take stays, until it is too much.
    let large = Parcel::text(&"x".repeat(100_000));
    soon(async {
        while client.send_volatile(&large) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(client.is_open());
}

#[tokio::test]
async fn flushed_is_what_the_kernel_has() {
    let site = Site::serve(patient(), With(silent)).await;
    let mut socket = site.socket().await;
    let client = only(&site);
    client.send(&Parcel::text("a"));
    assert_eq!(soon(client.flushed()).await, Ok(()));
    assert_eq!(socket.text().await, "4a");
    for _ in 0..30 {
        client.send(&Parcel::text(&"x".repeat(100_000)));
    }
    let flushed = client.flushed();
    client.abort(CloseReason::ForcedClose);
    assert_eq!(soon(flushed).await, Err(SessionOver));
    assert_eq!(soon(client.flushed()).await, Err(SessionOver));
}

#[tokio::test]
async fn flushed_is_what_a_poll_fetched_or_took_along() {
    let site = Site::serve(patient(), With(silent)).await;
    let session = site.open().await;
    let client = only(&site);
    assert_eq!(soon(client.flushed()).await, Ok(()));
    client.send(&Parcel::text("a"));
    let flushed = client.flushed();
    assert_eq!(site.get(&session).await.text(), "4a");
    assert_eq!(soon(flushed).await, Ok(()));
    client.send(&Parcel::text("b"));
    let flushed = client.flushed();
    let mut socket = site.websocket(&upgrade_of(&session)).await;
    socket.send("5").await;
    assert_eq!(socket.text().await, "4b");
    assert_eq!(soon(flushed).await, Ok(()));
}

#[tokio::test]
async fn a_client_that_does_not_poll_has_a_bound() {
    let seen = Seen::default();
    let log = Arc::clone(&seen);
    let site = Site::serve(
        patient(),
        With(move |_: &Client| -> React {
            let log = Arc::clone(&log);
            Box::new(move |text, _| log.lock().unwrap().push(text.to_owned()))
        }),
    )
    .await;
    site.open().await;
    let client = only(&site);
    let parcel = Parcel::text(&"x".repeat(500_000));
    let sent = (0..100).take_while(|_| client.send(&parcel)).count();
    assert_eq!(sent, 7, "four megabytes, and what entries cost");
    soon(site.is_empty()).await;
    soon(async {
        while seen.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(*seen.lock().unwrap(), ["transport error"]);
}

#[tokio::test]
async fn a_client_that_does_not_read_has_a_bound() {
    let site = Site::serve(patient(), With(silent)).await;
    let _socket = site.socket().await;
    let client = only(&site);
    let parcel = Parcel::text(&"x".repeat(500_000));
    let mut sent = 0;
    soon(async {
        while client.send(&parcel) {
            sent += 1;
            assert!(sent < 1_000, "no kernel has such buffers");
            tokio::task::yield_now().await;
        }
        site.is_empty().await;
    })
    .await;
    assert!(sent >= 8, "{sent}");
}

#[tokio::test]
async fn a_mount_that_closes_tells_everybody() {
    let site = Site::serve(patient(), With(silent)).await;
    let session = site.open().await;
    let mut socket = site.socket().await;
    site.engine.close();
    assert_eq!(socket.closed().await, None);
    assert_eq!(site.get(&session).await.text(), "1");
    soon(site.is_empty()).await;
    let reply = site.get("/engine.io/?EIO=4&transport=polling").await;
    assert_eq!(reply.brief(), (503, String::new()));
}

/// Hears that nothing overlaps, and that nothing comes after the end.
#[derive(Clone, Default)]
struct Count {
    in_a_call: Arc<Mutex<()>>,
    ends: Arc<AtomicUsize>,
}

impl Application for Count {
    fn open(&self, _client: &Client, _request: &Parts) -> Box<dyn Conversation> {
        Box::new(self.clone())
    }
}

impl Conversation for Count {
    fn message(&mut self, _message: Received, _client: &Client) {
        let _guard = self.in_a_call.try_lock().expect("calls do not overlap");
        assert_eq!(self.ends.load(Ordering::SeqCst), 0);
    }

    fn closed(&mut self, _reason: CloseReason, _client: &Client) {
        let _guard = self.in_a_call.try_lock().expect("calls do not overlap");
        self.ends.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_is_heard_once_and_last_whoever_brings_it() {
    for _ in 0..30 {
        let count = Count::default();
        let site = Site::serve(patient(), count.clone()).await;
        let mut socket = site.socket().await;
        let client = only(&site);
        let others = [CloseReason::ForcedClose, CloseReason::ServerShuttingDown].map(|reason| {
            let client = client.clone();
            std::thread::spawn(move || {
                while client.send(&Parcel::text("x")) {
                    client.close(reason);
                    client.abort(reason);
                }
            })
        });
        for _ in 0..20 {
            socket.send("4x").await;
        }
        drop(socket);
        for other in others {
            other.join().unwrap();
        }
        soon(async {
            while count.ends.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            site.is_empty().await;
        })
        .await;
        assert_eq!(count.ends.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn the_id_is_the_one_that_the_client_knows() {
    let site = Site::serve(patient(), With(silent)).await;
    let reply = site.get("/engine.io/?EIO=4&transport=polling").await;
    let client = only(&site);
    assert_eq!(client.sid(), sid(&reply.text()));
    assert!(
        !format!("{client:?} {:?}", site.engine).contains(client.sid()),
        "a secret"
    );
}

/// Ticks three times, then says so.
struct Clockwork;

struct Ticking {
    left: usize,
    at: Instant,
}

const STEP: Duration = Duration::from_millis(20);

impl Application for Clockwork {
    fn open(&self, _client: &Client, _request: &Parts) -> Box<dyn Conversation> {
        let at = Instant::now() + STEP;
        Box::new(Ticking { left: 3, at })
    }
}

impl Conversation for Ticking {
    fn message(&mut self, _message: Received, _client: &Client) {}

    fn closed(&mut self, _reason: CloseReason, _client: &Client) {}

    fn deadline(&self) -> Option<Instant> {
        (self.left > 0).then_some(self.at)
    }

    fn tick(&mut self, now: Instant, client: &Client) {
        assert!(now >= self.at);
        self.at += STEP;
        self.left -= 1;
        client.send(&Parcel::text(&self.left.to_string()));
    }
}

#[tokio::test]
async fn conversations_hear_of_time() {
    let site = Site::serve(patient(), Clockwork).await;
    let began = Instant::now();
    let mut socket = site.socket().await;
    for left in ["42", "41", "40"] {
        assert_eq!(socket.text().await, left);
    }
    let elapsed = began.elapsed();
    assert!(elapsed >= 3 * STEP && elapsed < 3 * STEP + Duration::from_millis(150));
}
