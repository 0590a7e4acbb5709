//! scratch
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]
use fanfare_websocket::*;
use std::io::{Read, Write};
use std::net::TcpListener;
fn main() {
    let l = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", l.local_addr().unwrap().port());
    for s in l.incoming() {
        let s = s.unwrap();
        std::thread::spawn(move || serve(s));
    }
}
fn serve(mut s: std::net::TcpStream) -> Option<()> {
    s.set_nodelay(true).ok()?;
    let mut head = vec![];
    let mut b = [0; 4096];
    let end = loop {
        let n = s.read(&mut b).ok()?;
        if n == 0 {
            return None;
        }
        head.extend_from_slice(&b[..n]);
        if let Some(at) = head.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let mut rest = head.split_off(end);
    let text = String::from_utf8(head).ok()?;
    let fields: Vec<(&str, &[u8])> = text
        .lines()
        .skip(1)
        .filter_map(|l| l.split_once(':'))
        .map(|(n, v)| (n, v.trim().as_bytes()))
        .collect();
    let offer = match Offer::read(fields) {
        Ok(o) => o,
        Err(e) => {
            let _ = write!(
                s,
                "HTTP/1.1 {} x\r\ncontent-length: 0\r\n\r\n{e}",
                e.status()
            );
            return None;
        }
    };
    let deflate = offer.deflate();
    let mut resp = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {}\r\n",
        offer.accept_value()
    );
    if let Some(d) = deflate {
        resp += &format!("sec-websocket-extensions: {}\r\n", d.header_value());
    }
    resp += "\r\n";
    s.write_all(resp.as_bytes()).ok()?;
    let mut d = Decoder::new(Settings {
        role: Role::Server,
        message_bytes_max: 64 << 20,
        deflate: deflate.is_some(),
    });
    let mut buf = vec![0; 65536];
    loop {
        let mut input = &mut rest[..];
        loop {
            let out = match d.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(Event::Text(t))) => msg(MessageKind::Text, t.as_bytes(), deflate),
                Ok(Some(Event::Binary(t))) => msg(MessageKind::Binary, &t, deflate),
                Ok(Some(Event::Ping(p))) => frame::pong(&p),
                Ok(Some(Event::Pong(_))) => continue,
                Ok(Some(Event::Close(c))) => {
                    s.write_all(&frame::close_echo(c.as_ref())).ok()?;
                    return None;
                }
                Err(v) => {
                    s.write_all(&v.close_frame()).ok()?;
                    let _ = s.shutdown(std::net::Shutdown::Write);
                    let _ = s.read(&mut buf);
                    return None;
                }
            };
            s.write_all(&out).ok()?;
        }
        let n = s.read(&mut buf).ok()?;
        if n == 0 {
            return None;
        }
        rest = buf[..n].to_vec();
    }
}
fn msg(k: MessageKind, p: &[u8], d: Option<Deflate>) -> bytes::Bytes {
    d.filter(|d| d.admits(p.len()))
        .and_then(|_| frame::encode_deflated(k, &[p], Level::BALANCED))
        .unwrap_or_else(|| frame::encode(k, p))
}
