//! The form that frames take in the response of each transport.

use std::borrow::Cow;

use bytes::Bytes;

use super::script;
use super::transport::Transport;

pub(super) const PLAIN: &str = "text/plain; charset=UTF-8";
pub(super) const SCRIPT: &str = "text/javascript; charset=UTF-8";
pub(super) const PAGE: &str = "text/html";

/// The page of `htmlfile` begins with 256 bytes, before which Internet Explorer runs no script.
const PAGE_OPENING: &[u8; 256] = &{
    let mut page = [b' '; 256];
    let (opening, _) = page.split_at_mut(12);
    opening.copy_from_slice(b"<html><body>");
    page
};

/// The content type of a stream.
pub(super) fn content_type(transport: Transport) -> &'static str {
    match transport {
        Transport::HtmlFile => PAGE,
        Transport::XhrMultipart => "multipart/x-mixed-replace;boundary=\"socketio\"",
        Transport::JsonpPolling => SCRIPT,
        Transport::WebSocket | Transport::XhrPolling => PLAIN,
    }
}

/// What a stream begins with.
pub(super) fn opening(transport: Transport) -> Bytes {
    Bytes::from_static(match transport {
        Transport::HtmlFile => PAGE_OPENING,
        Transport::XhrMultipart => b"--socketio\n",
        _ => b"",
    })
}

/// A batch of frames on a stream.
pub(super) fn batch(transport: Transport, frames: &str) -> Bytes {
    let text: Cow<'_, str> = match transport {
        Transport::HtmlFile => script::element(frames).into(),
        Transport::XhrMultipart => {
            format!("Content-Type: text/plain\n\n{frames}\n--socketio\n").into()
        }
        _ => frames.into(),
    };
    text.into_owned().into()
}
