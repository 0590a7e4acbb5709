//! What a reader of `multipart/mixed` gets.

use super::*;

/// Holds a reader; returns it with its boundary, after the opening delimiter.
fn listen(stage: &mut Stage, over: Over, places: &[(&str, Start)]) -> (Peer, String) {
    let framing = if over == Over::Http10 {
        Framing::UntilClose
    } else {
        Framing::Chunked
    };
    let protocol = Multipart::new(framing, stage.now.wall);
    let head = protocol.head();
    let content_type = head.headers()["content-type"].to_str().unwrap();
    let boundary = content_type
        .strip_prefix("multipart/mixed; boundary=")
        .unwrap()
        .to_owned();
    let peer = stage.hold(protocol, Asks::over(over, head, places));
    let mut pieces = peer.pieces();
    assert!(pieces.remove(0).starts_with(b"HTTP/1.1 200 OK\r\n"));
    let opening = format!("--{boundary}");
    let opening = if over == Over::Http10 {
        opening
    } else {
        chunked(&opening)
    };
    assert_eq!(pieces.remove(0), opening);
    peer.wire.0.borrow_mut().pieces = pieces;
    (peer, boundary)
}

fn check(draft: Draft, expected: &str) {
    let mut stage = Stage::new();
    let (peer, boundary) = listen(&mut stage, Over::Http10, &[("c", Start::Oldest)]);
    stage.publish("c", draft);
    assert_eq!(peer.text(), format!("{expected}\r\n--{boundary}"));
}

#[test]
fn a_message_is_a_part_with_its_cursor_and_the_delimiter_after_it() {
    check(
        typed("part one", "text/plain"),
        "\r\nLast-Modified: Thu, 20 Nov 2025 23:06:40 GMT\r\nEtag: 0\r\n\
         Content-Type: text/plain\r\n\r\npart one",
    );
    check(
        named("", "e"),
        "\r\nLast-Modified: Thu, 20 Nov 2025 23:06:40 GMT\r\nEtag: 0\r\n\
         X-EventSource-Event: e\r\n\r\n",
    );
}

#[test]
fn boundaries_are_32_letters_and_differ() {
    let mut stage = Stage::new();
    let boundaries: HashSet<String> = (0..8)
        .map(|_| listen(&mut stage, Over::Http10, &[("c", Start::Oldest)]).1)
        .collect();
    assert_eq!(boundaries.len(), 8);
    assert!(
        boundaries
            .iter()
            .all(|b| b.len() == 32 && b.bytes().all(|b| b.is_ascii_hexdigit()))
    );
}

#[test]
fn all_readers_share_everything_but_the_boundary() {
    for over in [Over::Http10, Over::Http11] {
        let mut stage = Stage::new();
        let peers = [(); 2].map(|()| listen(&mut stage, over, &[("c", Start::Oldest)]).0);
        stage.publish("c", draft("one"));
        let [one, other] = peers.map(|peer| peer.pieces());
        assert_eq!((one.len(), other.len()), (2, 2));
        assert_eq!(one[0].as_ptr(), other[0].as_ptr());
        assert_ne!(one[1], other[1]);
    }
}

#[test]
fn over_http_1_1_part_and_delimiter_are_chunks() {
    let mut stage = Stage::new();
    let (peer, boundary) = listen(&mut stage, Over::Http11, &[("c", Start::Oldest)]);
    stage.publish("c", draft("one"));
    let part = format!("\r\nLast-Modified: {DATE}\r\nEtag: 0\r\n\r\none\r\n");
    assert_eq!(
        peer.text(),
        chunked(&part) + &chunked(&format!("--{boundary}"))
    );
}

#[test]
fn several_channels_have_their_cursors_in_the_etag() {
    let mut stage = Stage::new();
    let places = [("a", Start::Newest), ("b", Start::Newest)];
    let peers = [(); 2].map(|()| listen(&mut stage, Over::Http10, &places));
    stage.publish("b", typed("b0", "text/plain"));
    let boundary = &peers[0].1;
    let [one, other] = [&peers[0].0, &peers[1].0].map(Peer::pieces);
    assert_eq!(
        String::from_utf8(one.concat()).unwrap(),
        format!(
            "\r\nLast-Modified: {DATE}\r\nEtag: 1763679000:4294967295,1763680000:0\r\n\
             Content-Type: text/plain\r\n\r\nb0\r\n--{boundary}"
        )
    );
    assert_eq!(one[1].as_ptr(), other[1].as_ptr());
}

#[test]
fn a_gap_is_a_part_without_body() {
    let mut stage = Stage::new();
    let (peer, boundary) = listen(
        &mut stage,
        Over::Http10,
        &[("c", Start::After(MessageId::new(5, 7)))],
    );
    assert_eq!(
        peer.text(),
        format!(
            "\r\nLast-Modified: Thu, 20 Nov 2025 22:50:00 GMT\r\nEtag: 4294967295\r\n\
             Fanfare-Gap: after=5:7; resumed=1763679000:4294967295\r\n\r\n\r\n--{boundary}"
        )
    );
}

#[test]
fn a_gap_in_one_of_several_channels_names_it() {
    let mut stage = Stage::new();
    let known = Start::After(MessageId::new(BEGIN - 1000, u32::MAX));
    let places = [("a,", Start::After(MessageId::new(5, 7))), ("b", known)];
    let (peer, _) = listen(&mut stage, Over::Http10, &places);
    assert!(
        peer.text()
            .contains("Fanfare-Gap: channel=a%2C; after=5:7; resumed=1763679000:4294967295\r\n")
    );
}

#[test]
fn a_deleted_channel_closes_the_multipart() {
    let mut stage = Stage::new();
    stage.publish("c", draft("one"));
    let (plain, _) = listen(&mut stage, Over::Http10, &[("c", Start::Newest)]);
    let (marked, _) = listen(
        &mut stage,
        Over::Http11,
        &[("c", Start::Newest), ("d", Start::Newest)],
    );
    stage.delete("c");
    assert_eq!(plain.text(), "--\r\n");
    assert!(plain.is_finished());
    assert_eq!(marked.text(), "4\r\n--\r\n\r\n0\r\n\r\n");
    assert!(marked.is_open(), "another request may follow");
}

#[test]
fn a_shutdown_closes_the_multipart() {
    let mut stage = Stage::new();
    let (peer, _) = listen(&mut stage, Over::Http11, &[("c", Start::Newest)]);
    stage.shut_down();
    assert_eq!(peer.text(), "4\r\n--\r\n\r\n0\r\n\r\n");
}
