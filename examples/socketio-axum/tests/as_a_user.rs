//! The example, used as its page uses it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tungstenite::{Message, WebSocket};

/// Long past what an answer takes; then the test fails instead of waiting.
const PATIENCE: Duration = Duration::from_secs(20);

/// The example as a process; ends with the test.
struct Example {
    child: Child,
    address: String,
}

impl Example {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_socketio-axum"))
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let said = child.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("http://");
        let address = address.trim_end_matches('/').to_owned();
        Self { child, address }
    }

    fn ask(&self, line: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Somebody before the door.
    fn visitor(&self) -> Visitor {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let url = format!("ws://{}/socket.io/?EIO=4&transport=websocket", self.address);
        let (socket, _) = tungstenite::client(url, stream).unwrap();
        let mut visitor = Visitor(socket);
        assert!(visitor.hears().starts_with("0{"));
        visitor
    }

    /// Somebody who is in and has a board open.
    fn member(&self, name: &str) -> Visitor {
        let mut member = self.visitor();
        member.says(&format!(r#"40{{"name":"{name}","password":"sesame"}}"#));
        assert!(member.hears().starts_with(r#"40{"sid":"#));
        member.says(r#"420["open","team"]"#);
        assert_eq!(member.hears(), "430[[]]");
        member
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Who writes the packets by hand.
struct Visitor(WebSocket<TcpStream>);

impl Visitor {
    fn says(&mut self, packet: &str) {
        self.0.send(Message::text(packet)).unwrap();
    }

    fn hears(&mut self) -> String {
        self.0.read().unwrap().into_text().unwrap().to_string()
    }
}

#[test]
fn who_does_not_know_the_password_is_told_why_and_may_try_again() {
    let example = Example::start();
    let mut eve = example.visitor();
    eve.says(r#"40{"name":"eve","password":"1234"}"#);
    let refused = concat!(
        r#"44{"message":"wrong password","#,
        r#""data":{"code":401,"hint":"the password is sesame"}}"#
    );
    assert_eq!(eve.hears(), refused);
    eve.says("40");
    assert!(eve.hears().starts_with(r#"44{"message":""#));
    eve.says(r#"40{"name":"eve","password":"sesame"}"#);
    assert!(eve.hears().starts_with(r#"40{"sid":"#));
}

#[test]
fn what_one_puts_up_the_author_is_told_and_all_others_see() {
    let example = Example::start();
    let (mut ann, mut bob) = (example.member("ann"), example.member("bob"));
    ann.says(r#"421["write","team","milk"]"#);
    assert_eq!(
        ann.hears(),
        r#"431[{"by":"ann","text":"milk","picture":null}]"#
    );
    assert_eq!(
        bob.hears(),
        r#"42["note",{"by":"ann","text":"milk","picture":null}]"#
    );

    let script = example.ask("POST /boards/team", "bread");
    assert!(script.starts_with("HTTP/1.1 201 "), "{script}");
    let bread = r#"42["note",{"by":"a script","text":"bread","picture":null}]"#;
    assert_eq!((ann.hears(), bob.hears()), (bread.into(), bread.into()));

    example.ask("POST /boards/other", "nobody sees this");
    bob.says(r#"421["write","team","butter"]"#);
    assert!(ann.hears().contains("butter"));
    let notes = example.ask("GET /boards/team", "");
    assert!(
        notes.contains("milk") && notes.contains("butter"),
        "{notes}"
    );
}

#[test]
fn a_picture_comes_as_bytes_and_is_there_for_all() {
    let example = Example::start();
    let (mut ann, mut bob) = (example.member("ann"), example.member("bob"));
    ann.says(r#"451-1["upload","team","a.gif",{"_placeholder":true,"num":0}]"#);
    ann.0.send(Message::binary(b"GIF89a".as_slice())).unwrap();
    let note = r#"{"by":"ann","text":"a.gif","picture":0}"#;
    assert_eq!(ann.hears(), format!("431[{note}]"));
    assert_eq!(bob.hears(), format!(r#"42["note",{note}]"#));
    let picture = example.ask("GET /boards/team/0", "");
    assert!(picture.ends_with("\r\n\r\nGIF89a"), "{picture}");
    let nothing = example.ask("GET /boards/team/1", "");
    assert!(nothing.starts_with("HTTP/1.1 404 "), "{nothing}");
}

#[test]
fn the_page_finds_its_client() {
    let example = Example::start();
    let page = example.ask("GET /", "");
    assert!(
        page.contains("\"/socket.io/socket.io.esm.min.js\""),
        "{page}"
    );
    let script = example.ask("GET /socket.io/socket.io.esm.min.js", "");
    assert!(script.contains("Socket.IO v4."), "{script}");
}
