//! The ways a session is carried.

use std::fmt;

/// What carries a session, by the name that it has in the path of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `htmlfile`: a page that never ends, made of scripts, in a hidden frame of Internet Explorer.
    HtmlFile,
    /// `jsonp-polling`: polls that are scripts, for pages of other origins.
    JsonpPolling,
    /// `websocket`.
    WebSocket,
    /// `xhr-multipart`: a response of many parts, as Firefox read them.
    XhrMultipart,
    /// `xhr-polling`: a request waits for messages.
    XhrPolling,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::HtmlFile,
        Self::JsonpPolling,
        Self::WebSocket,
        Self::XhrMultipart,
        Self::XhrPolling,
    ];

    /// Its name in paths.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HtmlFile => "htmlfile",
            Self::JsonpPolling => "jsonp-polling",
            Self::WebSocket => "websocket",
            Self::XhrMultipart => "xhr-multipart",
            Self::XhrPolling => "xhr-polling",
        }
    }

    /// True if each batch of messages takes a request. Those that do not have heartbeats instead.
    pub const fn is_polling(self) -> bool {
        matches!(self, Self::JsonpPolling | Self::XhrPolling)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
