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
            self.reader.read(&scratch[..count], |payload| {
                ledger.note(sequence, Stamp::read(payload)?, now);
                Ok(())
            })?;
            if !self.is_counted_open && self.reader.is_open() {
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

    /// How many of the messages published so far have not come.
    pub(super) fn missing_after(&self, published: u64) -> u64 {
        self.sequence.missing_after(published)
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
