//! Long-polling: one request per message.

use std::collections::VecDeque;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use fanfare_relay::gap;
use fanfare_relay::headers::{FANFARE_GAP, FANFARE_ID, X_EVENTSOURCE_EVENT};
use http::header::{CONTENT_TYPE, ETAG, HeaderName, LAST_MODIFIED};
use http::{HeaderMap, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::received::{Gap, Message, Received, end_reason};
use super::{Peer, feed, peer, print};
use crate::cli::SubscribeArgs;

/// A subscription that asks again and again.
#[derive(Debug)]
pub(super) struct Poll<'a> {
    peer: &'a Peer,
    args: &'a SubscribeArgs,
    cursor: Option<String>,
    /// What the last answer has brought and nobody has taken yet.
    brought: VecDeque<Received>,
}

impl<'a> Poll<'a> {
    pub(super) fn new(peer: &'a Peer, args: &'a SubscribeArgs, cursor: Option<String>) -> Self {
        Self {
            peer,
            args,
            cursor,
            brought: VecDeque::new(),
        }
    }

    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Received>> {
        while self.brought.is_empty() {
            let target = feed::target(self.args, self.cursor.as_deref());
            let request = Request::get(self.peer.target(&target)).body(Bytes::new())?;
            let response = self.peer.send(request).await?;
            self.take(response).await?;
        }
        Ok(self.brought.pop_front())
    }

    async fn take(&mut self, response: Response<Incoming>) -> anyhow::Result<()> {
        let status = response.status();
        let headers = response.headers().clone();
        self.take_gaps(&headers);
        // Also of an answer without a message: it may stand behind a gap, or at "now".
        if let Some(cursor) = cursor(&headers) {
            self.cursor = Some(cursor);
        }
        if let Some(reason) = end_reason(status) {
            let channel = None;
            self.brought.push_back(Received::End { channel, reason });
        } else if !is_empty_handed(status) {
            let payload = peer::whole(response).await?;
            let message = self.message(&headers, payload.into());
            self.brought.push_back(Received::Message(message));
        }
        Ok(())
    }

    fn take_gaps(&mut self, headers: &HeaderMap) {
        let Some(report) = text(headers, &FANFARE_GAP).map(|value| gap::parse(&value)) else {
            return;
        };
        // A report that cannot be read still says that something is missing.
        let report = report.unwrap_or_else(|_| gap::Report {
            missed: Vec::new(),
            more: 1,
        });
        for missed in report.missed {
            self.brought.push_back(Received::Gap(Gap {
                channel: missed.channel.map(|name| name.to_string()),
                after: missed.gap.after.to_string(),
                resumed: missed.gap.resumed.to_string(),
                cursor: None,
            }));
        }
        if report.more > 0 {
            print::note("messages are missing in further channels");
        }
    }

    fn message(&self, headers: &HeaderMap, payload: Vec<u8>) -> Message {
        Message {
            id: self.cursor.clone().unwrap_or_default(),
            channel: None,
            event: text(headers, &X_EVENTSOURCE_EVENT),
            content_type: text(headers, &CONTENT_TYPE),
            payload,
        }
    }
}

/// Time ran out before there was a message, in the words of one dialect or the other.
fn is_empty_handed(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NOT_MODIFIED | StatusCode::REQUEST_TIMEOUT
    )
}

/// Of several channels the tag is the cursor in all of them. Of one it is a part of the id, and the
/// date is the other.
fn cursor(headers: &HeaderMap) -> Option<String> {
    let tag = text(headers, &ETAG)?;
    if tag.contains(':') {
        return Some(tag);
    }
    text(headers, &FANFARE_ID).or_else(|| {
        let date = httpdate::parse_http_date(&text(headers, &LAST_MODIFIED)?).ok()?;
        let seconds = date.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let tag: u32 = tag.parse().ok()?;
        Some(format!("{seconds}:{tag}"))
    })
}

/// A header as UTF-8, which is what the server writes.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let bytes = headers.get(name)?.as_bytes();
    Some(std::str::from_utf8(bytes).ok()?.to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(headers: &[(HeaderName, &'static str)], expected: Option<&str>) {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        assert_eq!(cursor(&headers.collect()).as_deref(), expected);
    }

    #[test]
    fn the_cursor_is_where_the_answer_has_it() {
        let date = (LAST_MODIFIED, "Thu, 20 Nov 2025 23:27:06 GMT");
        let id = (FANFARE_ID, "1763681226:3");
        check(
            &[date.clone(), (ETAG, "3"), id.clone()],
            Some("1763681226:3"),
        );
        check(&[date.clone(), (ETAG, "3")], Some("1763681226:3"));
        check(&[date.clone(), (ETAG, "1:2,-"), id], Some("1:2,-"));
        check(&[date], None);
        check(&[], None);
    }
}
