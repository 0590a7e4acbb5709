//! `/socket.io/`: channels for the official clients, without a line of code on the server.
//!
//! A client says `emit("subscribe", channel, {since}, ack)`, `unsubscribe` or `publish`. A message
//! arrives as an event with the publisher's event name, or `message`, with the data and the cursor
//! as arguments. What is answered and told is what `/ws` says, see `docs/socketio-server.md`.
//! Clients from 0.7 on are served, and those of 0.6 if they are wanted (`museum`).
//!
//! The `Gallery` knows who hears what, the pump gives them what is published (`pump`), a `Reader`
//! what is stored. A `Hearer` is one socket with its `Seats`: a cursor in each of its channels.

mod agenda;
mod cursor;
mod errors;
mod event;
mod gallery;
mod hearer;
mod museum;
mod pump;
mod reader;
mod recovery;
mod requests;
mod retry;
mod saved;
mod seats;
mod tables;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{Admission, HistoryLimits, Hub, Start};
use fanfare_link::{Clock, RequestBody};
use fanfare_socketio::engine::{EngineIo, Refusal};
use fanfare_socketio::limits::{BUFFER_BYTES_MAX, PING_INTERVAL, PING_TIMEOUT};
use fanfare_socketio::museum::{MuseumBody, MuseumService};
use fanfare_socketio::{Handlers, Recovery, SocketIo};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Either, Full};
use tower_service::Service as _;

use self::gallery::Gallery;
use self::hearer::Counts;
use self::museum::Exhibit;
use crate::access::Access;
use crate::config::Config;
use crate::route::Rules;

/// Socket.IO of one node.
#[derive(Debug)]
pub(crate) struct Mount {
    io: SocketIo,
    counts: Arc<Counts>,
    /// Socket.IO 0.6. None if it is switched off.
    museum: Option<MuseumService>,
}

/// What answers a request.
pub(crate) type MountBody = Either<Full<Bytes>, MuseumBody>;

/// What a client's requests are checked against.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) first: Start,
    pub(super) history: HistoryLimits,
    pub(super) admission: Admission,
    pub(super) message_bytes_max: usize,
    pub(super) channels_max: usize,
    /// For so long it may be unknown whether a client that comes back has heard something.
    pub(super) unheard_time_max: Duration,
}

/// Time in which a connection that is dead is noticed: its next ping, and the wait for the answer.
const DEAD_TIME_MAX: Duration = PING_INTERVAL.saturating_add(PING_TIMEOUT);

/// Bytes of a packet beside the data of a message: a channel or a cursor, an event, a type and a
/// key, each at its limit with every character escaped. As at `/ws`.
const PACKET_BYTES_MAX: usize = 8192;

/// What text with the usual escapes takes of room for each byte of it. With more escapes than that
/// a message of the greatest length cannot be published here, as bytes it can. As at `/ws`.
const WRITTEN_PER_BYTE: usize = 2;

/// What JSON takes for a byte that has to be escaped, as `\u0001` has. A message that was published
/// elsewhere may consist of them, and whoever polls for it must be able to get it.
const ESCAPED_PER_BYTE: usize = 6;

/// The mark of a client that may publish.
const MAY_PUBLISH: u32 = 1;

impl Mount {
    /// None if the configuration does not want it.
    pub(crate) fn new(
        config: &Config,
        rules: &Rules,
        first: Start,
        access: &Arc<Access>,
        hub: &Hub,
        clock: &Arc<dyn Clock>,
    ) -> Option<Self> {
        if !config.socketio.enabled {
            return None;
        }
        let terms = Terms::new(config, rules, first);
        let gallery = Gallery::new(hub.clone(), Arc::clone(clock), terms);
        let counts = Arc::clone(&gallery.counts);
        let existing_only = rules.existing_channels_only;
        let may_open = may_subscribe(access, existing_only).is_ok();
        let museum = (config.socketio.museum && may_open)
            .then(|| Exhibit::new(hub.clone(), Arc::clone(clock), &gallery.terms).open());
        let (asked, marked) = (Arc::clone(access), Arc::clone(access));
        let (_layer, io) = SocketIo::builder()
            .allow_eio3()
            .allow_protocol1()
            .forget_requests()
            .admit(move |_request| match may_subscribe(&asked, existing_only) {
                Ok(()) => Ok(()),
                Err(why) => Err(Refusal::Forbidden(Some(why.into()))),
            })
            .mark(move |request| {
                let authority = request.uri.authority().map(http::uri::Authority::as_str);
                let may = marked.may_publish_over_socket(&request.headers, authority);
                if may { MAY_PUBLISH } else { 0 }
            })
            .recovery(Recovery {
                events: false,
                window: config.socketio.recovery_time,
                ..Recovery::default()
            })
            .mount(|mount| {
                let message_bytes_max = config.limits.message_bytes_max;
                mount.engine.payload_bytes_max = written(message_bytes_max, WRITTEN_PER_BYTE);
                mount.engine.buffer_bytes_max =
                    BUFFER_BYTES_MAX.max(written(message_bytes_max, ESCAPED_PER_BYTE));
            })
            .state_shared(gallery)
            .build();
        // "/" is the name of a namespace.
        let _ = io.of("/", handlers());
        Some(Self { io, counts, museum })
    }

    pub(crate) fn engine(&self) -> &EngineIo {
        self.io.engine()
    }

    /// Answers a request that is no WebSocket's.
    pub(crate) async fn answer(&self, request: Request<RequestBody>) -> Response<MountBody> {
        let path = request.uri().path();
        if let Some(museum) = self.museum.as_ref().filter(|it| it.museum().claims(path)) {
            let Ok(response) = museum.clone().call(request).await;
            return response.map(Either::Right);
        }
        let Ok(response) = self.io.service().call(request).await;
        let (parts, body) = response.into_parts();
        let Ok(body) = body.collect().await;
        Response::from_parts(parts, Either::Left(Full::new(body.to_bytes())))
    }

    /// Messages that its sockets were given, and gaps that they were told of.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let Counts { delivered, gaps } = &*self.counts;
        (
            delivered.load(Ordering::Relaxed),
            gaps.load(Ordering::Relaxed),
        )
    }

    /// Sessions that are open.
    pub(crate) fn sessions(&self) -> usize {
        self.io.engine().count()
    }
}

impl Terms {
    fn new(config: &Config, rules: &Rules, first: Start) -> Self {
        Self {
            first,
            history: rules.history,
            admission: rules.admission,
            message_bytes_max: config.limits.message_bytes_max,
            channels_max: config.limits.channels_per_connection_max,
            unheard_time_max: DEAD_TIME_MAX + config.socketio.recovery_time,
        }
    }
}

/// Bytes of a packet that holds a message.
fn written(message_bytes: usize, per_byte: usize) -> usize {
    message_bytes
        .saturating_mul(per_byte)
        .saturating_add(PACKET_BYTES_MAX)
}

/// Whether clients may choose channels once they are connected.
fn may_subscribe(access: &Access, existing_only: bool) -> Result<(), &'static str> {
    if access.check_subscriber().is_err() {
        return Err("nobody may subscribe here (subscribe.allow)");
    }
    if access.has_guard() {
        return Err("clients choose their channels later, and here a guard checks each choice");
    }
    if existing_only {
        return Err("only existing channels may be chosen (subscribe.existing_channels_only)");
    }
    Ok(())
}

fn handlers() -> Handlers {
    Handlers::new()
        .on_connect(recovery::resume)
        .on_disconnect(recovery::leave)
        .on("subscribe", requests::subscribe)
        .on("unsubscribe", requests::unsubscribe)
        .on("publish", requests::publish)
}
