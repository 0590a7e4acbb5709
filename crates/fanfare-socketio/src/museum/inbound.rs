//! What clients post.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::pin;

use bytes::Buf;
use http::StatusCode;
use http_body::Body;

use super::frame;
use super::limits::RECEIVED_TIME_MAX;
use crate::form;

/// Reads a body of at most `bytes_max`.
///
/// # Errors
/// The status to answer with.
pub(super) async fn read<B: Body>(body: B, bytes_max: usize) -> Result<Vec<u8>, StatusCode> {
    tokio::time::timeout(RECEIVED_TIME_MAX, collect(body, bytes_max))
        .await
        .unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

async fn collect<B: Body>(body: B, bytes_max: usize) -> Result<Vec<u8>, StatusCode> {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(mut data) = frame.map_err(|_| StatusCode::BAD_REQUEST)?.into_data() else {
            continue; // Trailers.
        };
        if data.remaining() > bytes_max - bytes.len() {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            bytes.extend_from_slice(chunk);
            data.advance(chunk.len());
        }
    }
    Ok(bytes)
}

/// The frames in a posted form.
pub(super) fn frames(body: &[u8]) -> Option<String> {
    form::pairs(body)
        .find(|(name, _)| name == "data")
        .map(|(_, value)| mend_line_ends(value))
}

/// A form of HTML turns every line end into CR LF, and the lengths do not count that. So if the
/// frames make no sense as they came, they are read as they were meant.
fn mend_line_ends(frames: String) -> String {
    let is_sound = |text: &str| frame::decode(text).all(|frame| frame.is_ok());
    if !frames.contains("\r\n") || is_sound(&frames) {
        return frames;
    }
    let meant: Cow<'_, str> = frames.replace("\r\n", "\n").into();
    if is_sound(&meant) {
        meant.into_owned()
    } else {
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Option<&str>) {
        assert_eq!(frames(body.as_bytes()).as_deref(), expected);
    }

    #[test]
    fn frames_are_in_the_field_data() {
        check("data=~m~5~m~h%22llo", Some("~m~5~m~h\"llo"));
        check("a=b&data=~m~3~m~a+b", Some("~m~3~m~a b"));
        check("data", Some(""));
        check("", None);
        check("a=data", None);
    }

    /// As a browser posts `a\nb` and `a\r\nb` from a form: both look the same.
    #[test]
    fn line_ends_of_forms_are_mended() {
        check("data=~m~3~m~a%0D%0Ab", Some("~m~3~m~a\nb"));
        check("data=~m~4~m~a%0D%0Ab", Some("~m~4~m~a\r\nb"));
        check("data=~m~9~m~a%0D%0Ab", Some("~m~9~m~a\r\nb"));
    }
}
