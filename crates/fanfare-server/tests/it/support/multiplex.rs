//! A client of `/ws`, which speaks JSON.

use fanfare_testkit::server::Server;
use serde_json::Value;

use super::Raw;
use super::frame::{self, TEXT};

#[derive(Debug)]
pub(crate) struct Multiplex {
    raw: Raw,
}

impl Multiplex {
    pub(crate) fn connect(server: &Server) -> Self {
        let mut raw = Raw::connect(server);
        frame::upgrade(&mut raw, "/ws", &[]);
        Self { raw }
    }

    /// Sends a request.
    pub(crate) fn send(&mut self, request: &Value) {
        self.send_text(&request.to_string());
    }

    pub(crate) fn send_text(&mut self, text: &str) {
        self.raw.send(frame::masked(TEXT, text.as_bytes()));
    }

    /// The next frame, whatever it is.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Value {
        let (first, payload) = frame::read(&mut self.raw);
        assert_eq!(
            first,
            0x80 | TEXT,
            "{:?}",
            String::from_utf8_lossy(&payload)
        );
        serde_json::from_slice(&payload).expect("everything here is JSON")
    }

    /// Sends a request and returns the next frame.
    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        self.send(request);
        self.next()
    }

    pub(crate) fn raw(&mut self) -> &mut Raw {
        &mut self.raw
    }
}
