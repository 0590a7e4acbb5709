//! The publisher location as a tower service.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::acceptor::Acceptor;
use crate::answer::{Answering, failed, refused};
use crate::{
    Intent, Location, Outcome, Publishing, PublishingError, Query, Relay, RelayBody, RelayError,
};

/// Serves those who send messages: POST publishes, PUT makes a channel, GET asks about it, DELETE
/// deletes it, and its subscribers with it.
///
/// What a message can carry beside its bytes is in headers, see [`read_draft`](crate::read_draft);
/// the query is the application's own.
#[derive(Clone)]
pub struct Publisher {
    relay: Relay,
    acceptor: Arc<dyn Acceptor>,
}

impl Publisher {
    pub(crate) fn new(relay: Relay, acceptor: impl Acceptor) -> Self {
        Self {
            relay,
            acceptor: Arc::new(acceptor),
        }
    }

    async fn answer<B>(self, parts: Parts, mut body: Pin<Box<B>>) -> Response<Bytes>
    where
        B: Body<Data: AsRef<[u8]>>,
    {
        let config = self.relay.config();
        let intent = Location::Publisher.intent(&parts.method, config.profile);
        let plain = |outcome: Outcome| outcome.response(Location::Publisher, config.profile);
        match intent {
            Intent::Options => return plain(Outcome::Options),
            Intent::Forbidden | Intent::Subscribe | Intent::WrongMethod => {
                return plain(Outcome::WrongMethod);
            }
            Intent::Create | Intent::Delete | Intent::Inform | Intent::Publish => {}
        }
        let channels = match self.acceptor.accept(&parts).await {
            Ok(channels) => channels,
            Err(refusal) => return refused(refusal, Location::Publisher, config.profile),
        };
        let [channel] = &*channels else {
            return failed(&RelayError::OneChannel.into());
        };
        let publishing = Publishing {
            hub: self.relay.hub(),
            profile: config.profile,
            history: config.history,
            message_bytes_max: config.message_bytes_max,
            arrivals: self.relay.arrivals(),
            message_time: config.message_time,
            clock: &|| self.relay.now(),
        };
        publishing
            .answer(intent, channel, Query::default(), &parts, &mut body)
            .await
            .unwrap_or_else(|error: PublishingError| failed(&error))
    }
}

impl<B> Service<Request<B>> for Publisher
where
    B: Body<Data: AsRef<[u8]> + Send> + Send + 'static,
{
    type Response = Response<RelayBody>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        let (parts, body) = request.into_parts();
        let body = Box::pin(body);
        let publisher = self.clone();
        Answering::new(publisher.answer(parts, body))
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Publisher").field(&self.relay).finish()
    }
}
