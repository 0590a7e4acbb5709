//! The body of a response that has no end of its own.

use bytes::Bytes;
use fanfare_hub::{Message, WireFormat};
use fanfare_link::{Close, Framing, LAST_CHUNK, Outbox, chunk};
use fanfare_relay::headers::confine;
use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};

/// Asks proxies of nginx's family not to hold the stream back.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The head of a stream. `no-transform` is what compressing layers look at before they collect a
/// stream to squeeze it; what publishers wrote is [confined](confine).
pub(super) fn head(content_type: Option<HeaderValue>) -> Response<()> {
    let mut response = Response::new(());
    let headers = response.headers_mut();
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, content_type);
    }
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-store, no-transform"),
    );
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    confine(headers);
    response
}

/// One encoding of a message, kept as it is and as one chunk of a chunked body.
#[derive(Clone, Copy, Debug)]
pub(super) struct StreamFormat {
    bare: WireFormat,
    chunked: WireFormat,
}

impl StreamFormat {
    /// Takes this number and the next one.
    pub(super) const fn numbered(number: u16) -> Self {
        Self {
            bare: WireFormat(number),
            chunked: WireFormat(number + 1),
        }
    }
}

/// Marks off what a stream writes in the way its connection needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct StreamBody(pub(super) Framing);

impl StreamBody {
    /// Writes a frame that is made once per message, marks included.
    pub(super) fn share(
        self,
        message: &Message,
        format: StreamFormat,
        encode: fn(&Message) -> Bytes,
        out: &mut Outbox<'_>,
    ) {
        out.share(match self.0 {
            Framing::Chunked => message.encoded(format.chunked, |message| chunk(&encode(message))),
            Framing::Carrier | Framing::UntilClose => message.encoded(format.bare, encode),
        });
    }

    /// Writes a frame of this connection's own.
    pub(super) fn send(self, frame: impl Into<Bytes>, out: &mut Outbox<'_>) {
        out.send(self.frame(frame));
    }

    /// A frame with its marks, to be kept and shared by its owner.
    pub(super) fn frame(self, frame: impl Into<Bytes>) -> Bytes {
        let frame = frame.into();
        match self.0 {
            Framing::Chunked => chunk(&frame),
            Framing::Carrier | Framing::UntilClose => frame,
        }
    }

    /// Ends the body in good order; a chunked one leaves the connection free for another request.
    pub(super) fn end(self, out: &mut Outbox<'_>) -> Close {
        match self.0 {
            Framing::Chunked => {
                out.send(LAST_CHUNK);
                Close::Finished
            }
            Framing::Carrier | Framing::UntilClose => Close::HangUp,
        }
    }

    /// Ends the body so that its reader sees that there should have been more: a chunked body
    /// lacks its last chunk; any other one can only be broken off.
    pub(super) fn cut(self) -> Close {
        match self.0 {
            Framing::Chunked => Close::HangUp,
            Framing::Carrier | Framing::UntilClose => Close::Abort,
        }
    }
}
