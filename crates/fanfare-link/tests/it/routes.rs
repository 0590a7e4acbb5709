//! The front of these tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fanfare_hub::{Admission, ChannelName, Start};
use fanfare_link::{Front, Hold, Laggard, Protocol, Tick, Verdict, Via};
use http::request::Parts;
use http::{Response, StatusCode};
use tokio::sync::oneshot;

use crate::letterbox::{Letterbox, Postman};
use crate::protocols::{Poll, Stream, Talk, parse_start};
use crate::rig::name;

/// The body of `/large`, too large to be copied behind its head.
pub(crate) const LARGE_BYTES: usize = 10_000;

#[derive(Default)]
pub(crate) struct Routes {
    /// Requests for `/later` that wait for their verdict, oldest first.
    gates: Mutex<Vec<oneshot::Sender<Verdict>>>,
    /// Targets asked for, in order.
    seen: Mutex<Vec<String>>,
    /// By the query of their requests for `/letters` or `/letter`.
    letterboxes: Mutex<BTreeMap<String, Arc<Letterbox>>>,
}

impl Routes {
    /// Decides about the oldest request for `/later`, as if it had been for `target`.
    pub(crate) fn decide(&self, verdict: Verdict) {
        let gate = self.gates.lock().unwrap().remove(0);
        // Whoever asked may be gone.
        let _ = gate.send(verdict);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.gates.lock().unwrap().len()
    }

    /// The letterbox of a connection that has asked for `/letters?NAME` or `/letter?NAME`.
    pub(crate) fn letterbox(&self, name: &str) -> Arc<Letterbox> {
        Arc::clone(&self.letterboxes.lock().unwrap()[name])
    }

    fn open_letterbox(&self, name: &str) -> Arc<Letterbox> {
        let opened = Arc::<Letterbox>::default();
        let mut all = self.letterboxes.lock().unwrap();
        all.insert(name.to_owned(), Arc::clone(&opened));
        opened
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

impl Front for Routes {
    fn route(&self, request: &Parts, via: Via) -> Verdict {
        self.seen.lock().unwrap().push(request.uri.to_string());
        let query = request.uri.query().unwrap_or_default();
        let places = places(query);
        match request.uri.path() {
            "/answer" => Verdict::Answer(answer("hello\n")),
            "/nothing" => {
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::NO_CONTENT;
                Verdict::Answer(response)
            }
            "/large" => Verdict::Answer(Response::new(vec![b'x'; LARGE_BYTES].into())),
            "/later" => {
                let (gate, verdict) = oneshot::channel();
                self.gates.lock().unwrap().push(gate);
                Verdict::Later(Box::pin(async { verdict.await.unwrap() }))
            }
            "/talk" => {
                let mut hold = hold(Box::new(Talk::new(query.contains("shy"))), places, query);
                hold.head = Some(upgrade());
                Verdict::Hold(hold)
            }
            "/poll" => Verdict::Hold(hold(Box::new(Poll { deadline: Tick(0) }), places, query)),
            "/letter" => {
                let postman = Postman::of_one(self.open_letterbox(query));
                Verdict::Hold(hold(Box::new(postman), places, query))
            }
            "/letters" => {
                let postman = Postman::of_many(self.open_letterbox(query), via.framing);
                let mut hold = hold(Box::new(postman), places, query);
                hold.head = Some(Response::new(()));
                Verdict::Hold(hold)
            }
            "/stream" => {
                let framing = via.framing;
                let mut hold = hold(Box::new(Stream { framing }), places, query);
                hold.head = Some(Response::new(()));
                Verdict::Hold(hold)
            }
            _ => Verdict::Pass,
        }
    }
}

pub(crate) fn answer(text: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    let kind = http::HeaderValue::from_static("text/plain");
    response.headers_mut().insert("content-type", kind);
    response
}

fn upgrade() -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let to = http::HeaderValue::from_static("talk");
    response.headers_mut().insert("upgrade", to);
    response
}

fn hold(protocol: Box<dyn Protocol>, places: Vec<(ChannelName, Start)>, query: &str) -> Hold {
    Hold {
        head: None,
        protocol,
        places,
        admission: if query.contains("first") {
            Admission::First
        } else if query.contains("last") {
            Admission::Last
        } else {
            Admission::Broadcast
        },
        refusal: Box::new(|error| {
            let mut response = Response::new(format!("{error}\n").into());
            *response.status_mut() = StatusCode::CONFLICT;
            response
        }),
        laggard: if query.contains("strict") {
            Laggard::Close
        } else {
            Laggard::Tell
        },
    }
}

/// Each pair of the query whose value is a start: `news=oldest&sport=1700000000:1`.
fn places(query: &str) -> Vec<(ChannelName, Start)> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(channel, start)| (name(channel), parse_start(start)))
        .collect()
}
