//! HTTP/1.1 without TLS for `eventsource-client`, which leaves connections to its user.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http::header::HOST;
use http::{HeaderValue, Request, Response};
use http_body::Body as _;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use launchdarkly_sdk_transport::{ByteStream, HttpTransport, ResponseFuture, TransportError};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// One connection per request.
#[derive(Clone, Debug)]
pub(super) struct PlainHttp;

impl HttpTransport for PlainHttp {
    fn request(&self, request: Request<Option<Bytes>>) -> ResponseFuture {
        let (answer, answered) = oneshot::channel();
        tokio::spawn(async move {
            // The client may have lost interest.
            let _ = answer.send(fetch(request).await);
        });
        Box::pin(async move { answered.await.map_err(TransportError::new)? })
    }
}

async fn fetch(request: Request<Option<Bytes>>) -> Result<Response<ByteStream>, TransportError> {
    let authority = request
        .uri()
        .authority()
        .expect("an absolute URL")
        .to_string();
    let stream = TcpStream::connect(&authority)
        .await
        .map_err(TransportError::new)?;
    let io = TokioIo::new(stream);
    let (mut sender, connection) = http1::handshake(io).await.map_err(TransportError::new)?;
    // Its error comes out at the response, too.
    tokio::spawn(connection);
    let (mut parts, body) = request.into_parts();
    parts.headers.insert(
        HOST,
        HeaderValue::try_from(authority).expect("an authority"),
    );
    parts.uri = parts
        .uri
        .path_and_query()
        .expect("a path")
        .as_str()
        .parse()
        .expect("a path");
    let request = Request::from_parts(parts, Full::new(body.unwrap_or_default()));
    let response = sender
        .send_request(request)
        .await
        .map_err(TransportError::new)?;
    Ok(response.map(|body| Box::pin(Pieces(body)) as ByteStream))
}

/// A body as a stream of its pieces.
struct Pieces(Incoming);

impl Stream for Pieces {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_frame(cx).map(|frame| {
            Some(match frame? {
                Ok(frame) => frame.into_data().map_err(|_| {
                    TransportError::new(io::Error::other("trailers, which nobody sends"))
                }),
                Err(error) => Err(TransportError::new(error)),
            })
        })
    }
}
