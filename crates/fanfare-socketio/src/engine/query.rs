//! The arguments that a URL of Engine.IO carries.

use super::packet::BinaryForm;
use super::revision::Revision;
use crate::form;

/// A way to carry packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// HTTP long-polling.
    Polling,
    /// A WebSocket.
    WebSocket,
}

impl Transport {
    /// Its name in URLs and in the handshake.
    pub fn name(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Polling, Self::WebSocket]
            .into_iter()
            .find(|transport| transport.name() == name)
    }
}

/// What of a query is the protocol's. The rest is the application's and stays in the URL; so does
/// `t`, with which clients keep caches away.
///
/// An argument that comes twice counts the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// `EIO`.
    pub revision: Revision,
    /// `transport`, if there is one that we know.
    pub transport: Option<Transport>,
    /// `sid`; absent in a handshake.
    pub sid: Option<String>,
    /// `b64`: whether the client takes binary as bytes.
    pub binary: BinaryForm,
    /// `j`: the number of the client's function that the answer, a script, shall call.
    pub jsonp: Option<u64>,
    /// `disconnect`: the session shall end. Of revision 1 only.
    pub ends_session: bool,
}

impl Query {
    /// Reads what follows the question mark of a URL.
    pub fn parse(query: &str) -> Self {
        let pairs: Vec<_> = form::pairs(query.as_bytes()).collect();
        let argument = |name: &str| {
            let mut found = pairs.iter().filter(|(other, _)| other == name);
            found.next().map(|(_, value)| value.as_str())
        };
        Self {
            revision: Revision::of_query(argument("EIO")),
            transport: argument("transport").and_then(Transport::named),
            sid: argument("sid")
                .filter(|sid| !sid.is_empty())
                .map(str::to_owned),
            binary: match argument("b64") {
                None | Some("") => BinaryForm::Raw,
                Some(_) => BinaryForm::Base64,
            },
            jsonp: argument("j").map(index),
            ends_session: false,
        }
    }
}

/// The digits of a call-back index, all else left out: it is going to stand in a script. What has
/// no digits, or more than a number holds, is index 0, as for a client that counts from there.
pub(super) fn index(value: &str) -> u64 {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}
