//! Promises to tell when what was sent has left.

use tokio::sync::oneshot;

use super::session::SocketId;

/// A place in what a session has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// So many packets have been fetched by polls.
    Fetched(u64),
    /// So many bytes have been written to a WebSocket.
    Written { socket: SocketId, place: u64 },
}

/// Who waits, and for what. One word while nobody does.
#[derive(Debug, Default)]
#[expect(clippy::box_collection, reason = "one word instead of three")]
pub(super) struct Flushes(Option<Box<Vec<Promise>>>);

#[derive(Debug)]
struct Promise {
    mark: Mark,
    done: oneshot::Sender<()>,
}

impl Flushes {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Makes a promise. Those that nobody waits for any more are forgotten.
    pub(super) fn promise(&mut self, mark: Mark) -> oneshot::Receiver<()> {
        let (done, receiver) = oneshot::channel();
        let promises = self.0.get_or_insert_default();
        promises.retain(|promise| !promise.done.is_closed());
        promises.push(Promise { mark, done });
        receiver
    }

    /// Takes out those that are kept.
    ///
    /// `now` is the place that has been reached in sending. A promise that waits for polls waits
    /// for that place once the session has moved to a WebSocket: there its packets went.
    pub(super) fn kept(
        &mut self,
        now: Option<Mark>,
        has_reached: impl Fn(Mark) -> bool,
    ) -> Vec<oneshot::Sender<()>> {
        let mut kept = Vec::new();
        let mut left = Vec::new();
        for mut promise in self.take() {
            if has_reached(promise.mark) {
                kept.push(promise.done);
                continue;
            }
            if let (Mark::Fetched(_), Some(now @ Mark::Written { .. })) = (promise.mark, now) {
                promise.mark = now;
            }
            left.push(promise);
        }
        self.put(left);
        kept
    }

    /// Breaks those that wait for a poll.
    pub(super) fn fail_polls(&mut self) {
        let mut promises = self.take();
        promises.retain(|promise| !matches!(promise.mark, Mark::Fetched(_)));
        self.put(promises);
    }

    /// Breaks all.
    pub(super) fn fail(&mut self) {
        self.0 = None;
    }

    fn take(&mut self) -> Vec<Promise> {
        self.0.take().map(|promises| *promises).unwrap_or_default()
    }

    fn put(&mut self, promises: Vec<Promise>) {
        self.0 = (!promises.is_empty()).then(|| Box::new(promises));
    }
}
