//! The revision of the protocol that a session speaks.

/// Which family of clients a session serves.
///
/// It binds both layers: clients of Engine.IO 4 speak Socket.IO 5 (`socket.io-client` 3 and 4),
/// those of Engine.IO 3 speak Socket.IO 4 (`socket.io-client` 1 and 2), and those before had one
/// layer for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Revision {
    /// Socket.IO 1, before there was an Engine.IO (`socket.io-client` 0.7 to 0.9): the server pings
    /// on WebSockets, and messages are packets of Socket.IO, in their old form.
    V1,
    /// Engine.IO 3 with Socket.IO 4: the client pings.
    V3,
    /// Engine.IO 4 with Socket.IO 5: the server pings.
    V4,
}

impl Revision {
    /// Reads the argument `EIO`: exactly `4` means 4, all else, also nothing, means 3.
    ///
    /// Source: the reference server; clients before 1.0 of the protocol's parser sent none.
    pub fn of_query(value: Option<&str>) -> Self {
        match value {
            Some("4") => Self::V4,
            _ => Self::V3,
        }
    }
}
