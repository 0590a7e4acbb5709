//! When a stream says something of its own, and when it has lived long enough.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::config::SseConfig;

/// The clock of one stream.
///
/// Writing moves no timer, it only notes the time; the timer finds out when it goes off that it is
/// too early, and is set again. So a busy stream costs nothing here.
#[derive(Debug)]
pub(crate) struct Pace {
    keep_alive: Option<Duration>,
    /// When the last bytes were given away.
    written: Instant,
    ends: Option<Instant>,
    /// Made when there is first something to wait for.
    alarm: Option<Pin<Box<Sleep>>>,
}

/// What the time has come for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    End,
    KeepAlive,
}

impl Pace {
    /// Starts the clock.
    pub(crate) fn new(config: &SseConfig) -> Self {
        let now = Instant::now();
        Self {
            keep_alive: config.keep_alive,
            written: now,
            // An age that no clock can hold is no limit.
            ends: config.age().and_then(|age| now.checked_add(age)),
            alarm: None,
        }
    }

    /// Something was written just now.
    pub(crate) fn wrote(&mut self) {
        self.written = Instant::now();
    }

    /// True when the stream is as old as it may become.
    pub(crate) fn is_over(&self) -> bool {
        self.ends.is_some_and(|ends| ends <= Instant::now())
    }

    /// Waits for the next thing to do.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Beat> {
        let Some(next) = self.next() else {
            return Poll::Pending;
        };
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(sleep_until(next)));
        loop {
            ready!(alarm.as_mut().poll(cx));
            let now = Instant::now();
            if self.ends.is_some_and(|ends| ends <= now) {
                return Poll::Ready(Beat::End);
            }
            if next <= now {
                return Poll::Ready(Beat::KeepAlive);
            }
            // Something was written since it was set.
            alarm.as_mut().reset(next);
        }
    }

    fn next(&self) -> Option<Instant> {
        let silence = self.keep_alive;
        let comment = silence.and_then(|silence| self.written.checked_add(silence));
        [comment, self.ends].into_iter().flatten().min()
    }
}
