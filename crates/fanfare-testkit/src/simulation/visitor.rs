//! A visitor: it asks a few things on one connection, not waiting for the answers, and goes.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::simulation::network::{Arrival, Line};
use crate::simulation::plan::Weather;
use crate::simulation::reader::Surroundings;
use crate::simulation::responses::{Event, Responses};

/// A guest that comes again and again.
#[derive(Debug, Default)]
pub struct Visitor {
    visit: Option<Visit>,
    back_at: u64,
    /// Requests answered so far.
    pub answers: u64,
}

#[derive(Debug)]
struct Visit {
    line: Rc<RefCell<Line>>,
    responses: Responses,
    unsent: Vec<u8>,
    /// How each answer begins, in the order of the requests.
    expected: VecDeque<&'static str>,
    is_good: bool,
    leaves_at: u64,
}

impl Visitor {
    /// Its connection, if it has one.
    pub fn line(&self) -> Option<&Rc<RefCell<Line>>> {
        self.visit.as_ref().map(|visit| &visit.line)
    }

    /// True while an answer is to come.
    pub fn is_waiting(&self) -> bool {
        self.visit.as_ref().is_some_and(Visit::is_waiting)
    }

    /// Goes at once.
    pub fn leave(&mut self, around: &mut Surroundings<'_>) {
        if let Some(visit) = self.visit.take() {
            visit.line.borrow_mut().cut(around.dice);
        }
    }

    /// Does something, or nothing.
    pub fn step(&mut self, around: &mut Surroundings<'_>) {
        let now = around.clock.millis();
        let Some(visit) = &mut self.visit else {
            if now >= self.back_at && around.weather == Weather::Storm {
                self.visit = Visit::begin(around);
            }
            return;
        };
        visit.send(around);
        visit.line.borrow_mut().pass(around.dice, usize::MAX);
        let arrival = visit.line.borrow_mut().read();
        let is_over = match arrival {
            Arrival::Bytes(bytes) => {
                for event in visit.responses.read(&bytes) {
                    self.answers += u64::from(event == Event::End);
                    visit.hear(&event);
                }
                now > visit.leaves_at && !(around.weather == Weather::Calm && visit.is_waiting())
            }
            Arrival::End => true,
        };
        if is_over {
            visit.line.borrow_mut().leave();
            self.visit = None;
            self.back_at = now + around.dice.within(0..5000);
        }
    }
}

impl Visit {
    fn begin(around: &mut Surroundings<'_>) -> Option<Self> {
        let now = around.clock.now();
        let host = around
            .hosts
            .iter_mut()
            .find(|host| host.is_welcoming() && around.dice.within(0..2) == 0)?;
        let mut visit = Self {
            line: host.dial(now, around.dice),
            responses: Responses::default(),
            unsent: Vec::new(),
            expected: VecDeque::new(),
            is_good: true,
            leaves_at: around.clock.millis() + around.dice.within(0..30_000),
        };
        for _ in 0..around.dice.within(0..40) {
            visit.ask(around);
        }
        if around.dice.within(0..4) == 0 {
            let odd = *around.dice.one_of(&[
                "GET /half HTTP/1.1\r\nHo",
                "GET / HTTP/1.1\n\n",
                "\u{16}\u{3}\u{1}",
                "POST /publish HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nc0",
            ]);
            visit.unsent.extend(odd.bytes());
        }
        Some(visit)
    }

    fn ask(&mut self, around: &mut Surroundings<'_>) {
        let (request, answer) = match around.dice.within(0..3) {
            0 => {
                let body = format!("{} by-visitor", around.dice.one_of(around.channels));
                let length = body.len();
                let head = "POST /publish HTTP/1.1\r\nHost: a\r\nContent-Length: ";
                (format!("{head}{length}\r\n\r\n{body}"), "p ")
            }
            1 => {
                let later = around.dice.within(0..500);
                let head = format!("GET /hello?later={later} HTTP/1.1\r\nHost: a\r\n\r\n");
                (head, "k")
            }
            _ => ("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "k"),
        };
        self.unsent.extend(request.bytes());
        self.expected.push_back(answer);
    }

    /// After a refusal there are no more answers.
    fn is_waiting(&self) -> bool {
        self.is_good && !self.expected.is_empty() && !self.line.borrow().is_silent()
    }

    fn send(&mut self, around: &mut Surroundings<'_>) {
        let most = self.unsent.len() as u64;
        let count = usize::try_from(around.dice.within(0..most + 1)).unwrap_or(0);
        let piece: Vec<u8> = self.unsent.drain(..count).collect();
        self.line.borrow_mut().send(&piece);
    }

    fn hear(&mut self, event: &Event) {
        match event {
            // Refusals: an odd request, no room to keep one, too slow.
            Event::Status(status) => self.is_good = *status == 200,
            Event::Line(line) if self.is_good => {
                let expected = self.expected.pop_front();
                let expected = expected.expect("there are no more answers than requests");
                assert!(line.starts_with(expected), "{line} instead of {expected}");
            }
            Event::Line(_) | Event::End => {}
        }
    }
}
