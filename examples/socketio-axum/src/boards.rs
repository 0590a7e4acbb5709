//! What the application has had before Socket.IO came: boards with notes on them.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use serde::Serialize;

/// Notes of one board.
pub const NOTES_MAX: usize = 200;
/// Boards.
pub const BOARDS_MAX: usize = 100;

#[derive(Default)]
pub struct Boards(Mutex<HashMap<String, Vec<Note>>>);

#[derive(Clone, Serialize)]
pub struct Note {
    by: String,
    text: String,
    /// Where its picture is among the notes of the board.
    picture: Option<usize>,
    #[serde(skip)]
    bytes: Bytes,
}

impl Note {
    pub fn text(by: String, text: String) -> Self {
        Self {
            by,
            text,
            picture: None,
            bytes: Bytes::new(),
        }
    }

    pub fn picture(by: String, name: String, bytes: Bytes) -> Self {
        Self {
            bytes,
            ..Self::text(by, name)
        }
    }
}

impl Boards {
    /// Puts a note on a board. `None` if there is no place.
    pub fn add(&self, board: &str, mut note: Note) -> Option<Note> {
        let mut boards = self.0.lock().unwrap();
        if boards.len() >= BOARDS_MAX && !boards.contains_key(board) {
            return None;
        }
        let notes = boards.entry(board.to_owned()).or_default();
        if notes.len() >= NOTES_MAX {
            return None;
        }
        note.picture = (!note.bytes.is_empty()).then_some(notes.len());
        notes.push(note.clone());
        Some(note)
    }

    pub fn notes(&self, board: &str) -> Vec<Note> {
        self.0
            .lock()
            .unwrap()
            .get(board)
            .cloned()
            .unwrap_or_default()
    }

    pub fn picture(&self, board: &str, number: usize) -> Option<Bytes> {
        let boards = self.0.lock().unwrap();
        let note = boards.get(board)?.get(number)?;
        note.picture.map(|_| note.bytes.clone())
    }
}
