//! What a simulated node answers where.
//!
//! `/lines`, `/poll` and `/frames` hold a connection; their query names the channels and where to
//! begin in each, like `c0=oldest&c1=1700000000:3`, and may add `later=MILLIS` for a verdict that
//! comes late, `close` for readers that are closed when they fall behind, `last` and `first` for
//! channels with one reader. `/hello` is answered at once, everything else is not ours.

use std::time::Duration;

use fanfare_hub::{Admission, ChannelName, Start};
use fanfare_link::{Front, Hold, Laggard, Protocol, Verdict, Via};
use http::request::Parts;
use http::{Response, StatusCode};

use crate::simulation::clock::VirtualClock;
use crate::simulation::protocols::{Frames, Lines, LongPoll, parse_start};

/// The routes.
#[derive(Debug)]
pub struct Routes {
    clock: VirtualClock,
}

impl Routes {
    /// With verdicts that come late by this clock.
    pub fn new(clock: &VirtualClock) -> Self {
        Self {
            clock: clock.clone(),
        }
    }

    fn decide(request: &Parts, via: Via) -> Verdict {
        let query = request.uri.query().unwrap_or_default();
        let (status, protocol): (_, Box<dyn Protocol>) = match request.uri.path() {
            "/frames" => (
                Some(StatusCode::SWITCHING_PROTOCOLS),
                Box::new(Frames::default()),
            ),
            "/hello" => return Verdict::Answer(Response::new("k\n".into())),
            "/lines" => (Some(StatusCode::OK), Box::new(Lines::new(via.framing))),
            "/poll" => (None, Box::new(LongPoll::new(Duration::from_secs(10)))),
            _ => return Verdict::Pass,
        };
        let head = status.map(|status| {
            let mut head = Response::new(());
            *head.status_mut() = status;
            head
        });
        Verdict::Hold(Hold {
            head,
            protocol,
            places: places(query),
            admission: admission(query),
            refusal: Box::new(|_| {
                let mut response = Response::new("b refused\n".into());
                *response.status_mut() = StatusCode::CONFLICT;
                response
            }),
            laggard: if has(query, "close") {
                Laggard::Close
            } else {
                Laggard::Tell
            },
        })
    }
}

impl Front for Routes {
    fn route(&self, request: &Parts, via: Via) -> Verdict {
        let verdict = Self::decide(request, via);
        let query = request.uri.query().unwrap_or_default();
        let later = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("later=")?.parse::<u64>().ok());
        match later {
            None => verdict,
            Some(millis) => {
                let due = self.clock.until(self.clock.millis() + millis);
                Verdict::Later(Box::pin(async move {
                    due.await;
                    verdict
                }))
            }
        }
    }
}

fn has(query: &str, word: &str) -> bool {
    query.split('&').any(|pair| pair == word)
}

fn admission(query: &str) -> Admission {
    if has(query, "first") {
        Admission::First
    } else if has(query, "last") {
        Admission::Last
    } else {
        Admission::Broadcast
    }
}

fn places(query: &str) -> Vec<(ChannelName, Start)> {
    query
        .split('&')
        .filter_map(|pair| {
            let (channel, start) = pair.split_once('=')?;
            Some((ChannelName::new(channel).ok()?, parse_start(start)?))
        })
        .collect()
}
