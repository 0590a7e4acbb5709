//! What a subscription brings, whatever it came over.

/// A message, or the news that some are missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    /// The cursor after this.
    pub(super) id: String,
    /// The channel, where the transport says it.
    pub(super) channel: Option<String>,
    pub(super) event: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) payload: Vec<u8>,
    /// This is no message: messages are missing here.
    pub(super) is_gap: bool,
}

impl Received {
    pub(super) fn cursor(&self) -> &str {
        &self.id
    }
}
