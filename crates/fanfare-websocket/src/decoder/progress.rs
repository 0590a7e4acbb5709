//! How far a decoder has come.

use std::borrow::Cow;
use std::mem;

use crate::decoder::header::{Expected, Header, PartialHeader};
use crate::decoder::message::{self, Message};
use crate::frame::FrameHeader;
use crate::{CloseCode, CloseFrame, Event, Opcode, Role, Settings, Violation, mask};

/// Where a decoder stands in the stream of bytes.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Between two frames: what has come of the next header.
    header: PartialHeader,
    /// Inside of a frame: that frame.
    frame: Option<Frame>,
    /// What has come of the payload of a control frame.
    control: Vec<u8>,
    /// What has come of a message. Control frames may come in between.
    message: Option<Message>,
}

/// A frame whose header has come.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Its key is turned to the next byte.
    header: FrameHeader,
    /// Bytes of its payload.
    length: usize,
    /// Those that have not come.
    missing: usize,
}

impl Progress {
    /// Nothing has begun.
    pub(crate) fn is_idle(&self) -> bool {
        self.header.is_empty() && self.frame.is_none() && self.message.is_none()
    }

    /// Bytes that the parts have allocated.
    pub(crate) fn capacity(&self) -> usize {
        self.control.capacity() + self.message.as_ref().map_or(0, Message::capacity)
    }

    /// Reads on to the next event, or to the end of `input`.
    pub(crate) fn advance<'i>(
        &mut self,
        settings: Settings,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'i>>, Violation> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.read_header(settings, input)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            let piece = frame.read_payload(input);
            if frame.missing > 0 {
                self.frame = Some(frame);
            }
            let event = if frame.header.opcode.is_control() {
                self.push_control(frame, piece)?
            } else {
                self.push_data(frame, piece, settings.message_bytes_max)?
            };
            if event.is_some() || frame.missing > 0 {
                return Ok(event);
            }
        }
    }

    fn read_header(
        &mut self,
        settings: Settings,
        input: &mut &mut [u8],
    ) -> Result<Option<Frame>, Violation> {
        let expected = Expected {
            masked: settings.role == Role::Server,
            deflate: settings.deflate,
            continuation: self.message.is_some(),
        };
        let Some((header, length)) = self.header.read(input, expected)? else {
            return Ok(None);
        };
        let length = self.check_length((header, length), settings.message_bytes_max)?;
        Ok(Some(Frame {
            header,
            length,
            missing: length,
        }))
    }

    /// Returns the length of the payload; refuses a message that is too big before it is read.
    fn check_length(&self, (header, length): Header, bytes_max: u32) -> Result<usize, Violation> {
        let too_big = Violation::MessageTooBig { bytes_max };
        let length = usize::try_from(length).map_err(|_| too_big)?;
        let (is_deflated, bytes) = match &self.message {
            Some(message) => (message.is_deflated(), message.len()),
            None => (header.rsv1, 0),
        };
        let wire_bytes_max = message::wire_bytes_max(is_deflated, bytes_max);
        if !header.opcode.is_control() && length > wire_bytes_max.saturating_sub(bytes) {
            return Err(too_big);
        }
        Ok(length)
    }

    fn push_control<'i>(
        &mut self,
        frame: Frame,
        piece: &'i [u8],
    ) -> Result<Option<Event<'i>>, Violation> {
        if frame.is_whole(piece) {
            return control(frame.header.opcode, Cow::Borrowed(piece)).map(Some);
        }
        self.control.extend_from_slice(piece);
        if frame.missing > 0 {
            return Ok(None);
        }
        let payload = mem::take(&mut self.control);
        control(frame.header.opcode, Cow::Owned(payload)).map(Some)
    }

    fn push_data<'i>(
        &mut self,
        frame: Frame,
        piece: &'i [u8],
        bytes_max: u32,
    ) -> Result<Option<Event<'i>>, Violation> {
        // A header that came alone: its payload may still come as one piece.
        if piece.is_empty() && frame.missing > 0 {
            return Ok(None);
        }
        if self.message.is_none() && frame.header.fin && frame.is_whole(piece) {
            return message::whole(frame.header, piece, bytes_max).map(Some);
        }
        let mut message = self
            .message
            .take()
            .unwrap_or_else(|| Message::new(frame.header));
        message.push(piece)?;
        if frame.header.fin && frame.missing == 0 {
            return message.finish(bytes_max).map(Some);
        }
        self.message = Some(message);
        Ok(None)
    }
}

impl Frame {
    /// Takes what there is of the payload from the front of `input`, and unmasks it.
    fn read_payload<'i>(&mut self, input: &mut &'i mut [u8]) -> &'i [u8] {
        let available = self.missing.min(input.len());
        let piece = input.split_off_mut(..available).unwrap_or_default();
        if let Some(key) = &mut self.header.mask {
            mask::apply(piece, *key);
            *key = mask::advance(*key, available);
        }
        self.missing -= available;
        piece
    }

    /// `piece`, which was just read, is all of the payload.
    fn is_whole(&self, piece: &[u8]) -> bool {
        self.length == piece.len()
    }
}

fn control(opcode: Opcode, payload: Cow<'_, [u8]>) -> Result<Event<'_>, Violation> {
    Ok(match (opcode, payload) {
        (Opcode::Ping, payload) => Event::Ping(payload),
        (Opcode::Pong, payload) => Event::Pong(payload),
        (_, Cow::Borrowed(payload)) => Event::Close(close(payload)?),
        (_, Cow::Owned(payload)) => Event::Close(close(&payload)?).into_owned(),
    })
}

/// Reads the payload of a close frame (RFC 6455, section 5.5.1).
fn close(payload: &[u8]) -> Result<Option<CloseFrame<'_>>, Violation> {
    if payload.is_empty() {
        return Ok(None);
    }
    let (&number, reason) = payload.split_first_chunk().ok_or(Violation::ClosePayload)?;
    let number = u16::from_be_bytes(number);
    let code = CloseCode::new(number).ok_or(Violation::CloseCode(number))?;
    let reason = str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    Ok(Some(CloseFrame {
        code,
        reason: Cow::Borrowed(reason),
    }))
}
