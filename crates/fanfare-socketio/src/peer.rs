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
use crate::name::NamespaceName;
use crate::namespace::Namespace;
use crate::packet::{ConnectPayload, Packet, PacketBody};
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
    Connected(Socket),
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
        // Clients 2.x are in the main namespace without asking.
        if client.revision() == Revision::V3 {
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
                let socket = self.socket(&namespace);
                let incoming = Incoming { name, data, ack };
                socket.map(|socket| socket.received(incoming)).is_some()
            }
            PacketBody::Ack { ack, data } => {
                let socket = self.socket(&namespace);
                socket
                    .map(|socket| socket.acknowledged(ack, data))
                    .is_some()
            }
            PacketBody::ConnectError(_) => false,
        };
        if !fits {
            tracing::debug!(%namespace, "a client speaks to a namespace that it is not in; it is cut off");
            self.client.close(CloseReason::ForcedClose);
        }
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
            // Clients 2.x connect once more when `open()` is called on a socket that opens.
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
            peer.admit(namespace, number, handshake).await;
        });
    }

    /// Asks the guards, and lets the client in.
    async fn admit(self: Arc<Self>, namespace: Namespace, number: u64, handshake: Arc<Handshake>) {
        let restored = match namespace.log() {
            Some(log) if self.client.revision() == Revision::V4 => {
                log.restore(&namespace, &handshake.auth).await
            }
            _ => None,
        };
        let is_asked = restored.is_none() || !namespace.log().is_some_and(|log| log.skips_guards());
        if is_asked && let Err(refused) = self.ask_guards(&namespace, &handshake).await {
            if self.take_connecting(&namespace, number) {
                self.refuse(namespace.name(), &refused);
            }
            return;
        }
        match namespace.log() {
            None => {
                let socket =
                    self.new_socket(&namespace, handshake, None, None, SavedState::default());
                if self.settle(&namespace, number, &socket) {
                    self.welcome(&socket);
                    namespace.insert(&socket);
                    socket.begin();
                }
            }
            Some(log) => log.enter(&namespace, &self, number, handshake, restored),
        }
    }

    async fn ask_guards(
        &self,
        namespace: &Namespace,
        handshake: &Arc<Handshake>,
    ) -> Result<(), Refused> {
        for guard in &namespace.handlers().guards {
            let mut context = Context {
                shared: Arc::clone(&self.shared),
                namespace: namespace.clone(),
                handshake: Arc::clone(handshake),
                socket: None,
                occasion: Occasion::Connecting,
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
            (Revision::V3, name) if name.is_main() => SocketId::Derived(self.client.sid().into()),
            (Revision::V3, name) => {
                SocketId::Derived(format!("{name}#{}", self.client.sid()).into())
            }
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
        if let Some(entry) = entry {
            entry.stage = Stage::Connected(socket.clone());
            return true;
        }
        false
    }

    /// Tells the client that it is in.
    pub(crate) fn welcome(&self, socket: &Socket) {
        let auth = match self.client.revision() {
            Revision::V3 => ConnectPayload::Absent,
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
    }

    fn send(&self, packet: &Packet) {
        let packets = self.shared.settings.parser.encode(packet);
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
        let entry = self.take(|entry| entry.namespace.name() == name);
        entry
            .map(|entry| self.finish(entry, Reason::ClientLeft))
            .is_some()
    }

    /// We end one of its sockets.
    pub(crate) fn leave(&self, socket: &Socket) {
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
            if let Stage::Connected(socket) = &entry.stage {
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
        matches!(self.stage, Stage::Connecting(it) if it == number)
            && self.namespace.name() == namespace.name()
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
