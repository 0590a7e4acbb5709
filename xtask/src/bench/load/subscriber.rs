//! One subscriber.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream as BlockingStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use mio::net::TcpStream;
use socket2::{Domain, Socket, Type};

use crate::bench::plan::Transport;

use super::ledger::Ledger;
use super::payload::Stamp;
use super::reader::Reader;
use super::request;
use super::sequence::Sequence;
use super::talk::{Heard, Talk};

/// Time for the kernel of the other side to take a connection.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// Receive buffer of a subscriber that never reads; the kernel rounds it up. Small, so that the
/// server soon has to deal with what it sends.
const STALLED_RECEIVE_BYTES: usize = 4096;

/// A connection that hears the channel, and checks what it hears.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) socket: TcpStream,
    address: SocketAddr,
    reader: Reader,
    /// Present on Socket.IO.
    talk: Option<Talk>,
    sequence: Sequence,
    is_counted_open: bool,
}

impl Subscriber {
    /// Connects and asks for what is published from now on, without waiting for the answer.
    pub(super) fn join(address: SocketAddr, transport: Transport, published: u64) -> Result<Self> {
        let socket = connect(address, None)?;
        (&socket).write_all(request::subscribe(address, transport).as_bytes())?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket: TcpStream::from_std(socket),
            address,
            reader: Reader::new(transport),
            talk: (transport == Transport::SocketIo).then(Talk::default),
            sequence: Sequence::starting_at(published),
            is_counted_open: false,
        })
    }

    /// Reads what there is. Less than the buffer holds is all there is, as events come on edges.
    pub(super) fn read(&mut self, scratch: &mut [u8], ledger: &mut Ledger) -> Result<()> {
        loop {
            let count = match self.socket.read(scratch) {
                Ok(0) => bail!("the server closed a subscriber's connection"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("a subscriber's connection broke"),
            };
            let now = Instant::now();
            let sequence = &mut self.sequence;
            let talk = &mut self.talk;
            self.reader.read(&scratch[..count], |payload| {
                let Some(talk) = talk else {
                    ledger.note(sequence, Stamp::read(payload)?, now);
                    return Ok(());
                };
                match talk.hear(payload)? {
                    Heard::Acknowledged(stamp) => ledger.note(sequence, stamp, now),
                    Heard::Connected => ledger.opened += 1,
                    Heard::Entered => ledger.entered += 1,
                    Heard::Event(text) => ledger.note(sequence, Stamp::read(text)?, now),
                    Heard::Nothing => {}
                }
                Ok(())
            })?;
            self.say()?;
            if !self.is_counted_open && self.talk.is_none() && self.reader.is_open() {
                self.is_counted_open = true;
                ledger.opened += 1;
            }
            if let Some(cursor) = self.reader.take_answered() {
                let request = request::poll_after(self.address, &cursor);
                self.socket.write_all(request.as_bytes())?;
            }
            if count < scratch.len() {
                return Ok(());
            }
        }
    }

    /// Asks to be in the room of the bench; for Socket.IO, where one connects without.
    pub(super) fn enter(&mut self) -> Result<()> {
        if let Some(talk) = &mut self.talk {
            talk.enter();
        }
        self.say()
    }

    /// Emits an event that the server is to acknowledge, at this time of the run.
    pub(super) fn emit(&mut self, at: Duration, bytes: usize) -> Result<()> {
        if let Some(talk) = &mut self.talk {
            talk.emit(at, bytes);
        }
        self.say()
    }

    /// How many of the messages published so far, or of the acknowledgements that it asked for,
    /// have not come.
    pub(super) fn missing_after(&self, published: u64) -> u64 {
        let emitted = self.talk.as_ref().map_or(0, Talk::emitted);
        self.sequence.missing_after(published + emitted)
    }

    fn say(&mut self) -> Result<()> {
        if let Some(talk) = &mut self.talk {
            let replies = talk.take_replies();
            if !replies.is_empty() {
                self.socket.write_all(&replies)?;
            }
        }
        Ok(())
    }
}

/// A subscriber that asks for messages and never reads one, nor the answer to its request.
pub(super) fn join_stalled(address: SocketAddr, transport: Transport) -> Result<BlockingStream> {
    let socket = connect(address, Some(STALLED_RECEIVE_BYTES))?;
    (&socket).write_all(request::subscribe(address, transport).as_bytes())?;
    Ok(socket)
}

/// Connects. The connection ends with a reset when it is dropped: thousands of orderly ends would
/// keep as many ports busy for a minute.
pub(super) fn connect(address: SocketAddr, receive_bytes: Option<usize>) -> Result<BlockingStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_linger(Some(Duration::ZERO))?;
    socket.set_tcp_nodelay(true)?;
    if let Some(bytes) = receive_bytes {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket
        .connect_timeout(&address.into(), CONNECT_TIME)
        .with_context(|| format!("cannot connect to {address}"))?;
    Ok(socket.into())
}
