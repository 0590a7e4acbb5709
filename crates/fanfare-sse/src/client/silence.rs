//! How long a server may say nothing.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// Goes off when nothing was heard for too long.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// `None` if it may last for ever.
    pub(super) max: Option<Duration>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    /// Begins anew.
    pub(super) fn heard(&mut self) {
        let Some(max) = self.max else {
            return;
        };
        match &mut self.alarm {
            Some(alarm) => alarm.set(sleep(max)),
            None => self.alarm = Some(Box::pin(sleep(max))),
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.alarm {
            Some(alarm) => alarm.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}
