//! Places in JSON text where an attachment belongs: `{"_placeholder":true,"num":N}`.
//!
//! Clients are JavaScript, so an object counts as it counts there: keys may be escaped, the last
//! of equal keys wins, and other keys do not matter.
//!
//! Source: Socket.IO protocol 5, "Sending and receiving binary"; the reference's parser.

use crate::json::scanner::{Scanner, Token, unquote};
use crate::json::{Json, JsonError};

const MARK: &str = "_placeholder";
const NUMBER: &str = "num";

/// A placeholder that stands for nothing: without a number, or with one that is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("placeholder without an attachment")]
pub struct PlaceholderError;

/// What of an object says whether it is a placeholder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    is_placeholder: bool,
    number: Option<usize>,
    key: Key,
}

/// Which value of the object comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Key {
    Mark,
    Number,
    #[default]
    Other,
}

impl Marks {
    /// The object has this key, and its value comes next.
    pub(crate) fn key(&mut self, written: &str) {
        let is = |name| match written.contains('\\') {
            true => unquote(written).as_deref() == Some(name),
            false => written.trim_matches('"') == name,
        };
        self.key = if is(MARK) {
            Key::Mark
        } else if is(NUMBER) {
            Key::Number
        } else {
            Key::Other
        };
    }

    /// The value, or its first token.
    pub(crate) fn value(&mut self, token: &Token<'_>) {
        match self.key {
            Key::Mark => self.is_placeholder = *token == Token::True,
            Key::Number => self.number = number(token),
            Key::Other => {}
        }
    }

    /// The object is complete: which attachment it stands for, if it is a placeholder.
    pub(crate) fn place(self, attachments: usize) -> Result<Option<usize>, PlaceholderError> {
        match (self.is_placeholder, self.number) {
            (false, _) => Ok(None),
            (true, Some(number)) if number < attachments => Ok(Some(number)),
            (true, _) => Err(PlaceholderError),
        }
    }
}

/// A whole number, however it is written: JavaScript does not tell `1` from `1.0` or `1e0`.
fn number(token: &Token<'_>) -> Option<usize> {
    let Token::Number(text) = token else {
        return None;
    };
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let value: f64 = text.parse().ok()?;
    // No packet has more than a few attachments, so the text of a small number is enough.
    (0..=u8::MAX)
        .find(|&number| f64::from(number) == value)
        .map(usize::from)
}

/// Checks that every placeholder has its attachment. No recursion: hostile text costs no stack.
///
/// # Errors
/// [`PlaceholderError`] for the first that has not.
pub(crate) fn check(json: &Json<'_>, attachments: usize) -> Result<(), PlaceholderError> {
    let mut scanner = Scanner::new(json.as_str());
    // What is open, with marks for objects.
    let mut open: Vec<Option<Marks>> = Vec::new();
    while let Ok::<_, JsonError>(Some(token)) = scanner.next() {
        if let (Token::Key(key), Some(Some(marks))) = (&token, open.last_mut()) {
            marks.key(key);
            continue;
        }
        match token {
            Token::ArrayEnd => {
                open.pop();
            }
            Token::ObjectEnd => {
                if let Some(Some(marks)) = open.pop() {
                    marks.place(attachments)?;
                }
            }
            value => {
                if let Some(Some(marks)) = open.last_mut() {
                    marks.value(&value);
                }
                match value {
                    Token::ArrayStart => open.push(None),
                    Token::ObjectStart => open.push(Some(Marks::default())),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}
