//! The reader's side of HTTP/1: from bytes to lines.

/// Reads responses, one after another, in pieces of any size.
#[derive(Debug, Default)]
pub struct Responses {
    bytes: Vec<u8>,
    body: Body,
    text: Vec<u8>,
}

/// How the body that is being read is marked off.
#[derive(Debug, Default, PartialEq, Eq)]
enum Body {
    /// There is none: a head comes.
    #[default]
    Head,
    /// Chunks; what is left of the present one with its line end, 0 before the next.
    Chunked(usize),
    /// So many bytes more.
    Whole(usize),
    /// All that comes.
    Endless,
}

/// Something that was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// A response begins.
    Status(u16),
    /// A line of its body, without the line end.
    Line(String),
    /// The response is complete.
    End,
}

impl Responses {
    /// Reads `bytes`.
    ///
    /// # Panics
    /// If they are not what a server may send.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.bytes.extend_from_slice(bytes);
        let mut events = Vec::new();
        while self.step(&mut events) {}
        events
    }

    /// Takes one thing; `false` when it has not come whole.
    fn step(&mut self, events: &mut Vec<Event>) -> bool {
        match self.body {
            Body::Head => self.head(events),
            Body::Chunked(0) => self.chunk(events),
            Body::Chunked(left) => {
                if self.bytes.len() < left {
                    return false;
                }
                let mut data: Vec<u8> = self.bytes.drain(..left).collect();
                assert!(data.ends_with(b"\r\n"), "a chunk ends with a line end");
                data.truncate(left - 2);
                self.body = Body::Chunked(0);
                self.lines(&data, events);
                true
            }
            Body::Whole(left) => {
                let count = left.min(self.bytes.len());
                let data: Vec<u8> = self.bytes.drain(..count).collect();
                self.lines(&data, events);
                self.body = Body::Whole(left - count);
                if left == count {
                    self.end(events);
                }
                left == count
            }
            Body::Endless => {
                let data = std::mem::take(&mut self.bytes);
                self.lines(&data, events);
                false
            }
        }
    }

    fn head(&mut self, events: &mut Vec<Event>) -> bool {
        let Some(end) = find(&self.bytes, b"\r\n\r\n") else {
            return false;
        };
        let head: Vec<u8> = self.bytes.drain(..end + 4).collect();
        let head = String::from_utf8(head).expect("a head is text");
        let status = head
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .unwrap_or_else(|| panic!("not a response: {head:?}"));
        events.push(Event::Status(status));
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        self.body = match (status, field("content-length: ")) {
            (101, _) => Body::Endless,
            (204, _) => Body::Whole(0),
            (_, Some(length)) => Body::Whole(length.parse().expect("a length is a number")),
            _ if field("transfer-encoding: ") == Some("chunked") => Body::Chunked(0),
            _ => Body::Endless,
        };
        true
    }

    fn chunk(&mut self, events: &mut Vec<Event>) -> bool {
        let Some(end) = find(&self.bytes, b"\r\n") else {
            return false;
        };
        let size = String::from_utf8_lossy(&self.bytes[..end]).into_owned();
        let size = usize::from_str_radix(&size, 16).expect("a chunk begins with its size");
        if size > 0 {
            self.bytes.drain(..end + 2);
            self.body = Body::Chunked(size + 2);
            return true;
        }
        if self.bytes.len() < end + 4 {
            return false;
        }
        let last: Vec<u8> = self.bytes.drain(..end + 4).collect();
        assert!(last.ends_with(b"\r\n\r\n"), "no trailers are sent");
        self.end(events);
        true
    }

    fn lines(&mut self, data: &[u8], events: &mut Vec<Event>) {
        self.text.extend_from_slice(data);
        while let Some(end) = find(&self.text, b"\n") {
            let line: Vec<u8> = self.text.drain(..=end).collect();
            let line = String::from_utf8(line).expect("lines are text");
            events.push(Event::Line(line.trim_end().to_owned()));
        }
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        assert!(self.text.is_empty(), "a response ends with a whole line");
        self.body = Body::Head;
        events.push(Event::End);
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Event {
        Event::Line(text.to_owned())
    }

    #[test]
    fn reads_every_kind_of_response_in_pieces_of_any_size() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na\nb\n\
            HTTP/1.1 204 No Content\r\n\r\n\
            HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nc d\n\r\n2\r\ne\n\r\n0\r\n\r\n\
            HTTP/1.1 101 Switching Protocols\r\n\r\nf\ng\n";
        let expected = [
            Event::Status(200),
            line("a"),
            line("b"),
            Event::End,
            Event::Status(204),
            Event::End,
            Event::Status(200),
            line("c d"),
            line("e"),
            Event::End,
            Event::Status(101),
            line("f"),
            line("g"),
        ];
        for size in 1..bytes.len() {
            let mut responses = Responses::default();
            let events: Vec<Event> = bytes
                .chunks(size)
                .flat_map(|piece| responses.read(piece))
                .collect();
            assert_eq!(events, expected, "in pieces of {size}");
        }
    }
}
