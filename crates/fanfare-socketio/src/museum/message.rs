//! What applications and clients say to each other.

use std::sync::Arc;

use super::frame::Frame;
use crate::Json;

/// A message, in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A value. The client makes them of objects only, and of everything else text.
    Json(Json<'static>),
    /// A text. One that begins with `~j~` or `~h~` arrives as something else: the protocol has no
    /// escape for it.
    Text(String),
}

impl Message {
    /// Its frame, to be shared by all who hear it.
    pub(super) fn encode(&self) -> Arc<str> {
        let frame = match self {
            Self::Json(json) => Frame::Json(json.as_str()),
            Self::Text(text) => Frame::Text(text),
        };
        let mut text = String::new();
        frame.encode(&mut text);
        text.into()
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Json<'static>> for Message {
    fn from(json: Json<'static>) -> Self {
        Self::Json(json)
    }
}
