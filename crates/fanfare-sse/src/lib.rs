//! Server-Sent Events for any app that speaks `http`: axum, hyper, tower.
//!
//! A handler opens a stream and returns it; what it keeps is a [`Sender`]:
//!
//! ```
//! use std::time::Duration;
//! use axum::{Router, extract::Request, routing::get};
//! use fanfare_sse::{Event, SendError, Sender, Sse, SseConfig, SseResponse};
//!
//! const CONFIG: SseConfig = SseConfig::new().retry(Duration::from_secs(2));
//!
//! async fn rates(request: Request) -> Result<SseResponse, SseResponse> {
//!     let (response, sender) = Sse::channel(&request, &CONFIG)?;
//!     tokio::spawn(feed(sender));
//!     Ok(response)
//! }
//!
//! async fn feed(sender: Sender) -> Result<(), SendError> {
//!     loop {
//!         let rate = Event::data("EUR 1.5").event("rate")?;
//!         sender.send(rate).await?; // Ends this task when the client is gone.
//!         tokio::time::sleep(Duration::from_secs(5)).await;
//!     }
//! }
//!
//! let app: Router = Router::new().route("/rates", get(rates));
//! ```
//!
//! # What there is
//!
//! - [`Event`] is what a server wants said. It is checked while it is built, so that no text of a
//!   user becomes a field of its own; [`Event::json`] takes any value. A [`Block`] is an event
//!   written out, to be sent to many.
//! - [`Sse`] opens streams: [`Sse::channel`] with a sender, [`Sse::from_stream`] with a
//!   [`Stream`](futures_core::Stream). [`SseConfig`] says how they behave: comments in silence,
//!   retry time, longest age, and what happens to a client that reads too slowly.
//! - [`SseResponse`] is an `http::Response<`[`SseBody`]`>`: axum, hyper and tower take it as it is,
//!   over HTTP/1 and HTTP/2. A body is no task and has no buffer; at rest it is a queue of no
//!   length and a timer.
//! - [`SseRequest`] is what is read of a request; [`Rejection`] is why one gets no stream, as a
//!   response with a sentence in it. [`LastEventId`] is where a client wants to go on.
//! - [`Decoder`] takes the bytes of a stream, cut anywhere, and gives back each [`MessageEvent`]
//!   that an `EventSource` would fire.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `client`: `EventSource`, a client that connects again by itself, over any HTTP client.
//! - `hub`: `Sse::subscribe`, streams that follow the channels of a `fanfare_hub::Hub`, resume
//!   where a client left off, and tell it when something was missed.
//! - `xml`: `Event::xml`.
//!
//! # What it does not know
//!
//! Sockets, and web frameworks by name. Of tokio it uses the timer. The codec ([`event`],
//! [`block`], [`decoder`], [`cursor`]) reads no clock and knows no HTTP either.
//!
//! Source: HTML standard, 9.2 "Server-sent events".

mod accept;
pub mod block;
pub mod body;
#[cfg(feature = "client")]
pub mod client;
pub mod config;
pub mod cursor;
pub mod decoder;
pub mod event;
mod field;
mod frame;
#[cfg(feature = "hub")]
pub mod hub;
mod jitter;
pub mod limits;
mod line;
mod name;
mod pace;
mod payload;
mod queue;
pub mod rejection;
pub mod request;
pub mod response;
pub mod sender;
pub mod sse;

pub use block::{Block, KEEP_ALIVE, cursor_block, retry_block, write_fields};
pub use body::{SseBody, StreamError};
#[cfg(feature = "client")]
pub use client::{ClientError, EventSource};
pub use config::{Overflow, SseConfig};
pub use cursor::{CursorError, last_event_id};
pub use decoder::{DecodeError, Decoder, MessageEvent};
pub use event::Event;
pub use field::InvalidField;
#[cfg(feature = "hub")]
pub use hub::{Subscribe, SubscribeError};
pub use name::EventName;
pub use payload::SerializeError;
pub use rejection::Rejection;
pub use request::{LastEventId, SseRequest};
pub use response::SseResponse;
pub use sender::{SendError, Sender};
pub use sse::{IntoBlock, Sse};

/// The code of the pages for those who come from elsewhere has to compile.
#[cfg(all(doctest, feature = "client", feature = "hub", feature = "xml"))]
mod pages {
    #[doc = include_str!("../../../docs/coming-from-axum-sse.md")]
    pub struct FromAxum;
    #[doc = include_str!("../../../docs/coming-from-go-sse.md")]
    pub struct FromGo;
}
