//! The least that could do a server's work: one `send` per subscriber and message.
//!
//! It answers the same requests with the same bytes, knows one channel, keeps nothing, checks
//! nothing, and cannot wait for a slow reader. What a real server needs beyond it is what the
//! bench is about. Events are used to accept, to read requests and to notice the end; a message
//! is sent in a plain loop over all sockets.

mod exchange;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::process::ExitCode;

use anyhow::Result;
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use exchange::{Frames, Request};

const LISTENER: Token = Token(usize::MAX);

/// Bytes read at once; more than any request that it is sent.
const SCRATCH_BYTES: usize = 64 << 10;

/// Serves until it is killed, on a free port that it prints.
pub(crate) fn run() -> Result<ExitCode> {
    let mut floor = Floor::bind()?;
    println!(
        "floor is listening on http://{}",
        floor.listener.local_addr()?
    );
    let mut events = Events::with_capacity(1024);
    loop {
        floor.turn(&mut events)?;
    }
}

struct Floor {
    poll: Poll,
    listener: TcpListener,
    connections: Slab<Connection>,
    scratch: Vec<u8>,
    published: u64,
    /// For polls that come back late: their requests and the next publish are not in any order.
    newest: Vec<u8>,
}

struct Connection {
    socket: TcpStream,
    role: Role,
    /// A request that has not arrived whole.
    partial: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Has not said what it wants, or publishes.
    Other,
    /// Heard the message of this number. Its next request is the same again, whatever it says.
    PollAnswered(u64),
    PollWaiting,
    Sse,
    WebSocket,
}

impl Floor {
    fn bind() -> Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            listener,
            connections: Slab::new(),
            scratch: vec![0; SCRATCH_BYTES],
            published: 0,
            newest: Vec::new(),
        })
    }

    fn turn(&mut self, events: &mut Events) -> Result<()> {
        self.poll.poll(events, None)?;
        for event in &*events {
            if event.token() == LISTENER {
                self.accept()?;
            } else {
                self.read(event)?;
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> Result<()> {
        loop {
            let mut socket = match self.listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            socket.set_nodelay(true)?;
            let entry = self.connections.vacant_entry();
            self.poll
                .registry()
                .register(&mut socket, Token(entry.key()), Interest::READABLE)?;
            entry.insert(Connection {
                socket,
                role: Role::Other,
                partial: Vec::new(),
            });
        }
    }

    /// Reads what there is. Less than the buffer holds is all there is, as the events come on
    /// edges.
    fn read(&mut self, event: &Event) -> Result<()> {
        let key = event.token().0;
        let Some(connection) = self.connections.get_mut(key) else {
            return Ok(());
        };
        match connection.socket.read(&mut self.scratch) {
            Ok(count) if count > 0 => {
                let bytes = &self.scratch[..count];
                if let Role::PollAnswered(heard) = connection.role
                    && bytes.ends_with(exchange::END_OF_HEAD)
                {
                    self.poll_again(key, heard);
                    return Ok(());
                }
                connection.partial.extend_from_slice(bytes);
                self.answer(key)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Ok(_) | Err(_) => {
                self.connections.remove(key);
                Ok(())
            }
        }
    }

    fn answer(&mut self, key: usize) -> Result<()> {
        let mut bytes = std::mem::take(&mut self.connections[key].partial);
        let mut used = 0;
        while let Some((request, length)) = Request::read(&bytes[used..])? {
            used += length;
            match request {
                Request::Publish(payload) => {
                    self.publish(payload);
                    send(&mut self.connections[key].socket, exchange::PUBLISHED);
                }
                Request::Poll => self.connections[key].role = Role::PollWaiting,
                Request::Sse => self.open(key, Role::Sse, exchange::SSE_HEAD),
                Request::WebSocket => self.open(key, Role::WebSocket, exchange::WEBSOCKET_HEAD),
            }
        }
        bytes.drain(..used);
        bytes.shrink_to_fit();
        self.connections[key].partial = bytes;
        Ok(())
    }

    /// Takes the next request of a poll, of which no more than the end has been looked at.
    fn poll_again(&mut self, key: usize, heard: u64) {
        let connection = &mut self.connections[key];
        connection.partial.clear();
        if heard == self.published {
            connection.role = Role::PollWaiting;
        } else {
            connection.role = Role::PollAnswered(self.published);
            send(&mut connection.socket, &self.newest);
        }
    }

    fn open(&mut self, key: usize, role: Role, head: &[u8]) {
        let connection = &mut self.connections[key];
        connection.role = role;
        send(&mut connection.socket, head);
    }

    /// The floor itself.
    fn publish(&mut self, payload: &[u8]) {
        let frames = Frames::of(payload);
        self.published += 1;
        for (_, connection) in &mut self.connections {
            match connection.role {
                Role::Other | Role::PollAnswered(_) => {}
                Role::PollWaiting => {
                    send(&mut connection.socket, &frames.response);
                    connection.role = Role::PollAnswered(self.published);
                }
                Role::Sse => send(&mut connection.socket, &frames.event),
                Role::WebSocket => send(&mut connection.socket, &frames.websocket),
            }
        }
        self.newest = frames.response;
    }
}

/// Sends what the kernel takes. A reader too slow for that misses the rest: its client sees the
/// damage and tells.
fn send(socket: &mut TcpStream, bytes: &[u8]) {
    let _ = socket.write(bytes);
}
