//! One client and what it is connected to: Socket.IO on top of one Engine.IO session.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use http::request::Parts;
use tokio::runtime::Handle;

use crate::context::{Context, Incoming, Occasion};
use crate::decoder::{Decoder, DecoderSettings};
use crate::engine::moment::Moment;
use crate::engine::session::Received;
use crate::engine::sid::Sid;
use crate::engine::{Client, CloseReason, Conversation, Parcel, Revision, clock};
use crate::few::Few;
use crate::form;
use crate::handlers::Refused;
use crate::handshake::{Handshake, OpenRequest};
use crate::io::Shared;
use crate::json::Json;
use crate::limits;
use crate::lock::lock;
use crate::log::Restored;
use crate::name::NamespaceName;
use crate::namespace::Namespace;
use crate::newcomer::Newcomer;
use crate::packet::{ConnectPayload, Packet, PacketBody};
use crate::protocol1;
use crate::reason::Reason;
use crate::run::run;
use crate::socket::{Life, SavedState, Socket, SocketId};

/// A client, and its sockets.
pub(crate) struct Peer {
    client: Client,
    shared: Arc<Shared>,
    request: Option<Arc<OpenRequest>>,
    mark: u32,
    /// In the order in which they were asked for.
    entries: Mutex<Few<Entry>>,
}

/// One namespace of a client.
struct Entry {
    namespace: Namespace,
    stage: Stage,
}

enum Stage {
    /// Guards are asked. The number tells it from a later try.
    Connecting(u64),
    /// The same, and the client has gone on talking. Clients before 1.0 do not wait until they are
    /// in.
    Addressed(Box<Addressed>),
    Connected(Socket),
}

/// What was said to a namespace before its guards have answered.
struct Addressed {
    number: u64,
    events: Vec<Incoming>,
    bytes: usize,
}

/// Reads what the client says.
pub(crate) struct Connection {
    peer: Arc<Peer>,
    decoder: Decoder,
    /// When the session ends if no namespace was joined; none once one was.
    join_by: Option<Moment>,
    /// When missing attachments have to be there.
    complete_by: Option<Moment>,
}

impl Connection {
    pub(crate) fn new(client: &Client, shared: Arc<Shared>, request: &Parts) -> Self {
        let now = clock::now();
        let keeps = shared.settings.keeps_requests;
        let join_by = now + shared.settings.connect_timeout;
        let mark = shared.mark.as_ref().map_or(0, |mark| mark(request));
        let peer = Arc::new(Peer {
            client: client.clone(),
            shared,
            mark,
            request: keeps.then(|| Arc::new(OpenRequest::new(request))),
            entries: Mutex::default(),
        });
        // Clients before 3.0 are in the main namespace without asking.
        if client.revision() != Revision::V4 {
            peer.connect(&NamespaceName::MAIN, ConnectPayload::Absent);
        }
        Self {
            peer,
            decoder: Decoder::default(),
            join_by: Some(join_by.into()),
            complete_by: None,
        }
    }

    fn read(&mut self, message: Received, client: &Client) {
        if let (Revision::V1, Received::Text(text)) = (client.revision(), &message)
            && let Some(receipt) = protocol1::receipt(text)
        {
            client.send(&Parcel::text(&receipt));
        }
        let shared = &self.peer.shared;
        let settings = DecoderSettings {
            attachments_max: shared.settings.attachments_max,
            ..DecoderSettings::new(client.revision())
        };
        let was_waiting = self.decoder.is_waiting();
        match shared
            .settings
            .parser
            .decode(&mut self.decoder, message, &settings)
        {
            Ok(packet) => {
                self.complete_by = match (self.decoder.is_waiting(), was_waiting) {
                    (true, false) => Some((clock::now() + limits::ATTACHMENTS_TIMEOUT).into()),
                    (true, true) => self.complete_by,
                    (false, _) => None,
                };
                if let Some(packet) = packet {
                    self.peer.packet(packet);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "a client sent what is no packet; it is cut off");
                client.close(CloseReason::ForcedClose);
            }
        }
    }
}

impl Conversation for Connection {
    fn message(&mut self, message: Received, client: &Client) {
        // What is still on the way when the session is being closed has no effect.
        if client.is_open() {
            self.read(message, client);
        }
        if self.join_by.is_some() && self.peer.has_joined() {
            self.join_by = None;
        }
    }

    fn closed(&mut self, reason: CloseReason, _client: &Client) {
        self.peer.end(Reason::Session(reason));
    }

    fn deadline(&self) -> Option<Instant> {
        let deadlines = self.join_by.into_iter().chain(self.complete_by);
        deadlines.min().map(Instant::from)
    }

    fn tick(&mut self, now: Instant, client: &Client) {
        if self.join_by.is_some() && self.peer.has_joined() {
            self.join_by = None;
        }
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            (self.join_by, self.complete_by) = (None, None);
            client.close(CloseReason::ForcedClose);
        }
    }
}

impl Peer {
    pub(crate) fn revision(&self) -> Revision {
        self.client.revision()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn runtime(&self) -> Handle {
        self.shared.runtime()
    }

    fn has_joined(&self) -> bool {
        let entries = lock(&self.entries);
        entries
            .iter()
            .any(|it| matches!(it.stage, Stage::Connected(_)))
    }

    /// A packet. One that does not fit ends the session, as in the reference.
    fn packet(self: &Arc<Self>, packet: Packet) {
        let Packet { namespace, body } = packet;
        let fits = match body {
            PacketBody::Connect(auth) => return self.connect(&namespace, auth),
            PacketBody::Disconnect => self.client_leaves(&namespace),
            PacketBody::Event { ack, name, data } => {
                self.event(&namespace, Incoming { name, data, ack })
            }
            PacketBody::Ack { ack, data } => {
                let socket = self.socket(&namespace);
                socket
                    .map(|socket| socket.acknowledged(ack, data))
                    .is_some()
            }
            PacketBody::ConnectError(_) => false,
        };
        // Clients before 1.0 do not know what they are not in: they were refused, or left already.
        if !fits && self.client.revision() != Revision::V1 {
            tracing::debug!(%namespace, "a client speaks to a namespace that it is not in; it is cut off");
            self.client.close(CloseReason::ForcedClose);
        }
    }

    /// False if the client is not in the namespace.
    fn event(&self, name: &NamespaceName, incoming: Incoming) -> bool {
        if self.client.revision() == Revision::V1 {
            let mut entries = lock(&self.entries);
            let entry = entries
                .iter_mut()
                .find(|entry| entry.namespace.name() == name && entry.is_connecting());
            if let Some(entry) = entry {
                if !entry.stage.address(incoming) {
                    tracing::warn!(namespace = %name, "a client says too much before it is in; it is cut off");
                    self.client.close(CloseReason::ForcedClose);
                }
                return true;
            }
        }
        let socket = self.socket(name);
        socket.map(|socket| socket.received(incoming)).is_some()
    }

    fn socket(&self, name: &NamespaceName) -> Option<Socket> {
        lock(&self.entries)
            .iter()
            .find_map(|entry| match &entry.stage {
                Stage::Connected(socket) if entry.namespace.name() == name => Some(socket.clone()),
                _ => None,
            })
    }

    /// The client wants to enter a namespace.
    fn connect(self: &Arc<Self>, name: &NamespaceName, auth: ConnectPayload) {
        let auth = match auth {
            ConnectPayload::Object(json) => json,
            ConnectPayload::Absent => Json::empty_object(),
            ConnectPayload::Query(query) => form::json_object(&query),
        };
        if lock(&self.entries)
            .iter()
            .any(|entry| entry.namespace.name() == name)
        {
            // Clients before 3.0 connect once more when `open()` is called on a socket that opens.
            if self.client.revision() == Revision::V4 {
                self.client.close(CloseReason::ForcedClose);
            }
            return;
        }
        if lock(&self.entries).len() >= limits::NAMESPACES_MAX {
            return self.refuse(name, &Refused::new("Too many namespaces"));
        }
        if auth.as_str().len() > limits::AUTH_BYTES_MAX {
            return self.refuse(name, &Refused::new("The credentials are too large"));
        }
        let Some(namespace) = self.shared.namespace(name, &auth) else {
            return self.refuse(name, &Refused::new("Invalid namespace"));
        };
        let number = self.shared.next_number();
        lock(&self.entries).push(Entry {
            namespace: namespace.clone(),
            stage: Stage::Connecting(number),
        });
        let handshake = self.shared.handshake(Handshake {
            auth,
            request: self.request.clone(),
            mark: self.mark,
        });
        let peer = Arc::clone(self);
        run(&self.runtime(), async move {
            let restored = match namespace.log() {
                Some(log) if peer.client.revision() == Revision::V4 => {
                    log.restore(&namespace, &handshake.auth).await
                }
                _ => None,
            };
            peer.admit(namespace, number, handshake, restored).await;
        });
    }

    /// The client cannot go on where it was: it is a newcomer like others.
    pub(crate) fn begin_anew(
        self: &Arc<Self>,
        namespace: &Namespace,
        number: u64,
        handshake: Arc<Handshake>,
    ) {
        let (peer, namespace) = (Arc::clone(self), namespace.clone());
        run(&self.runtime(), async move {
            peer.admit(namespace, number, handshake, None).await;
        });
    }

    /// Asks the guards, and lets the client in.
    async fn admit(
        self: Arc<Self>,
        namespace: Namespace,
        number: u64,
        handshake: Arc<Handshake>,
        restored: Option<Restored>,
    ) {
        let newcomer = Newcomer::default();
        let is_asked = restored.is_none() || !namespace.log().is_some_and(|log| log.skips_guards());
        if is_asked && let Err(refused) = self.ask_guards(&namespace, &handshake, &newcomer).await {
            if self.take_connecting(&namespace, number) {
                self.refuse(namespace.name(), &refused);
            }
            return;
        }
        let data = newcomer.take_data();
        match namespace.log() {
            None => {
                let saved = SavedState {
                    data,
                    ..SavedState::default()
                };
                let socket = self.new_socket(&namespace, handshake, None, None, saved);
                if self.settle(&namespace, number, &socket) {
                    self.welcome(&socket);
                    namespace.insert(&socket);
                    socket.begin();
                }
            }
            Some(log) => log.enter(&namespace, &self, number, handshake, restored, data),
        }
    }

    async fn ask_guards(
        &self,
        namespace: &Namespace,
        handshake: &Arc<Handshake>,
        newcomer: &Newcomer,
    ) -> Result<(), Refused> {
        for guard in &namespace.handlers().guards {
            let mut context = Context {
                shared: Arc::clone(&self.shared),
                namespace: namespace.clone(),
                handshake: Arc::clone(handshake),
                socket: None,
                occasion: Occasion::Connecting(newcomer.clone()),
            };
            match guard.run(&mut context).await {
                Ok(outcome) => outcome?,
                Err(failed) => return Err(failed.into()),
            }
        }
        Ok(())
    }

    /// A socket that nobody knows of yet.
    pub(crate) fn new_socket(
        self: &Arc<Self>,
        namespace: &Namespace,
        handshake: Arc<Handshake>,
        life: Option<Life>,
        id: Option<SocketId>,
        saved: SavedState,
    ) -> Socket {
        let id = id.unwrap_or_else(|| match (self.client.revision(), namespace.name()) {
            (Revision::V4, _) => SocketId::Own(Sid::fresh()),
            // Clients 2.x compute the id of their socket themselves.
            (_, name) if name.is_main() => SocketId::Derived(self.client.sid().into()),
            (_, name) => SocketId::Derived(format!("{name}#{}", self.client.sid()).into()),
        });
        Socket::new(
            id,
            namespace.clone(),
            Arc::clone(self),
            handshake,
            life,
            saved,
        )
    }

    /// The client is in, unless it has gone meanwhile.
    pub(crate) fn settle(&self, namespace: &Namespace, number: u64, socket: &Socket) -> bool {
        let mut entries = lock(&self.entries);
        let mut connecting = entries
            .iter_mut()
            .filter(|entry| entry.is(namespace, number));
        let entry = connecting.next();
        let Some(entry) = entry else {
            return false;
        };
        let before = std::mem::replace(&mut entry.stage, Stage::Connected(socket.clone()));
        if let Stage::Addressed(addressed) = before {
            // It has not begun, so they wait in its queue: no handler runs under the lock.
            for event in addressed.events {
                socket.received(event);
            }
        }
        true
    }

    /// Tells the client that it is in.
    pub(crate) fn welcome(&self, socket: &Socket) {
        let auth = match self.client.revision() {
            Revision::V1 | Revision::V3 => ConnectPayload::Absent,
            Revision::V4 => ConnectPayload::Object(welcome(
                socket.id(),
                socket.life().map(|life| life.pid.as_str()),
            )),
        };
        self.send(&Packet {
            namespace: socket.namespace().name().clone(),
            body: PacketBody::Connect(auth),
        });
    }

    fn refuse(&self, name: &NamespaceName, refused: &Refused) {
        let json = match (self.client.revision(), &refused.data) {
            (Revision::V3, Some(data)) => data.clone(),
            (Revision::V3, None) if refused.message != "Invalid namespace" => {
                Json::text(&refused.message)
            }
            _ => refusal(&refused.message, refused.data.as_ref()),
        };
        self.send(&Packet {
            namespace: name.clone(),
            body: PacketBody::ConnectError(json),
        });
        // A client before 1.0 would wait, and then try every other way to connect.
        if self.client.revision() == Revision::V1 && name.is_main() {
            self.client.close(CloseReason::ForcedClose);
        }
    }

    fn send(&self, packet: &Packet) {
        let revision = self.client.revision();
        let packets = self.shared.settings.parser.encode(packet, revision);
        self.client.send(&Parcel::new(packets));
    }

    fn take_connecting(&self, namespace: &Namespace, number: u64) -> bool {
        let taken = self.take(|entry| entry.is(namespace, number));
        taken.is_some()
    }

    fn take(&self, is_it: impl Fn(&Entry) -> bool) -> Option<Entry> {
        lock(&self.entries).take(is_it)
    }

    fn finish(&self, entry: Entry, reason: Reason) {
        if let Stage::Connected(socket) = entry.stage {
            match entry.namespace.log() {
                Some(log) if reason.is_recoverable() => log.save(&socket),
                Some(log) => log.forget(&socket),
                None => {}
            }
            socket.end(reason);
        }
    }

    /// The client leaves a namespace. False if it is not in there.
    fn client_leaves(&self, name: &NamespaceName) -> bool {
        // To clients before 1.0 the main namespace is the connection.
        if self.client.revision() == Revision::V1 && name.is_main() {
            self.end(Reason::ClientLeft);
            self.client.abort(CloseReason::TransportClose);
            return true;
        }
        let entry = self.take(|entry| entry.namespace.name() == name);
        entry
            .map(|entry| self.finish(entry, Reason::ClientLeft))
            .is_some()
    }

    /// We end one of its sockets.
    pub(crate) fn leave(&self, socket: &Socket) {
        if self.client.revision() == Revision::V1 && socket.namespace().name().is_main() {
            return self.disconnect();
        }
        let is_it = |entry: &Entry| matches!(&entry.stage, Stage::Connected(it) if it == socket);
        if let Some(entry) = self.take(is_it) {
            self.say_goodbye(socket);
            self.finish(entry, Reason::ServerLeft);
        }
    }

    /// We end all of its sockets, and its session.
    pub(crate) fn disconnect(&self) {
        let entries = std::mem::take(&mut *lock(&self.entries));
        for entry in entries.iter() {
            // Clients before 1.0 leave all namespaces when the session says goodbye.
            if let Stage::Connected(socket) = &entry.stage
                && self.client.revision() != Revision::V1
            {
                self.say_goodbye(socket);
            }
        }
        for entry in entries {
            self.finish(entry, Reason::ServerLeft);
        }
        self.client.close(CloseReason::ForcedClose);
    }

    fn say_goodbye(&self, socket: &Socket) {
        self.send(&Packet {
            namespace: socket.namespace().name().clone(),
            body: PacketBody::Disconnect,
        });
    }

    /// The session has ended.
    fn end(&self, reason: Reason) {
        let entries = std::mem::take(&mut *lock(&self.entries));
        for entry in entries {
            self.finish(entry, reason);
        }
    }
}

impl Entry {
    fn is(&self, namespace: &Namespace, number: u64) -> bool {
        let is_it = match &self.stage {
            Stage::Connecting(it) => *it == number,
            Stage::Addressed(addressed) => addressed.number == number,
            Stage::Connected(_) => false,
        };
        is_it && self.namespace.name() == namespace.name()
    }

    fn is_connecting(&self) -> bool {
        !matches!(self.stage, Stage::Connected(_))
    }
}

impl Stage {
    /// Keeps an event until the client is in. False if there is no room for it.
    fn address(&mut self, event: Incoming) -> bool {
        if let Self::Connecting(number) = *self {
            *self = Self::Addressed(Box::new(Addressed {
                number,
                events: Vec::new(),
                bytes: 0,
            }));
        }
        let Self::Addressed(addressed) = self else {
            return false;
        };
        addressed.bytes += event.weight();
        let has_room = addressed.bytes <= limits::QUEUE_BYTES_MAX;
        if has_room {
            addressed.events.push(event);
        }
        has_room
    }
}

/// What a client is told that is in.
fn welcome(sid: &str, pid: Option<&str>) -> Json<'static> {
    let sid = Json::text(sid);
    Json::assembled(match pid {
        None => format!("{{\"sid\":{sid}}}"),
        Some(pid) => format!("{{\"sid\":{sid},\"pid\":{}}}", Json::text(pid)),
    })
}

/// What a client is told that is not let in.
fn refusal(message: &str, data: Option<&Json<'_>>) -> Json<'static> {
    let message = Json::text(message);
    Json::assembled(match data {
        None => format!("{{\"message\":{message}}}"),
        Some(data) => format!("{{\"message\":{message},\"data\":{data}}}"),
    })
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Peer({:?})", self.client)
    }
}
