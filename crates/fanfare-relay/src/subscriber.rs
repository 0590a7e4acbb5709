//! The subscriber location as a tower service.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use fanfare_hub::{ChannelName, EngineError, Heard, Listener, PageLimit, Start};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Request, Response};
use tower_service::Service;

use crate::acceptor::{Acceptor, Refusal};
use crate::answer::{Answering, refused};
use crate::gap::Missed;
use crate::headers::FANFARE_ID;
use crate::{
    Intent, Location, Outcome, PollAnswer, PollMode, Query, Relay, RelayBody, Validators,
    read_starts,
};

/// Serves those who wait for messages: each GET is answered with the next message after its
/// cursor, when there is one.
///
/// A poll that waits is one future. When the peer leaves, its server drops that, and the
/// subscription is over.
#[derive(Clone)]
pub struct Subscriber {
    relay: Relay,
    acceptor: Arc<dyn Acceptor>,
}

/// A poll that waits.
struct Waiting {
    listener: Listener,
    answer: PollAnswer,
}

impl Subscriber {
    pub(crate) fn new(relay: Relay, acceptor: impl Acceptor) -> Self {
        Self {
            relay,
            acceptor: Arc::new(acceptor),
        }
    }

    async fn answer(self, parts: Parts) -> Response<Bytes> {
        let config = self.relay.config();
        let plain = |outcome: Outcome| outcome.response(Location::Subscriber, config.profile);
        match Location::Subscriber.intent(&parts.method, config.profile) {
            Intent::Subscribe => {}
            Intent::Options => return plain(Outcome::Options),
            Intent::Forbidden => return plain(Outcome::Refused),
            _ => return plain(Outcome::WrongMethod),
        }
        let places = match self.places(&parts).await {
            Ok(places) => places,
            Err(refusal) => return refused(refusal, Location::Subscriber, config.profile),
        };
        if config.existing_channels_only && !self.all_exist(&places).await {
            return plain(Outcome::Refused);
        }
        let tells_place = places.iter().any(|(_, start)| start.moves());
        let echo = Validators::echo(&parts.headers);
        let answer = PollAnswer::new(config.profile, config.mode, echo).telling_place(tells_place);
        let admission = config.profile.admission(config.admission);
        let (hub, now) = (self.relay.hub(), self.relay.now());
        let listener = match config.mode {
            PollMode::Interval => hub.glance(places, admission, PageLimit::ONE, now),
            PollMode::Long => hub.listen(places, admission, PageLimit::ONE, now),
        };
        match listener {
            Ok(listener) => self.wait(Waiting { listener, answer }).await,
            Err(error) => plain(error.into()),
        }
    }

    /// The channels that the acceptor names, and where the request wants to begin in each.
    async fn places(&self, parts: &Parts) -> Result<Vec<(ChannelName, Start)>, Refusal> {
        let channels = self.acceptor.accept(parts).await?;
        if channels.is_empty() {
            return Err(Refusal::NoChannel);
        }
        let query = Query::new(parts.uri.query().unwrap_or_default());
        let first = self.relay.config().first;
        let starts = read_starts(&parts.headers, query, channels.len(), first)?;
        Ok(channels.into_iter().zip(starts).collect())
    }

    async fn all_exist(&self, places: &[(ChannelName, Start)]) -> bool {
        for (channel, _) in places {
            let exists = self.relay.hub().exists(channel, self.relay.now()).await;
            // An engine that cannot be asked does not let anybody in.
            if !exists.unwrap_or(false) {
                return false;
            }
        }
        true
    }

    async fn wait(&self, mut waiting: Waiting) -> Response<Bytes> {
        let config = self.relay.config();
        let mut time = pin!(config.poll_time.map(tokio::time::sleep));
        std::future::poll_fn(|cx| {
            if let Poll::Ready(mut response) = waiting.poll(&self.relay, cx) {
                let headers = response.headers_mut();
                if let (Some(kind), true) = (&config.content_type, headers.contains_key(FANFARE_ID))
                {
                    headers.insert(CONTENT_TYPE, kind.clone());
                }
                return Poll::Ready(response);
            }
            let Some(time) = time.as_mut().as_pin_mut() else {
                return Poll::Pending;
            };
            time.poll(cx)
                .map(|()| waiting.answer.nothing(Outcome::TimedOut))
        })
        .await
    }
}

impl Waiting {
    /// Hears what comes until that is an answer.
    fn poll(&mut self, relay: &Relay, cx: &mut Context<'_>) -> Poll<Response<Bytes>> {
        loop {
            let heard = std::task::ready!(self.listener.poll(cx, relay.now()));
            if let Some(response) = self.hear(heard, relay) {
                return Poll::Ready(response);
            }
        }
    }

    fn hear(
        &mut self,
        heard: Result<Heard, EngineError>,
        relay: &Relay,
    ) -> Option<Response<Bytes>> {
        let reached = |listener: &Listener, id| Validators::reached(id, listener.cursors());
        match heard {
            Err(_) => {
                let profile = relay.config().profile;
                Some(Outcome::Unavailable.response(Location::Subscriber, profile))
            }
            Ok(Heard::Ended { reason, .. }) => Some(self.answer.ended(reason)),
            Ok(Heard::Message { message, .. }) => {
                let reached = reached(&self.listener, message.id());
                Some(self.answer.message(&message, reached))
            }
            Ok(Heard::Gap { index, gap }) => {
                let is_only = self.listener.cursors().count() == 1;
                let channel = (!is_only).then(|| self.listener.channel(index).clone());
                let reached = reached(&self.listener, gap.resumed);
                self.answer.gap(Missed { channel, gap }, reached);
                None
            }
            Ok(Heard::CaughtUp) => {
                if let Some(id) = self.listener.cursors().flatten().max() {
                    self.answer.settled(|| reached(&self.listener, id));
                }
                let is_over = self.answer.mode() == PollMode::Interval;
                is_over.then(|| self.answer.nothing(Outcome::NothingNewer))
            }
        }
    }
}

impl<B> Service<Request<B>> for Subscriber {
    type Response = Response<RelayBody>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        let (parts, _body) = request.into_parts();
        Answering::new(self.clone().answer(parts))
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscriber").field(&self.relay).finish()
    }
}
