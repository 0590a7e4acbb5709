//! What `curl` and clients of Nchan's raw streams get.

use super::*;

fn lines(stage: &mut Stage, over: Over, start: Start) -> Peer {
    let framing = framing(over);
    let places = [("c", start)];
    let peer = stage.hold(
        RawStream::new(framing),
        Asks::over(over, RawStream::head(), &places),
    );
    without_head(peer)
}

fn chunks(stage: &mut Stage, over: Over, start: Start) -> Peer {
    let framing = framing(over);
    let places = [("c", start)];
    let peer = stage.hold(
        Chunked::new(framing),
        Asks::over(over, Chunked::head(), &places),
    );
    without_head(peer)
}

fn framing(over: Over) -> Framing {
    match over {
        Over::Http10 => Framing::UntilClose,
        Over::Http11 => Framing::Chunked,
        Over::Http2 => Framing::Carrier,
    }
}

/// Takes the head off, which is a piece of its own.
fn without_head(peer: Peer) -> Peer {
    if peer.response().is_none() {
        let mut pieces = peer.pieces();
        let head = pieces.remove(0);
        assert!(head.starts_with(b"HTTP/1.1 200 OK\r\n"));
        peer.wire.0.borrow_mut().pieces = pieces;
    }
    peer
}

#[test]
fn the_head_names_no_type_and_forbids_guessing() {
    let head = RawStream::head();
    assert!(!head.headers().contains_key("content-type"));
    assert_eq!(head.headers()["x-content-type-options"], "nosniff");
    assert_eq!(
        head.headers()["content-security-policy"],
        "default-src 'none'; sandbox"
    );
    assert_eq!(head.headers()["cache-control"], "no-store, no-transform");
}

#[test]
fn a_line_feed_follows_each_message() {
    let mut stage = Stage::new();
    let plain = lines(&mut stage, Over::Http10, Start::Oldest);
    let marked = lines(&mut stage, Over::Http11, Start::Oldest);
    stage.publish("c", draft("raw one"));
    stage.publish("c", draft(""));
    stage.publish("c", draft(&b"\xff"[..]));
    assert_eq!(plain.bytes(), b"raw one\n\n\xff\n");
    assert_eq!(
        marked.bytes(),
        b"8\r\nraw one\n\r\n1\r\n\n\r\n2\r\n\xff\n\r\n"
    );
}

#[test]
fn one_message_is_one_chunk() {
    let mut stage = Stage::new();
    let peer = chunks(&mut stage, Over::Http11, Start::Oldest);
    stage.publish("c", draft("first chunk"));
    stage.publish("c", draft(""));
    stage.publish("c", draft("second"));
    assert_eq!(peer.text(), "b\r\nfirst chunk\r\n6\r\nsecond\r\n");
}

#[test]
fn where_there_are_no_chunks_a_line_feed_keeps_messages_apart() {
    for over in [Over::Http10, Over::Http2] {
        let mut stage = Stage::new();
        let peer = chunks(&mut stage, over, Start::Oldest);
        stage.publish("c", draft("one"));
        assert_eq!(peer.text(), "one\n");
    }
}

#[test]
fn all_readers_share_the_bytes_of_a_message() {
    let mut stage = Stage::new();
    let peers = [(); 2].map(|()| chunks(&mut stage, Over::Http11, Start::Oldest));
    stage.publish("c", draft("one"));
    let [one, other] = peers.map(|peer| peer.pieces());
    assert_eq!(one[0].as_ptr(), other[0].as_ptr());
}

#[test]
fn a_deleted_channel_ends_the_body_in_good_order() {
    let mut stage = Stage::new();
    stage.publish("c", draft("one"));
    let marked = chunks(&mut stage, Over::Http11, Start::Newest);
    let plain = lines(&mut stage, Over::Http10, Start::Newest);
    stage.delete("c");
    assert_eq!(marked.text(), "0\r\n\r\n");
    assert!(marked.is_open(), "another request may follow");
    assert_eq!(plain.text(), "");
    assert!(plain.is_finished() && !plain.is_reset());
}

#[test]
fn a_gap_in_the_stream_leaves_a_chunked_body_unfinished() {
    let mut stage = Stage::without_history();
    let peer = chunks(&mut stage, Over::Http11, Start::Newest);
    stage.overflow("c");
    assert_eq!(peer.text(), chunked("x").repeat(INBOX_ITEMS));
    assert!(peer.is_finished());
}

/// Here an orderly end would look as if nothing were missing.
#[test]
fn a_gap_in_the_stream_breaks_any_other_body_off() {
    for over in [Over::Http10, Over::Http2] {
        let mut stage = Stage::without_history();
        let peer = lines(&mut stage, over, Start::Newest);
        stage.overflow("c");
        assert!(peer.is_reset());
    }
}

#[test]
fn what_was_missing_before_the_reader_came_passes() {
    let mut stage = Stage::new();
    stage.publish(
        "c",
        Draft {
            ttl: Some(Duration::from_secs(1)),
            ..draft("short")
        },
    );
    stage.publish("c", draft("a"));
    stage.publish(
        "c",
        Draft {
            ttl: Some(Duration::from_secs(1)),
            ..draft("short")
        },
    );
    stage.publish("c", draft("b"));
    stage.wait(2);
    let peer = lines(&mut stage, Over::Http10, Start::After(MessageId::new(5, 7)));
    assert_eq!(peer.text(), "a\nb\n");
    stage.publish("c", draft("c"));
    assert_eq!(peer.text(), "c\n");
    assert!(peer.is_open());
}

#[test]
fn a_shutdown_ends_in_good_order_and_lagging_does_not() {
    let mut stage = Stage::without_history();
    let peer = lines(&mut stage, Over::Http11, Start::Newest);
    stage.shut_down();
    assert_eq!(peer.text(), "0\r\n\r\n");

    let mut stage = Stage::without_history();
    let peer = stage.hold(
        RawStream::new(Framing::Chunked),
        Asks {
            laggard: Laggard::Close,
            ..Asks::http11(RawStream::head(), &[("c", Start::Newest)])
        },
    );
    stage.overflow("c");
    assert!(peer.text().ends_with(&chunked("x\n")));
    assert!(peer.is_finished());
}
