//! The subscriber locations and `/ws`: who may listen, over what, from where.

use std::sync::Arc;

use bytes::Bytes;
use fanfare_hub::{Admission, ChannelName, JoinError, PageLimit, Place, Start, Step};
use fanfare_link::{Front, Hold, Laggard, Protocol, Verdict, Via};
use fanfare_relay::gap::{self, Missed};
use fanfare_relay::headers::{FANFARE_GAP, SUBSCRIBER_VARY};
use fanfare_relay::{
    Location, Outcome, PollMode, Profile, Query, RelayError, Validators, channels, read_starts,
};
use http::header::{HeaderValue, ORIGIN, VARY};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};

use crate::access;
use crate::adapters::{
    Chunked, Multipart, Ndjson, Poll, PollSettings, RawStream, Sse, SseSettings,
};
use crate::config::SlowReader;
use crate::headers;
use crate::node::Node;
use crate::problem::Problem;
use crate::route::{Route, Rules};
use crate::transport::Transport;
use crate::upgrade;

/// Decides about every `GET` at a subscriber location; everything else is the service's.
#[derive(Debug)]
pub(crate) struct SubscriberFront {
    node: Arc<Node>,
}

/// One subscribe request on its way to becoming a held connection.
pub(crate) struct Request<'a> {
    pub(crate) node: &'a Arc<Node>,
    pub(crate) parts: &'a Parts,
    pub(crate) via: Via,
}

/// What a transport makes of a request.
pub(crate) struct Speaker {
    pub(crate) head: Option<Response<()>>,
    pub(crate) protocol: Box<dyn Protocol>,
}

impl SubscriberFront {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self { node }
    }
}

impl Front for SubscriberFront {
    fn route(&self, parts: &Parts, via: Via) -> Verdict {
        let route = self.node.routes.find(parts.uri.path());
        let is_ours = match route {
            Route::Subscriber(..) | Route::Multiplex => true,
            // Polls are exchanged like any other request.
            Route::SocketIo => upgrade::is_wanted(&parts.headers),
            _ => false,
        };
        if !is_ours {
            return Verdict::Pass;
        }
        let request = Request {
            node: &self.node,
            parts,
            via,
        };
        let decided = request.admit().and_then(|()| match route {
            Route::Subscriber(rules, segment) => {
                request.subscribe(self.node.routes.rules(rules), segment)
            }
            Route::SocketIo => upgrade::socketio(&request),
            _ => upgrade::multiplex(&request),
        });
        decided.unwrap_or_else(|problem| {
            Verdict::Answer(request.with_extra(problem.response(&parts.headers)))
        })
    }
}

impl Request<'_> {
    fn admit(&self) -> Result<(), Problem> {
        self.node.access.check_source(
            &self.parts.headers,
            self.authority(),
            Location::Subscriber,
        )?;
        self.node.access.check_subscriber()
    }

    fn subscribe(&self, rules: &Rules, segment: &str) -> Result<Verdict, Problem> {
        let (segment, query) = channels::locate(segment, self.query());
        let names = match channels::split(segment) {
            Ok(names) => names,
            Err(error) => return self.refuse(error, rules.profile),
        };
        let channels_max = self.node.config.limits.channels_per_connection_max;
        if names.len() > channels_max {
            let message = format!(
                "a connection may hear {channels_max} channels, this names {}",
                names.len()
            );
            return Err(
                Problem::new(StatusCode::FORBIDDEN, "too_many_channels", message)
                    .decided_by("limits.channels_per_connection_max"),
            );
        }
        self.node.access.check_channels(self.parts, &names)?;
        let starts = read_starts(&self.parts.headers, query, names.len(), self.node.first())?;
        let transport = Transport::choose(&self.parts.headers, query)?;
        let speaker = self.speaker(rules, transport, &starts)?;
        let places: Vec<(ChannelName, Start)> = names.into_iter().zip(starts).collect();
        let admission = rules.profile.admission(rules.admission);
        let hold = self.hold(speaker, places, admission, rules.profile);
        Ok(match transport {
            _ if rules.existing_channels_only => self.once_known(hold, rules.profile),
            Transport::Chunked | Transport::Stream if resumes(&hold) => self.with_gaps(hold),
            _ => Verdict::Hold(hold),
        })
    }

    /// The protocol gives some mistakes an answer of their own; the rest is a problem.
    fn refuse(&self, error: RelayError, profile: Profile) -> Result<Verdict, Problem> {
        match error.outcome() {
            Outcome::Invalid => Err(error.into()),
            outcome => Ok(Verdict::Answer(self.plain(outcome, profile, error.code()))),
        }
    }

    fn speaker(
        &self,
        rules: &Rules,
        transport: Transport,
        starts: &[Start],
    ) -> Result<Speaker, Problem> {
        let framing = self.via.framing;
        let subscribe = &self.node.config.subscribe;
        let keep_alive = subscribe.sse_keep_alive;
        Ok(match transport {
            Transport::Chunked => self.stream(Chunked::head(), Box::new(Chunked::new(framing))),
            Transport::EventStream => {
                let settings = SseSettings {
                    keep_alive,
                    retry: subscribe.sse_retry,
                    tells_place: starts.iter().any(|start| start.moves()),
                };
                self.stream(Sse::head(), Box::new(Sse::new(framing, settings)))
            }
            Transport::IntervalPoll => self.poll(rules, PollMode::Interval, starts),
            Transport::LongPoll => self.poll(rules, PollMode::Long, starts),
            Transport::Multipart => {
                let protocol = Multipart::new(framing, self.node.now());
                self.stream(protocol.head(), Box::new(protocol))
            }
            Transport::Ndjson => {
                self.stream(Ndjson::head(), Box::new(Ndjson::new(framing, keep_alive)))
            }
            Transport::Stream => self.stream(RawStream::head(), Box::new(RawStream::new(framing))),
            Transport::WebSocket => upgrade::subscriber(self)?,
        })
    }

    fn stream(&self, mut head: Response<()>, protocol: Box<dyn Protocol>) -> Speaker {
        headers::merge(head.headers_mut(), self.extra());
        Speaker {
            head: Some(head),
            protocol,
        }
    }

    fn poll(&self, rules: &Rules, mode: PollMode, starts: &[Start]) -> Speaker {
        let settings = PollSettings {
            profile: rules.profile,
            mode,
            timeout: rules.poll_time,
            echo: Validators::echo(&self.parts.headers),
            tells_place: starts.iter().any(|start| start.moves()),
            origin: self.origin(),
        };
        Speaker {
            head: None,
            protocol: Box::new(Poll::new(settings)),
        }
    }

    /// Puts together what the link holds.
    pub(crate) fn hold(
        &self,
        speaker: Speaker,
        places: Vec<(ChannelName, Start)>,
        admission: Admission,
        profile: Profile,
    ) -> Hold {
        let origin = self.origin();
        Hold {
            head: speaker.head,
            protocol: speaker.protocol,
            places,
            admission,
            refusal: Box::new(move |error| refusal(*error, profile, origin.as_ref())),
            laggard: match self.node.config.subscribe.slow_reader {
                SlowReader::Close => Laggard::Close,
                SlowReader::Gap => Laggard::Tell,
            },
        }
    }

    /// Holds the connection only if a publisher has made all of its channels.
    fn once_known(&self, hold: Hold, profile: Profile) -> Verdict {
        let node = Arc::clone(self.node);
        let refusal = self.plain(Outcome::Refused, profile, "no_such_channel");
        Verdict::Later(Box::pin(async move {
            for (channel, _) in &hold.places {
                // An engine that cannot be asked does not let anybody in.
                if !node.hub.exists(channel, node.now()).await.unwrap_or(false) {
                    return Verdict::Answer(refusal);
                }
            }
            Verdict::Hold(hold)
        }))
    }

    /// Tells in the head what a returning reader has missed: a raw stream has no other place for it.
    fn with_gaps(&self, mut hold: Hold) -> Verdict {
        let node = Arc::clone(self.node);
        Verdict::Later(Box::pin(async move {
            let is_only = hold.places.len() == 1;
            let mut missed = Vec::new();
            for (channel, start) in &mut hold.places {
                let page = node.hub.read(channel, *start, PageLimit::ONE, node.now());
                // An engine that cannot be asked is asked again when the reader is held.
                let Ok(mut page) = page.await else {
                    continue;
                };
                let mut place = Place::new(channel.clone(), *start);
                if let Some(Step::Gap(gap)) = place.follow(&mut page) {
                    *start = Start::After(gap.resumed);
                    let channel = (!is_only).then(|| channel.clone());
                    missed.push(Missed { channel, gap });
                }
            }
            if let (Some(head), Some(value)) = (&mut hold.head, gap::write(&missed)) {
                head.headers_mut().insert(FANFARE_GAP, value);
            }
            Verdict::Hold(hold)
        }))
    }

    /// The origin of the page that asks, in memory of its own: as it came it would keep the whole
    /// request head.
    fn origin(&self) -> Option<HeaderValue> {
        let origin = self.parts.headers.get(ORIGIN)?;
        HeaderValue::from_bytes(origin.as_bytes()).ok()
    }

    /// What every answer carries.
    fn extra(&self) -> HeaderMap {
        let access = &self.node.access;
        let mut extra = access.cors(&self.parts.headers, self.authority(), Location::Subscriber);
        headers::merge(&mut extra, vary());
        extra
    }

    /// The host that the target itself names.
    pub(crate) fn authority(&self) -> Option<&str> {
        self.parts.uri.authority().map(http::uri::Authority::as_str)
    }

    pub(crate) fn query(&self) -> Query<'_> {
        Query::new(self.parts.uri.query().unwrap_or_default())
    }

    fn plain(&self, outcome: Outcome, profile: Profile, code: &'static str) -> Response<Bytes> {
        self.with_extra(headers::plain(outcome, Location::Subscriber, profile, code))
    }

    fn with_extra(&self, response: Response<Bytes>) -> Response<Bytes> {
        with_extra(response, self.extra())
    }
}

/// True for a reader that brings a cursor.
fn resumes(hold: &Hold) -> bool {
    let is_cursor = |(_, start): &(_, Start)| matches!(start, Start::After(_));
    hold.places.iter().any(is_cursor)
}

/// Every subscriber answer carries `extra`, whose `Vary` includes the protocol's own.
fn with_extra(mut response: Response<Bytes>, extra: HeaderMap) -> Response<Bytes> {
    response.headers_mut().remove(VARY);
    headers::merge(response.headers_mut(), extra);
    response
}

pub(crate) fn vary() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(VARY, HeaderValue::from_static(SUBSCRIBER_VARY));
    headers
}

fn refusal(error: JoinError, profile: Profile, origin: Option<&HeaderValue>) -> Response<Bytes> {
    let code = match error {
        JoinError::Conflict => "conflict",
        _ => "too_many_subscribers",
    };
    let mut extra = origin.map_or_else(HeaderMap::new, |origin| {
        access::welcome(origin, Location::Subscriber)
    });
    headers::merge(&mut extra, vary());
    with_extra(
        headers::plain(Outcome::from(error), Location::Subscriber, profile, code),
        extra,
    )
}
