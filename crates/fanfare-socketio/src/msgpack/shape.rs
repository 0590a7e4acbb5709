//! What JSON text says of an array or an object only at its end, and msgpack at its start.

use crate::json::scanner::{Scanner, Token};
use crate::placeholder::Marks;

/// What an array or an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// An array of so many elements.
    Array(usize),
    /// A placeholder for the attachment with this number.
    Attachment(usize),
    /// An object of so many entries.
    Object(usize),
}

/// An array or an object whose end is not reached.
struct Open {
    /// Its place among the shapes.
    index: usize,
    shape: Shape,
    marks: Marks,
}

/// The shapes of all arrays and objects, in the order in which they begin.
pub(super) fn shapes(json: &str, attachments: usize) -> Vec<Shape> {
    let mut scanner = Scanner::new(json);
    let mut shapes = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    while let Ok(Some(token)) = scanner.next() {
        if let Token::ArrayEnd | Token::ObjectEnd = token {
            if let Some(closed) = open.pop()
                && let Some(shape) = shapes.get_mut(closed.index)
            {
                *shape = closed.shape(attachments);
            }
            continue;
        }
        if let Some(open) = open.last_mut() {
            open.take(&token);
        }
        let shape = match token {
            Token::ArrayStart => Shape::Array(0),
            Token::ObjectStart => Shape::Object(0),
            _ => continue,
        };
        open.push(Open {
            index: shapes.len(),
            shape,
            marks: Marks::default(),
        });
        shapes.push(shape);
    }
    shapes
}

impl Open {
    /// Something in it: a value, the start of one, or a key.
    fn take(&mut self, token: &Token<'_>) {
        match (&mut self.shape, token) {
            (Shape::Object(count), Token::Key(key)) => {
                *count += 1;
                self.marks.key(key);
            }
            (Shape::Array(count), _) => *count += 1,
            _ => self.marks.value(token),
        }
    }

    fn shape(self, attachments: usize) -> Shape {
        match self.marks.place(attachments) {
            Ok(Some(number)) => Shape::Attachment(number),
            _ => self.shape,
        }
    }
}
