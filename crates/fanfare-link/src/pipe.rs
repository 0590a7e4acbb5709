//! A connection that is not a plain socket: two queues between a shard and a task.
//!
//! The shard has one end and treats it like any socket. The other end belongs to the task that
//! speaks to the peer: a stream of HTTP/2, or a pump for TLS and other byte streams. Both live on
//! the shard's thread.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use http::Response;
use http_body::{Body, Frame};

use crate::local::{Event, Local};
use crate::{Key, Socket};

/// Bytes that wait in one direction before the writer has to pause. As much as a socket's send
/// buffer, whose part it plays.
const PIPE_BYTES_MAX: usize = 64 << 10;

/// The shard's end.
pub(crate) struct PipeSocket(Rc<RefCell<State>>);

/// The task's end. Dropping it hangs up.
pub(crate) struct PipePeer {
    state: Rc<RefCell<State>>,
    local: Rc<Local>,
}

#[derive(Default)]
struct State {
    key: Option<Key>,
    to_shard: Queue,
    to_peer: Queue,
    response: Option<Response<Bytes>>,
    /// Set when the shard gives the connection to the fallback: what it had read and not used.
    handover: Option<Bytes>,
    /// The shard was told that there is no room and waits for some.
    is_blocked: bool,
    peer_waker: Option<Waker>,
}

#[derive(Default)]
struct Queue {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    has_ended: bool,
}

/// What the shard has done with the connection, as its peer sees it.
#[derive(Debug)]
pub(crate) enum Written {
    /// Bytes to send.
    Bytes(Bytes),
    /// Nothing more will come.
    End,
    /// The connection is the fallback's, with these bytes already read from it.
    Handover(Bytes),
}

pub(crate) fn pipe(local: &Rc<Local>) -> (PipeSocket, PipePeer) {
    let state = Rc::new(RefCell::new(State::default()));
    (
        PipeSocket(Rc::clone(&state)),
        PipePeer {
            state,
            local: Rc::clone(local),
        },
    )
}

impl PipeSocket {
    /// Tells the peer which connection of the shard this is. True if bytes wait already.
    pub(crate) fn bind(&self, key: Key) -> bool {
        let mut state = self.0.borrow_mut();
        state.key = Some(key);
        state.to_shard.bytes > 0 || state.to_shard.has_ended
    }

    /// Gives the connection to the fallback.
    pub(crate) fn hand_over(self, received: Bytes) {
        self.0.borrow_mut().handover = Some(received);
    }

    fn wake(state: &mut State) {
        if let Some(waker) = state.peer_waker.take() {
            waker.wake();
        }
    }
}

impl Socket for PipeSocket {
    fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.0.borrow_mut();
        let was_full = !state.to_shard.has_room();
        let count = state.to_shard.read(into)?;
        if was_full {
            Self::wake(&mut state);
        }
        Ok(count)
    }

    fn send(&mut self, piece: &Bytes, offset: usize) -> io::Result<usize> {
        let mut state = self.0.borrow_mut();
        if !state.to_peer.has_room() {
            state.is_blocked = true;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let rest = piece.slice(offset.min(piece.len())..);
        let count = rest.len();
        state.to_peer.push(rest);
        Self::wake(&mut state);
        Ok(count)
    }

    fn send_all(&mut self, pieces: &[Bytes], offset: usize) -> io::Result<usize> {
        let mut sent = 0;
        for (index, piece) in pieces.iter().enumerate() {
            match self.send(piece, if index == 0 { offset } else { 0 }) {
                Ok(count) => sent += count,
                Err(_) if sent > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }

    fn respond(&mut self, response: Response<Bytes>) {
        let mut state = self.0.borrow_mut();
        state.response = Some(response);
        Self::wake(&mut state);
    }

    fn finish(&mut self) {
        let mut state = self.0.borrow_mut();
        state.to_peer.has_ended = true;
        Self::wake(&mut state);
    }
}

impl Drop for PipeSocket {
    fn drop(&mut self) {
        self.finish();
    }
}

impl PipePeer {
    /// Waits for the whole response, or for the head of the stream that follows.
    pub(crate) async fn response(&self) -> Option<Response<Bytes>> {
        std::future::poll_fn(|cx| {
            let mut state = self.state.borrow_mut();
            match state.response.take() {
                Some(response) => Poll::Ready(Some(response)),
                None if state.to_peer.has_ended => Poll::Ready(None),
                None => state.wait(cx),
            }
        })
        .await
    }

    /// Gives the shard bytes from the peer. They wait if the shard does; see
    /// [`PipePeer::poll_room`].
    pub(crate) fn feed(&self, bytes: Bytes) {
        self.state.borrow_mut().to_shard.push(bytes);
        self.tell(Event::Readable);
    }

    /// Tells the shard that the peer will send no more.
    pub(crate) fn end(&self) {
        self.state.borrow_mut().to_shard.has_ended = true;
        self.tell(Event::Readable);
    }

    /// Ready when the shard takes more bytes.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.borrow_mut();
        if state.to_shard.has_room() {
            Poll::Ready(())
        } else {
            state.wait(cx)
        }
    }

    /// Ready with the next thing that the shard wants.
    pub(crate) fn poll_written(&self, cx: &mut Context<'_>) -> Poll<Written> {
        let mut state = self.state.borrow_mut();
        if let Some(piece) = state.to_peer.pop() {
            if std::mem::take(&mut state.is_blocked) {
                drop(state);
                self.tell(Event::Writable);
            }
            return Poll::Ready(Written::Bytes(piece));
        }
        if let Some(received) = state.handover.take() {
            return Poll::Ready(Written::Handover(received));
        }
        if state.to_peer.has_ended {
            Poll::Ready(Written::End)
        } else {
            state.wait(cx)
        }
    }

    fn tell(&self, event: fn(Key) -> Event) {
        let key = self.state.borrow().key;
        if let Some(key) = key {
            self.local.push(event(key));
        }
    }
}

impl Drop for PipePeer {
    fn drop(&mut self) {
        self.tell(Event::HungUp);
    }
}

/// The peer's end as the body of an HTTP/2 response.
impl Body for PipePeer {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.poll_written(cx).map(|written| match written {
            Written::Bytes(piece) => Some(Ok(Frame::data(piece))),
            Written::End | Written::Handover(_) => None,
        })
    }
}

impl State {
    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        // One task owns the peer's end, so one waker is enough.
        self.peer_waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Queue {
    fn has_room(&self) -> bool {
        self.bytes < PIPE_BYTES_MAX
    }

    fn push(&mut self, piece: Bytes) {
        self.bytes += piece.len();
        self.pieces.push_back(piece);
    }

    fn pop(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?;
        self.bytes -= piece.len();
        Some(piece)
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(first) = self.pieces.front_mut() else {
            return if self.has_ended {
                Ok(0)
            } else {
                Err(io::ErrorKind::WouldBlock.into())
            };
        };
        let count = first.len().min(into.len());
        first.copy_to_slice(&mut into[..count]);
        if first.is_empty() {
            self.pieces.pop_front();
        }
        self.bytes -= count;
        Ok(count)
    }
}

impl fmt::Debug for PipeSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PipeSocket")
    }
}

impl fmt::Debug for PipePeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PipePeer")
    }
}
