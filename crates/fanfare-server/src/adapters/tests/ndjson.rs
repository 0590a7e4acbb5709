//! What a reader of lines gets.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const KEEP_ALIVE: Duration = Duration::from_secs(15);

fn listen(stage: &mut Stage, over: Over, places: &[(&str, Start)]) -> Peer {
    let framing = if over == Over::Http10 {
        Framing::UntilClose
    } else {
        Framing::Chunked
    };
    let peer = stage.hold(
        Ndjson::new(framing, KEEP_ALIVE),
        Asks::over(over, Ndjson::head(), places),
    );
    let head = peer.text();
    assert!(head.contains("\r\ncontent-type: application/x-ndjson\r\n"));
    assert!(head.contains("\r\ncache-control: no-store, no-transform\r\n"));
    peer
}

fn check(draft: Draft, expected: &str) {
    let mut stage = Stage::new();
    let peer = listen(&mut stage, Over::Http10, &[("c", Start::Oldest)]);
    stage.publish("c", draft);
    assert_eq!(peer.text(), expected);
}

#[test]
fn a_message_is_an_object_on_a_line() {
    check(
        draft("a\nb"),
        "{\"id\":\"1763680000:0\",\"channel\":\"c\",\"data\":\"a\\nb\"}\n",
    );
    check(
        Draft {
            event: Some("e".into()),
            ..typed("", "text/plain")
        },
        "{\"id\":\"1763680000:0\",\"channel\":\"c\",\"event\":\"e\",\
         \"content_type\":\"text/plain\",\"data\":\"\"}\n",
    );
    check(
        draft(&b"\xff\x00"[..]),
        "{\"id\":\"1763680000:0\",\"channel\":\"c\",\"base64\":\"/wA=\"}\n",
    );
}

#[test]
fn all_readers_share_the_bytes_of_a_line() {
    for over in [Over::Http10, Over::Http11] {
        let mut stage = Stage::new();
        let peers = [(); 2].map(|()| listen(&mut stage, over, &[("c", Start::Oldest)]));
        stage.publish("c", draft("one"));
        let [one, other] = peers.map(|peer| peer.pieces());
        assert_eq!((one.len(), other.len()), (1, 1));
        assert_eq!(one[0].as_ptr(), other[0].as_ptr());
    }
}

#[test]
fn over_http_1_1_each_line_is_one_chunk() {
    let mut stage = Stage::new();
    let peer = listen(&mut stage, Over::Http11, &[("c", Start::Oldest)]);
    stage.publish("c", draft("one"));
    assert_eq!(
        peer.text(),
        chunked("{\"id\":\"1763680000:0\",\"channel\":\"c\",\"data\":\"one\"}\n")
    );
}

#[test]
fn several_channels_have_one_cursor_and_share_the_rest() {
    let mut stage = Stage::new();
    let places = [("a", Start::Newest), ("b", Start::Newest)];
    let peers = [(); 2].map(|()| listen(&mut stage, Over::Http10, &places));
    stage.publish("b", draft("b0"));
    let [one, other] = peers.map(|peer| peer.pieces());
    assert_eq!(
        one.concat(),
        b"{\"id\":\"1763679000:4294967295,1763680000:0\",\"channel\":\"b\",\"data\":\"b0\"}\n"
    );
    assert_eq!(one[1].as_ptr(), other[1].as_ptr());
}

#[test]
fn a_gap_is_a_line() {
    let mut stage = Stage::new();
    let peer = listen_from(&mut stage, MessageId::new(5, 7));
    assert_eq!(
        peer.text(),
        "{\"gap\":{\"channel\":\"c\",\"after\":\"5:7\",\"resumed\":\"1763679000:4294967295\"}}\n"
    );
}

fn listen_from(stage: &mut Stage, cursor: MessageId) -> Peer {
    let places = [("c", Start::After(cursor))];
    let peer = stage.hold(
        Ndjson::new(Framing::UntilClose, KEEP_ALIVE),
        Asks::http10(Ndjson::head(), &places),
    );
    let mut pieces = peer.pieces();
    pieces.remove(0);
    peer.wire.0.borrow_mut().pieces = pieces;
    peer
}

#[test]
fn silence_is_broken_by_an_empty_line() {
    let mut stage = Stage::new();
    let peers =
        [Over::Http10, Over::Http11].map(|over| listen(&mut stage, over, &[("c", Start::Oldest)]));
    stage.wait(10);
    stage.publish("c", draft("one"));
    for peer in &peers {
        peer.bytes();
    }
    stage.wait(14);
    assert_eq!(peers[0].text(), "");
    stage.wait(2);
    assert_eq!(peers[0].text(), "\n");
    assert_eq!(peers[1].text(), "1\r\n\n\r\n");
}

#[test]
fn the_end_says_why() {
    let mut stage = Stage::new();
    stage.publish("c", draft("one"));
    let plain = listen(&mut stage, Over::Http10, &[("c", Start::Newest)]);
    let both = listen(
        &mut stage,
        Over::Http11,
        &[("c", Start::Newest), ("d", Start::Newest)],
    );
    stage.delete("c");
    let line = "{\"end\":{\"channel\":\"c\",\"reason\":\"deleted\"}}\n";
    assert_eq!(plain.text(), line);
    assert!(plain.is_finished());
    assert_eq!(both.text(), chunked(line) + "0\r\n\r\n");
    assert!(both.is_open(), "another request may follow");
}

#[test]
fn a_shutdown_ends_the_body_in_good_order() {
    let mut stage = Stage::new();
    let peer = listen(&mut stage, Over::Http11, &[("c", Start::Newest)]);
    stage.shut_down();
    assert_eq!(peer.text(), "0\r\n\r\n");
    assert!(peer.is_finished());
}

proptest! {
    #[test]
    fn every_message_is_one_line_of_json(
        payload in proptest::collection::vec(any::<u8>(), 0..40),
        event in proptest::option::of("\\PC{1,20}"),
        name in "\\PC{1,20}",
    ) {
        let mut stage = Stage::new();
        let peer = listen(&mut stage, Over::Http10, &[(&*name, Start::Oldest)]);
        stage.publish(&name, Draft { event: event.as_deref().map(Into::into), ..draft(payload.clone()) });
        let text = peer.text();
        prop_assert_eq!(text.matches('\n').count(), 1);
        let object: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(object["channel"].as_str(), Some(&*name));
        prop_assert_eq!(object["event"].as_str(), event.as_deref());
        match String::from_utf8(payload) {
            Ok(text) => prop_assert_eq!(object["data"].as_str(), Some(&*text)),
            Err(_) => prop_assert!(object["base64"].is_string()),
        }
    }
}
