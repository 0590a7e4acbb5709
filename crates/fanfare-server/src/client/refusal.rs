//! Why a server does not do what it was asked to, in words and as an exit code.

use std::fmt::Write as _;

use fanfare_hub::EndReason;
use fanfare_relay::headers::FANFARE_ERROR;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;

use super::received::printable;
use crate::exit::{Exit, ExitError};

/// Bytes of the server's own words that are repeated. They are a sentence; anything longer comes
/// from somebody else and is left out.
const WORDS_BYTES_MAX: usize = 1024;

/// The error that an answer stands for: what it means, its status, and the server's own words.
pub(super) async fn refusal(response: Response<Incoming>) -> ExitError {
    let (parts, body) = response.into_parts();
    let words = if is_plain_text(&parts.headers) {
        let collected = Limited::new(body, WORDS_BYTES_MAX).collect().await;
        collected.map_or_else(|_| String::new(), |body| text(&body.to_bytes()))
    } else {
        String::new()
    };
    describe(parts.status, &parts.headers, &words)
}

/// The error that the end of a subscription stands for. `channel` is known where it can be only
/// one, or where the transport names it.
pub(super) fn over(reason: EndReason, channel: Option<&str>) -> ExitError {
    let channel = channel.map_or_else(
        || "one of the channels".to_owned(),
        |name| format!("the channel {}", printable(name)),
    );
    match reason {
        EndReason::Conflict => Exit::Refused.error(format!(
            "{channel} takes one subscriber at a time, and has another"
        )),
        EndReason::Deleted => Exit::Deleted.error(format!("{channel} was deleted")),
    }
}

fn describe(status: StatusCode, headers: &HeaderMap, words: &str) -> ExitError {
    let (meaning, exit) = meaning(status);
    let mut sentence = format!("{meaning} ({status})");
    // Where the protocol wants an empty body, a header has the reason.
    let code = header(headers, &FANFARE_ERROR);
    if let Some(why) = Some(words).filter(|words| !words.is_empty()).or(code) {
        // Writing to a string cannot fail.
        let _ = write!(sentence, ": {}", printable(why));
    }
    exit.error(sentence)
}

fn meaning(status: StatusCode) -> (&'static str, Exit) {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ("not allowed", Exit::Refused),
        StatusCode::NOT_FOUND => ("no such address on this server", Exit::NotFound),
        StatusCode::CONFLICT => (
            "the channel takes one subscriber at a time, and has another",
            Exit::Refused,
        ),
        StatusCode::GONE => ("the channel was deleted", Exit::Deleted),
        StatusCode::PAYLOAD_TOO_LARGE => ("the message is too large", Exit::TooLarge),
        status if is_unavailable(status) => ("the server is not available now", Exit::Unreachable),
        status if status.is_client_error() => ("the request is not accepted", Exit::Refused),
        status if status.is_server_error() => ("the server failed", Exit::Failure),
        _ => ("an answer that was not expected", Exit::Failure),
    }
}

/// What a proxy answers for a server that is away, and a server that cannot do it now.
pub(super) fn is_unavailable(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

fn is_plain_text(headers: &HeaderMap) -> bool {
    header(headers, &CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/plain"))
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(status: u16, code: Option<&'static str>, words: &str, exit: Exit, said: &str) {
        let mut headers = HeaderMap::new();
        headers.extend(code.map(|code| (FANFARE_ERROR, HeaderValue::from_static(code))));
        let error = describe(StatusCode::from_u16(status).unwrap(), &headers, words);
        assert_eq!(error, exit.error(said));
    }

    #[test]
    fn each_status_has_a_sentence_and_an_ending() {
        let conflict = "the channel takes one subscriber at a time, and has another (409 Conflict)";
        for (status, exit, said) in [
            (
                400,
                Exit::Refused,
                "the request is not accepted (400 Bad Request)",
            ),
            (401, Exit::Refused, "not allowed (401 Unauthorized)"),
            (403, Exit::Refused, "not allowed (403 Forbidden)"),
            (
                404,
                Exit::NotFound,
                "no such address on this server (404 Not Found)",
            ),
            (409, Exit::Refused, conflict),
            (410, Exit::Deleted, "the channel was deleted (410 Gone)"),
            (
                413,
                Exit::TooLarge,
                "the message is too large (413 Payload Too Large)",
            ),
            (
                301,
                Exit::Failure,
                "an answer that was not expected (301 Moved Permanently)",
            ),
            (
                500,
                Exit::Failure,
                "the server failed (500 Internal Server Error)",
            ),
            (
                502,
                Exit::Unreachable,
                "the server is not available now (502 Bad Gateway)",
            ),
            (
                503,
                Exit::Unreachable,
                "the server is not available now (503 Service Unavailable)",
            ),
            (
                507,
                Exit::Failure,
                "the server failed (507 Insufficient Storage)",
            ),
        ] {
            check(status, None, "", exit, said);
        }
    }

    #[test]
    fn the_servers_words_go_before_its_code() {
        let code = Some("key_required");
        check(
            401,
            code,
            "a key!",
            Exit::Refused,
            "not allowed (401 Unauthorized): a key!",
        );
        check(
            401,
            code,
            "",
            Exit::Refused,
            "not allowed (401 Unauthorized): key_required",
        );
    }

    // A server is not trusted with the terminal.
    #[test]
    fn words_do_not_steer_the_terminal() {
        check(
            403,
            None,
            "\u{1b}[2Jno\r",
            Exit::Refused,
            "not allowed (403 Forbidden):  [2Jno ",
        );
        let end = over(EndReason::Deleted, Some("a\u{7}"));
        assert_eq!(end.to_string(), "the channel a  was deleted");
    }
}
