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
        let mut child = Command::new(env!("CARGO_BIN_EXE_chat"))
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

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn enter(&self) -> Guest {
        Guest::enter(&self.address)
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody in the chat, who writes the packets by hand.
struct Guest {
    socket: WebSocket<TcpStream>,
    name: String,
}

impl Guest {
    fn enter(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        let (socket, _) = tungstenite::client(url, stream).unwrap();
        let mut guest = Self {
            socket,
            name: String::new(),
        };
        assert!(guest.hears().starts_with("0{"));
        guest.says("40");
        let welcome = guest.hears();
        let id = welcome.split('"').nth(3).unwrap();
        guest.name = format!("{id}[websocket]");
        guest
    }

    fn says(&mut self, packet: &str) {
        self.socket.send(Message::text(packet)).unwrap();
    }

    fn hears(&mut self) -> String {
        self.socket.read().unwrap().into_text().unwrap().to_string()
    }
}

#[test]
fn all_hear_who_comes_what_is_said_and_who_goes() {
    let example = Example::start();
    let mut ann = example.enter();
    assert_eq!(ann.hears(), r#"42["said",[]]"#);
    let mut bob = example.enter();
    assert_eq!(bob.hears(), r#"42["said",[]]"#);
    let came = format!(r#"42["announcement","{} connected"]"#, bob.name);
    assert_eq!(ann.hears(), came);

    bob.says(r#"42["message","hello"]"#);
    let said = format!(r#"42["message","{}","hello"]"#, bob.name);
    assert_eq!(ann.hears(), said);
    ann.says(r#"42["message","hello bob"]"#);
    // The next that bob hears: not what he said himself.
    let said = format!(r#"42["message","{}","hello bob"]"#, ann.name);
    assert_eq!(bob.hears(), said);

    let mut eve = example.enter();
    let missed = format!(
        r#"42["said",[["{}","hello"],["{}","hello bob"]]]"#,
        bob.name, ann.name
    );
    assert_eq!(eve.hears(), missed);
    bob.says("41");
    let gone = format!(
        r#"42["announcement","{} disconnected: client namespace disconnect"]"#,
        bob.name
    );
    assert_eq!(eve.hears(), gone);
}

#[test]
fn the_page_finds_its_client() {
    let example = Example::start();
    let page = example.get("/");
    assert!(
        page.contains("src=\"/socket.io/socket.io.min.js\""),
        "{page}"
    );
    let script = example.get("/socket.io/socket.io.min.js");
    assert!(script.contains("Socket.IO v4."), "{script}");
    let nothing = example.get("/else");
    assert!(nothing.starts_with("HTTP/1.1 404 "), "{nothing}");
}
