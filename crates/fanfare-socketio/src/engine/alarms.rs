//! The clock of a mount: one task for the deadlines of all its sessions.
//!
//! A session is in the heap once, with a time that is not after its deadline. A deadline that moves
//! away, as with every pong, costs nothing: the alarm rings at the old time, and the session names
//! the new one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::client::Client;
use super::clock;
use super::moment::Moment;
use super::mount::Mount;
use super::sid::Sid;

/// Sessions that are looked after in a row before others of the runtime get a turn: a millisecond
/// or so.
const BATCH: usize = 256;

/// When to look at which session.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    /// Held for single steps; no other lock is taken meanwhile.
    state: Mutex<State>,
    /// Something is due earlier than the task knows.
    earlier: Notify,
    /// Where the task runs: the first runtime that was seen.
    runtime: OnceLock<Handle>,
}

#[derive(Debug, Default)]
struct State {
    heap: BinaryHeap<Reverse<(Moment, Sid)>>,
    /// Those whose application has something to hear, from a caller that could not tell it.
    news: Vec<Client>,
    is_running: bool,
}

/// What the task does next.
enum Next {
    End,
    Ring(Vec<(Moment, Sid)>),
    Tell(Vec<Client>),
    Wait(Moment),
}

/// Says that the task is gone, also when its runtime is dropped.
struct Running {
    mount: Arc<Mount>,
    /// It has said so itself: another one may run already.
    has_ended: bool,
}

impl Alarms {
    /// Remembers the runtime of the caller, if there is one.
    pub(super) fn settle_here(&self) {
        if self.runtime.get().is_none()
            && let Ok(handle) = Handle::try_current()
        {
            // Another thread may have been faster; its runtime is as good.
            let _ = self.runtime.set(handle);
        }
    }

    /// Looks at a session at that time.
    pub(super) fn set(&self, at: Moment, client: &Client) {
        let mut state = self.lock();
        let is_first = state
            .heap
            .peek()
            .is_none_or(|Reverse((first, _))| at < *first);
        state.heap.push(Reverse((at, client.key())));
        self.run(state, client.mount(), is_first);
    }

    /// Lets the application of a session hear its news.
    pub(super) fn hand_over(&self, client: Client) {
        let mount = Arc::clone(client.mount());
        let mut state = self.lock();
        state.news.push(client);
        self.run(state, &mount, true);
    }

    /// Sees to it that the task runs, and knows of something urgent.
    fn run(&self, mut state: MutexGuard<'_, State>, mount: &Arc<Mount>, is_urgent: bool) {
        self.settle_here();
        // Without a runtime nothing ever rings. The first call from within one makes up for it.
        let Some(runtime) = self.runtime.get() else {
            return;
        };
        let is_running = std::mem::replace(&mut state.is_running, true);
        drop(state);
        if !is_running {
            runtime.spawn(look_after(Running {
                mount: Arc::clone(mount),
                has_ended: false,
            }));
        } else if is_urgent {
            self.earlier.notify_one();
        }
    }

    fn next(&self, now: Moment) -> Next {
        let mut state = self.lock();
        if !state.news.is_empty() {
            return Next::Tell(std::mem::take(&mut state.news));
        }
        let mut due = Vec::new();
        while let Some(Reverse((at, _))) = state.heap.peek() {
            if *at > now || due.len() == BATCH {
                break;
            }
            due.extend(state.heap.pop().map(|Reverse(alarm)| alarm));
        }
        match (state.heap.peek(), due.is_empty()) {
            (_, false) => Next::Ring(due),
            (Some(Reverse((at, _))), true) => Next::Wait(*at),
            (None, true) => {
                state.is_running = false;
                state.heap = BinaryHeap::new();
                Next::End
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task. It ends with the last session.
async fn look_after(mut running: Running) {
    let mount = Arc::clone(&running.mount);
    loop {
        let now = clock::now();
        match mount.alarms().next(now.into()) {
            Next::End => {
                running.has_ended = true;
                return;
            }
            Next::Ring(alarms) => {
                for (at, sid) in alarms {
                    if let Some(client) = mount.find(sid.as_str()) {
                        client.tell(|live| (live.ring(at, now), None));
                    }
                }
                tokio::task::yield_now().await;
            }
            Next::Tell(clients) => {
                clients.iter().for_each(Client::converse);
                tokio::task::yield_now().await;
            }
            Next::Wait(until) => {
                let earlier = mount.alarms().earlier.notified();
                // Either way it is time to look again.
                let _ = tokio::time::timeout_at(Instant::from(until).into(), earlier).await;
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended {
            self.mount.alarms().lock().is_running = false;
        }
    }
}
