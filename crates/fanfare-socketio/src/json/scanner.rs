//! JSON token by token, without recursion and without memory.

use super::JsonError;
use crate::limits::JSON_DEPTH_MAX;

/// A piece of JSON. Strings, keys and numbers as they are written, quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    ArrayEnd,
    ArrayStart,
    False,
    Key(&'a str),
    Null,
    Number(&'a str),
    ObjectEnd,
    ObjectStart,
    String(&'a str),
    True,
}

impl Token<'_> {
    fn written_bytes(&self) -> usize {
        match self {
            Self::ArrayEnd | Self::ArrayStart | Self::ObjectEnd | Self::ObjectStart => 1,
            Self::Null | Self::True => 4,
            Self::False => 5,
            Self::Key(text) | Self::Number(text) | Self::String(text) => text.len(),
        }
    }
}

/// Reads a text from start to end. After an error it must not be asked again.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// One bit per open array (0) or object (1), the innermost lowest.
    nesting: u128,
    depth: u32,
    expected: Expected,
}

/// One bit per level must be enough.
const _: () = assert!(JSON_DEPTH_MAX <= u128::BITS as usize);

/// What the grammar has at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    CommaOrEnd,
    End,
    Key,
    KeyOrEnd,
    Value,
    ValueOrEnd,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            nesting: 0,
            depth: 0,
            expected: Expected::Value,
        }
    }

    /// The next token; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>, JsonError> {
        self.skip_space();
        if self.expected == Expected::CommaOrEnd && self.peek() == Some(b',') {
            self.at += 1;
            self.expected = if self.is_in_object() {
                Expected::Key
            } else {
                Expected::Value
            };
            self.skip_space();
        }
        let Some(byte) = self.peek() else {
            return match self.expected {
                Expected::End => Ok(None),
                _ => Err(JsonError::Incomplete),
            };
        };
        self.token(byte).map(Some)
    }

    /// Where the token that was read last ends, in bytes. A key ends with its colon.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The text between two positions.
    pub(crate) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Reads one whole element of the array that is open, or the value behind a key; `None` at its
    /// end.
    pub(crate) fn skip_value(&mut self) -> Result<Option<&'a str>, JsonError> {
        let depth = self.depth;
        let bytes = match self.next()? {
            None | Some(Token::ArrayEnd) => return Ok(None),
            Some(token) => token.written_bytes(),
        };
        let from = self.at - bytes;
        while self.depth > depth {
            self.next()?;
        }
        Ok(Some(self.slice(from, self.at)))
    }

    fn token(&mut self, byte: u8) -> Result<Token<'a>, JsonError> {
        match (self.expected, byte) {
            (Expected::ValueOrEnd | Expected::CommaOrEnd, b']') if !self.is_in_object() => {
                self.leave(Token::ArrayEnd)
            }
            (Expected::KeyOrEnd | Expected::CommaOrEnd, b'}') if self.is_in_object() => {
                self.leave(Token::ObjectEnd)
            }
            (Expected::KeyOrEnd | Expected::Key, b'"') => self.key(),
            (Expected::Value | Expected::ValueOrEnd, _) => self.value(byte),
            _ => Err(self.syntax()),
        }
    }

    fn value(&mut self, byte: u8) -> Result<Token<'a>, JsonError> {
        match byte {
            b'[' => return self.enter(Token::ArrayStart, 0, Expected::ValueOrEnd),
            b'{' => return self.enter(Token::ObjectStart, 1, Expected::KeyOrEnd),
            _ => {}
        }
        let token = match byte {
            b'"' => Token::String(self.string()?),
            b't' => self.word("true", Token::True)?,
            b'f' => self.word("false", Token::False)?,
            b'n' => self.word("null", Token::Null)?,
            _ => Token::Number(self.number()?),
        };
        self.expected = self.after_value();
        Ok(token)
    }

    fn enter(
        &mut self,
        token: Token<'a>,
        bit: u128,
        expected: Expected,
    ) -> Result<Token<'a>, JsonError> {
        if self.depth as usize >= JSON_DEPTH_MAX {
            return Err(JsonError::Depth);
        }
        self.at += 1;
        self.depth += 1;
        self.nesting = self.nesting << 1 | bit;
        self.expected = expected;
        Ok(token)
    }

    fn leave(&mut self, token: Token<'a>) -> Result<Token<'a>, JsonError> {
        self.depth = self.depth.checked_sub(1).ok_or_else(|| self.syntax())?;
        self.at += 1;
        self.nesting >>= 1;
        self.expected = self.after_value();
        Ok(token)
    }

    fn after_value(&self) -> Expected {
        match self.depth {
            0 => Expected::End,
            _ => Expected::CommaOrEnd,
        }
    }

    fn key(&mut self) -> Result<Token<'a>, JsonError> {
        let key = self.string()?;
        self.skip_space();
        self.byte(b':')?;
        self.expected = Expected::Value;
        Ok(Token::Key(key))
    }

    /// A string with its quotes. The opening one has been seen.
    fn string(&mut self) -> Result<&'a str, JsonError> {
        let from = self.at;
        self.at += 1;
        loop {
            match self.peek().ok_or(JsonError::Incomplete)? {
                b'"' => {
                    self.at += 1;
                    return Ok(self.slice(from, self.at));
                }
                b'\\' => self.escape()?,
                0..=0x1f => return Err(self.syntax()),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        match self.peek().ok_or(JsonError::Incomplete)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    match self.peek().ok_or(JsonError::Incomplete)? {
                        byte if byte.is_ascii_hexdigit() => self.at += 1,
                        _ => return Err(self.syntax()),
                    }
                }
            }
            _ => return Err(self.syntax()),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<&'a str, JsonError> {
        let from = self.at;
        self.skip(|byte| byte == b'-', 1);
        match self.peek().ok_or(JsonError::Incomplete)? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.skip(|byte| byte == b'.', 1) {
            self.digits()?;
        }
        if self.skip(|byte| byte == b'e' || byte == b'E', 1) {
            self.skip(|byte| byte == b'+' || byte == b'-', 1);
            self.digits()?;
        }
        Ok(self.slice(from, self.at))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        self.peek().ok_or(JsonError::Incomplete)?;
        if self.skip(|byte| byte.is_ascii_digit(), usize::MAX) {
            Ok(())
        } else {
            Err(self.syntax())
        }
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, JsonError> {
        for expected in word.bytes() {
            self.byte(expected)?;
        }
        Ok(token)
    }

    fn byte(&mut self, expected: u8) -> Result<(), JsonError> {
        match self.peek() {
            None => Err(JsonError::Incomplete),
            Some(byte) if byte == expected => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.syntax()),
        }
    }

    fn skip_space(&mut self) {
        self.skip(
            |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
            usize::MAX,
        );
    }

    /// Passes over at most `count` bytes of a kind; true if there was one.
    fn skip(&mut self, is_of_kind: impl Fn(u8) -> bool, count: usize) -> bool {
        let from = self.at;
        while self.at - from < count && self.peek().is_some_and(&is_of_kind) {
            self.at += 1;
        }
        self.at > from
    }

    fn is_in_object(&self) -> bool {
        self.nesting & 1 == 1
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn syntax(&self) -> JsonError {
        JsonError::Syntax(self.at)
    }
}

/// The characters that a written string or key stands for.
pub(crate) fn unquote(written: &str) -> Option<String> {
    serde_json::from_str(written).ok()
}
