//! The two ways to write packets.

use crate::decoder::{DecodeError, Decoder, DecoderSettings};
use crate::engine::session::Received;
use crate::engine::{Encoded, Revision};
use crate::packet::Packet;

/// How the packets of a mount are written. There is no negotiation: all clients of a mount use the
/// same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parser {
    /// JSON, with bytes as attachments: what every client can.
    #[default]
    Json,
    /// What clients with `socket.io-msgpack-parser` speak. There are none before 3.0.
    #[cfg(feature = "msgpack")]
    Msgpack,
}

impl Parser {
    pub(crate) fn encode(self, packet: &Packet, revision: Revision) -> Vec<Encoded> {
        match self {
            Self::Json => packet.encode_for(revision),
            #[cfg(feature = "msgpack")]
            Self::Msgpack => vec![crate::msgpack::encode(packet)],
        }
    }

    pub(crate) fn decode(
        self,
        decoder: &mut Decoder,
        message: Received,
        settings: &DecoderSettings,
    ) -> Result<Option<Packet>, DecodeError> {
        match self {
            Self::Json => decoder.decode(message, settings),
            #[cfg(feature = "msgpack")]
            Self::Msgpack => crate::msgpack::decode(message, settings),
        }
    }
}
