//! What an `EventSource` gets.

use fanfare_sse::{Decoder, MessageEvent};
use proptest::prelude::*;

use super::*;

const SETTINGS: SseSettings = SseSettings {
    keep_alive: Duration::from_secs(15),
    retry: Duration::from_millis(2000),
    tells_place: false,
};

fn listen(stage: &mut Stage, over: Over, places: &[(&str, Start)]) -> Peer {
    let framing = match over {
        Over::Http10 => Framing::UntilClose,
        Over::Http11 => Framing::Chunked,
        Over::Http2 => Framing::Carrier,
    };
    let peer = stage.hold(
        Sse::new(framing, SETTINGS),
        Asks::over(over, Sse::head(), places),
    );
    peer.bytes();
    peer
}

/// A listener to `c` without chunk marks.
fn plain(stage: &mut Stage) -> Peer {
    listen(stage, Over::Http10, &[("c", Start::Oldest)])
}

fn check(draft: Draft, expected: &str) {
    let mut stage = Stage::new();
    let peer = plain(&mut stage);
    stage.publish("c", draft);
    assert_eq!(peer.text(), expected);
}

#[test]
fn opens_with_head_and_retry_time_at_once() {
    let mut stage = Stage::new();
    let places = [("c", Start::Oldest)];
    let peer = stage.hold(
        Sse::new(Framing::Chunked, SETTINGS),
        Asks::http11(Sse::head(), &places),
    );
    assert_eq!(
        peer.text(),
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
             cache-control: no-store, no-transform\r\nx-accel-buffering: no\r\n\
             x-content-type-options: nosniff\r\n\
             content-security-policy: default-src 'none'; sandbox\r\n\
             date: {DATE}\r\ntransfer-encoding: chunked\r\n\r\n\
             d\r\nretry: 2000\n\n\r\n"
        )
    );
}

#[test]
fn opens_with_a_comment_when_the_retry_time_is_the_clients() {
    let mut stage = Stage::new();
    let settings = SseSettings {
        retry: Duration::ZERO,
        ..SETTINGS
    };
    let places = [("c", Start::Oldest)];
    let peer = stage.hold(
        Sse::new(Framing::UntilClose, settings),
        Asks::http10(Sse::head(), &places),
    );
    assert!(peer.text().ends_with("connection: close\r\n\r\n: ok\n\n"));
}

#[test]
fn a_message_is_an_event_with_its_id_first() {
    check(draft("one"), "id: 1763680000:0\ndata: one\n\n");
    check(draft(""), "id: 1763680000:0\ndata: \n\n");
    check(
        named("line1\nline2\n", "my-event"),
        "id: 1763680000:0\nevent: my-event\ndata: line1\ndata: line2\ndata: \n\n",
    );
}

#[test]
fn a_payload_cannot_add_fields() {
    check(
        draft("a\r\n\r\nevent: x\rid: 9"),
        "id: 1763680000:0\ndata: a\ndata: \ndata: event: x\ndata: id: 9\n\n",
    );
}

#[test]
fn bytes_that_are_not_text_come_as_base64() {
    check(
        named(&b"\xff\x00"[..], "e"),
        "id: 1763680000:0\nevent: e\ndata: /wA=\nencoding: base64\n\n",
    );
}

#[test]
fn over_http_1_1_each_event_is_one_chunk() {
    let mut stage = Stage::new();
    let peer = listen(&mut stage, Over::Http11, &[("c", Start::Oldest)]);
    stage.publish("c", draft("one"));
    assert_eq!(peer.text(), chunked("id: 1763680000:0\ndata: one\n\n"));
}

#[test]
fn over_http_2_the_carrier_writes_the_head() {
    let mut stage = Stage::new();
    let places = [("c", Start::Oldest)];
    let peer = stage.hold(
        Sse::new(Framing::Carrier, SETTINGS),
        Asks::over(Over::Http2, Sse::head(), &places),
    );
    assert_eq!(
        peer.response().unwrap().headers()["content-type"],
        "text/event-stream"
    );
    stage.publish("c", draft("one"));
    assert_eq!(
        peer.text(),
        "retry: 2000\n\nid: 1763680000:0\ndata: one\n\n"
    );
}

/// The heart of cheap fan-out: nothing is copied per reader, also not with chunk marks.
#[test]
fn all_readers_share_the_bytes_of_an_event() {
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
fn several_channels_have_one_cursor_and_share_the_rest() {
    let mut stage = Stage::new();
    let places = [("a", Start::Newest), ("b", Start::Newest)];
    let peers = [(); 2].map(|()| listen(&mut stage, Over::Http10, &places));
    stage.publish("b", named("b0", "e"));
    stage.wait(1);
    stage.publish("a", draft("a0"));
    let [one, other] = peers.map(|peer| peer.pieces());
    assert_eq!(
        one.concat(),
        b"id: 1763679000:4294967295,1763680000:0\nevent: e\ndata: b0\n\n\
          id: 1763680001:0,1763680000:0\ndata: a0\n\n"
    );
    assert_eq!(one[1].as_ptr(), other[1].as_ptr());
    assert_eq!(one[3].as_ptr(), other[3].as_ptr());
}

#[test]
fn several_channels_over_http_1_1_share_a_chunk_after_their_own() {
    let mut stage = Stage::new();
    let places = [("a", Start::Oldest), ("b", Start::Oldest)];
    let peers = [(); 2].map(|()| listen(&mut stage, Over::Http11, &places));
    stage.publish("a", draft("a0"));
    let [one, other] = peers.map(|peer| peer.pieces());
    let own = chunked("id: 1763680000:0,1763679000:4294967295\n");
    assert_eq!(
        one.concat(),
        [own, chunked("data: a0\n\n")].concat().as_bytes()
    );
    assert_eq!(one[1].as_ptr(), other[1].as_ptr());
}

#[test]
fn a_gap_is_an_event_with_the_cursor_to_go_on_from() {
    let mut stage = Stage::new();
    stage.publish("c\"", draft("lost"));
    stage.forget("c\"");
    let peer = stage.hold(
        Sse::new(Framing::UntilClose, SETTINGS),
        Asks::http10(Sse::head(), &[("c\"", Start::After(MessageId::new(5, 7)))]),
    );
    assert!(peer.text().ends_with(
        "retry: 2000\n\nid: 1763680000:1\nevent: gap\n\
         data: {\"channel\":\"c\\\"\",\"after\":\"5:7\",\"resumed\":\"1763680000:1\"}\n\n"
    ));
}

#[test]
fn a_gap_in_one_of_several_channels_carries_the_whole_cursor() {
    let mut stage = Stage::new();
    let places = [
        ("a", Start::After(MessageId::new(BEGIN - 1000, u32::MAX))),
        ("b", Start::After(MessageId::new(5, 7))),
    ];
    let peer = stage.hold(
        Sse::new(Framing::UntilClose, SETTINGS),
        Asks::http10(Sse::head(), &places),
    );
    assert!(peer.text().ends_with(
        "id: 1763679000:4294967295,1763679000:4294967295\nevent: gap\n\
         data: {\"channel\":\"b\",\"after\":\"5:7\",\"resumed\":\"1763679000:4294967295\"}\n\n"
    ));
}

#[test]
fn silence_is_broken_by_a_comment() {
    let mut stage = Stage::new();
    let peers =
        [Over::Http10, Over::Http11].map(|over| listen(&mut stage, over, &[("c", Start::Oldest)]));
    stage.wait(14);
    assert_eq!(peers[0].text(), "");
    stage.wait(2);
    assert_eq!(peers[0].text(), ": \n\n");
    assert_eq!(peers[1].text(), "4\r\n: \n\n\r\n");
    stage.wait(15);
    assert_eq!(peers[0].text(), ": \n\n");
}

#[test]
fn the_comment_waits_for_silence_after_the_last_event() {
    let mut stage = Stage::new();
    let peer = plain(&mut stage);
    stage.wait(10);
    stage.publish("c", draft("one"));
    peer.bytes();
    stage.wait(14);
    assert_eq!(peer.text(), "");
    stage.wait(2);
    assert_eq!(peer.text(), ": \n\n");
}

#[test]
fn a_deleted_channel_ends_the_stream_with_a_comment() {
    let mut stage = Stage::new();
    stage.publish("c", draft("one"));
    let plain = listen(&mut stage, Over::Http10, &[("c", Start::Newest)]);
    let both = listen(
        &mut stage,
        Over::Http11,
        &[("c", Start::Newest), ("d", Start::Newest)],
    );
    stage.delete("c");
    assert_eq!(plain.text(), ":410: 410 Gone\n\n");
    assert!(plain.is_finished());
    assert_eq!(both.text(), chunked(":410: 410 Gone\n\n") + "0\r\n\r\n");
    assert!(both.is_open(), "another request may follow");
}

#[test]
fn a_conflict_ends_the_stream_with_a_comment() {
    let mut stage = Stage::new();
    let peer = plain(&mut stage);
    stage.take_over("c");
    assert_eq!(peer.text(), ":409: 409 Conflict\n\n");
}

#[test]
fn a_shutdown_gives_each_client_a_time_to_come_back() {
    let mut stage = Stage::new();
    let peers = [(); 8].map(|()| listen(&mut stage, Over::Http11, &[("c", Start::Oldest)]));
    stage.shut_down();
    let times: HashSet<u64> = peers
        .iter()
        .map(|peer| {
            let text = peer.text();
            let block = text.strip_suffix("0\r\n\r\n").unwrap();
            let (_, block) = block.split_once("\r\n").unwrap();
            let time = block.strip_prefix("retry: ").unwrap().trim_end();
            assert!(peer.is_finished());
            time.parse().unwrap()
        })
        .collect();
    assert!(
        times.iter().all(|time| (2000..4000).contains(time)),
        "{times:?}"
    );
    assert!(times.len() > 4, "spread: {times:?}");
}

#[test]
fn a_reader_that_is_closed_for_lagging_may_come_back_at_once() {
    let mut stage = Stage::without_history();
    let peer = stage.hold(
        Sse::new(Framing::Chunked, SETTINGS),
        Asks {
            laggard: Laggard::Close,
            ..Asks::http11(Sse::head(), &[("c", Start::Newest)])
        },
    );
    stage.overflow("c");
    assert!(
        peer.text()
            .ends_with(&(chunked("id: 1763680000:7\ndata: x\n\n") + "0\r\n\r\n"))
    );
}

#[test]
fn a_reader_that_lags_is_told_of_the_gap_and_goes_on() {
    let mut stage = Stage::without_history();
    let peer = plain(&mut stage);
    stage.overflow("c");
    assert!(peer.text().ends_with(
        "id: 1763680000:7\ndata: x\n\nid: 1763680000:8\nevent: gap\n\
         data: {\"channel\":\"c\",\"after\":\"1763680000:7\",\"resumed\":\"1763680000:8\"}\n\n"
    ));
    stage.publish("c", draft("y"));
    assert_eq!(peer.text(), "id: 1763680000:9\ndata: y\n\n");
}

proptest! {
    #[test]
    fn a_client_reads_what_was_published(
        payload in proptest::collection::vec(any::<u8>(), 0..40),
        text in "[\\PC\r\n]{0,40}",
        event in proptest::option::of("\\PC{1,20}"),
    ) {
        for payload in [Bytes::from(payload), Bytes::from(text)] {
            let mut stage = Stage::new();
            let peer = plain(&mut stage);
            stage.publish("c", Draft { event: event.as_deref().map(Into::into), ..draft(payload.clone()) });
            let bytes = peer.bytes();
            let mut input = &bytes[..];
            let received = Decoder::default().decode(&mut input).unwrap();
            let data = match std::str::from_utf8(&payload) {
                Ok(text) => text.replace("\r\n", "\n").replace('\r', "\n"),
                Err(_) => base64_of(&payload),
            };
            prop_assert_eq!(received, Some(MessageEvent {
                event_type: event.clone().unwrap_or_else(|| "message".to_owned()).into(),
                data,
                last_event_id: "1763680000:0".to_owned(),
            }));
            prop_assert!(input.is_empty());
        }
    }
}

fn base64_of(payload: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(payload)
}

// Else a client that is cut off before the first message would begin anew, and lose what came.
#[test]
fn a_stream_that_began_now_is_told_where_it_stands() {
    let mut stage = Stage::new();
    stage.publish("c", draft("m0"));
    let settings = SseSettings {
        tells_place: true,
        ..SETTINGS
    };
    let listen = |stage: &mut Stage, start| {
        let places = [("c", start)];
        let asks = Asks::over(Over::Http10, Sse::head(), &places);
        stage.hold(Sse::new(Framing::UntilClose, settings), asks)
    };
    let now = listen(&mut stage, Start::Newest);
    assert!(now.text().ends_with("\n\nid: 1763680000:0\n\n"));
    // A message tells it as well.
    let last = listen(&mut stage, Start::Last(1));
    assert!(
        last.text()
            .ends_with("retry: 2000\n\nid: 1763680000:0\ndata: m0\n\n")
    );
}
