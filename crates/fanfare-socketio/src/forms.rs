//! One packet in the forms that its receivers need.

use std::sync::OnceLock;

use crate::emitter::Flags;
use crate::engine::{Client, Parcel, Revision};
use crate::name::NamespaceName;
use crate::packet::{Packet, PacketBody};
use crate::parser::Parser;

/// A packet, encoded when somebody first needs it and shared by all who do.
///
/// Clients from 1.0 on get the same, except where an offset for the recovery follows the arguments:
/// clients before 4.6 have no recovery. Those before 1.0 have words of their own.
#[derive(Debug)]
pub(crate) struct Forms {
    parser: Parser,
    flags: Flags,
    packet: Packet,
    offset: Option<Box<str>>,
    plain: OnceLock<Parcel>,
    with_offset: OnceLock<Parcel>,
    protocol1: OnceLock<Parcel>,
}

/// An event of a namespace, made once to be sent to sockets that the application chooses one by one:
/// see [`Socket::emit_shared`](crate::Socket::emit_shared).
#[derive(Debug)]
pub struct Announcement(pub(crate) Forms);

impl Forms {
    pub(crate) fn new(
        parser: Parser,
        namespace: NamespaceName,
        body: PacketBody,
        flags: Flags,
        offset: Option<Box<str>>,
    ) -> Self {
        Self {
            parser,
            flags,
            packet: Packet { namespace, body },
            offset,
            plain: OnceLock::new(),
            with_offset: OnceLock::new(),
            protocol1: OnceLock::new(),
        }
    }

    /// What a client of this revision gets.
    pub(crate) fn of(&self, revision: Revision) -> &Parcel {
        match (&self.offset, revision) {
            (_, Revision::V1) => {
                let parcel = || self.encode(None, revision);
                self.protocol1.get_or_init(parcel)
            }
            (Some(offset), Revision::V4) => {
                let parcel = || self.encode(Some(offset), revision);
                self.with_offset.get_or_init(parcel)
            }
            _ => self.plain.get_or_init(|| self.encode(None, revision)),
        }
    }

    /// Sends it. False if the session is over.
    pub(crate) fn send_to(&self, client: &Client) -> bool {
        let parcel = self.of(client.revision());
        if self.flags.is_volatile {
            // That it was dropped is no failure.
            client.send_volatile(parcel);
            return client.is_open();
        }
        client.send(parcel)
    }

    fn encode(&self, offset: Option<&str>, revision: Revision) -> Parcel {
        let parcel = Parcel::new(match (offset, &self.packet.body) {
            (Some(offset), PacketBody::Event { ack, name, data }) => {
                let mut data = data.clone();
                data.push_last(offset);
                let body = PacketBody::Event {
                    ack: *ack,
                    name: name.clone(),
                    data,
                };
                let namespace = self.packet.namespace.clone();
                self.parser.encode(&Packet { namespace, body }, revision)
            }
            _ => self.parser.encode(&self.packet, revision),
        });
        if self.flags.is_plain {
            parcel.uncompressed()
        } else {
            parcel
        }
    }
}
