//! CPU time of the codec: `cargo bench -p fanfare-websocket`. Runs for a moment.
//!
//! The clock is the CPU time of this thread where the system tells it (Linux), so other work on the
//! machine disturbs little. It must not be forgotten that a real server's caches are colder.

#![expect(clippy::print_stdout, reason = "the report is the point")]
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use fanfare_websocket::frame::{self, FrameHeader};
use fanfare_websocket::{Decoder, Level, MessageKind, Opcode, Role, Settings};

/// A key of zeros costs the same as any other, and leaves the frame as it is for the next time.
const KEY: [u8; 4] = [0; 4];

/// How long each measurement takes at least. The system counts in ticks of some milliseconds.
const RUN_TIME: Duration = Duration::from_millis(100);

const SETTINGS: Settings = Settings {
    role: Role::Server,
    message_bytes_max: 1 << 24,
    deflate: true,
};

fn main() {
    let text = "The quick brown fox jumps over the lazy dog. "
        .repeat(30_000)
        .into_bytes();
    let greek = "Τὴν γλῶσσα μοῦ ἔδωσαν ἑλληνική. "
        .repeat(30_000)
        .into_bytes();
    for bytes in [32, 100, 1000, 16_000, 1_000_000] {
        decode("decode text", Opcode::Text, &text[..bytes], usize::MAX);
    }
    decode(
        "decode binary",
        Opcode::Binary,
        &text[..1_000_000],
        usize::MAX,
    );
    let greek_bytes = (0..).map(|n| 1_000_000 - n);
    let greek_bytes = greek_bytes
        .into_iter()
        .find(|&n| str::from_utf8(&greek[..n]).is_ok());
    let greek = &greek[..greek_bytes.unwrap()];
    decode("decode Greek text", Opcode::Text, greek, usize::MAX);
    decode(
        "decode text, 16 kB reads",
        Opcode::Text,
        &text[..1_000_000],
        16_000,
    );
    for bytes in [32, 100, 1000, 16_000] {
        let payload = &text[..bytes];
        report(
            "encode",
            bytes,
            measure(|| frame::encode(MessageKind::Text, black_box(payload))),
        );
    }
    let json = json(64_000);
    for level in [1, 6] {
        let level = Level::new(level).unwrap();
        for bytes in [100, 1000, 16_000, 64_000] {
            compress(level, &json[..bytes]);
        }
    }
}

/// Decodes one message that comes in pieces.
fn decode(name: &str, opcode: Opcode, payload: &[u8], piece_bytes: usize) {
    let frame = FrameHeader::new(opcode).masked(KEY).frame(&[payload]);
    decode_frame(name, &frame, payload.len(), piece_bytes);
}

fn decode_frame(name: &str, frame: &[u8], bytes: usize, piece_bytes: usize) {
    let mut buffer = frame.to_vec();
    let mut decoder = Decoder::new(SETTINGS);
    let nanoseconds = measure(|| {
        let mut events = 0;
        for mut piece in black_box(&mut buffer).chunks_mut(piece_bytes.min(frame.len())) {
            while let Some(event) = decoder.decode(&mut piece).unwrap() {
                black_box(event);
                events += 1;
            }
        }
        assert_eq!(events, 1);
    });
    report(name, bytes, nanoseconds);
}

fn compress(level: Level, payload: &[u8]) {
    let encode = || frame::encode_deflated(MessageKind::Text, &[black_box(payload)], level);
    let frame = encode().unwrap();
    let name = format!("compress {level:?} to {}", frame.len());
    report(&name, payload.len(), measure(encode));
    let opcode = Opcode::Text;
    let masked = FrameHeader::new(opcode).compressed().masked(KEY);
    let header_bytes = FrameHeader::new(opcode).encode(frame.len() - 4).len();
    let masked = masked.frame(&[&frame[header_bytes..]]);
    decode_frame("decompress", &masked, payload.len(), usize::MAX);
}

fn json(bytes: usize) -> Vec<u8> {
    let mut text = String::new();
    let mut n = 1_u64;
    while text.len() < bytes {
        n = n.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        let (price, size) = (n >> 50, n >> 57);
        text.push_str(&format!(
            r#"{{"event":"trade","symbol":"FAN","price":{price},"size":{size}}},"#
        ));
    }
    text.truncate(bytes);
    text.into_bytes()
}

/// Nanoseconds of CPU time per call.
fn measure<T>(mut call: impl FnMut() -> T) -> f64 {
    let mut calls = 1_u32;
    loop {
        let before = cpu_time();
        for _ in 0..calls {
            black_box(call());
        }
        let spent = cpu_time() - before;
        if spent >= RUN_TIME {
            return spent.as_nanos() as f64 / f64::from(calls);
        }
        calls *= 2;
    }
}

/// CPU time of this thread so far; the wall's where that is not known.
fn cpu_time() -> Duration {
    thread_local!(static BEGUN: Instant = Instant::now());
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(|| BEGUN.with(Instant::elapsed), Duration::from_nanos)
}

fn report(name: &str, bytes: usize, nanoseconds: f64) {
    let rate = bytes as f64 / nanoseconds;
    println!("{name:32} {bytes:>8} B {nanoseconds:>12.1} ns {rate:>8.2} GB/s");
}
