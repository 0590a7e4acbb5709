//! The Basic HTTP Push Relay Protocol, revision 2.23, without any I/O.
//!
//! Publishers POST to one place, subscribers GET from another, and the only state between two
//! polls is the cursor that travels as `Last-Modified` and `Etag` one way and as
//! `If-Modified-Since` and `If-None-Match` the other. This crate knows how all of it is written:
//! it reads requests into the hub's [`Start`](fanfare_hub::Start) and [`Draft`](fanfare_hub::Draft),
//! and says with which status, headers and bytes the hub's answers go out. Whoever owns the socket
//! does the rest.
//!
//! How the parts meet:
//!
//! ```text
//! path   ─ channels::split ─▶ names      Location::intent ─▶ Intent
//! headers, query ─ read_draft ─▶ Draft       ──▶ hub ──▶ Receipt, ChannelInfo ─ InfoFormat ─▶ body
//! headers, query ─ read_starts ─▶ Start each ──▶ hub ──▶ Message, Gap ─ Validators, gap ─▶ headers
//! whatever became of it ─ Outcome::answer ─▶ status, body, Allow
//! ```
//!
//! Two dialects are spoken, see [`Profile`]: the protocol's own text, and that of Nchan where the
//! two contradict each other. Reading order: [`profile`], [`location`], [`outcome`], [`channels`],
//! [`start`], [`cursor`], [`validators`], [`publish`], [`info`], [`gap`], [`headers`].
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
//! Messages, channels and time belong to the hub: nothing here stores, waits or asks for the hour.

pub mod channels;
pub mod cursor;
mod digits;
pub mod error;
pub mod gap;
pub mod headers;
pub mod info;
pub mod limits;
pub mod location;
pub mod outcome;
pub mod percent;
mod period;
pub mod poll;
pub mod profile;
pub mod publish;
pub mod publishing;
pub mod query;
mod since;
pub mod start;
pub mod validators;

pub use error::RelayError;
pub use info::InfoFormat;
pub use location::{Intent, Location};
pub use outcome::{Answer, Body, Outcome};
pub use poll::{PollAnswer, PollMode};
pub use profile::Profile;
pub use publish::read_draft;
pub use publishing::{Publishing, PublishingError};
pub use query::Query;
pub use start::read_starts;
pub use validators::Validators;
