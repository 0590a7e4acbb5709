//! A server, as a client reaches it.

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use fanfare_relay::percent::Encoded;
use http::header::HOST;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::exit::Exit;

/// Bytes of an answer that is read whole: a message with its wrapping, at the largest setting.
const ANSWER_BYTES_MAX: usize = 128 << 20;

/// Where a server is.
#[derive(Debug)]
pub(super) struct Peer {
    authority: String,
    address: (String, u16),
    /// The path in front of the server's own, without a slash at its end.
    prefix: String,
}

impl Peer {
    pub(super) fn new(server: &Uri) -> anyhow::Result<Self> {
        if server.scheme_str() == Some("https") {
            bail!(
                anyhow!("this client speaks http only; reach a server behind TLS with curl")
                    .context(Exit::Usage)
            );
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
        })
    }

    /// A path of the server as a request target.
    pub(super) fn target(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Sends a request over a connection of its own.
    pub(super) async fn send(
        &self,
        mut request: Request<Bytes>,
    ) -> anyhow::Result<Response<Incoming>> {
        request.headers_mut().insert(HOST, self.authority.parse()?);
        let unreachable = || format!("cannot reach the server at {}", self.authority);
        let stream = TcpStream::connect((self.address.0.as_str(), self.address.1))
            .await
            .context(Exit::Unreachable)
            .with_context(unreachable)?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the connection; the runtime, which lives as long as the command, owns it.
        tokio::spawn(connection.with_upgrades());
        sender
            .send_request(request.map(Full::new))
            .await
            .context(Exit::Unreachable)
            .with_context(unreachable)
    }
}

/// Refuses an answer that is an error, with the server's own words.
pub(super) async fn accepted(response: Response<Incoming>) -> anyhow::Result<Response<Incoming>> {
    let status = response.status();
    if status.is_success()
        || matches!(
            status,
            StatusCode::SWITCHING_PROTOCOLS | StatusCode::NOT_MODIFIED
        )
    {
        return Ok(response);
    }
    let words = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
        .collect()
        .await;
    let words = words
        .map(|body| String::from_utf8_lossy(&body.to_bytes()).trim().to_owned())
        .unwrap_or_default();
    let error = anyhow!("the server answers {status}: {words}");
    Err(if status.is_server_error() {
        error.context(Exit::Failure)
    } else {
        error.context(Exit::Refused)
    })
}

/// Reads an answer whole.
pub(super) async fn whole(response: Response<Incoming>) -> anyhow::Result<Bytes> {
    let body = accepted(response).await?.into_body();
    let collected = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    Ok(collected
        .map_err(|error| anyhow!("the answer broke off: {error}"))?
        .to_bytes())
}

/// Percent-encodes a channel name for a path.
pub(super) fn encode(name: &str) -> String {
    Encoded(name).to_string()
}
