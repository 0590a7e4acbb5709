//! A client that sends exactly what it is told and shows exactly what comes back.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use fanfare_testkit::server::Server;
use socket2::SockRef;

use super::{Body, SOON};

/// A connection.
#[derive(Debug)]
pub(crate) struct Raw {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    pub(crate) fn connect(server: &Server) -> Self {
        Self::connect_to(server.address())
    }

    pub(crate) fn connect_to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("something listens");
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.set_write_timeout(Some(SOON)).unwrap();
        Self {
            stream,
            received: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream
            .write_all(bytes.as_ref())
            .expect("the server reads");
    }

    /// Sends as much as the server takes before it closes.
    pub(crate) fn send_in_vain(&mut self, bytes: impl AsRef<[u8]>) {
        // Whether the server has closed already is a matter of time.
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Sends a request without a body and returns the answer. `line` is `GET /sub/a`.
    pub(crate) fn ask(&mut self, line: &str, headers: &[&str]) -> Answer {
        self.begin(line, headers);
        self.answer_to(line)
    }

    /// Sends a request with a body of known length and returns the answer.
    pub(crate) fn tell(&mut self, line: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Answer {
        let body = body.as_ref();
        let length = format!("Content-Length: {}", body.len());
        let head = request(line, &[headers, &[&*length]].concat());
        self.send([head.as_bytes(), body].concat());
        self.answer_to(line)
    }

    /// Sends a request without a body, to be answered later.
    pub(crate) fn begin(&mut self, line: &str, headers: &[&str]) {
        self.send(request(line, headers));
    }

    /// Sends a request and returns the head of the answer and its body as a stream.
    pub(crate) fn stream(mut self, line: &str, headers: &[&str]) -> (Answer, Body) {
        self.begin(line, headers);
        let head = self.head();
        (head.clone(), Body::of(&head, self))
    }

    /// The next response, whole.
    pub(crate) fn answer(&mut self) -> Answer {
        self.answer_to("GET")
    }

    fn answer_to(&mut self, line: &str) -> Answer {
        let mut answer = self.head();
        let is_bodiless = line.starts_with("HEAD") || matches!(answer.status, 101 | 204 | 304);
        if is_bodiless {
            return answer;
        }
        answer.body = match answer.find("content-length") {
            Some(length) => self.take(length.parse().expect("a length is a number")),
            None if answer.find("transfer-encoding").is_some() => {
                panic!("a stream where a whole answer was expected: {answer:?}")
            }
            None => self.rest(),
        };
        answer
    }

    /// The head of the next response.
    pub(crate) fn head(&mut self) -> Answer {
        let head = self.read_until(b"\r\n\r\n");
        let head = String::from_utf8(head).expect("heads here are text");
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap_or_default();
        // An answer to HTTP/1.0 may have either version (RFC 9110, section 2.5).
        let versions = ["HTTP/1.1 ", "HTTP/1.0 "];
        let rest = versions
            .iter()
            .find_map(|version| status.strip_prefix(version));
        let code = rest.and_then(|rest| rest.get(..3)?.parse().ok());
        let fields = lines.map(|line| {
            let (name, value) = line
                .split_once(": ")
                .expect("a header has a name and a value");
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Answer {
            status: code.unwrap_or_else(|| panic!("no status line: {status}")),
            headers: fields.collect(),
            body: Vec::new(),
        }
    }

    /// Everything up to and with `marker`.
    pub(crate) fn read_until(&mut self, marker: &[u8]) -> Vec<u8> {
        loop {
            let found = self
                .received
                .windows(marker.len())
                .position(|window| window == marker);
            if let Some(at) = found {
                return self.received.drain(..at + marker.len()).collect();
            }
            let said = String::from_utf8_lossy(&self.received).into_owned();
            let marker = String::from_utf8_lossy(marker);
            assert!(
                self.receive(),
                "the connection ended before {marker:?}: {said:?}"
            );
        }
    }

    /// So many bytes.
    pub(crate) fn take(&mut self, length: usize) -> Vec<u8> {
        while self.received.len() < length {
            let said = String::from_utf8_lossy(&self.received).into_owned();
            assert!(
                self.receive(),
                "the connection ended before {length} bytes: {said:?}"
            );
        }
        self.received.drain(..length).collect()
    }

    /// What is left until the server ends the connection, in good order or with a reset.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while self.receive() {}
        std::mem::take(&mut self.received)
    }

    /// The server ends the connection without another word.
    #[track_caller]
    pub(crate) fn check_closed(&mut self) {
        let rest = self.rest();
        assert!(
            rest.is_empty(),
            "said before the end: {:?}",
            String::from_utf8_lossy(&rest)
        );
    }

    /// Nothing has come that was not asked for. Says nothing about what is still to come.
    #[track_caller]
    pub(crate) fn check_silent(&mut self) {
        self.stream.set_nonblocking(true).unwrap();
        let mut byte = [0];
        let received = self.stream.read(&mut byte);
        self.stream.set_nonblocking(false).unwrap();
        let is_silent = matches!(&received, Err(error) if error.kind() == ErrorKind::WouldBlock);
        assert!(
            is_silent && self.received.is_empty(),
            "{received:?}, {:?}",
            self.received
        );
    }

    /// True if bytes are here that nobody has looked at, or come within `time`.
    pub(crate) fn hears_within(&mut self, time: Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).unwrap();
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_read_timeout(Some(SOON)).unwrap();
        peeked.is_ok_and(|length| length > 0)
    }

    /// The next response, which is here already: this client has not waited for it.
    #[track_caller]
    pub(crate) fn answer_that_is_here(&mut self) -> Answer {
        self.stream.set_nonblocking(true).unwrap();
        let answer = self.answer();
        self.stream.set_nonblocking(false).unwrap();
        answer
    }

    /// Breaks the connection off: the server sees a reset.
    pub(crate) fn reset(self) {
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    /// Sends no more; the server may still answer.
    pub(crate) fn half_close(&self) {
        self.stream.shutdown(std::net::Shutdown::Write).unwrap();
    }

    /// Lets the kernel hold only so many bytes that nobody has read yet.
    pub(crate) fn set_receive_buffer(&self, bytes: usize) {
        SockRef::from(&self.stream)
            .set_recv_buffer_size(bytes)
            .unwrap();
    }

    /// Bytes that are here; waits for some if there are none. Empty at the end.
    pub(crate) fn some(&mut self) -> Vec<u8> {
        if self.received.is_empty() {
            self.receive();
        }
        std::mem::take(&mut self.received)
    }

    /// False when the connection has ended.
    fn receive(&mut self) -> bool {
        let mut buffer = [0; 16 << 10];
        match self.stream.read(&mut buffer) {
            Ok(length) => {
                self.received.extend_from_slice(&buffer[..length]);
                length > 0
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!(
                "nothing more within {SOON:?} ({error}); so far {:?}",
                String::from_utf8_lossy(&self.received)
            ),
        }
    }
}

impl Answer {
    /// The value of a header, by its name in lower case.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.find(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} twice in {self:?}");
        value
    }

    /// The members of a header that is a list.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let value = self.find(name).unwrap_or_default();
        value
            .split(',')
            .map(|member| member.trim().to_ascii_lowercase())
            .collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// This status and this body.
    #[track_caller]
    pub(crate) fn check(&self, status: u16, body: impl AsRef<[u8]>) -> &Self {
        let wanted = String::from_utf8_lossy(body.as_ref());
        assert_eq!(
            (self.status, &*self.text()),
            (status, &*wanted),
            "{:?}",
            self.headers
        );
        self
    }

    /// This value of this header, by its name in lower case.
    #[track_caller]
    pub(crate) fn with(&self, name: &str, value: &str) -> &Self {
        assert_eq!(self.header(name), value, "{name} of {self:?}");
        self
    }

    /// No such header.
    #[track_caller]
    pub(crate) fn without(&self, name: &str) -> &Self {
        assert_eq!(self.find(name), None, "{name} of {self:?}");
        self
    }
}

/// A request head as bytes. `line` is `GET /sub/a`, or with ` HTTP/1.0`.
pub(crate) fn request(line: &str, headers: &[&str]) -> String {
    let version = if line.contains(" HTTP/") {
        ""
    } else {
        " HTTP/1.1"
    };
    let has_host = headers.iter().any(|header| header.starts_with("Host:"));
    let host = if has_host {
        &[][..]
    } else {
        &["Host: localhost"]
    };
    let fields: String = [host, headers]
        .concat()
        .iter()
        .map(|h| format!("{h}\r\n"))
        .collect();
    format!("{line}{version}\r\n{fields}\r\n")
}
