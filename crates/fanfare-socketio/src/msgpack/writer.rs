//! Msgpack as `notepack.io` writes it: everything as short as it can be.

use bytes::Bytes;

use super::shape::{Shape, shapes};
use crate::data::attachments::Attachments;
use crate::json::Json;
use crate::json::scanner::{Scanner, Token, unquote};

/// The largest whole number up to which JavaScript has all of them.
const SAFE_INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: Vec<u8>,
}

/// How a length is written, by the bytes that it takes.
struct Lengths {
    /// In the marker itself, and below which length.
    fixed: (u8, usize),
    one: Option<u8>,
    two: u8,
    four: u8,
}

const ARRAY: Lengths = Lengths {
    fixed: (0x90, 0x10),
    one: None,
    two: 0xdc,
    four: 0xdd,
};
const BYTES: Lengths = Lengths {
    fixed: (0, 0),
    one: Some(0xc4),
    two: 0xc5,
    four: 0xc6,
};
const MAP: Lengths = Lengths {
    fixed: (0x80, 0x10),
    one: None,
    two: 0xde,
    four: 0xdf,
};
const TEXT: Lengths = Lengths {
    fixed: (0xa0, 0x20),
    one: Some(0xd9),
    two: 0xda,
    four: 0xdb,
};

impl Writer {
    pub(super) fn into_bytes(self) -> Bytes {
        self.out.into()
    }

    /// Writes JSON, with attachments in the places of their placeholders.
    pub(super) fn json(&mut self, json: &Json<'_>, attachments: &Attachments<'_>) {
        let shapes = shapes(json.as_str(), attachments.count());
        let mut shapes = shapes.into_iter();
        let mut scanner = Scanner::new(json.as_str());
        while let Ok(Some(token)) = scanner.next() {
            match token {
                Token::ArrayEnd | Token::ObjectEnd => {}
                Token::ArrayStart | Token::ObjectStart => match shapes.next() {
                    Some(Shape::Array(count)) => self.array(count),
                    Some(Shape::Object(count)) => self.map(count),
                    Some(Shape::Attachment(number)) => {
                        self.attachment(attachments, number);
                        skip(&mut scanner, &mut shapes);
                    }
                    None => return,
                },
                Token::False => self.out.push(0xc2),
                Token::Key(written) | Token::String(written) => self.quoted(written),
                Token::Null => self.nil(),
                Token::Number(written) => self.number(written),
                Token::True => self.out.push(0xc3),
            }
        }
    }

    pub(super) fn map(&mut self, count: usize) {
        self.length(count, &MAP);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.length(text.len(), &TEXT);
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn unsigned(&mut self, number: u64) {
        match (
            u8::try_from(number),
            u16::try_from(number),
            u32::try_from(number),
        ) {
            (Ok(number @ 0..0x80), ..) => self.out.push(number),
            (Ok(number), ..) => self.marked(0xcc, &[number]),
            (_, Ok(number), _) => self.marked(0xcd, &number.to_be_bytes()),
            (_, _, Ok(number)) => self.marked(0xce, &number.to_be_bytes()),
            _ => self.marked(0xcf, &number.to_be_bytes()),
        }
    }

    fn signed(&mut self, number: i64) {
        if let Ok(number) = u64::try_from(number) {
            return self.unsigned(number);
        }
        match (
            i8::try_from(number),
            i16::try_from(number),
            i32::try_from(number),
        ) {
            (Ok(number @ -0x20..0), ..) => self.out.extend(number.to_be_bytes()),
            (Ok(number), ..) => self.marked(0xd0, &number.to_be_bytes()),
            (_, Ok(number), _) => self.marked(0xd1, &number.to_be_bytes()),
            (_, _, Ok(number)) => self.marked(0xd2, &number.to_be_bytes()),
            _ => self.marked(0xd3, &number.to_be_bytes()),
        }
    }

    /// Whole numbers are integers, however they are written. Those that JavaScript would round
    /// keep their digits as far as 64 bits go.
    fn number(&mut self, written: &str) {
        if let Ok(number) = written.parse() {
            return self.unsigned(number);
        }
        if let Ok(number) = written.parse() {
            return self.signed(number);
        }
        let number: f64 = written.parse().unwrap_or(f64::NAN);
        let whole = match number.fract() == 0.0 && number.abs() <= SAFE_INTEGER_MAX {
            true => format!("{number:.0}").parse().ok(),
            false => None,
        };
        match whole {
            Some(whole) => self.signed(whole),
            None => self.marked(0xcb, &number.to_be_bytes()),
        }
    }

    fn attachment(&mut self, attachments: &Attachments<'_>, number: usize) {
        match attachments.copy(number) {
            Ok(bytes) => {
                self.length(bytes.len(), &BYTES);
                self.out.extend_from_slice(bytes);
            }
            Err(_) => self.nil(),
        }
    }

    fn quoted(&mut self, written: &str) {
        let inside = written
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'));
        match inside {
            Some(text) if !text.contains('\\') => self.text(text),
            _ => self.text(&unquote(written).unwrap_or_default()),
        }
    }

    fn array(&mut self, count: usize) {
        self.length(count, &ARRAY);
    }

    fn nil(&mut self) {
        self.out.push(0xc0);
    }

    fn length(&mut self, length: usize, lengths: &Lengths) {
        let (fixed, below) = lengths.fixed;
        match (u8::try_from(length), u16::try_from(length), lengths.one) {
            (Ok(byte), ..) if length < below => self.out.push(fixed | byte),
            (Ok(byte), _, Some(marker)) => self.marked(marker, &[byte]),
            (_, Ok(length), _) => self.marked(lengths.two, &length.to_be_bytes()),
            _ => {
                // Four gibibytes do not fit any message.
                let length = u32::try_from(length).unwrap_or(u32::MAX);
                self.marked(lengths.four, &length.to_be_bytes());
            }
        }
    }

    fn marked(&mut self, marker: u8, bytes: &[u8]) {
        self.out.push(marker);
        self.out.extend_from_slice(bytes);
    }
}

/// Passes over the rest of the object that was opened last, and the shapes of what is in it.
fn skip(scanner: &mut Scanner<'_>, shapes: &mut impl Iterator<Item = Shape>) {
    let mut depth = 1_usize;
    while let Ok(Some(token)) = scanner.next() {
        match token {
            Token::ArrayStart | Token::ObjectStart => {
                shapes.next();
                depth += 1;
            }
            Token::ArrayEnd | Token::ObjectEnd => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}
