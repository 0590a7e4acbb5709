//! Guards that whatever messages are sent, in whatever frames, and however the network cuts them,
//! the same messages are heard in the same order.

use fanfare_websocket::frame::FrameHeader;
use fanfare_websocket::{Event, Opcode, Role, Settings};
use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::{MESSAGE_BYTES_MAX, decode};

/// How one event is sent.
#[derive(Clone, Debug)]
struct Sent {
    event: Event<'static>,
    is_compressed: bool,
    /// Where its payload is cut into frames.
    cuts: Vec<Index>,
    /// A control frame to come after each of its frames.
    between: Option<Event<'static>>,
}

fn any_control() -> impl Strategy<Value = Event<'static>> {
    let payload = prop::collection::vec(any::<u8>(), 0..=125);
    (any::<bool>(), payload).prop_map(|(is_ping, payload)| {
        if is_ping {
            Event::Ping(payload.into())
        } else {
            Event::Pong(payload.into())
        }
    })
}

fn any_message() -> impl Strategy<Value = Event<'static>> {
    prop_oneof![
        ".{0,40}".prop_map(|text| Event::Text(text.into())),
        ("[a-c日]{1,9}", 1..400_usize)
            .prop_map(|(text, times)| Event::Text(text.repeat(times).into())),
        prop::collection::vec(any::<u8>(), 0..400)
            .prop_map(|payload| Event::Binary(payload.into())),
        (any::<u8>(), 65_000..67_000_usize)
            .prop_map(|(byte, times)| Event::Binary(vec![byte; times].into())),
    ]
}

fn any_sent() -> impl Strategy<Value = Sent> {
    let event = prop_oneof![4 => any_message(), 1 => any_control()];
    let cuts = prop::collection::vec(any::<Index>(), 0..4);
    let between = prop::option::of(any_control());
    (event, any::<bool>(), cuts, between).prop_map(|(event, is_compressed, cuts, between)| Sent {
        event,
        is_compressed,
        cuts,
        between,
    })
}

/// One end that writes frames and notes what the other one must hear.
struct Writer {
    settings: Settings,
    keys: u32,
    bytes: Vec<u8>,
    expected: Vec<Event<'static>>,
}

impl Writer {
    fn send(&mut self, sent: &Sent) {
        let (opcode, payload) = match &sent.event {
            Event::Binary(payload) => (Opcode::Binary, &payload[..]),
            Event::Text(text) => (Opcode::Text, text.as_bytes()),
            control => return self.send_control(control),
        };
        let is_compressed = sent.is_compressed && self.settings.deflate;
        let payload = if is_compressed {
            deflate(payload)
        } else {
            payload.to_vec()
        };
        let mut cuts: Vec<usize> = sent
            .cuts
            .iter()
            .map(|i| i.index(payload.len() + 1))
            .collect();
        cuts.extend([0, payload.len()]);
        cuts.sort_unstable();
        let parts: Vec<&[u8]> = cuts
            .windows(2)
            .map(|cut| &payload[cut[0]..cut[1]])
            .collect();
        for (index, part) in parts.iter().enumerate() {
            let is_first = index == 0;
            let is_last = index + 1 == parts.len();
            self.put(
                FrameHeader {
                    fin: is_last,
                    rsv1: is_first && is_compressed,
                    ..FrameHeader::new(if is_first {
                        opcode
                    } else {
                        Opcode::Continuation
                    })
                },
                part,
            );
            if let (Some(control), false) = (&sent.between, is_last) {
                self.send_control(control);
            }
        }
        self.expected.push(sent.event.clone());
    }

    fn send_control(&mut self, control: &Event<'static>) {
        match control {
            Event::Ping(payload) => self.put(FrameHeader::new(Opcode::Ping), payload),
            Event::Pong(payload) => self.put(FrameHeader::new(Opcode::Pong), payload),
            other => panic!("{other:?}"),
        }
        self.expected.push(control.clone());
    }

    fn put(&mut self, header: FrameHeader, payload: &[u8]) {
        let header = match self.settings.role {
            Role::Client => header,
            Role::Server => {
                self.keys = self.keys.wrapping_mul(0x9e37_79b9).wrapping_add(1);
                header.masked(self.keys.to_le_bytes())
            }
        };
        self.bytes.extend(header.frame(&[payload]));
    }
}

fn deflate(message: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(message.len() * 2 + 100);
    Compress::new(Compression::default(), false)
        .compress_vec(message, &mut payload, FlushCompress::Sync)
        .unwrap();
    payload.truncate(payload.len() - 4);
    payload
}

proptest! {
    #[test]
    fn messages_are_heard_as_they_were_sent(
        is_server: bool,
        agreed_to_deflate: bool,
        all in prop::collection::vec(any_sent(), 0..8),
        cuts in prop::collection::vec(any::<Index>(), 0..30),
    ) {
        let settings = Settings {
            role: if is_server { Role::Server } else { Role::Client },
            message_bytes_max: MESSAGE_BYTES_MAX,
            deflate: agreed_to_deflate,
        };
        let mut writer = Writer { settings, keys: 1, bytes: vec![], expected: vec![] };
        for sent in &all {
            writer.send(sent);
        }
        let Writer { bytes, expected, .. } = writer;
        let mut cuts: Vec<usize> = cuts.iter().map(|i| i.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        prop_assert_eq!(decode(settings, pieces), (expected.clone(), None));
        if bytes.len() < 5000 {
            prop_assert_eq!(decode(settings, bytes.chunks(1)), (expected, None));
        }
    }
}
