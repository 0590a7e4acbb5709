//! The Basic HTTP Push Relay Protocol, revision 2.23: for applications, and without any I/O.
//!
//! Publishers POST to one place, subscribers GET from another, and the only state between two
//! polls is the cursor that travels as `Last-Modified` and `Etag` one way and as
//! `If-Modified-Since` and `If-None-Match` the other.
//!
//! **In an application**, a [`Relay`] keeps channels and their messages, and gives out a
//! [`Publisher`] and a [`Subscriber`]: tower services for axum, hyper and whatever else speaks
//! `http`. An [`Acceptor`] of the application maps each request to its channel, or refuses it.
//!
//! ```
//! use fanfare_hub::{ChannelName, Draft};
//! use fanfare_relay::{Relay, acceptor};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let relay = Relay::default();
//! let publisher = relay.publisher(acceptor::path);
//! let subscriber = relay.subscriber(acceptor::path);
//! // With axum: Router::new().nest_service("/pub", publisher).nest_service("/sub", subscriber)
//!
//! let channel = ChannelName::new("news")?;
//! relay.publish(&channel, Draft::new("it rains")).await?;
//! # Ok(())
//! # }
//! ```
//!
//! **For whoever owns the sockets**, this crate knows how all of the protocol is written: it reads
//! requests into the hub's [`Start`](fanfare_hub::Start) and [`Draft`](fanfare_hub::Draft), and
//! says with which status, headers and bytes the hub's answers go out. The services above and the
//! server's parked connections are two drivers of the same code.
//!
//! ```text
//! path   ─ channels::split ─▶ names      Location::intent ─▶ Intent
//! headers, query, body ─ Publishing ─▶ hub ──▶ Receipt, ChannelInfo ─ InfoFormat ─▶ body
//! headers, query ─ read_starts ─▶ Start each ──▶ hub ──▶ Message, Gap ─ PollAnswer ─▶ answer
//! whatever became of it ─ Outcome::answer ─▶ status, body, Allow
//! ```
//!
//! Two dialects are spoken, see [`Profile`]: the protocol's own text, and that of Nchan where the
//! two contradict each other. Reading order: [`relay`], [`config`], [`acceptor`], [`publisher`],
//! [`subscriber`], [`messages`]; then [`profile`], [`location`], [`outcome`], [`channels`],
//! [`publishing`], [`poll`], [`start`], [`cursor`], [`validators`], [`publish`], [`info`], [`gap`],
//! [`headers`].
//!
//! ```
//! use fanfare_hub::{MessageId, Start};
//! use fanfare_relay::{Query, read_starts};
//! use http::HeaderMap;
//!
//! let mut headers = HeaderMap::new();
//! headers.insert("if-modified-since", "Fri, 20 Nov 2026 23:27:06 GMT".parse()?);
//! headers.insert("if-none-match", "1".parse()?);
//! let starts = read_starts(&headers, Query::new("_=1795217226"), 1, Start::Oldest)?;
//! assert_eq!(starts, [Start::After(MessageId::new(1_795_217_226, 1))]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Messages and channels belong to the hub. Only [`relay`] asks what time it is, and only the
//! services and [`messages`] wait.

pub mod acceptor;
mod answer;
pub mod arrivals;
mod body;
pub mod channels;
pub mod config;
pub mod cursor;
mod digits;
pub mod error;
pub mod gap;
pub mod headers;
pub mod info;
pub mod limits;
pub mod location;
pub mod messages;
pub mod outcome;
pub mod percent;
mod period;
pub mod poll;
pub mod profile;
pub mod publish;
pub mod publisher;
pub mod publishing;
pub mod query;
pub mod relay;
mod since;
pub mod start;
pub mod subscriber;
pub mod validators;

/// The reference client of the protocol for browsers and Node, as a module of JavaScript: its
/// `subscribe` and `publish` work with every server that speaks the protocol. Serve it as
/// `text/javascript`.
pub const CLIENT_JS: &str = include_str!("../relay.js");

pub use acceptor::{Acceptor, Refusal};
pub use answer::Answering;
pub use arrivals::{Arrivals, Arriving};
pub use body::RelayBody;
pub use config::RelayConfig;
pub use error::RelayError;
pub use info::InfoFormat;
pub use location::{Intent, Location};
pub use messages::Messages;
pub use outcome::{Answer, Body, Outcome};
pub use poll::{PollAnswer, PollMode};
pub use profile::Profile;
pub use publish::read_draft;
pub use publisher::Publisher;
pub use publishing::{Publishing, PublishingError};
pub use query::Query;
pub use relay::Relay;
pub use start::read_starts;
pub use subscriber::Subscriber;
pub use validators::Validators;
