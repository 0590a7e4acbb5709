//! A list that nearly always has one entry.

/// Entries in their order. The first lies in the list itself: most clients are in one namespace, on
/// one socket, and in one room.
#[derive(Debug)]
pub(crate) struct Few<T> {
    first: Option<T>,
    /// Invariant: none without a first, and never empty.
    #[expect(clippy::box_collection, reason = "one word instead of three")]
    rest: Option<Box<Vec<T>>>,
}

impl<T> Few<T> {
    pub(crate) fn one(entry: T) -> Self {
        Self {
            first: Some(entry),
            rest: None,
        }
    }

    pub(crate) fn push(&mut self, entry: T) {
        match self.first {
            None => self.first = Some(entry),
            Some(_) => self.rest.get_or_insert_default().push(entry),
        }
    }

    /// Takes out the first entry that `is_it`.
    pub(crate) fn take(&mut self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        if self.first.as_ref().is_some_and(&is_it) {
            let second = self.take_of_rest(|_| true);
            return std::mem::replace(&mut self.first, second);
        }
        self.take_of_rest(is_it)
    }

    fn take_of_rest(&mut self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let rest = self.rest.as_mut()?;
        let index = rest.iter().position(is_it)?;
        let taken = rest.remove(index);
        if rest.is_empty() {
            self.rest = None;
        }
        Some(taken)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first
            .iter()
            .chain(self.rest.iter().flat_map(|it| it.iter()))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let rest = self.rest.iter_mut().flat_map(|it| it.iter_mut());
        self.first.iter_mut().chain(rest)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(crate) fn len(&self) -> usize {
        self.iter().count()
    }
}

// Derived, it would ask for a default of what is in it.
impl<T> Default for Few<T> {
    fn default() -> Self {
        Self {
            first: None,
            rest: None,
        }
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::option::IntoIter<T>, std::vec::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        let rest = self.rest.map(|rest| *rest).unwrap_or_default();
        self.first.into_iter().chain(rest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_list(steps in prop::collection::vec((any::<bool>(), 0..4_u8), 0..40)) {
            let (mut few, mut list) = (Few::default(), Vec::new());
            for (adds, entry) in steps {
                if adds {
                    few.push(entry);
                    list.push(entry);
                } else {
                    let index = list.iter().position(|it| *it == entry);
                    prop_assert_eq!(few.take(|it| *it == entry), index.map(|it| list.remove(it)));
                }
                prop_assert_eq!(few.iter().copied().collect::<Vec<_>>(), list.clone());
                prop_assert_eq!((few.len(), few.is_empty()), (list.len(), list.is_empty()));
            }
            prop_assert_eq!(few.into_iter().collect::<Vec<_>>(), list);
        }
    }
}
