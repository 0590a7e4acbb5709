//! What was said in a namespace, for those who come back: connection state recovery.
//!
//! The events of a namespace are messages of one channel of a hub, so an event's offset is a
//! message id, and what a client missed is what a reader of that channel missed. The state of a
//! broken connection (id, rooms, data) is the one message of a channel of its own, named by the
//! secret that the client holds. So both last as long as the hub's engine keeps them: over a restart
//! if it writes to a disk, and on every node that shares it.
//!
//! Everything about one namespace happens in one order, that of the ids: events are given to
//! sockets as they are appended, and whoever enters does so between two of them.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use fanfare_hub::{
    ChannelName, Draft, HistoryLimits, Hub, Message, MessageId, PageLimit, Pending, Place,
    PublishError, Start, Step,
};
use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::data::Data;
use crate::emitter::Flags;
use crate::engine::sid::Sid;
use crate::engine::{CloseReason, Revision};
use crate::handshake::Handshake;
use crate::index::Index;
use crate::json::Json;
use crate::limits;
use crate::lock::lock;
use crate::namespace::{Namespace, deliver, event_body};
use crate::peer::Peer;
use crate::record::Record;
use crate::rooms::Selection;
use crate::run::Busy;
use crate::socket::{Life, SavedState, Socket, SocketId};

/// How clients that come back are given what they missed.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// Where events and broken connections are kept: channels whose names begin with `socket.io:`
    /// and have the path of the mount in them. `None` keeps them in memory. Whoever gives a hub has
    /// [`Hub::collect`] called once a second.
    pub hub: Option<Hub>,
    /// Whether events are kept and given again. Without, only the state of a broken connection is,
    /// and the application gives again what was missed: it finds the client's offset in
    /// `handshake().auth()`, and sends offsets of its own as last arguments.
    pub events: bool,
    /// See [`limits::RECOVERY_WINDOW`].
    pub window: Duration,
    /// See [`limits::RECOVERY_EVENTS_MAX`].
    pub events_max: usize,
    /// See [`limits::RECOVERY_BYTES_MAX`].
    pub bytes_max: usize,
    /// Whether guards are asked again. Not, by default, as in the reference: whoever comes back
    /// holds a secret, and was let in before.
    pub asks_guards: bool,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            hub: None,
            events: true,
            window: limits::RECOVERY_WINDOW,
            events_max: limits::RECOVERY_EVENTS_MAX,
            bytes_max: limits::RECOVERY_BYTES_MAX,
            asks_guards: false,
        }
    }
}

/// The log of one namespace. Cloning makes another handle of the same.
#[derive(Clone)]
pub(crate) struct Log(Arc<Inner>);

struct Inner {
    hub: Hub,
    channel: ChannelName,
    sessions: Box<str>,
    recovery: Recovery,
    queue: Mutex<Queue>,
    tip: Mutex<Tip>,
    /// Those who are connected, by their secrets.
    living: Mutex<Index<Socket>>,
}

/// The end of what was said.
#[derive(Clone, Copy, Default)]
struct Tip {
    /// The newest event that was given to sockets.
    newest: Option<MessageId>,
    /// Something could not be kept that was said before the event of this id. Whoever was away then
    /// has missed it.
    hole_before: Option<MessageId>,
    /// Something could not be kept after the newest event.
    is_broken: bool,
}

impl Tip {
    fn kept(&mut self, id: MessageId) {
        self.newest = Some(id);
        if std::mem::take(&mut self.is_broken) {
            self.hole_before = Some(id);
        }
    }

    /// Whether all that was said after `cursor` was kept.
    fn has_all_since(&self, cursor: MessageId) -> bool {
        !self.is_broken && self.hole_before.is_none_or(|hole| cursor >= hole)
    }
}

/// What is to be done, in order.
#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// A task works on it, because the engine takes its time.
    has_task: bool,
}

enum Job {
    Append {
        namespace: Namespace,
        selection: Selection,
        event: Box<str>,
        data: Data,
        flags: Flags,
    },
    Enter {
        namespace: Namespace,
        peer: Arc<Peer>,
        number: u64,
        handshake: Arc<Handshake>,
        restored: Option<Restored>,
        /// What guards have left with it.
        data: Option<Box<str>>,
    },
}

/// A broken connection that somebody comes back to.
pub(crate) struct Restored {
    pid: Sid,
    saved: Saved,
    /// The last event that the client knows it got.
    cursor: MessageId,
}

/// What is kept of a broken connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Saved {
    namespace: String,
    sid: String,
    rooms: Vec<String>,
    data: Option<Box<serde_json::value::RawValue>>,
    since: String,
}

/// What a client says about an earlier connection. Of another type than text: nothing.
#[derive(Deserialize)]
struct Claim {
    pid: Option<serde_json::Value>,
    offset: Option<serde_json::Value>,
}

impl Log {
    /// Of the events in a channel, and of broken connections in channels whose names begin with
    /// `sessions`.
    pub(crate) fn new(
        hub: &Hub,
        recovery: &Recovery,
        events: ChannelName,
        sessions: Box<str>,
    ) -> Self {
        Self(Arc::new(Inner {
            hub: hub.clone(),
            channel: events,
            sessions,
            recovery: recovery.clone(),
            queue: Mutex::default(),
            tip: Mutex::default(),
            living: Mutex::default(),
        }))
    }

    pub(crate) fn keeps_events(&self) -> bool {
        self.0.recovery.events
    }

    pub(crate) fn skips_guards(&self) -> bool {
        !self.0.recovery.asks_guards
    }

    /// The offset of the newest event. Events that are in no log carry it too: a client takes the
    /// last text of any event for its offset.
    pub(crate) fn offset(&self) -> Option<Box<str>> {
        let newest = lock(&self.0.tip).newest;
        newest.map(|id| id.to_string().into())
    }

    /// Keeps an event and gives it to all whom it means.
    pub(crate) fn append(
        &self,
        namespace: &Namespace,
        selection: Selection,
        event: &str,
        data: Data,
        flags: Flags,
    ) {
        self.submit(Job::Append {
            namespace: namespace.clone(),
            selection,
            event: event.into(),
            data,
            flags,
        });
    }

    /// Lets a client in, with what it missed if it comes back.
    pub(crate) fn enter(
        &self,
        namespace: &Namespace,
        peer: &Arc<Peer>,
        number: u64,
        handshake: Arc<Handshake>,
        restored: Option<Restored>,
        data: Option<Box<str>>,
    ) {
        self.submit(Job::Enter {
            namespace: namespace.clone(),
            peer: Arc::clone(peer),
            number,
            handshake,
            restored,
            data,
        });
    }

    /// Keeps what belongs to a connection that has broken.
    pub(crate) fn save(&self, socket: &Socket) {
        let Some(Life { pid, .. }) = socket.life() else {
            return;
        };
        let mut living = lock(&self.0.living);
        // Another connection may have taken it over.
        if living.find(pid.as_str(), pid_of) != Some(socket) {
            return;
        }
        // It is found there until its place can be: its client may be back at once, on another thread.
        match self.keep(*pid, &Saved::of(socket)) {
            Pending::Ready(()) => drop(living.remove(pid.as_str(), pid_of)),
            later @ Pending::Later(_) => {
                drop(living);
                let burying = self.clone().bury(socket.clone(), later);
                drop(socket.runtime().spawn(burying));
            }
        }
    }

    /// Takes a socket from the living once its place is kept.
    async fn bury(self, socket: Socket, kept: Pending<()>) {
        kept.await;
        let Some(Life { pid, .. }) = socket.life() else {
            return;
        };
        let is_there = {
            let mut living = lock(&self.0.living);
            let is_there = living.find(pid.as_str(), pid_of) == Some(&socket);
            if is_there {
                living.remove(pid.as_str(), pid_of);
            }
            is_there
        };
        // Its client was back sooner. Nobody is to come to this place a second time.
        if !is_there && let Some(channel) = self.session_channel(*pid) {
            let _ = self.0.hub.delete(&channel, now()).await;
        }
    }

    /// The socket has ended for good.
    pub(crate) fn forget(&self, socket: &Socket) {
        if let Some(Life { pid, .. }) = socket.life() {
            let mut living = lock(&self.0.living);
            if living.find(pid.as_str(), pid_of) == Some(socket) {
                living.remove(pid.as_str(), pid_of);
            }
        }
    }

    /// Looks for the connection that a client says it had. None if there is no such thing, or
    /// not any more: that is no error, it begins anew then.
    pub(crate) async fn restore(&self, namespace: &Namespace, auth: &Json<'_>) -> Option<Restored> {
        let claim: Claim = auth.read().ok()?;
        let pid = Sid::parse(claim.pid?.as_str()?)?;
        let saved = match self.take_over(pid) {
            Some(saved) => saved,
            None => self.find(pid, namespace).await?,
        };
        let since: MessageId = saved.since.parse().ok()?;
        if !self.keeps_events() {
            let cursor = since;
            return Some(Restored { pid, saved, cursor });
        }
        // An offset from before this connection is of another life: the client never forgets one.
        let cursor = match claim.offset {
            None => since,
            Some(offset) => offset.as_str()?.parse::<MessageId>().ok()?.max(since),
        };
        Some(Restored { pid, saved, cursor })
    }

    /// Ends a living connection whose client has come back before we noticed that it was gone.
    fn take_over(&self, pid: Sid) -> Option<Saved> {
        let socket = lock(&self.0.living).remove(pid.as_str(), pid_of)?;
        let saved = Saved::of(&socket);
        socket.client().abort(CloseReason::TransportClose);
        Some(saved)
    }

    async fn find(&self, pid: Sid, namespace: &Namespace) -> Option<Saved> {
        let channel = self.session_channel(pid)?;
        let hub = &self.0.hub;
        // Reading alone would make a channel for every guess.
        if !hub.exists(&channel, now()).await.ok()? {
            return None;
        }
        let page = hub
            .read(&channel, Start::Oldest, PageLimit::ONE, now())
            .await
            .ok()?;
        let message = page.messages.front()?;
        let saved: Saved = serde_json::from_slice(message.payload()).ok()?;
        if saved.namespace != namespace.name().as_str() {
            return None;
        }
        // It serves once. That it is gone already is somebody else's good luck.
        hub.delete(&channel, now()).await.ok()?.info?;
        Some(saved)
    }

    fn session_channel(&self, pid: Sid) -> Option<ChannelName> {
        ChannelName::new(&format!("{}{}", self.0.sessions, pid.as_str())).ok()
    }

    fn keep(&self, pid: Sid, saved: &Saved) -> Pending<()> {
        let (Some(channel), Ok(json)) = (self.session_channel(pid), serde_json::to_vec(saved))
        else {
            return Pending::Ready(());
        };
        let window = self.0.recovery.window;
        let draft = Draft {
            ttl: Some(window),
            history: Some(HistoryLimits {
                messages: 1,
                age: window,
                bytes: usize::MAX,
            }),
            ..Draft::new(json)
        };
        let published = self.0.hub.publish(&channel, draft, now());
        published.map(|outcome| {
            if let Err(error) = outcome {
                tracing::warn!(%error, "a broken connection was not kept for its client");
            }
        })
    }

    /// Does it now if the engine answers at once, else after what is being done.
    fn submit(&self, job: Job) {
        let mut queue = lock(&self.0.queue);
        queue.jobs.push_back(job);
        if queue.has_task {
            return;
        }
        // The lock is kept: what one thread says is said when it goes on. Handlers would want it
        // as well, so they run elsewhere.
        let _busy = Busy::new();
        while let Some(job) = queue.jobs.pop_front() {
            let mut work: Pin<Box<dyn Future<Output = ()> + Send>> =
                Box::pin(self.clone().work(job));
            let mut context = Context::from_waker(Waker::noop());
            if work.as_mut().poll(&mut context).is_pending() {
                queue.has_task = true;
                tokio::spawn(self.clone().work_on(work));
                return;
            }
        }
    }

    async fn work_on(self, mut work: Pin<Box<dyn Future<Output = ()> + Send>>) {
        loop {
            work.await;
            let next = {
                let mut queue = lock(&self.0.queue);
                let next = queue.jobs.pop_front();
                queue.has_task = next.is_some();
                next
            };
            match next {
                Some(job) => work = Box::pin(self.clone().work(job)),
                None => return,
            }
        }
    }

    async fn work(self, job: Job) {
        match job {
            Job::Append {
                namespace,
                selection,
                event,
                data,
                flags,
            } => {
                let record = Record::write(&selection, &data);
                let offset = match self.publish(record).await {
                    Ok(id) => {
                        lock(&self.0.tip).kept(id);
                        Some(id.to_string().into())
                    }
                    Err(error) => {
                        tracing::warn!(%error, "an event was not kept: who is away begins anew");
                        lock(&self.0.tip).is_broken = true;
                        None
                    }
                };
                let forms = namespace.forms(event_body(&event, data, None), flags, offset);
                deliver(&forms, &namespace.select(&selection));
            }
            Job::Enter {
                namespace,
                peer,
                number,
                handshake,
                restored,
                data,
            } => {
                self.let_in(&namespace, &peer, number, handshake, restored, data)
                    .await
            }
        }
    }

    async fn publish(&self, record: Vec<u8>) -> Result<MessageId, PublishError> {
        let recovery = &self.0.recovery;
        let draft = Draft {
            history: Some(HistoryLimits {
                messages: recovery.events_max,
                age: recovery.window,
                bytes: recovery.bytes_max,
            }),
            ..Draft::new(record)
        };
        Ok(self.0.hub.publish(&self.0.channel, draft, now()).await?.id)
    }

    async fn let_in(
        &self,
        namespace: &Namespace,
        peer: &Arc<Peer>,
        number: u64,
        handshake: Arc<Handshake>,
        restored: Option<Restored>,
        data: Option<Box<str>>,
    ) {
        let missed = match &restored {
            Some(restored) if self.keeps_events() => self.missed(restored).await,
            Some(_) => Some(Vec::new()),
            None => None,
        };
        if restored.is_some() && missed.is_none() {
            return peer.begin_anew(namespace, number, handshake);
        }
        let socket = match &restored {
            Some(restored) => restored.socket(namespace, peer, handshake, data),
            None => {
                let life = self.new_life(peer.revision()).await;
                let saved = SavedState {
                    data,
                    ..SavedState::default()
                };
                peer.new_socket(namespace, handshake, life, None, saved)
            }
        };
        // Before it is in: if it breaks from there on, it is kept.
        if socket.life().is_some() {
            lock(&self.0.living).insert(socket.clone(), pid_of);
        }
        if !peer.settle(namespace, number, &socket) {
            self.forget(&socket);
            // Gone again. The next try shall find what this one found.
            if let Some(Restored { pid, saved, .. }) = &restored {
                self.keep(*pid, saved).await;
            }
            return;
        }
        for (id, data) in missed.unwrap_or_default() {
            let offset = Some(id.to_string().into());
            // The name is only looked at when packets are read.
            let forms = namespace.forms(event_body("", data, None), Flags::default(), offset);
            forms.send_to(socket.client());
        }
        peer.welcome(&socket);
        namespace.insert(&socket);
        for room in restored.iter().flat_map(|restored| &restored.saved.rooms) {
            namespace.enter(&socket, room);
        }
        socket.begin();
    }

    /// That of a socket which begins after everything that has been said. None for clients before
    /// 3.0, which do not come back as the same, and if nobody knows where that is.
    async fn new_life(&self, revision: Revision) -> Option<Life> {
        if revision != Revision::V4 {
            return None;
        }
        let (hub, channel) = (&self.0.hub, &self.0.channel);
        let page = hub.read(channel, Start::Newest, PageLimit::ONE, now());
        Some(Life {
            since: page.await.ok()?.newest,
            pid: Sid::fresh(),
            is_recovered: false,
        })
    }

    /// What was said to somebody since. None if not all of it can be had, or it is too much.
    ///
    /// What could not be kept only this node knows of, while it runs.
    async fn missed(&self, restored: &Restored) -> Option<Vec<(MessageId, Data)>> {
        if !lock(&self.0.tip).has_all_since(restored.cursor) {
            return None;
        }
        let mut place = Place::new(self.0.channel.clone(), Start::After(restored.cursor));
        let mut missed = Vec::new();
        let mut bytes = 0;
        loop {
            let read = self
                .0
                .hub
                .read(&self.0.channel, place.start(), PageLimit::default(), now());
            let mut page = read.await.ok()?;
            while let Some(step) = place.follow(&mut page) {
                let Step::Message(message) = step else {
                    return None;
                };
                if let Some(data) = restored.event(&message) {
                    bytes += message.payload().len();
                    missed.push((message.id(), data));
                }
            }
            if bytes > limits::REPLAY_BYTES_MAX {
                return None;
            }
            if !place.is_before(page.newest) {
                return Some(missed);
            }
        }
    }
}

impl Restored {
    /// The socket that goes on for the broken one, with new data if there is some.
    fn socket(
        &self,
        namespace: &Namespace,
        peer: &Arc<Peer>,
        handshake: Arc<Handshake>,
        data: Option<Box<str>>,
    ) -> Socket {
        let since = self.saved.since.parse().ok();
        let life = since.map(|since| Life {
            pid: self.pid,
            since,
            is_recovered: true,
        });
        let saved = SavedState {
            data: data.or_else(|| self.saved.data.as_ref().map(|data| data.get().into())),
            rooms: self
                .saved
                .rooms
                .iter()
                .map(|room| Arc::from(&**room))
                .collect(),
        };
        let id = Sid::parse(&self.saved.sid).map(SocketId::Own);
        peer.new_socket(namespace, handshake, life, id, saved)
    }

    /// The event, if it was meant for this connection.
    fn event(&self, message: &Message) -> Option<Data> {
        let (selection, data) = Record::read(message.payload())?;
        selection
            .means(&self.saved.sid, &self.saved.rooms)
            .then_some(data)
    }
}

impl Saved {
    fn of(socket: &Socket) -> Self {
        let data = socket.saved_data();
        Self {
            namespace: socket.namespace().name().as_str().to_owned(),
            sid: socket.id().to_owned(),
            rooms: socket
                .joined()
                .iter()
                .map(|room| room.to_string())
                .collect(),
            data: data.and_then(|data| serde_json::value::RawValue::from_string(data.into()).ok()),
            since: socket
                .life()
                .map(|life| life.since.to_string())
                .unwrap_or_default(),
        }
    }
}

fn pid_of(socket: &Socket) -> &str {
    socket.life().map_or("", |life| life.pid.as_str())
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Log({})", self.0.channel)
    }
}
