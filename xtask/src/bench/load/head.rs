//! Heads of responses.

use anyhow::{Context as _, Result, ensure};
use httparse::{EMPTY_HEADER, Header, Response, Status};

/// Header fields of a response; servers here send about ten.
const HEADERS_MAX: usize = 32;

/// What of a response's head matters here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Of the body, if it was announced.
    pub(super) content_length: Option<usize>,
    pub(super) is_chunked: bool,
    pub(super) validators: Option<Validators>,
}

/// Where a poll goes on, as the relay protocol writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Validators {
    pub(super) last_modified: String,
    pub(super) etag: String,
}

impl Head {
    /// Reads a head and its length in bytes; nothing while it is incomplete.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>> {
        let mut headers = [EMPTY_HEADER; HEADERS_MAX];
        let mut response = Response::new(&mut headers);
        let Status::Complete(length) = response.parse(bytes).context("not a response")? else {
            return Ok(None);
        };
        let value = |name: &str| value(response.headers, name);
        let content_length = value("content-length")
            .map(|it| it.parse().context("odd Content-Length"))
            .transpose()?;
        let head = Self {
            status: response.code.context("a response without a status")?,
            content_length,
            is_chunked: value("transfer-encoding").is_some_and(|it| it == "chunked"),
            validators: value("last-modified")
                .zip(value("etag"))
                .map(|(last_modified, etag)| Validators {
                    last_modified: last_modified.to_owned(),
                    etag: etag.to_owned(),
                }),
        };
        Ok(Some((head, length)))
    }

    pub(super) fn expect_status(&self, expected: &[u16]) -> Result<()> {
        let status = self.status;
        ensure!(expected.contains(&status), "answered {status}");
        Ok(())
    }
}

fn value<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a str> {
    let header = headers
        .iter()
        .find(|it| it.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(header.value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let text =
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nLast-Modified: now\r\nEtag: 7\r\n\r\nhello";
        let (head, length) = Head::read(text.as_bytes()).unwrap().unwrap();
        assert_eq!(length, text.len() - 5);
        assert_eq!(head.content_length, Some(5));
        assert_eq!(
            head.validators.as_ref().map(|it| it.etag.as_str()),
            Some("7")
        );
        assert!(!head.is_chunked);
        assert!(head.expect_status(&[200]).is_ok() && head.expect_status(&[201]).is_err());
        assert_eq!(Head::read(&text.as_bytes()[..30]).unwrap(), None);
    }

    #[test]
    fn what_is_no_head_is_an_error() {
        assert!(Head::read(b"\x81\x02hi").is_err());
    }
}
