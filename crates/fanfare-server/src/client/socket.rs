//! A WebSocket to a subscriber location, with the sub-protocol that carries ids.

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use fanfare_websocket::frame::FrameHeader;
use fanfare_websocket::{CloseFrame, Decoder, Event, Opcode, Role, Settings};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Request, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::received::{Gap, Message, end_reason};
use super::{Peer, Received, peer};

/// Bytes of a message: the largest that the server can be set to, and its header lines.
const MESSAGE_BYTES_MAX: u32 = 65 << 20;

/// The content type that marks a gap.
const GAP_TYPE: &str = "application/vnd.fanfare.gap+json";

pub(super) struct Socket {
    stream: TokioIo<Upgraded>,
    decoder: Decoder,
    read: Vec<u8>,
    /// The part of `read` that has not been decoded yet.
    unread: std::ops::Range<usize>,
}

impl Socket {
    pub(super) async fn open(peer: &Peer, target: &str) -> anyhow::Result<Self> {
        let key: [u8; 16] = random()?;
        let request = Request::get(target)
            .header(UPGRADE, "websocket")
            .header(CONNECTION, "upgrade")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, BASE64_STANDARD.encode(key))
            .header(SEC_WEBSOCKET_PROTOCOL, "ws+meta.nchan")
            .body(Bytes::new())?;
        let response = peer::accepted(peer.send(request).await?).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            bail!(
                "the server does not speak WebSocket here: it answers {}",
                response.status()
            );
        }
        let stream = TokioIo::new(hyper::upgrade::on(response).await?);
        let settings = Settings {
            role: Role::Client,
            message_bytes_max: MESSAGE_BYTES_MAX,
            deflate: false,
        };
        Ok(Self {
            stream,
            decoder: Decoder::new(settings),
            read: vec![0; 64 << 10],
            unread: 0..0,
        })
    }

    /// What comes next; `None` when the connection has ended.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Received>> {
        loop {
            let mut input = &mut self.read[self.unread.clone()];
            let before = input.len();
            let event = self
                .decoder
                .decode(&mut input)
                .context("the server breaks the WebSocket protocol")?;
            let event = event.map(Event::into_owned);
            self.unread.start += before - input.len();
            match event {
                Some(Event::Binary(payload)) => return received(&payload).map(Some),
                Some(Event::Text(text)) => return received(text.as_bytes()).map(Some),
                Some(Event::Close(frame)) => return Ok(frame.as_ref().and_then(end)),
                Some(Event::Ping(payload)) => self.send(Opcode::Pong, &payload).await?,
                Some(Event::Pong(_)) => {}
                None if !self.read_on().await? => return Ok(None),
                None => {}
            }
        }
    }

    async fn read_on(&mut self) -> anyhow::Result<bool> {
        // A connection that breaks is one that has ended: the caller comes back.
        let count = self.stream.read(&mut self.read).await.unwrap_or(0);
        self.unread = 0..count;
        Ok(count > 0)
    }

    async fn send(&mut self, opcode: Opcode, payload: &[u8]) -> anyhow::Result<()> {
        let frame = FrameHeader::new(opcode).masked(random()?).frame(&[payload]);
        Ok(self.stream.write_all(&frame).await?)
    }
}

/// A subscription that is over for good is closed with a status: `410 Gone`.
fn end(frame: &CloseFrame<'_>) -> Option<Received> {
    let (status, _) = frame.reason.split_once(' ')?;
    let reason = end_reason(status.parse().ok()?)?;
    let channel = None;
    Some(Received::End { channel, reason })
}

/// Splits the header lines `id` and `content-type` from the message.
fn received(frame: &[u8]) -> anyhow::Result<Received> {
    let end = frame
        .windows(2)
        .position(|pair| pair == b"\n\n")
        .context("the server sent a message without an id")?;
    let (head, payload) = (&frame[..end], &frame[end + 2..]);
    let head = std::str::from_utf8(head).context("the server sent an id that cannot be read")?;
    let field = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::to_owned)
    };
    let id = field("id: ").unwrap_or_default();
    let content_type = field("content-type: ");
    if content_type.as_deref() == Some(GAP_TYPE)
        && let Some(gap) = Gap::read(payload, &id)
    {
        return Ok(Received::Gap(gap));
    }
    Ok(Received::Message(Message {
        id,
        content_type,
        payload: payload.to_owned(),
        ..Message::default()
    }))
}

/// Unpredictable bytes: RFC 6455, sections 4.1 and 5.3 ask for them so that a page cannot make a
/// proxy believe in a request of its choice.
fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    let mut source =
        std::fs::File::open("/dev/urandom").context("the system has no random numbers")?;
    std::io::Read::read_exact(&mut source, &mut bytes)?;
    Ok(bytes)
}
