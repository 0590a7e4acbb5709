//! A WebSocket over a stream that was handed over, whatever is said on it.
//!
//! While it waits it holds no buffer: bytes are read into one that the thread lends, and what is
//! found in them is heard at once. Reading stops while the peer does not take what was written, so
//! that it cannot make us keep more than one answer.

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use fanfare_websocket::{CloseCode, Decoder, Event, MessageKind, Role, Settings, frame};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::limits::GOODBYE;

/// Bytes that are read at once. As much as the largest TLS record holds.
const READ_BYTES: usize = 16 * 1024;

/// What is said over a WebSocket, and who hears what is answered.
pub(super) trait Speaker {
    /// The peer says something.
    fn hear(&mut self, text: &str);

    /// What to say next, once there is something. Asked again only when it has been written.
    fn poll_say(&mut self, cx: &mut Context<'_>) -> Poll<Say>;

    /// Ready when there is nothing more to say ever. Asked while the peer takes its time.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// Something to say.
pub(super) enum Say {
    /// A message, and come back.
    More(String),
    /// A message, perhaps empty, and goodbye.
    Last(String),
}

/// Runs a WebSocket until it is closed, on the server's side of the handshake. Messages of more
/// than `bytes_max` close it.
///
/// # Cancel safety
/// Dropping it closes the connection without goodbye.
pub(super) async fn drive<S>(stream: S, mut speaker: impl Speaker, bytes_max: usize)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut socket = Socket {
        stream,
        decoder: Decoder::new(Settings {
            role: Role::Server,
            message_bytes_max: u32::try_from(bytes_max).unwrap_or(u32::MAX),
            deflate: false,
        }),
        writing: VecDeque::new(),
        is_closing: false,
    };
    let outcome = poll_fn(|cx| socket.poll(&mut speaker, cx)).await;
    // The speaker need not wait for the peer's last words.
    drop(speaker);
    if outcome.is_ok() {
        // Whether the goodbye arrives makes no difference any more.
        let _ = tokio::time::timeout(GOODBYE, socket.part()).await;
    }
}

struct Socket<S> {
    stream: S,
    decoder: Decoder,
    writing: VecDeque<Bytes>,
    /// The goodbye has been written down: nothing is said or heard after it.
    is_closing: bool,
}

impl<S> Socket<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Ready when it is time to part. An error is a connection that has broken.
    fn poll(&mut self, speaker: &mut impl Speaker, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.is_closing {
            if self.poll_write(cx)?.is_pending() {
                ready!(speaker.poll_over(cx));
                self.say(Say::Last(String::new()));
            } else if let Poll::Ready(say) = speaker.poll_say(cx) {
                self.say(say);
            } else {
                ready!(self.poll_read(speaker, cx))?;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Writes the rest and says that nothing more is coming, and waits until the peer says so,
    /// too: closing a socket with bytes unread would take back what was written.
    async fn part(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_write(cx)).await?;
        poll_fn(|cx| Pin::new(&mut self.stream).poll_shutdown(cx)).await?;
        poll_fn(|cx| self.poll_discard(cx)).await
    }

    fn say(&mut self, say: Say) {
        let (text, is_last) = match say {
            Say::More(text) => (text, false),
            Say::Last(text) => (text, true),
        };
        if !text.is_empty() {
            let message = frame::encode(MessageKind::Text, text.as_bytes());
            self.writing.push_back(message);
        }
        if is_last {
            self.close(frame::close(CloseCode::NORMAL, ""));
        }
    }

    fn close(&mut self, goodbye: Bytes) {
        self.writing.push_back(goodbye);
        self.is_closing = true;
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(bytes) = self.writing.front_mut() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            bytes.advance(written);
            if bytes.is_empty() {
                self.writing.pop_front();
            }
        }
        // An idle socket keeps no memory of a busy moment.
        self.writing = VecDeque::new();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_read(
        &mut self,
        speaker: &mut impl Speaker,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        lend(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            self.read(speaker, buffer.filled_mut());
            Poll::Ready(Ok(()))
        })
    }

    /// Reads to the end, for nothing.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        lend(|buffer| {
            loop {
                let mut buffer = ReadBuf::new(buffer);
                ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
                if buffer.filled().is_empty() {
                    return Poll::Ready(Ok(()));
                }
            }
        })
    }

    fn read(&mut self, speaker: &mut impl Speaker, mut bytes: &mut [u8]) {
        while !self.is_closing {
            match self.decoder.decode(&mut bytes) {
                Ok(None) => return,
                Ok(Some(Event::Text(text))) => speaker.hear(&text),
                Ok(Some(Event::Ping(payload))) => self.writing.push_back(frame::pong(&payload)),
                Ok(Some(Event::Pong(_))) => {}
                Ok(Some(Event::Binary(_))) => {
                    self.close(frame::close(CloseCode::UNSUPPORTED_DATA, "text only"));
                }
                Ok(Some(Event::Close(received))) => {
                    self.close(frame::close_echo(received.as_ref()))
                }
                Err(violation) => self.close(violation.close_frame()),
            }
        }
    }
}

thread_local! {
    static BUFFER: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Lends the thread's buffer. It is taken out meanwhile, so that whoever asks for it inside gets
/// another one.
fn lend<R>(with: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut buffer = BUFFER
        .take()
        .unwrap_or_else(|| vec![0; READ_BYTES].into_boxed_slice());
    let result = with(&mut buffer);
    BUFFER.set(Some(buffer));
    result
}
