//! The Fanfare server: one binary, every transport.
//!
//! A request with a body, or to anything else than a subscriber location, is answered by
//! `service` (the publish API in `publisher`, the page in `console`, the probes and `metrics`). A
//! subscriber's `GET` is decided by `front`: who may listen (`access`), over what (`transport`),
//! from where; what it gets is one of the [`adapters`], and the link holds the connection.
//!
//! Reading order: [`run`], `node`, `route`, `access`, `front`, [`adapters`], `service`,
//! `publisher`; then [`config`] and [`cli`]. To run all of this beside the routes of an application,
//! see [`embed`].

mod access;
pub mod adapters;
mod allocator;
mod banner;
pub mod cli;
pub mod client;
pub mod config;
mod console;
pub mod embed;
pub mod exit;
mod front;
mod headers;
mod metrics;
mod node;
pub mod problem;
mod publisher;
mod route;
pub mod run;
mod service;
mod socketio;
mod stop;
mod transport;
mod upgrade;

pub use config::Config;
pub use embed::Embedded;
