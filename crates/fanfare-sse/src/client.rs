//! A client that connects again by itself, with the feature `client`.

mod backoff;
mod error;
mod silence;

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_core::Stream;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode, Uri};
use http_body::{Body, Frame};
use tokio::time::{Sleep, sleep};

use self::backoff::Backoff;
pub use self::error::ClientError;
use self::silence::Silence;
use crate::block::cursor_block;
use crate::decoder::{Decoder, MessageEvent};
use crate::field::InvalidField;
use crate::request::LAST_EVENT_ID;

type BoxError = Box<dyn Error + Send + Sync>;
type Connecting = Pin<Box<dyn Future<Output = Result<Response<Chunks>, BoxError>> + Send>>;

/// Reads an event stream as a browser's `EventSource` does, and connects again when it breaks off.
///
/// It is a [`Stream`] of events that goes on until the server says stop (status 204, the stream
/// ends) or there is no use in trying again (an error, and then the stream ends). Each new
/// connection says where the one before left off. How a request is made is the caller's: any HTTP
/// client with `http` types will do, and it may add headers of its own.
///
/// ```
/// use fanfare_sse::client::EventSource;
/// use futures_util::StreamExt as _;
/// # type Body = http_body_util::Empty<bytes::Bytes>;
/// # use hyper_util::client::legacy::{Client, connect::HttpConnector};
///
/// # async fn follow(client: Client<HttpConnector, Body>) -> Result<(), Box<dyn std::error::Error>> {
/// let uri = "http://localhost:8000/events/".parse()?;
/// let mut events = EventSource::new(uri, move |request| {
///     client.request(request.map(|()| Body::new()))
/// });
/// while let Some(event) = events.next().await {
///     println!("{}", event?.data);
/// }
/// # Ok(())
/// # }
/// ```
///
/// Redirects are for the HTTP client to follow.
///
/// It needs a tokio runtime with timers.
///
/// # Cancel safety
/// Nothing is lost between two calls.
///
/// Source: HTML standard, 9.2.3 "Processing model".
pub struct EventSource {
    uri: Uri,
    connect: Box<dyn FnMut(Request<()>) -> Connecting + Send>,
    decoder: Decoder,
    backoff: Backoff,
    silence: Silence,
    state: State,
}

enum State {
    Connecting(Connecting),
    /// As yet nothing was asked for.
    New,
    Over,
    Reading(Reading),
    Waiting(Pin<Box<Sleep>>),
}

struct Reading {
    chunks: Chunks,
    /// What the decoder has not taken yet.
    input: Bytes,
}

/// A body, whatever its type.
struct Chunks(Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send>>);

impl EventSource {
    /// Follows the event stream at `uri`, with `connect` to make each request. It does nothing
    /// until it is polled.
    pub fn new<C, F, B, E>(uri: Uri, mut connect: C) -> Self
    where
        C: FnMut(Request<()>) -> F + Send + 'static,
        F: Future<Output = Result<Response<B>, E>> + Send + 'static,
        B: Body<Error: Into<BoxError>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self {
            uri,
            connect: Box::new(move |request| {
                let response = connect(request);
                Box::pin(async move {
                    let response = response.await.map_err(Into::into)?;
                    Ok(response.map(|body| Chunks(Box::pin(Uniform(Box::pin(body))))))
                })
            }),
            decoder: Decoder::default(),
            backoff: Backoff::default(),
            silence: Silence::default(),
            state: State::New,
        }
    }

    /// Goes on after this event, which an earlier client has seen.
    ///
    /// # Errors
    /// [`InvalidField`] if no event can have that id.
    pub fn resume_after(mut self, id: &str) -> Result<Self, InvalidField> {
        let block = cursor_block(id)?;
        // A cursor fits and is no event.
        let read = self.decoder.decode(&mut block.as_ref());
        debug_assert_eq!(read, Ok(None));
        Ok(self)
    }

    /// How long to wait before connecting again, until the server says otherwise; 3 seconds if
    /// this is not called. When connecting fails it is doubled each time, up to a minute, and a
    /// random part of up to a half is added.
    #[must_use]
    pub fn retry(mut self, after: Duration) -> Self {
        self.backoff.retry = after;
        self
    }

    /// Connects again when nothing has come for so long: no answer, no event, no comment. Only so is it noticed
    /// that a server has vanished without a word. Twice or three times what the server waits
    /// before it sends a comment is right: 45 seconds for most.
    #[must_use]
    pub fn silence_max(mut self, silence: Duration) -> Self {
        self.silence.max = Some(silence);
        self
    }

    /// Gives up with [`ClientError::Unreachable`] when connecting has failed so many times in a
    /// row. If this is not called it never does.
    #[must_use]
    pub fn attempts_max(mut self, attempts: u32) -> Self {
        self.backoff.attempts_max = Some(attempts);
        self
    }

    /// The id of the last event, with which the next connection will begin; empty if there is none.
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    fn request(&self) -> Request<()> {
        let mut request = Request::new(());
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let id = self.decoder.last_event_id();
        // An id that cannot stand in a header is the server's own doing.
        if let Ok(id) = HeaderValue::from_bytes(id.as_bytes())
            && !id.is_empty()
        {
            headers.insert(LAST_EVENT_ID, id);
        }
        request
    }

    /// Takes the next step, which leads to an event or only to another state.
    fn step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<MessageEvent>, ClientError>> {
        match &mut self.state {
            State::New => self.connect(),
            State::Over => {}
            State::Waiting(pause) => {
                ready!(pause.as_mut().poll(cx));
                self.connect();
            }
            State::Connecting(response) => match response.as_mut().poll(cx) {
                Poll::Ready(Ok(response)) => self.open(response)?,
                Poll::Ready(Err(error)) => self.lost(error)?,
                Poll::Pending => {
                    ready!(self.silence.poll(cx));
                    self.lost("the server does not answer".into())?;
                }
            },
            State::Reading(reading) => {
                match ready!(reading.poll(&mut self.decoder, &mut self.silence, cx))? {
                    Some(event) => return Poll::Ready(Ok(Some(event))),
                    None => self.ended(),
                }
            }
        }
        Poll::Ready(Ok(None))
    }

    fn connect(&mut self) {
        let request = self.request();
        self.state = State::Connecting((self.connect)(request));
        self.silence.heard();
    }

    fn open(&mut self, response: Response<Chunks>) -> Result<(), ClientError> {
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NO_CONTENT => {
                self.state = State::Over;
                return Ok(());
            }
            status => return Err(ClientError::Status(status)),
        }
        if !is_event_stream(&response) {
            return Err(ClientError::ContentType);
        }
        self.backoff.connected();
        self.silence.heard();
        self.state = State::Reading(Reading {
            chunks: response.into_body(),
            input: Bytes::new(),
        });
        Ok(())
    }

    /// The connection could not be made.
    fn lost(&mut self, error: BoxError) -> Result<(), ClientError> {
        let pause = self.backoff.failed(self.decoder.retry());
        let pause = pause.map_err(|attempts| ClientError::Unreachable {
            attempts,
            source: error,
        })?;
        self.state = State::Waiting(Box::pin(sleep(pause)));
        Ok(())
    }

    /// The connection has ended, whether in good order does not matter.
    fn ended(&mut self) {
        self.decoder.end_of_stream();
        let pause = self.backoff.pause(self.decoder.retry());
        self.state = State::Waiting(Box::pin(sleep(pause)));
    }
}

impl Stream for EventSource {
    type Item = Result<MessageEvent, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while !matches!(self.state, State::Over) {
            match ready!(self.step(cx)) {
                Ok(None) => {}
                Ok(Some(event)) => return Poll::Ready(Some(Ok(event))),
                Err(error) => {
                    self.state = State::Over;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(None)
    }
}

impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource")
            .field("uri", &self.uri)
            .field("last_event_id", &self.last_event_id())
            .finish_non_exhaustive()
    }
}

impl Reading {
    /// The next event, or `None` at the end of the connection.
    fn poll(
        &mut self,
        decoder: &mut Decoder,
        silence: &mut Silence,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<MessageEvent>, ClientError>> {
        loop {
            if let Some(event) = self.decode(decoder)? {
                return Poll::Ready(Ok(Some(event)));
            }
            match self.chunks.0.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    self.input = frame.into_data().unwrap_or_default();
                    silence.heard();
                }
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(Ok(None)),
                Poll::Pending => return silence.poll(cx).map(|()| Ok(None)),
            }
        }
    }

    fn decode(&mut self, decoder: &mut Decoder) -> Result<Option<MessageEvent>, ClientError> {
        let mut input = self.input.as_ref();
        let event = decoder.decode(&mut input)?;
        let taken = self.input.len() - input.len();
        self.input.advance(taken);
        Ok(event)
    }
}

/// Gives a body the one type of data and error that all have here.
struct Uniform<B>(Pin<Box<B>>);

impl<B: Body<Error: Into<BoxError>>> Body for Uniform<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(self.0.as_mut().poll_frame(cx));
        Poll::Ready(frame.map(|frame| match frame {
            Ok(frame) => Ok(frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))),
            Err(error) => Err(error.into()),
        }))
    }
}

/// Parameters do not matter, and there is only one charset.
fn is_event_stream<B>(response: &Response<B>) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("text/event-stream"))
}
