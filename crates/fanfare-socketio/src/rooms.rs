//! Who is in which room of a namespace.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use slab::Slab;

use crate::few::Few;
use crate::index::Index;

/// The members of a namespace and their rooms. `T` is what a member is to the caller.
///
/// Every member has a room of its own that is named by its id. It is not kept as one: a room's name
/// is looked for among the ids as well.
#[derive(Debug)]
pub(crate) struct Rooms<T> {
    members: Slab<Member<T>>,
    /// The members and their keys, by their ids.
    ids: Index<(T, u32)>,
    rooms: HashMap<Arc<str>, HashSet<usize>>,
}

#[derive(Debug)]
struct Member<T> {
    value: T,
    rooms: Few<Arc<str>>,
}

/// Whom something concerns: the union of rooms, everybody without any, but nobody who is in one of
/// the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) rooms: Vec<Box<str>>,
    pub(crate) except: Vec<Box<str>>,
}

impl<T> Default for Rooms<T> {
    fn default() -> Self {
        Self {
            members: Slab::new(),
            ids: Index::default(),
            rooms: HashMap::new(),
        }
    }
}

/// What a member is known by.
pub(crate) trait Identified {
    /// Its id. No two members have the same.
    fn id(&self) -> &str;
}

impl<T: Clone + Identified> Rooms<T> {
    pub(crate) fn insert(&mut self, value: T) {
        let key = self.members.insert(Member {
            value: value.clone(),
            rooms: Few::default(),
        });
        // There are never as many members as this could not count.
        let key = u32::try_from(key).unwrap_or(u32::MAX);
        self.ids.insert((value, key), id_of);
    }

    fn key(&self, id: &str) -> Option<usize> {
        self.ids.find(id, id_of).map(|(_, key)| *key as usize)
    }

    /// Takes a member out and returns its rooms; `None` if there is no such member.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Vec<Arc<str>>> {
        let (_, key) = self.ids.remove(id, id_of)?;
        let key = key as usize;
        let member = self.members.try_remove(key)?;
        for room in member.rooms.iter() {
            self.take_out(room, key);
        }
        Some(member.rooms.into_iter().collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        let key = self.key(id)?;
        self.members.get(key).map(|member| &member.value)
    }

    /// The rooms of a member without its own.
    pub(crate) fn rooms_of(&self, id: &str) -> Option<Vec<Arc<str>>> {
        let member = self.members.get(self.key(id)?)?;
        Some(member.rooms.iter().cloned().collect())
    }

    /// The names of all rooms that somebody joined.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.rooms.keys()
    }

    /// Puts a member into a room. False if it has `most` already.
    pub(crate) fn join(&mut self, id: &str, room: &str, most: usize) -> bool {
        let Some(key) = self.key(id) else {
            return true;
        };
        let Some(member) = self.members.get_mut(key) else {
            return true;
        };
        if room == id || member.rooms.iter().any(|it| &**it == room) {
            return true;
        }
        if member.rooms.len() >= most {
            return false;
        }
        let name = match self.rooms.get_key_value(room) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(room),
        };
        member.rooms.push(Arc::clone(&name));
        self.rooms.entry(name).or_default().insert(key);
        true
    }

    pub(crate) fn leave(&mut self, id: &str, room: &str) {
        let Some(key) = self.key(id) else {
            return;
        };
        if let Some(member) = self.members.get_mut(key) {
            member.rooms.take(|it| &**it == room);
        }
        self.take_out(room, key);
    }

    /// Everybody whom a selection means, each once.
    pub(crate) fn select(&self, selection: &Selection) -> Vec<T> {
        let excluded = self.keys_in(&selection.except);
        let is_meant = |key: &usize| !excluded.contains(key);
        let value = |key: usize| self.members.get(key).map(|member| member.value.clone());
        if selection.rooms.is_empty() {
            let everybody = self.members.iter().map(|(key, _)| key);
            return everybody.filter(is_meant).filter_map(value).collect();
        }
        if let [room] = &*selection.rooms {
            let own = self.key(room);
            let room = self.rooms.get(&**room).into_iter().flatten().copied();
            let keys = room.chain(own);
            return keys.filter(is_meant).filter_map(value).collect();
        }
        let keys = self.keys_in(&selection.rooms);
        keys.into_iter()
            .filter(is_meant)
            .filter_map(value)
            .collect()
    }

    fn keys_in(&self, rooms: &[Box<str>]) -> HashSet<usize> {
        let named = rooms.iter().filter_map(|room| self.rooms.get(&**room));
        let own = rooms.iter().filter_map(|room| self.key(room));
        named.flatten().copied().chain(own).collect()
    }

    fn take_out(&mut self, room: &str, key: usize) {
        if let Some(keys) = self.rooms.get_mut(room) {
            keys.remove(&key);
            if keys.is_empty() {
                self.rooms.remove(room);
            }
        }
    }
}

fn id_of<T: Identified>((value, _): &(T, u32)) -> &str {
    value.id()
}

impl Selection {
    /// Whether somebody with this id and these rooms is meant.
    pub(crate) fn means<S: AsRef<str>>(&self, id: &str, rooms: &[S]) -> bool {
        let is_in = |names: &[Box<str>]| {
            names
                .iter()
                .any(|name| &**name == id || rooms.iter().any(|room| room.as_ref() == &**name))
        };
        (self.rooms.is_empty() || is_in(&self.rooms)) && !is_in(&self.except)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(rooms: &[&str], except: &[&str]) -> Selection {
        let boxed = |names: &[&str]| names.iter().map(|&name| name.into()).collect();
        Selection {
            rooms: boxed(rooms),
            except: boxed(except),
        }
    }

    impl Identified for &'static str {
        fn id(&self) -> &str {
            self
        }
    }

    fn rooms() -> Rooms<&'static str> {
        let mut rooms = Rooms::default();
        for id in ["a", "b", "c"] {
            rooms.insert(id);
        }
        for (id, room) in [("a", "red"), ("b", "red"), ("b", "blue"), ("c", "blue")] {
            assert!(rooms.join(id, room, 2));
        }
        rooms
    }

    #[track_caller]
    fn check(to: &[&str], except: &[&str], expected: &str) {
        let rooms = rooms();
        let selection = selection(to, except);
        let mut found = rooms.select(&selection);
        found.sort_unstable();
        assert_eq!(found.into_iter().collect::<String>(), expected);
        let told_apart: String = ["a", "b", "c"]
            .into_iter()
            .filter(|id| selection.means(id, &rooms.rooms_of(id).unwrap()))
            .collect();
        assert_eq!(told_apart, expected, "the same question about one member");
    }

    #[test]
    fn no_room_means_everybody() {
        check(&[], &[], "abc");
        check(&[], &["red"], "c");
        check(&[], &["a"], "bc");
    }

    #[test]
    fn several_rooms_mean_each_member_once() {
        check(&["red", "blue"], &[], "abc");
        check(&["red", "blue", "b"], &["blue"], "a");
    }

    #[test]
    fn an_id_is_a_room() {
        check(&["a"], &[], "a");
        check(&["a", "blue"], &[], "abc");
        check(&["nowhere"], &[], "");
    }

    #[test]
    fn nobody_is_in_more_rooms_than_allowed() {
        let mut rooms = rooms();
        assert!(!rooms.join("b", "green", 2));
        assert!(rooms.join("b", "red", 2), "it is in there already");
        rooms.leave("b", "red");
        assert!(rooms.join("b", "green", 2));
    }

    #[test]
    fn empty_rooms_are_forgotten() {
        let mut rooms = rooms();
        assert_eq!(rooms.remove("b").unwrap().len(), 2);
        rooms.leave("a", "red");
        assert_eq!(rooms.names().map(|it| &**it).collect::<Vec<_>>(), ["blue"]);
        assert!(rooms.remove("b").is_none());
    }
}
