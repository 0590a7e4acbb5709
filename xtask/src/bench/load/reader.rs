//! What a subscriber gets, taken apart into messages.

mod events;
mod frame;

use anyhow::{Context as _, Result, bail};

use crate::bench::plan::Transport;

use super::head::{Head, Validators};
use events::EventStream;
use frame::Frame;

/// Reads the bytes of one connection, however they are cut.
#[derive(Debug)]
pub(super) struct Reader {
    /// What is not used yet.
    buffer: Vec<u8>,
    stage: Stage,
    /// Where the last poll ended, until somebody goes on from there.
    answered: Option<Validators>,
}

#[derive(Debug)]
enum Stage {
    Head(Transport),
    Events(EventStream),
    Frames,
    /// The body of a poll's response.
    PollBody {
        length: usize,
        cursor: Validators,
    },
}

impl Reader {
    pub(super) fn new(transport: Transport) -> Self {
        Self {
            buffer: Vec::new(),
            stage: Stage::Head(transport),
            answered: None,
        }
    }

    /// Takes what arrived, and gives each whole message away.
    ///
    /// # Errors
    /// When the server says what it should not, or ends the connection in its own words.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        mut message: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        self.buffer.extend_from_slice(bytes);
        let mut used = 0;
        while let Some(length) = self.step(used, &mut message)? {
            used += length;
        }
        self.buffer.drain(..used);
        Ok(())
    }

    /// True once the request has been answered; that of a poll waits for a message.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Head(_))
    }

    /// Where the poll that was just answered ended; asked once.
    pub(super) fn take_answered(&mut self) -> Option<Validators> {
        self.answered.take()
    }

    /// Uses some bytes and says how many; nothing if more have to come first.
    fn step(
        &mut self,
        used: usize,
        message: &mut impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<Option<usize>> {
        let bytes = &self.buffer[used..];
        if bytes.is_empty() {
            return Ok(None);
        }
        match &mut self.stage {
            Stage::Head(transport) => {
                let Some((head, length)) = Head::read(bytes)? else {
                    return Ok(None);
                };
                self.stage = Stage::after(&head, *transport)?;
                Ok(Some(length))
            }
            Stage::Events(stream) => stream.read(bytes, message),
            Stage::Frames => {
                let Some((frame, length)) = Frame::read(bytes)? else {
                    return Ok(None);
                };
                match frame {
                    Frame::Close(reason) => bail!("closed: {}", reason.escape_ascii()),
                    Frame::Control => {}
                    Frame::Message(payload) => message(payload)?,
                }
                Ok(Some(length))
            }
            Stage::PollBody { length, cursor } => {
                let length = *length;
                let Some(body) = bytes.get(..length) else {
                    return Ok(None);
                };
                message(body)?;
                self.answered = Some(cursor.clone());
                self.stage = Stage::Head(Transport::Poll);
                Ok(Some(length))
            }
        }
    }
}

impl Stage {
    fn after(head: &Head, transport: Transport) -> Result<Self> {
        let expected = match transport {
            Transport::SocketIo | Transport::WebSocket => 101,
            Transport::Poll | Transport::Sse => 200,
        };
        head.expect_status(&[expected])?;
        match transport {
            Transport::SocketIo | Transport::WebSocket => Ok(Self::Frames),
            Transport::Sse => Ok(Self::Events(EventStream::new(head.is_chunked))),
            Transport::Poll => Ok(Self::PollBody {
                length: head
                    .content_length
                    .context("a poll's response without a length")?,
                cursor: head
                    .validators
                    .clone()
                    .context("a poll's response without a cursor")?,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that these bytes hold these messages, at once and byte by byte.
    fn check(transport: Transport, bytes: &[u8], expected: &[&str]) -> Reader {
        let mut whole = Reader::new(transport);
        assert_eq!(messages(&mut whole, &[bytes]), expected);
        let mut cut = Reader::new(transport);
        let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(messages(&mut cut, &pieces), expected);
        whole
    }

    fn messages(reader: &mut Reader, pieces: &[&[u8]]) -> Vec<String> {
        let mut messages = Vec::new();
        for piece in pieces {
            reader
                .read(piece, |message| {
                    messages.push(String::from_utf8_lossy(message).into_owned());
                    Ok(())
                })
                .unwrap();
        }
        messages
    }

    #[test]
    fn frames_are_messages() {
        let bytes = b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02hi\x89\x00\x81\x02yo\x81";
        assert!(check(Transport::WebSocket, bytes, &["hi", "yo"]).is_open());
    }

    #[test]
    fn events_are_messages_with_and_without_chunks() {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".as_slice();
        let chunks = b"6\r\n: ok\n\n\r\nB\r\nid: 1\ndata:\r\n6\r\n hi\n\n\n\r\n";
        check(Transport::Sse, &[head, chunks].concat(), &["hi"]);
        let bytes =
            b"HTTP/1.1 200 OK\r\n\r\n: hi\n\nid: 1:0\ndata: one\n\nid: 1:1\ndata: two\n\nid";
        check(Transport::Sse, bytes, &["one", "two"]);
    }

    #[test]
    fn responses_are_messages_and_say_where_to_go_on() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLast-Modified: a\r\nEtag: b\r\n\r\nhi";
        let mut reader = check(Transport::Poll, bytes, &["hi"]);
        assert_eq!(
            reader.take_answered().map(|it| it.etag).as_deref(),
            Some("b")
        );
        assert_eq!(reader.take_answered(), None);
        assert_eq!(messages(&mut reader, &[bytes]), ["hi"]);
    }

    #[test]
    fn refusals_are_errors() {
        let refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
        for transport in [Transport::Poll, Transport::Sse, Transport::WebSocket] {
            assert!(Reader::new(transport).read(refused, |_| Ok(())).is_err());
        }
        let closed = b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x88\x02\x03\xe8";
        assert!(
            Reader::new(Transport::WebSocket)
                .read(closed, |_| Ok(()))
                .is_err()
        );
    }
}
