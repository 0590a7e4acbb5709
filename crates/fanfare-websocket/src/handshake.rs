//! The opening handshake, seen from the server (RFC 6455, section 4.2).

mod deflate;
mod list;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use crate::handshake::deflate::Deflate;

/// The only version of the protocol (RFC 6455, section 4.1).
const VERSION: &[u8] = b"13";

/// What a key is followed by before it is hashed (RFC 6455, section 1.3).
const ACCEPT_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A client's offer to speak WebSocket, found sound.
///
/// ```
/// use fanfare_websocket::Offer;
///
/// let fields = [
///     ("connection", "keep-alive, Upgrade"),
///     ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
///     ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
///     ("sec-websocket-protocol", "chat, superchat"),
///     ("sec-websocket-version", "13"),
///     ("upgrade", "websocket"),
/// ];
/// let offer = Offer::read(fields.map(|(name, value)| (name, value.as_bytes())))?;
/// assert_eq!(offer.accept_value(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// assert_eq!(offer.choose_protocol(&["superchat"]), Some("superchat"));
/// assert_eq!(
///     offer.deflate().unwrap().header_value(),
///     "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
/// );
/// # Ok::<(), fanfare_websocket::HandshakeError>(())
/// ```
///
/// Whether the method is `GET`, the version of HTTP at least 1.1, and the `Origin` welcome is for
/// others to look at.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    key: &'a [u8],
    protocols: Vec<&'a [u8]>,
    extensions: Vec<&'a [u8]>,
}

impl<'a> Offer<'a> {
    /// Reads the header fields of a request, in their order, each with its name and value.
    ///
    /// # Errors
    /// The client must send another request, see [`HandshakeError`].
    pub fn read(
        fields: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, HandshakeError> {
        let fields = Fields::collect(fields);
        if !list::contains(&fields.upgrade, "websocket") {
            return Err(HandshakeError::Upgrade);
        }
        if !list::contains(&fields.connection, "upgrade") {
            return Err(HandshakeError::Connection);
        }
        match fields.version[..] {
            [version] if version.trim_ascii() == VERSION => {}
            _ => return Err(HandshakeError::Version),
        }
        match fields.key[..] {
            [key] if is_key(key.trim_ascii()) => Ok(Self {
                key: key.trim_ascii(),
                protocols: fields.protocols,
                extensions: fields.extensions,
            }),
            _ => Err(HandshakeError::Key),
        }
    }

    /// The value of `Sec-WebSocket-Accept` in the response.
    pub fn accept_value(&self) -> String {
        accept_value(self.key)
    }

    /// The subprotocol to speak: the first of the client's that is `supported`. Put it into the
    /// response as `Sec-WebSocket-Protocol`; leave that out if there is none.
    pub fn choose_protocol<'s>(&self, supported: &[&'s str]) -> Option<&'s str> {
        list::elements(&self.protocols)
            .find_map(|wanted| supported.iter().copied().find(|&name| name == wanted))
    }

    /// How messages may be compressed, if the client offered a way that we know. To agree, put its
    /// [`Deflate::header_value`] into the response as `Sec-WebSocket-Extensions` and tell the
    /// [`Decoder`](crate::Decoder); to decline, do neither.
    pub fn deflate(&self) -> Option<Deflate> {
        list::elements(&self.extensions).find_map(Deflate::from_offer)
    }
}

/// True if these header fields ask for a WebSocket, well or badly: a request for [`Offer::read`] and
/// not for another handler.
pub fn is_requested<'a>(fields: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> bool {
    fields.into_iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("upgrade") && list::contains(&[value], "websocket")
    })
}

/// The value of `Sec-WebSocket-Accept` that proves to the sender of `key` that it was understood
/// (RFC 6455, section 4.2.2).
pub fn accept_value(key: &[u8]) -> String {
    let mut hash = sha1_smol::Sha1::new();
    hash.update(key);
    hash.update(ACCEPT_SUFFIX);
    STANDARD.encode(hash.digest().bytes())
}

/// Why a handshake is refused. The client must send another request; the sentence is for the person
/// who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// `Connection` does not name `Upgrade`, as if a proxy had left it out.
    #[error("a WebSocket request needs `Connection: Upgrade`")]
    Connection,
    /// The key is not what it should be.
    #[error("a WebSocket request needs one Sec-WebSocket-Key, 16 random bytes in base64")]
    Key,
    /// It does not ask for a WebSocket.
    #[error("this is a WebSocket endpoint; send `Upgrade: websocket`")]
    Upgrade,
    /// Another version than 13, or none.
    #[error("a WebSocket request needs `Sec-WebSocket-Version: 13`")]
    Version,
}

impl HandshakeError {
    /// The status of the response: 400 or 426.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Connection | Self::Key => 400,
            Self::Upgrade | Self::Version => 426,
        }
    }

    /// Header fields that belong to the response. A 426 says what to upgrade to (RFC 9110, section
    /// 15.5.22), and which version is spoken (RFC 6455, section 4.4).
    pub const fn headers(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Connection | Self::Key => &[],
            Self::Upgrade | Self::Version => &[
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
            ],
        }
    }
}

/// The fields of a request that are about WebSocket.
#[derive(Default)]
struct Fields<'a> {
    connection: Vec<&'a [u8]>,
    extensions: Vec<&'a [u8]>,
    key: Vec<&'a [u8]>,
    protocols: Vec<&'a [u8]>,
    upgrade: Vec<&'a [u8]>,
    version: Vec<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn collect(fields: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut found = Self::default();
        for (name, value) in fields {
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
            let values = match () {
                () if is("connection") => &mut found.connection,
                () if is("sec-websocket-extensions") => &mut found.extensions,
                () if is("sec-websocket-key") => &mut found.key,
                () if is("sec-websocket-protocol") => &mut found.protocols,
                () if is("sec-websocket-version") => &mut found.version,
                () if is("upgrade") => &mut found.upgrade,
                () => continue,
            };
            values.push(value);
        }
        found
    }
}

/// Sixteen bytes in base64: 22 characters and two of padding. The last character has four bits to
/// spare, which some clients fill; nobody reads them.
fn is_key(key: &[u8]) -> bool {
    key.strip_suffix(b"==").is_some_and(|digits| {
        digits.len() == 22
            && digits
                .iter()
                .all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
    })
}
