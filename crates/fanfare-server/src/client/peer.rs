//! A server, as a client reaches it.

use std::cell::Cell;

use bytes::Bytes;
use fanfare_relay::percent::Encoded;
use http::header::HOST;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::refusal::{is_unavailable, refusal};
use crate::exit::{Exit, ExitError};

/// Bytes of an answer that is read whole: a message with its wrapping, at the largest setting.
pub(super) const ANSWER_BYTES_MAX: usize = 128 << 20;

/// Where a server is.
#[derive(Debug)]
pub(super) struct Peer {
    authority: String,
    address: (String, u16),
    /// The path in front of the server's own, without a slash at its end.
    prefix: String,
    was_there: Cell<bool>,
}

impl Peer {
    pub(super) fn new(server: &Uri) -> Result<Self, ExitError> {
        if server.scheme_str() == Some("https") {
            return Err(Exit::Usage
                .error("this client speaks http only; reach a server behind TLS with curl"));
        }
        let host = server.host().unwrap_or_default();
        let authority = server
            .authority()
            .map_or_else(String::new, |authority| authority.as_str().to_owned());
        Ok(Self {
            authority,
            address: (
                host.trim_matches(['[', ']']).to_owned(),
                server.port_u16().unwrap_or(80),
            ),
            prefix: server.path().trim_end_matches('/').to_owned(),
            was_there: Cell::new(false),
        })
    }

    /// A path of the server as a request target.
    pub(super) fn target(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Whether a server has answered there, or held a request until it went away. It is expected to
    /// come back.
    pub(super) fn was_there(&self) -> bool {
        self.was_there.get()
    }

    /// Sends a request over a connection of its own.
    pub(super) async fn send(
        &self,
        mut request: Request<Bytes>,
    ) -> anyhow::Result<Response<Incoming>> {
        request.headers_mut().insert(HOST, self.authority.parse()?);
        let stream = TcpStream::connect((self.address.0.as_str(), self.address.1))
            .await
            .map_err(|error| self.unreachable(&error.into()))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.broken(error))?;
        // Ends with the connection; the runtime, which lives as long as the command, owns it.
        tokio::spawn(connection.with_upgrades());
        let answer = sender.send_request(request.map(Full::new)).await;
        let answer = answer.map_err(|error| self.broken(error))?;
        if !is_unavailable(answer.status()) {
            self.was_there.set(true);
        }
        Ok(answer)
    }

    fn broken(&self, error: hyper::Error) -> ExitError {
        if error.is_parse() {
            let authority = &self.authority;
            return Exit::Failure.error(format!("there is no HTTP server at {authority}: {error}"));
        }
        self.was_there.set(true);
        self.unreachable(&error.into())
    }

    fn unreachable(&self, error: &anyhow::Error) -> ExitError {
        let authority = &self.authority;
        Exit::Unreachable.error(format!("cannot reach the server at {authority}: {error:#}"))
    }
}

/// Refuses an answer that is an error.
pub(super) async fn accepted(
    response: Response<Incoming>,
) -> Result<Response<Incoming>, ExitError> {
    let status = response.status();
    if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response);
    }
    Err(refusal(response).await)
}

/// Reads an answer whole.
pub(super) async fn whole(response: Response<Incoming>) -> Result<Bytes, ExitError> {
    let body = accepted(response).await?.into_body();
    let collected = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let broken = |error| Exit::Unreachable.error(format!("the answer broke off: {error}"));
    Ok(collected.map_err(broken)?.to_bytes())
}

/// Percent-encodes a channel name for a path.
pub(super) fn encode(name: &str) -> String {
    Encoded(name).to_string()
}
