//! A queue that is nearly always empty.

use std::collections::VecDeque;

/// First in, first out. One word, and nothing besides while empty: most sessions wait, and each has
/// several of these.
#[derive(Debug)]
#[expect(clippy::box_collection, reason = "one word instead of four")]
pub(super) struct Queue<T>(Option<Box<VecDeque<T>>>);

impl<T> Queue<T> {
    pub(super) fn push(&mut self, item: T) {
        self.0.get_or_insert_default().push_back(item);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let items = self.0.as_mut()?;
        let item = items.pop_front();
        if items.is_empty() {
            self.0 = None;
        }
        item
    }

    /// Takes out the first item that `is_it`, out of its turn.
    pub(super) fn take(&mut self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let items = self.0.as_mut()?;
        let index = items.iter().position(is_it)?;
        let item = items.remove(index);
        if items.is_empty() {
            self.0 = None;
        }
        item
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn clear(&mut self) {
        self.0 = None;
    }
}

// Derived, it would ask for a default of what is in it.
impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self(None)
    }
}
