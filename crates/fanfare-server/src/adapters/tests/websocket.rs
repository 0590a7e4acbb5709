//! What a WebSocket that only listens gets.

use fanfare_websocket::frame::{self, FrameHeader};
use fanfare_websocket::{Decoder, Deflate, Event, MessageKind, Offer, Opcode, Role, Settings};
use proptest::prelude::*;

use super::*;

const PING: Duration = Duration::from_secs(25);

const OLDEST: [(&str, Start); 1] = [("c", Start::Oldest)];

fn settings(deflate: Option<Deflate>) -> SocketSettings {
    SocketSettings {
        message_bytes_max: 1024,
        deflate,
        ping: PING,
    }
}

fn listen(stage: &mut Stage, has_meta: bool, places: &[(&str, Start)]) -> Peer {
    let peer = stage.hold(
        SubscriberSocket::new(settings(None), has_meta),
        Asks::upgrade(places),
    );
    after_head(peer)
}

/// Takes the head off, which is a piece of its own.
pub(super) fn after_head(peer: Peer) -> Peer {
    let mut pieces = peer.pieces();
    assert_eq!(
        pieces.remove(0),
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\r\n"
    );
    peer.wire.0.borrow_mut().pieces = pieces;
    peer
}

/// A frame as a client sends it.
pub(super) fn masked(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    FrameHeader::new(opcode)
        .masked([1, 2, 3, 4])
        .frame(&[payload])
        .to_vec()
}

/// A close frame as we send it.
pub(super) fn closed(code: u16, reason: &str) -> Vec<u8> {
    let mut frame = vec![0x88, u8::try_from(reason.len() + 2).unwrap()];
    frame.extend(code.to_be_bytes());
    frame.extend(reason.as_bytes());
    frame
}

fn check(draft: Draft, plain: &[u8], meta: &[u8]) {
    let mut stage = Stage::new();
    let peers = [false, true].map(|has_meta| listen(&mut stage, has_meta, &OLDEST));
    stage.publish("c", draft);
    assert_eq!(peers[0].bytes(), plain);
    assert_eq!(peers[1].bytes(), meta);
}

#[test]
fn a_message_is_one_frame() {
    check(
        typed("m-one", "text/plain"),
        b"\x81\x05m-one",
        b"\x81\x30id: 1763680000:0\ncontent-type: text/plain\n\nm-one",
    );
    check(
        draft("m-two"),
        b"\x81\x05m-two",
        b"\x81\x17id: 1763680000:0\n\nm-two",
    );
    check(draft(""), b"\x81\x00", b"\x81\x12id: 1763680000:0\n\n");
}

#[test]
fn what_is_no_text_is_binary() {
    check(
        typed(&b"\x00\x01\xff"[..], "application/octet-stream"),
        b"\x82\x03\x00\x01\xff",
        b"\x82\x3cid: 1763680000:0\ncontent-type: application/octet-stream\n\n\x00\x01\xff",
    );
    check(
        typed("abc", "application/octet-stream"),
        b"\x82\x03abc",
        b"\x82\x3cid: 1763680000:0\ncontent-type: application/octet-stream\n\nabc",
    );
    check(
        draft(&b"\xff\xfeabc"[..]),
        b"\x82\x05\xff\xfeabc",
        b"\x82\x17id: 1763680000:0\n\n\xff\xfeabc",
    );
}

#[test]
fn all_readers_share_the_bytes_of_a_frame() {
    for has_meta in [false, true] {
        let mut stage = Stage::new();
        let peers = [(); 2].map(|()| listen(&mut stage, has_meta, &OLDEST));
        stage.publish("c", draft("one"));
        let [one, other] = peers.map(|peer| peer.pieces());
        assert_eq!((one.len(), other.len()), (1, 1));
        assert_eq!(one[0].as_ptr(), other[0].as_ptr());
    }
}

#[test]
fn several_channels_have_one_cursor_and_share_the_rest() {
    let mut stage = Stage::new();
    let places = [("a", Start::Newest), ("b", Start::Newest)];
    let single = listen(&mut stage, true, &[("b", Start::Newest)]);
    let peers = [(); 2].map(|()| listen(&mut stage, true, &places));
    stage.publish("b", typed("b0", "x/y"));
    stage.publish("b", draft(vec![0xff; 200]));
    let [one, other] = peers.map(|peer| peer.pieces());
    let id = "id: 1763679000:4294967295,1763680000:0\n";
    let rest = "content-type: x/y\n\nb0";
    let text = [
        &[0x81, (id.len() + rest.len()) as u8],
        id.as_bytes(),
        rest.as_bytes(),
    ]
    .concat();
    let binary = [
        &[0x82, 126, 0, (id.len() + 201) as u8][..],
        b"id: 1763679000:4294967295,1763680000:1\n\n",
        &[0xff; 200],
    ]
    .concat();
    assert_eq!(one.concat(), [text, binary].concat());
    assert_eq!(one[1].as_ptr(), other[1].as_ptr());
    // Also with those who listen to this channel alone.
    let whole = &single.pieces()[0];
    assert!(whole.as_ptr_range().contains(&one[1].as_ptr()));
}

#[test]
fn a_gap_closes_a_plain_socket_and_names_the_cursor() {
    let mut stage = Stage::new();
    let peer = listen(
        &mut stage,
        false,
        &[("c", Start::After(MessageId::new(5, 7)))],
    );
    assert_eq!(
        peer.bytes(),
        closed(4001, "gap: resume with since=1763679000:4294967295")
    );
    assert!(peer.is_finished());
}

#[test]
fn a_cursor_that_does_not_fit_into_the_reason_is_not_cut() {
    let mut stage = Stage::new();
    let gap = Start::After(MessageId::new(u64::MAX, u32::MAX));
    let place = Start::After(MessageId::new(u64::MAX - 1, u32::MAX));
    let peer = listen(&mut stage, false, &[("a", gap), ("b", place), ("c", place)]);
    let bytes = peer.bytes();
    let reason = String::from_utf8_lossy(&bytes[4..]).into_owned();
    assert!(bytes.len() <= 2 + 125, "{reason}");
    assert!(
        reason == "gap: too many channels to name the cursor here; ws+meta.nchan has it"
            || reason
                .split_once("since=")
                .is_some_and(|(_, at)| at.split(',').count() == 3),
        "{reason}"
    );
}

#[test]
fn a_gap_is_a_frame_of_its_own_type_where_there_is_room() {
    let mut stage = Stage::new();
    let peer = listen(
        &mut stage,
        true,
        &[("c", Start::After(MessageId::new(5, 7)))],
    );
    let payload = "id: 1763679000:4294967295\n\
                   content-type: application/vnd.fanfare.gap+json\n\n\
                   {\"channel\":\"c\",\"after\":\"5:7\",\"resumed\":\"1763679000:4294967295\"}";
    assert_eq!(
        peer.bytes(),
        frame::encode(MessageKind::Text, payload.as_bytes())
    );
    stage.publish("c", draft("m"));
    assert_eq!(peer.bytes(), b"\x81\x13id: 1763680000:0\n\nm");
}

#[test]
fn the_end_of_a_channel_closes_the_socket() {
    let mut stage = Stage::new();
    stage.publish("c", draft("m"));
    let peers = [false, true].map(|has_meta| listen(&mut stage, has_meta, &[("c", Start::Newest)]));
    stage.delete("c");
    for peer in peers {
        assert_eq!(peer.bytes(), b"\x88\x0a\x03\xe9410 Gone");
        assert!(peer.is_finished());
    }
    let peer = listen(&mut stage, false, &OLDEST);
    stage.take_over("c");
    assert_eq!(peer.bytes(), closed(1001, "409 Conflict"));
}

#[test]
fn messages_from_the_peer_close_the_socket() {
    let reason = "this location only delivers; publish at /pub/{channel} or over /ws";
    for opcode in [Opcode::Text, Opcode::Binary] {
        let mut stage = Stage::new();
        let peer = listen(&mut stage, false, &OLDEST);
        stage.say(&peer, &masked(opcode, b"hello"));
        assert_eq!(peer.bytes(), closed(1008, reason));
        assert!(peer.is_finished());
    }
}

#[test]
fn a_large_message_from_the_peer_is_not_even_read() {
    let mut stage = Stage::new();
    let peer = listen(&mut stage, false, &OLDEST);
    stage.say(&peer, &masked(Opcode::Text, &[b'x'; 4097]));
    assert_eq!(peer.bytes()[2..4], 1009_u16.to_be_bytes());
    assert!(peer.is_finished());
}

#[test]
fn the_rules_of_the_protocol_are_kept_by_the_codec() {
    let mut stage = Stage::new();
    let peer = listen(&mut stage, false, &OLDEST);
    stage.say(&peer, b"\x81\x01a");
    assert_eq!(
        peer.bytes(),
        closed(1002, "frames from a client must be masked")
    );
    assert!(peer.is_finished());
}

#[test]
fn pings_are_answered_and_a_close_is_echoed() {
    let mut stage = Stage::new();
    let peer = listen(&mut stage, false, &OLDEST);
    let both = [
        masked(Opcode::Ping, b"abc"),
        masked(Opcode::Close, b"\x03\xe8bye"),
    ]
    .concat();
    for byte in both {
        stage.say(&peer, &[byte]);
    }
    assert_eq!(peer.bytes(), b"\x8a\x03abc\x88\x05\x03\xe8bye");
    assert!(peer.is_finished());
}

#[test]
fn a_silent_peer_is_asked_and_then_given_up() {
    let mut stage = Stage::new();
    let silent = listen(&mut stage, false, &OLDEST);
    let alive = listen(&mut stage, false, &OLDEST);
    stage.wait(24);
    assert_eq!(silent.bytes(), b"");
    stage.wait(1);
    assert_eq!(silent.bytes(), b"\x89\x00");
    assert_eq!(alive.bytes(), b"\x89\x00");
    stage.say(&alive, &masked(Opcode::Pong, b""));
    stage.wait(25);
    assert!(silent.is_reset());
    assert!(alive.is_open());
    assert_eq!(alive.bytes(), b"\x89\x00");
}

#[test]
fn what_we_send_does_not_show_that_the_peer_is_there() {
    let mut stage = Stage::new();
    let peer = listen(&mut stage, false, &OLDEST);
    stage.wait(20);
    stage.publish("c", draft("m"));
    peer.bytes();
    stage.wait(5);
    assert_eq!(peer.bytes(), b"\x89\x00");
}

#[test]
fn farewells_say_whether_to_come_back() {
    let mut stage = Stage::new();
    let peer = listen(&mut stage, false, &OLDEST);
    stage.shut_down();
    assert_eq!(peer.bytes(), closed(1001, "going away"));

    let mut stage = Stage::without_history();
    let peer = stage.hold(
        SubscriberSocket::new(settings(None), true),
        Asks {
            laggard: Laggard::Close,
            ..Asks::upgrade(&[("c", Start::Newest)])
        },
    );
    stage.overflow("c");
    let lagging = closed(4001, "behind: some messages are no longer stored");
    assert!(peer.bytes().ends_with(&lagging));
}

fn deflate(extension: &str) -> Option<Deflate> {
    let fields = [
        ("connection", "upgrade"),
        ("sec-websocket-extensions", extension),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-version", "13"),
        ("upgrade", "websocket"),
    ];
    let offer = Offer::read(fields.map(|(name, value)| (name, value.as_bytes()))).unwrap();
    offer.deflate()
}

fn listen_deflated(stage: &mut Stage, extension: &str, has_meta: bool) -> Peer {
    let protocol = SubscriberSocket::new(settings(deflate(extension)), has_meta);
    after_head(stage.hold(protocol, Asks::upgrade(&OLDEST)))
}

#[test]
fn who_agreed_to_compression_shares_one_compressed_frame() {
    let mut stage = Stage::new();
    let plain = listen(&mut stage, false, &OLDEST);
    let deflated = [(); 2].map(|()| listen_deflated(&mut stage, "permessage-deflate", false));
    let payload = "hello ".repeat(20);
    stage.publish("c", draft(payload.clone()));
    stage.publish("c", draft("short"));
    assert_eq!(
        plain.pieces()[0],
        frame::encode(MessageKind::Text, payload.as_bytes())
    );
    let [one, other] = deflated.map(|peer| peer.pieces());
    assert_eq!(one[0].as_ptr(), other[0].as_ptr());
    assert_eq!(one[0][0], 0xc1);
    assert!(one[0].len() < 30);
    assert_eq!(one[1], &b"\x81\x05short"[..]);
}

#[test]
fn what_compression_makes_larger_goes_out_plain() {
    let noise: Vec<u8> = (0..100_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut stage = Stage::new();
    let peer = listen_deflated(&mut stage, "permessage-deflate", false);
    stage.publish("c", draft(noise.clone()));
    assert_eq!(peer.bytes(), frame::encode(MessageKind::Binary, &noise));
}

#[test]
fn a_peer_with_a_small_window_gets_large_messages_plain() {
    let mut stage = Stage::new();
    let peer = listen_deflated(
        &mut stage,
        "permessage-deflate; server_max_window_bits=9",
        false,
    );
    stage.publish("c", draft("x".repeat(512)));
    stage.publish("c", draft("x".repeat(513)));
    let frames = peer.pieces();
    assert_eq!((frames[0][0], frames[1][0]), (0xc1, 0x81));
}

proptest! {
    #[test]
    fn a_client_reads_what_was_published(
        payload in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            "\\PC{0,300}".prop_map(String::into_bytes),
        ],
        is_deflated: bool,
        has_meta: bool,
    ) {
        let mut stage = Stage::new();
        let extension = if is_deflated { "permessage-deflate" } else { "" };
        let peer = listen_deflated(&mut stage, extension, has_meta);
        stage.publish("c", draft(payload.clone()));
        let mut bytes = peer.bytes();
        let mut decoder = Decoder::new(Settings {
            role: Role::Client,
            message_bytes_max: 4096,
            deflate: is_deflated,
        });
        let received = match decoder.decode(&mut &mut bytes[..]).unwrap() {
            Some(Event::Text(text)) => text.as_bytes().to_vec(),
            Some(Event::Binary(bytes)) => bytes.into_owned(),
            other => panic!("{other:?}"),
        };
        let meta = if has_meta { &b"id: 1763680000:0\n\n"[..] } else { b"" };
        prop_assert_eq!(received, [meta, &payload].concat());
    }

    #[test]
    fn no_bytes_from_a_peer_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut stage = Stage::new();
        let peer = listen(&mut stage, false, &OLDEST);
        stage.say(&peer, &bytes);
        stage.publish("c", draft("m"));
        prop_assert!(peer.is_finished() || peer.bytes().ends_with(b"\x81\x01m"));
    }
}
