//! What a protocol wants written and done.

use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;
use fanfare_hub::{ChannelName, Draft, Start};
use http::Response;

use crate::reply::{self, Http};
use crate::wake::{Holder, Wakes};
use crate::{Now, Tick};

/// Collects what a [`Protocol`](crate::Protocol) wants, during one call or a batch of calls.
#[derive(Debug)]
pub struct Outbox<'a> {
    pub(crate) now: Now,
    pub(crate) http: Http,
    pub(crate) holder: Holder,
    pub(crate) contents: &'a mut Contents,
}

/// The reusable inside of an outbox; empty between two connections.
#[derive(Debug)]
pub(crate) struct Contents {
    /// To be written, in order. Shared frames are shared, never copied.
    pub(crate) frames: Vec<Bytes>,
    /// A response for a carrier that has its own way to write heads (HTTP/2).
    pub(crate) response: Option<Response<Bytes>>,
    pub(crate) requests: Vec<Request>,
    /// State of a small generator for jitter; not for secrets.
    random: u64,
    wakes: Arc<Wakes>,
}

/// Something the driver does for a protocol.
#[derive(Debug)]
pub(crate) enum Request {
    Publish {
        tag: u32,
        channel: ChannelName,
        draft: Draft,
    },
    Subscribe {
        tag: u32,
        channel: ChannelName,
        start: Start,
    },
    TellWhenDrained,
    Unsubscribe {
        tag: u32,
        channel: ChannelName,
    },
}

impl Outbox<'_> {
    /// The current tick, for deadlines.
    pub fn tick(&self) -> Tick {
        self.now.tick
    }

    /// The present moment.
    pub fn now(&self) -> Now {
        self.now
    }

    /// Writes bytes that others share: nothing is copied.
    pub fn share(&mut self, frame: &Bytes) {
        self.contents.frames.push(frame.clone());
    }

    /// Writes bytes of this connection's own.
    pub fn send(&mut self, frame: impl Into<Bytes>) {
        self.contents.frames.push(frame.into());
    }

    /// Answers the request with a whole response. Follow with [`Close::Finished`](crate::Close).
    pub fn reply(&mut self, response: Response<Bytes>) {
        match self.http {
            Http::One { .. } => {
                reply::write(response, self.http, self.now, &mut self.contents.frames)
            }
            Http::Two => self.contents.response = Some(response),
        }
    }

    /// Answers the request with a response that others get too: `head` is what
    /// [`shared_head`](crate::shared_head) has made of it, once for all of them. Where the carrier
    /// writes heads itself, `response` makes the whole of it. Follow with
    /// [`Close::Finished`](crate::Close).
    pub fn reply_shared(
        &mut self,
        head: &Bytes,
        body: &Bytes,
        response: impl FnOnce() -> Response<Bytes>,
    ) {
        match self.http {
            Http::One { .. } => reply::write_shared(
                head,
                body.clone(),
                self.http,
                self.now,
                &mut self.contents.frames,
            ),
            Http::Two => self.contents.response = Some(response()),
        }
    }

    /// Publishes; the outcome comes as [`Answer::Published`](crate::Answer) with this tag.
    pub fn publish(&mut self, tag: u32, channel: ChannelName, draft: Draft) {
        self.contents.requests.push(Request::Publish {
            tag,
            channel,
            draft,
        });
    }

    /// Adds a channel to the connection's subscription; the outcome comes as
    /// [`Answer::Subscribed`](crate::Answer) with this tag, then its messages.
    pub fn subscribe(&mut self, tag: u32, channel: ChannelName, start: Start) {
        self.contents.requests.push(Request::Subscribe {
            tag,
            channel,
            start,
        });
    }

    /// Takes a channel out of the connection's subscription; the outcome comes as
    /// [`Answer::Unsubscribed`](crate::Answer) with this tag.
    pub fn unsubscribe(&mut self, tag: u32, channel: ChannelName) {
        self.contents
            .requests
            .push(Request::Unsubscribe { tag, channel });
    }

    /// Asks for one call of [`Protocol::drained`](crate::Protocol::drained), as soon as the kernel
    /// has taken everything that this connection has put into its outbox, the frames of this call
    /// included: at once if it takes them at once.
    pub fn tell_when_drained(&mut self) {
        self.contents.requests.push(Request::TellWhenDrained);
    }

    /// Makes a waker, by which anybody in the process can have
    /// [`Protocol::woken`](crate::Protocol::woken) called; see there.
    ///
    /// Each call allocates a new one (40 bytes): ask once and clone it. It may outlive the
    /// connection, and does nothing then.
    pub fn waker(&self) -> Waker {
        self.contents.wakes.waker(self.holder)
    }

    /// A number from 0 up to `below` to spread things in time. Predictable: not for secrets.
    pub fn jitter(&mut self, below: u64) -> u64 {
        self.contents.random(below)
    }
}

impl Contents {
    pub(crate) fn new(seed: u64, wakes: Arc<Wakes>) -> Self {
        Self {
            frames: Vec::new(),
            response: None,
            requests: Vec::new(),
            random: seed,
            wakes,
        }
    }

    /// Drops what a connection wanted that is gone, so that the next one does not get it.
    pub(crate) fn clear(&mut self) {
        self.frames.clear();
        self.response = None;
        self.requests.clear();
    }

    /// SplitMix64, whose output is even enough for jitter and needs one word of state.
    pub(crate) fn random(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).checked_rem(below).unwrap_or(0)
    }
}
