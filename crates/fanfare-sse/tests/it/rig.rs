//! What tests of responses need.

use fanfare_sse::{SseBody, SseResponse};
use futures_util::FutureExt as _;
use http::{Method, Request};
use http_body_util::BodyExt as _;

/// A GET without headers.
pub(crate) fn get() -> Request<()> {
    request(Method::GET, "/", &[])
}

pub(crate) fn request(method: Method, uri: &str, headers: &[(&str, &str)]) -> Request<()> {
    let request = Request::builder().method(method).uri(uri);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(()).unwrap()
}

/// What a client sees of a response, frame by frame.
pub(crate) struct Client(SseBody);

impl Client {
    pub(crate) fn unread(response: SseResponse) -> Self {
        Self(response.into_body())
    }

    /// Reads the opening of a stream away.
    pub(crate) fn of(response: SseResponse) -> Self {
        let mut client = Self::unread(response);
        let opening = client.now().expect("says something at once");
        assert!(
            opening.starts_with(": ok") || opening.starts_with("retry: "),
            "{opening}"
        );
        client
    }

    /// The text of the next frame; `None` at the end. In a test with a paused clock it waits as
    /// long as it must.
    pub(crate) async fn next(&mut self) -> Option<String> {
        let frame = self.0.frame().await?.expect("the stream is sound");
        let bytes = frame.into_data().expect("there are no trailers");
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// The next frame if it is there already.
    pub(crate) fn now(&mut self) -> Option<String> {
        self.next().now_or_never().flatten()
    }

    /// True if nothing more will come.
    pub(crate) fn is_over(&mut self) -> bool {
        matches!(self.next().now_or_never(), Some(None))
    }
}
