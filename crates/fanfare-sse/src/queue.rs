//! The bounded queue between one sender and one stream.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;

use crate::body::StreamError;
use crate::config::{Buffer, Overflow};

/// Places for blocks that an emptied queue may keep; with more it gives its memory back.
const SPARE_PLACES_MAX: usize = 4;

/// What a sender and a stream share.
#[derive(Debug)]
pub(crate) struct Queue {
    buffer: Buffer,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Blocks that wait.
    blocks: VecDeque<Bytes>,
    /// Invariant: the sum of their lengths.
    bytes: usize,
    /// Nothing more is taken in.
    is_closed: bool,
    /// Of the stream that waits for a block.
    reader: Option<Waker>,
    /// Of senders that wait for room.
    waiting_for_room: Wakers,
    /// Of those that wait for the end.
    waiting_for_end: Wakers,
}

/// Why a block was not taken. It is given back.
#[derive(Debug)]
pub(crate) enum Refused {
    Closed(Bytes),
    Full(Bytes),
}

/// Tasks to wake, each once.
#[derive(Debug, Default)]
struct Wakers(Vec<Waker>);

impl Queue {
    pub(crate) fn new(buffer: Buffer) -> Arc<Self> {
        Arc::new(Self {
            buffer,
            state: Mutex::default(),
        })
    }

    /// Takes a block in. If there is no room, it does what the policy says.
    pub(crate) fn push(&self, block: Bytes) -> Result<(), Refused> {
        self.change(|state, wakers| state.push(block, &self.buffer, wakers))
    }

    /// As [`push`](Self::push), but waits for room if that is the policy. The block stays in
    /// `block` until it has found a place.
    pub(crate) fn poll_push(
        &self,
        block: &mut Bytes,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Refused>> {
        self.change(|state, wakers| {
            let taken = std::mem::take(block);
            match state.push(taken, &self.buffer, wakers) {
                Err(Refused::Full(refused)) => {
                    *block = refused;
                    state.waiting_for_room.add(cx.waker());
                    Poll::Pending
                }
                done => Poll::Ready(done),
            }
        })
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Waits for the end.
    pub(crate) fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.is_closed {
            return Poll::Ready(());
        }
        state.waiting_for_end.add(cx.waker());
        Poll::Pending
    }

    /// Ends the stream after what waits.
    pub(crate) fn close(&self) {
        self.change(State::close);
    }

    /// Makes a change, and wakes whoever that concerns when the lock is free again.
    fn change<T>(&self, change: impl FnOnce(&mut State, &mut Wakers) -> T) -> T {
        let mut wakers = Wakers::default();
        let result = change(&mut self.lock(), &mut wakers);
        wakers.wake();
        result
    }

    /// A panic elsewhere leaves the state as it was between two whole steps.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, block: Bytes, buffer: &Buffer, wakers: &mut Wakers) -> Result<(), Refused> {
        if self.is_closed {
            return Err(Refused::Closed(block));
        }
        while !self.has_room(block.len(), buffer) {
            match buffer.overflow {
                Overflow::Disconnect => {
                    self.clear();
                    self.close(wakers);
                    return Err(Refused::Closed(block));
                }
                Overflow::DropOldest => _ = self.pop(),
                Overflow::Wait => return Err(Refused::Full(block)),
            }
        }
        self.bytes += block.len();
        self.blocks.push_back(block);
        wakers.0.extend(self.reader.take());
        Ok(())
    }

    /// One block always has, whatever its size.
    fn has_room(&self, bytes: usize, buffer: &Buffer) -> bool {
        let fits = self.bytes.saturating_add(bytes) <= buffer.bytes_max;
        self.blocks.is_empty() || (fits && self.blocks.len() < buffer.events_max)
    }

    fn pop(&mut self) -> Option<Bytes> {
        let block = self.blocks.pop_front()?;
        self.bytes -= block.len();
        if self.blocks.is_empty() && self.blocks.capacity() > SPARE_PLACES_MAX {
            self.blocks = VecDeque::new();
        }
        Some(block)
    }

    fn clear(&mut self) {
        self.blocks = VecDeque::new();
        self.bytes = 0;
    }

    fn close(&mut self, wakers: &mut Wakers) {
        self.is_closed = true;
        wakers.0.extend(self.reader.take());
        wakers.0.append(&mut self.waiting_for_room.0);
        wakers.0.append(&mut self.waiting_for_end.0);
    }

    fn poll_pop(&mut self, cx: &mut Context<'_>, wakers: &mut Wakers) -> Poll<Option<Bytes>> {
        if let Some(block) = self.pop() {
            // All of them: there may be room for many small ones where a large one was.
            wakers.0.append(&mut self.waiting_for_room.0);
            return Poll::Ready(Some(block));
        }
        if self.is_closed {
            return Poll::Ready(None);
        }
        self.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Wakers {
    /// A task that asks again and again, as in a `select!` in a loop, is kept once.
    fn add(&mut self, waker: &Waker) {
        if !self.0.iter().any(|known| known.will_wake(waker)) {
            self.0.push(waker.clone());
        }
    }

    fn wake(self) {
        for waker in self.0 {
            waker.wake();
        }
    }
}

/// The end of a queue that a body reads. Dropping it means that the client is gone.
#[derive(Debug)]
pub(crate) struct Reader(pub(crate) Arc<Queue>);

impl Stream for Reader {
    type Item = Result<Bytes, StreamError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let block = self.0.change(|state, wakers| state.poll_pop(cx, wakers));
        block.map(|block| block.map(Ok))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.change(|state, wakers| {
            state.clear();
            state.close(wakers);
        });
    }
}
