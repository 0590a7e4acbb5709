//! One connection through a network that delays, slows down and cuts.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::rc::Rc;

use bytes::Bytes;
use fanfare_link::Socket;

use crate::dice::Dice;

/// A connection: what is on its way in both directions. Shared by the peer's end, by the network
/// and by the shard's [`SimSocket`].
pub struct Line {
    /// From the peer, on its way.
    up: VecDeque<u8>,
    /// The peer has closed its side, after `up`.
    up_ends: bool,
    is_left: bool,
    /// In the shard's receive buffer.
    received: VecDeque<u8>,
    received_ends: bool,
    /// In the shard's send buffer, and the bytes that fit there.
    buffer: VecDeque<u8>,
    capacity: usize,
    /// The shard has closed its side, after `buffer`.
    down_ends: bool,
    /// Arrived at the peer.
    arrived: VecDeque<u8>,
    fate: Fate,
    edges: Edges,
    /// The shard was told that there is no room, and waits to hear that there is.
    is_blocked: bool,
    /// The shard has let go of its socket.
    is_dropped: bool,
}

/// How a connection fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It works.
    Sound,
    /// Nothing passes any more and nobody is told.
    Silent,
    /// Both ends know that it is gone.
    Broken,
}

/// What the shard's selector has to report. Edges, not levels: each is reported once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edges {
    /// Bytes or the end have come.
    pub readable: bool,
    /// The end is among what has come.
    pub ended: bool,
    /// There is room again after there was none.
    pub writable: bool,
}

/// What the peer reads.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival {
    /// These bytes, possibly none yet.
    Bytes(Vec<u8>),
    /// Nothing more will come.
    End,
}

impl Line {
    /// A connection whose shard can send `capacity` bytes ahead of the network.
    pub fn new(capacity: usize) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            up: VecDeque::new(),
            up_ends: false,
            is_left: false,
            received: VecDeque::new(),
            received_ends: false,
            buffer: VecDeque::new(),
            capacity,
            down_ends: false,
            arrived: VecDeque::new(),
            fate: Fate::Sound,
            edges: Edges::default(),
            is_blocked: false,
            is_dropped: false,
        }))
    }

    /// The peer sends.
    pub fn send(&mut self, bytes: &[u8]) {
        self.up.extend(bytes);
    }

    /// The peer closes, and is no more.
    pub fn leave(&mut self) {
        self.up_ends = true;
        self.is_left = true;
    }

    /// What the network does for a peer that has left: what it sent still arrives, and what
    /// arrives for it is answered with a reset.
    pub fn bury(&mut self, dice: &mut Dice) {
        if self.is_left {
            self.pass(dice, usize::MAX);
            if !self.arrived.is_empty() {
                self.cut(dice);
            }
        }
    }

    /// The peer reads what has arrived.
    pub fn read(&mut self) -> Arrival {
        if !self.arrived.is_empty() {
            return Arrival::Bytes(self.arrived.drain(..).collect());
        }
        let is_over = self.fate == Fate::Broken || (self.down_ends && self.buffer.is_empty());
        if is_over && self.fate != Fate::Silent {
            Arrival::End
        } else {
            Arrival::Bytes(Vec::new())
        }
    }

    /// The connection breaks: of what was on its way some bytes still arrive, the rest is lost.
    pub fn cut(&mut self, dice: &mut Dice) {
        if self.fate == Fate::Broken {
            return;
        }
        let up = some_of(dice, self.up.len());
        let down = some_of(dice, self.buffer.len());
        self.received.extend(self.up.drain(..up));
        self.arrived.extend(self.buffer.drain(..down));
        self.up.clear();
        self.buffer.clear();
        self.fate = Fate::Broken;
        self.edges.readable = true;
        self.edges.writable = true;
    }

    /// Nothing passes any more, and nobody hears of it.
    pub fn fall_silent(&mut self) {
        if self.fate == Fate::Sound {
            self.fate = Fate::Silent;
        }
    }

    /// True while the shard has not read what has come.
    pub fn is_unread(&self) -> bool {
        !self.received.is_empty() && self.fate == Fate::Sound && !self.is_dropped
    }

    /// True when the network passes nothing without telling.
    pub fn is_silent(&self) -> bool {
        self.fate == Fate::Silent
    }

    /// True when the shard has no socket for it any more.
    pub fn is_dropped(&self) -> bool {
        self.is_dropped
    }

    /// Moves up to `bytes` in each direction.
    pub fn pass(&mut self, dice: &mut Dice, bytes: usize) {
        if self.fate != Fate::Sound {
            return;
        }
        let up = some_of(dice, self.up.len().min(bytes));
        if up > 0 {
            self.received.extend(self.up.drain(..up));
            self.edges.readable = true;
        }
        if self.up.is_empty() && self.up_ends && !self.received_ends {
            self.received_ends = true;
            self.edges.readable = true;
        }
        let down = some_of(dice, self.buffer.len().min(bytes));
        self.arrived.extend(self.buffer.drain(..down));
        if down > 0 && std::mem::take(&mut self.is_blocked) {
            self.edges.writable = true;
        }
    }

    /// A selector that begins to watch tells how things stand.
    pub fn report(&mut self) {
        self.edges = Edges {
            readable: true,
            ended: false,
            writable: true,
        };
    }

    /// Takes what the selector has to report; `spurious` reports a readiness that is none.
    pub fn take_edges(&mut self, spurious: bool) -> Edges {
        let edges = std::mem::take(&mut self.edges);
        Edges {
            readable: edges.readable || spurious,
            ended: self.received_ends || self.fate == Fate::Broken,
            writable: edges.writable || spurious,
        }
    }

    /// The shard is gone from this end; what it left unread makes the kernel reset the connection.
    fn drop_socket(&mut self) {
        self.is_dropped = true;
        self.down_ends = true;
        if !self.received.is_empty() && self.fate == Fate::Sound {
            self.buffer.clear();
            self.fate = Fate::Broken;
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("fate", &self.fate)
            .field("up", &self.up.len())
            .field("received", &self.received.len())
            .field("buffer", &(self.buffer.len(), self.capacity))
            .field("down_ends", &self.down_ends)
            .field("arrived", &self.arrived.len())
            .field("edges", &self.edges)
            .field("is_blocked", &self.is_blocked)
            .field("is_dropped", &self.is_dropped)
            .finish_non_exhaustive()
    }
}

/// Mostly everything, sometimes only a part.
fn some_of(dice: &mut Dice, bytes: usize) -> usize {
    if bytes == 0 || dice.within(0..3) > 0 {
        bytes
    } else {
        dice.within(0..bytes as u64 + 1) as usize
    }
}

/// The shard's end of a [`Line`].
#[derive(Debug)]
pub struct SimSocket {
    line: Rc<RefCell<Line>>,
    dice: Dice,
}

impl SimSocket {
    /// The end of `line`, which reads and writes in pieces of any size.
    pub fn new(line: &Rc<RefCell<Line>>, seed: u64) -> Self {
        Self {
            line: Rc::clone(line),
            dice: Dice::new(seed),
        }
    }
}

impl SimSocket {
    /// The connection.
    pub fn line(&self) -> Rc<RefCell<Line>> {
        Rc::clone(&self.line)
    }
}

impl Socket for SimSocket {
    fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut line = self.line.borrow_mut();
        if line.received.is_empty() {
            return match line.fate {
                Fate::Broken => Err(io::ErrorKind::ConnectionReset.into()),
                Fate::Silent | Fate::Sound if line.received_ends => Ok(0),
                Fate::Silent | Fate::Sound => Err(io::ErrorKind::WouldBlock.into()),
            };
        }
        if self.dice.within(0..20) == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        // Never less than there is and fits: drivers may rely on that, as they do with the kernel.
        let count = line.received.len().min(into.len());
        for (slot, byte) in into.iter_mut().zip(line.received.drain(..count)) {
            *slot = byte;
        }
        Ok(count)
    }

    fn send(&mut self, piece: &Bytes, offset: usize) -> io::Result<usize> {
        self.send_all(std::slice::from_ref(piece), offset)
    }

    fn send_all(&mut self, pieces: &[Bytes], offset: usize) -> io::Result<usize> {
        let mut line = self.line.borrow_mut();
        assert!(
            !line.down_ends,
            "a shard sends after it has closed its side"
        );
        if line.fate == Fate::Broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.dice.within(0..20) == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let room = line.capacity - line.buffer.len();
        if room == 0 {
            line.is_blocked = true;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes: Vec<u8> = pieces.concat().split_off(offset);
        assert!(!bytes.is_empty(), "a shard sends nothing");
        let count = some_of(&mut self.dice, bytes.len().min(room)).max(1);
        line.buffer.extend(&bytes[..count]);
        Ok(count)
    }

    fn finish(&mut self) {
        self.line.borrow_mut().down_ends = true;
    }

    fn reset(&mut self) {
        let mut line = self.line.borrow_mut();
        line.buffer.clear();
        if line.fate == Fate::Sound {
            line.fate = Fate::Broken;
        }
    }
}

impl Drop for SimSocket {
    fn drop(&mut self) {
        self.line.borrow_mut().drop_socket();
    }
}
