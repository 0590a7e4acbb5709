//! The fallback of a simulated node: `POST /publish` with `CHANNEL TEXT` as its body, answered with
//! `p ok` or `p no`. It takes a connection over and gives it back, as hyper's exchange does.

use std::io;
use std::task::{Context, Poll, Waker};
use std::{future::Future, pin::Pin};

use bytes::Bytes;
use fanfare_hub::{ChannelName, Draft, Hub, Pending, PublishError, Receipt};
use fanfare_link::{Handover, Now, Socket};

use crate::simulation::network::SimSocket;

/// One request outside of the shard.
#[derive(Debug)]
pub struct Exchange {
    socket: SimSocket,
    received: Vec<u8>,
    stage: Stage,
    steps_left: u32,
}

/// Steps until a peer that takes or sends too little is given up.
const STEPS_MAX: u32 = 1000;

#[derive(Debug)]
enum Stage {
    Reading,
    Publishing(Pending<Result<Receipt, PublishError>>),
    Writing(Bytes, usize),
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Ask again.
    GoesOn,
    /// The connection is gone.
    Lost,
    /// The request is answered: the shard may have the connection back.
    Returned,
}

impl Exchange {
    /// Takes a connection over.
    pub fn new(handover: Handover<SimSocket>) -> Self {
        Self {
            socket: handover.socket,
            received: handover.received.to_vec(),
            stage: Stage::Reading,
            steps_left: STEPS_MAX,
        }
    }

    /// The connection, and what was read beyond the request.
    pub fn into_parts(self) -> (SimSocket, Vec<u8>) {
        (self.socket, self.received)
    }

    /// Goes on as far as it can.
    pub fn step(&mut self, hub: &Hub, now: Now) -> Outcome {
        let Some(left) = self.steps_left.checked_sub(1) else {
            return Outcome::Lost;
        };
        self.steps_left = left;
        match &mut self.stage {
            Stage::Reading => self.read(hub, now),
            Stage::Publishing(pending) => {
                let mut context = Context::from_waker(Waker::noop());
                if let Poll::Ready(outcome) = Pin::new(pending).poll(&mut context) {
                    self.stage = Stage::Writing(answer(outcome.is_ok()), 0);
                }
                Outcome::GoesOn
            }
            Stage::Writing(answer, sent) => match self.socket.send(answer, *sent) {
                Ok(count) => {
                    *sent += count;
                    if *sent == answer.len() {
                        Outcome::Returned
                    } else {
                        Outcome::GoesOn
                    }
                }
                Err(error) => going(&error),
            },
        }
    }

    fn read(&mut self, hub: &Hub, now: Now) -> Outcome {
        if let Some(body) = self.take_body() {
            let (channel, text) = body.split_once(' ').expect("bodies of visitors are sound");
            let channel = ChannelName::new(channel).expect("names of the simulation are sound");
            let draft = Draft::new(text.to_owned());
            self.stage = Stage::Publishing(hub.publish(&channel, draft, now.wall));
            return Outcome::GoesOn;
        }
        let mut bytes = [0; 64];
        match self.socket.receive(&mut bytes) {
            Ok(0) => Outcome::Lost,
            Ok(count) => {
                self.received.extend_from_slice(&bytes[..count]);
                Outcome::GoesOn
            }
            Err(error) => going(&error),
        }
    }

    /// Takes head and body off what was received, once they are whole.
    fn take_body(&mut self) -> Option<String> {
        let end = self.received.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&self.received[..end]).into_owned();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: ")?.parse::<usize>().ok())
            .expect("only publishes are passed on");
        if self.received.len() < end + length {
            return None;
        }
        let body: Vec<u8> = self.received.drain(..end + length).skip(end).collect();
        Some(String::from_utf8_lossy(&body).into_owned())
    }
}

fn answer(is_published: bool) -> Bytes {
    let word = if is_published { "ok" } else { "no" };
    format!("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\np {word}\n").into()
}

fn going(error: &io::Error) -> Outcome {
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock => Outcome::GoesOn,
        _ => Outcome::Lost,
    }
}
