//! The protocol: what comes in goes out.

use bytes::Bytes;
use fanfare_hub::{EndReason, Gap, Message};
use fanfare_link::{At, Close, Farewell, Kind, Outbox, Protocol, Reads, Tick};
use fanfare_websocket::{
    CloseCode, Decoder, Deflate, Event, Level, MessageKind, Role, Settings, frame,
};

/// The longest message.
pub const MESSAGE_BYTES_MAX: u32 = 16 << 20;

/// One connection.
pub struct Echo {
    decoder: Decoder,
    deflate: Option<Deflate>,
}

impl Echo {
    /// `deflate` is how messages may be compressed, if that was agreed on.
    pub fn new(deflate: Option<Deflate>) -> Self {
        let settings = Settings {
            role: Role::Server,
            message_bytes_max: MESSAGE_BYTES_MAX,
            deflate: deflate.is_some(),
        };
        Self {
            decoder: Decoder::new(settings),
            deflate,
        }
    }

    fn encode(&self, kind: MessageKind, payload: &[u8]) -> Bytes {
        // A client with a small window gets a large message plain.
        let deflate = self
            .deflate
            .as_ref()
            .filter(|deflate| deflate.admits(payload.len()));
        deflate
            .and_then(|_| frame::encode_deflated(kind, &[payload], Level::FASTEST))
            .unwrap_or_else(|| frame::encode(kind, payload))
    }
}

impl Protocol for Echo {
    fn kind(&self) -> Kind {
        Kind(0)
    }

    fn reads(&self) -> Reads {
        Reads::Frames
    }

    fn receive(&mut self, mut input: &mut [u8], out: &mut Outbox<'_>) -> Result<(), Close> {
        loop {
            let reply = match self.decoder.decode(&mut input) {
                Ok(Some(Event::Text(text))) => self.encode(MessageKind::Text, text.as_bytes()),
                Ok(Some(Event::Binary(payload))) => self.encode(MessageKind::Binary, &payload),
                Ok(Some(Event::Ping(payload))) => frame::pong(&payload),
                Ok(Some(Event::Pong(_))) => continue,
                Ok(Some(Event::Close(received))) => {
                    out.send(frame::close_echo(received.as_ref()));
                    return Err(Close::HangUp);
                }
                Ok(None) => return Ok(()),
                Err(violation) => {
                    out.send(violation.close_frame());
                    return Err(Close::HangUp);
                }
            };
            out.send(reply);
        }
    }

    fn farewell(&mut self, _reason: Farewell, out: &mut Outbox<'_>) -> Close {
        out.send(frame::close(CloseCode::GOING_AWAY, "going away"));
        Close::HangUp
    }

    // An echo has subscribed to nothing and waits for nothing.

    fn deliver(
        &mut self,
        _message: &Message,
        _at: At<'_>,
        _out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        Ok(())
    }

    fn gap(&mut self, _gap: &Gap, _at: At<'_>, _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    fn ended(
        &mut self,
        _reason: EndReason,
        _at: At<'_>,
        _out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        Ok(())
    }

    fn deadline(&self) -> Option<Tick> {
        None
    }

    fn tick(&mut self, _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }
}
