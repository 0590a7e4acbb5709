//! A response that goes on, in pieces that end alike.

use anyhow::ensure;
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::peer::ANSWER_BYTES_MAX;

/// A streaming body and what of it has not been taken yet.
#[derive(Debug)]
pub(super) struct Body {
    incoming: Incoming,
    rest: BytesMut,
    /// Bytes of `rest` in which the end of a piece does not begin, so that a long one is not looked
    /// through again with each read.
    searched: usize,
}

impl Body {
    pub(super) fn new(incoming: Incoming) -> Self {
        Self {
            incoming,
            rest: BytesMut::new(),
            searched: 0,
        }
    }

    /// The next piece, with `end` at its end. `None` when the connection is over, also where the
    /// server did not mean it: what has come of a piece by then is none.
    pub(super) async fn through(&mut self, end: &[u8]) -> anyhow::Result<Option<BytesMut>> {
        loop {
            if let Some(piece) = self.take_through(end) {
                return Ok(Some(piece));
            }
            match self.incoming.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.rest.extend_from_slice(&data);
                    }
                }
                Some(Err(_)) | None => return Ok(None),
            }
            ensure!(
                self.rest.len() <= ANSWER_BYTES_MAX,
                "the server sent a message that is too long"
            );
        }
    }

    fn take_through(&mut self, end: &[u8]) -> Option<BytesMut> {
        let unsearched = self.rest.get(self.searched..).unwrap_or_default();
        let found = unsearched
            .windows(end.len())
            .position(|window| window == end);
        match found {
            Some(place) => {
                let piece = self.rest.split_to(self.searched + place + end.len());
                self.searched = 0;
                Some(piece)
            }
            None => {
                self.searched = self.rest.len().saturating_sub(end.len() - 1);
                None
            }
        }
    }
}
