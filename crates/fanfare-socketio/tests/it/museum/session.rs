//! A session without I/O; time is moved by hand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fanfare_socketio::museum::session::{CarrierId, Event, Take};
use fanfare_socketio::museum::{
    DisconnectReason, Message, MuseumSettings, SendError, Session, Transport,
};
use proptest::prelude::*;

use super::contract;

/// A session, its clock, and what it was last told.
struct Life {
    session: Session,
    start: Instant,
    now: Instant,
}

impl Life {
    fn new(transport: Transport, settings: MuseumSettings) -> Self {
        let start = Instant::now();
        let session = Session::open(Arc::new(settings), transport, "id", start);
        let mut life = Self {
            session,
            start,
            now: start,
        };
        life.hears(&[Event::Connect]);
        life
    }

    /// A session whose id was taken.
    fn begun(transport: Transport) -> (Self, CarrierId) {
        let mut life = Self::new(transport, contract());
        let carrier = life.attach();
        if transport.is_polling() {
            life.takes(carrier, &Take::Last("~m~2~m~id".into()));
        } else {
            life.takes(carrier, &Take::Frames("~m~2~m~id".into()));
        }
        (life, carrier)
    }

    /// Moves time on, as far as the session's deadlines on the way.
    fn at(&mut self, ms: u64) {
        let then = self.start + Duration::from_millis(ms);
        while let Some(deadline) = self.session.deadline().filter(|it| *it <= then) {
            self.now = self.now.max(deadline);
            self.session.tick(self.now);
        }
        self.now = then;
    }

    fn attach(&mut self) -> CarrierId {
        self.session.attach(self.now)
    }

    fn send(&mut self, text: &str) -> Result<(), SendError> {
        self.session.send(&text.into())
    }

    #[track_caller]
    fn takes(&mut self, carrier: CarrierId, expected: &Take) {
        let found = self.session.take(carrier, self.now);
        assert_eq!(found.as_ref(), Some(expected));
    }

    #[track_caller]
    fn waits(&mut self, carrier: CarrierId) {
        assert_eq!(self.session.take(carrier, self.now), None);
    }

    #[track_caller]
    fn hears(&mut self, expected: &[Event]) {
        let found: Vec<_> = std::iter::from_fn(|| self.session.next_event()).collect();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn ends(&mut self, reason: DisconnectReason) {
        assert!(self.session.is_over());
        assert_eq!(self.session.deadline(), None);
        self.hears(&[Event::Disconnect(reason)]);
    }
}

fn last(frames: &str) -> Take {
    Take::Last(frames.to_owned())
}

fn frames(frames: &str) -> Take {
    Take::Frames(frames.to_owned())
}

fn heard(text: &str) -> Event {
    Event::Message(Message::from(text))
}

#[test]
fn an_idle_poll_is_answered_after_its_duration() {
    let (mut life, _) = Life::begun(Transport::XhrPolling);
    let poll = life.attach();
    life.at(1999);
    life.waits(poll);
    life.at(2000);
    life.takes(poll, &last(""));
    life.at(4999);
    assert!(!life.session.is_over());
    life.at(5000);
    life.ends(DisconnectReason::Absent);
}

#[test]
fn polls_have_no_heartbeats() {
    let (mut life, _) = Life::begun(Transport::JsonpPolling);
    for second in 0..9 {
        life.at(second * 1000);
        let poll = life.attach();
        life.at(second * 1000 + 999);
        life.waits(poll);
    }
}

#[test]
fn what_is_sent_waits_for_the_client_to_come_back() {
    for transport in [Transport::XhrPolling, Transport::XhrMultipart] {
        let (mut life, carrier) = Life::begun(transport);
        life.session.detach(carrier, life.now);
        life.send("a").unwrap();
        life.at(2999);
        life.send("b").unwrap();
        let carrier = life.attach();
        let Some(Take::Frames(text) | Take::Last(text)) = life.session.take(carrier, life.now)
        else {
            panic!("nothing came");
        };
        assert_eq!(text, "~m~1~m~a~m~1~m~b");
    }
}

#[test]
fn a_poll_that_was_abandoned_takes_nothing_along() {
    let (mut life, _) = Life::begun(Transport::XhrPolling);
    let poll = life.attach();
    life.at(1000);
    life.session.detach(poll, life.now);
    life.send("a").unwrap();
    life.takes(poll, &last(""));
    life.at(3999);
    let poll = life.attach();
    life.takes(poll, &last("~m~1~m~a"));
}

#[test]
fn a_new_carrier_takes_over() {
    let (mut life, _) = Life::begun(Transport::XhrPolling);
    let (first, second) = (life.attach(), life.attach());
    life.takes(first, &last(""));
    // That the first one goes does not matter any more.
    life.session.detach(first, life.now);
    life.waits(second);
    life.send("a").unwrap();
    life.takes(second, &last("~m~1~m~a"));

    let (mut life, first) = Life::begun(Transport::HtmlFile);
    let second = life.attach();
    life.send("a").unwrap();
    life.takes(first, &last(""));
    life.takes(second, &frames("~m~1~m~a"));
    life.waits(second);
}

#[test]
fn a_full_queue_is_an_error_for_the_sender() {
    let settings = MuseumSettings {
        queue_messages_max: 3,
        queue_bytes_max: 40,
        ..contract()
    };
    let mut life = Life::new(Transport::XhrPolling, settings);
    let poll = life.attach();
    life.takes(poll, &last("~m~2~m~id"));
    for _ in 0..3 {
        life.send("a").unwrap();
    }
    assert_eq!(life.send("a"), Err(SendError::Full));
    let poll = life.attach();
    life.takes(poll, &last("~m~1~m~a~m~1~m~a~m~1~m~a"));

    life.send("123456789012345678901234567890").unwrap();
    assert_eq!(life.send("a"), Err(SendError::Full));
    let poll = life.attach();
    life.takes(poll, &last("~m~30~m~123456789012345678901234567890"));
    life.send("a").unwrap();
}

#[test]
fn heartbeats_are_numbered_and_echoed() {
    let (mut life, stream) = Life::begun(Transport::XhrMultipart);
    life.at(999);
    life.waits(stream);
    for number in 1..4 {
        life.at(number * 1000);
        let beat = format!("~m~4~m~~h~{number}");
        life.takes(stream, &frames(&beat));
        life.waits(stream);
        life.session.receive(&beat, life.now);
    }
    life.hears(&[]);
}

#[test]
fn a_heartbeat_without_its_echo_ends_the_session() {
    for echo in [
        "",
        "~m~4~m~~h~2",
        "~m~5~m~~h~01",
        "~m~3~m~~h~",
        "~m~5~m~hello",
    ] {
        let (mut life, stream) = Life::begun(Transport::WebSocket);
        life.at(1000);
        life.takes(stream, &frames("~m~4~m~~h~1"));
        life.session.receive(echo, life.now);
        while life.session.next_event().is_some() {}
        life.at(2499);
        life.waits(stream);
        life.at(2500);
        life.ends(DisconnectReason::HeartbeatTimeout);
        life.takes(stream, &last(""));
    }
}

/// Otherwise a client could echo in advance and be gone.
#[test]
fn an_echo_of_what_was_not_asked_counts_for_nothing() {
    let (mut life, stream) = Life::begun(Transport::WebSocket);
    life.session.receive("~m~4~m~~h~1", life.now);
    life.at(1000);
    life.takes(stream, &frames("~m~4~m~~h~1"));
    life.at(2500);
    life.ends(DisconnectReason::HeartbeatTimeout);
}

#[test]
fn a_stream_that_was_opened_again_has_its_heartbeats_go_on() {
    let (mut life, stream) = Life::begun(Transport::HtmlFile);
    life.at(1000);
    life.takes(stream, &frames("~m~4~m~~h~1"));
    life.session.detach(stream, life.now);
    life.at(3000);
    let stream = life.attach();
    life.waits(stream);
    life.at(4000);
    life.takes(stream, &frames("~m~4~m~~h~2"));
}

#[test]
fn a_websocket_cannot_be_opened_again() {
    let (mut life, socket) = Life::begun(Transport::WebSocket);
    life.session.detach(socket, life.now);
    life.ends(DisconnectReason::SocketClosed);
    assert_eq!(life.send("a"), Err(SendError::Over));
}

#[test]
fn messages_are_heard_in_their_order() {
    let (mut life, _) = Life::begun(Transport::XhrPolling);
    let text = "~m~1~m~a~m~4~m~~h~7~m~10~m~~j~{\"a\":1}~m~0~m~";
    life.session.receive(text, life.now);
    let json = fanfare_socketio::Json::parse(r#"{"a":1}"#).unwrap();
    life.hears(&[
        heard("a"),
        Event::Message(json.into_owned().into()),
        heard(""),
    ]);
}

#[test]
fn repeated_offences_end_the_session() {
    let (mut life, _) = Life::begun(Transport::XhrPolling);
    for _ in 0..7 {
        life.session.receive("~m~1~m~a~m~5~m~b", life.now);
        life.hears(&[heard("a")]);
    }
    life.session.receive("~m~4~m~~j~{", life.now);
    life.ends(DisconnectReason::Malformed);
}

#[test]
fn bad_json_costs_its_frame_only() {
    let (mut life, _) = Life::begun(Transport::XhrPolling);
    life.session.receive("~m~4~m~~j~{~m~1~m~a", life.now);
    life.hears(&[heard("a")]);
}

#[test]
fn closing_lets_the_client_have_what_was_sent() {
    let (mut life, _) = Life::begun(Transport::XhrPolling);
    life.send("a").unwrap();
    life.session.receive("~m~1~m~b", life.now);
    life.session.close();
    life.session.receive("~m~1~m~c", life.now);
    life.hears(&[]);
    assert_eq!(life.send("d"), Err(SendError::Over));
    let poll = life.attach();
    life.takes(poll, &last("~m~1~m~a"));
    life.ends(DisconnectReason::Closed);

    let (mut life, socket) = Life::begun(Transport::WebSocket);
    life.send("a").unwrap();
    life.session.close();
    life.takes(socket, &last("~m~1~m~a"));
    life.ends(DisconnectReason::Closed);
}

#[test]
fn closing_waits_for_nobody_for_ever() {
    let (mut life, _) = Life::begun(Transport::XhrPolling);
    life.send("a").unwrap();
    life.session.close();
    life.at(3000);
    life.ends(DisconnectReason::Closed);

    let (mut life, poll) = Life::begun(Transport::XhrPolling);
    life.session.close();
    life.ends(DisconnectReason::Closed);
    life.session.close();
    life.session.detach(poll, life.now);
    life.hears(&[]);
}

/// What may happen to a session.
#[derive(Clone, Debug)]
enum Operation {
    Attach,
    Close,
    Detach(usize),
    Pass(u64),
    Receive(String),
    Send(String),
    Take(usize),
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let text = prop_oneof![
        "[a-z]{0,20}",
        "~m~[0-9]{1,2}~m~(~h~[0-9]|~j~[0-9]|[a-z]{0,3})",
        any::<String>(),
    ];
    prop_oneof![
        2 => Just(Operation::Attach),
        1 => Just(Operation::Close),
        2 => (0_usize..4).prop_map(Operation::Detach),
        4 => (0_u64..3000).prop_map(Operation::Pass),
        4 => text.prop_map(Operation::Receive),
        4 => "[a-z]{0,20}".prop_map(Operation::Send),
        4 => (0_usize..4).prop_map(Operation::Take),
    ]
}

proptest! {
    /// Whatever happens: a session connects once, disconnects once and last, always has a deadline
    /// until then, keeps what it sends in order, and is over when everybody has gone.
    #[test]
    fn a_session_keeps_its_promises(
        transport in prop::sample::select(&Transport::ALL[..]),
        operations in prop::collection::vec(any_operation(), 0..60),
    ) {
        let settings = MuseumSettings { queue_messages_max: 4, ..contract() };
        let mut life = Life::new(transport, settings);
        let mut carriers = Vec::new();
        let mut sent = "~m~2~m~id".to_owned();
        let mut taken = String::new();
        let mut ended = 0;
        for operation in operations {
            match operation {
                Operation::Attach => carriers.push(life.attach()),
                Operation::Close => life.session.close(),
                Operation::Detach(back) => if let Some(it) = carriers.iter().rev().nth(back) {
                    life.session.detach(*it, life.now);
                },
                Operation::Pass(ms) => {
                    let passed = life.now.duration_since(life.start).as_millis() as u64;
                    life.at(passed + ms);
                }
                Operation::Receive(text) => life.session.receive(&text, life.now),
                Operation::Send(text) => if life.send(&text).is_ok() {
                    fanfare_socketio::museum::Frame::Text(&text).encode(&mut sent);
                },
                Operation::Take(back) => {
                    let carrier = carriers.iter().rev().nth(back);
                    let take = carrier.and_then(|it| life.session.take(*it, life.now));
                    if let Some(Take::Frames(text) | Take::Last(text)) = take {
                        // A heartbeat comes last, and no message looks like one.
                        let messages = text.rsplit_once("~m~4~m~~h~").map_or(&*text, |it| it.0);
                        taken.push_str(messages);
                    }
                }
            }
            while let Some(event) = life.session.next_event() {
                prop_assert_eq!(ended, 0);
                prop_assert_ne!(&event, &Event::Connect);
                ended += usize::from(matches!(event, Event::Disconnect(_)));
            }
            prop_assert_eq!(ended == 1, life.session.is_over());
            prop_assert_eq!(life.session.is_over(), life.session.deadline().is_none());
        }
        prop_assert!(sent.starts_with(&taken), "{taken} of {sent}");
        for carrier in carriers {
            life.session.detach(carrier, life.now);
        }
        life.at(60 * 60 * 1000);
        prop_assert!(life.session.is_over());
    }
}
