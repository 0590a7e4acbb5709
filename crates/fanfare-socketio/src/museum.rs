//! Socket.IO as it was in 2010 and 2011: version 0.6, and what go-socket.io's clients speak.
//!
//! A session is opened by a request for a [`Transport`] and lives on polls, streams or a
//! WebSocket. All of them carry [`Frame`]s; what is sent while none of them is there waits in the
//! [`Session`], which is a value without I/O. Around it stand the [`Museum`], which knows all
//! sessions, and the [`MuseumService`], through which they are reached from an HTTP server:
//!
//! ```text
//! request ─ Target ─▶ MuseumService ─ attach, receive ─▶ Session ─ Event ─▶ App
//! response ◀─ form ─ MuseumBody, WebSocket ◀─ take ─ Session ◀─ send ─ Conn, Museum ◀─┘
//! ```
//!
//! ```
//! use fanfare_socketio::museum::{App, Conn, Message, Museum, MuseumSettings, Origins};
//!
//! struct Chat;
//!
//! impl App for Chat {
//!     fn message(&self, conn: &Conn, message: Message) {
//!         // Whose queue is full hears nothing; the session finds out by itself whether it lives.
//!         conn.museum().broadcast_except(conn, &message);
//!     }
//! }
//!
//! let settings = MuseumSettings {
//!     origins: Origins::listed(["chat.example.org:443"]).unwrap(),
//!     ..MuseumSettings::default()
//! };
//! let (service, museum) = Museum::new(settings, Chat);
//! assert!(museum.claims("/socket.io/xhr-polling//1321000000000"));
//! assert!(!museum.claims("/socket.io/?EIO=4&transport=polling"));
//! # drop(service);
//! ```
//!
//! Not served: the WebSocket drafts of the time (75, 76), whose clients go on to the next
//! transport by themselves; Flash and its policy server; the client's own files.
//!
//! Source: the server and the client of version 0.6, and go-socket.io.

mod app;
mod body;
mod carrier;
mod conn;
mod form;
pub mod frame;
mod id;
mod inbound;
pub mod limits;
mod message;
mod mount;
mod origins;
mod script;
mod service;
pub mod session;
mod settings;
mod target;
mod transport;
mod watch;
mod websocket;

pub use app::App;
pub use body::MuseumBody;
pub use conn::Conn;
pub use frame::Frame;
pub use message::Message;
pub use mount::Museum;
pub use origins::{OriginError, Origins};
pub use service::MuseumService;
pub use session::{DisconnectReason, SendError, Session};
pub use settings::MuseumSettings;
pub use transport::Transport;
