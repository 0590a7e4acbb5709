//! Attachments on their way back to their places.

use std::cell::Cell;

use bytes::Bytes;

use crate::limits::PACKET_BYTES_MAX;

/// The attachments of some data, for a reader that copies them.
///
/// Any number of placeholders may name the same attachment: a packet of a megabyte could be read
/// into a hundred gigabytes. So there is a bound: every attachment once, and repetitions up to
/// [`PACKET_BYTES_MAX`].
#[derive(Debug)]
pub(crate) struct Attachments<'a> {
    attachments: &'a [Bytes],
    bytes_left: Cell<usize>,
}

/// Why an attachment cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AttachmentError {
    /// No attachment has this number.
    #[error("placeholder without an attachment")]
    Absent,
    /// All that were given are too many.
    #[error("placeholders repeat attachments for more than {PACKET_BYTES_MAX} bytes")]
    Repeated,
}

impl<'a> Attachments<'a> {
    pub(crate) fn new(attachments: &'a [Bytes]) -> Self {
        let once: usize = attachments.iter().map(Bytes::len).sum();
        Self {
            attachments,
            bytes_left: Cell::new(once.saturating_add(PACKET_BYTES_MAX)),
        }
    }

    /// How many there are. Without any, nothing is a placeholder.
    pub(crate) fn count(&self) -> usize {
        self.attachments.len()
    }

    /// Gives one to be copied.
    pub(crate) fn copy(&self, number: usize) -> Result<&'a Bytes, AttachmentError> {
        let attachment = self.attachments.get(number);
        let attachment = attachment.ok_or(AttachmentError::Absent)?;
        let bytes_left = self.bytes_left.get().checked_sub(attachment.len());
        self.bytes_left
            .set(bytes_left.ok_or(AttachmentError::Repeated)?);
        Ok(attachment)
    }
}
