//! What a poll is answered. The expected bytes are those of the relay protocol's implementations,
//! with header names in lower case.

use fanfare_relay::{PollMode, Validators};
use http::HeaderMap;

use super::*;

/// What goes with the bytes of a publisher.
const CONFINED: &str = "x-content-type-options: nosniff\r\n\
    content-security-policy: default-src 'none'; sandbox\r\n";

fn settings(mode: PollMode) -> PollSettings {
    PollSettings {
        profile: Profile::Relay,
        mode,
        timeout: None,
        echo: Validators::default(),
        tells_place: false,
        origin: None,
    }
}

fn long() -> PollSettings {
    settings(PollMode::Long)
}

fn interval() -> PollSettings {
    settings(PollMode::Interval)
}

fn echo() -> Validators {
    let mut request = HeaderMap::new();
    request.insert("if-modified-since", DATE.parse().unwrap());
    request.insert("if-none-match", "7".parse().unwrap());
    Validators::echo(&request)
}

fn poll(stage: &mut Stage, settings: PollSettings, places: &[(&str, Start)]) -> Peer {
    stage.hold(Poll::new(settings), Asks::poll(places))
}

const OLDEST: [(&str, Start); 1] = [("c", Start::Oldest)];

#[test]
fn a_stored_message_is_answered_at_once() {
    let mut stage = Stage::new();
    stage.publish("c", typed("m0", "text/plain"));
    stage.publish("c", named("{\"m\":1}", "e"));
    let first = poll(&mut stage, long(), &OLDEST);
    assert_eq!(
        first.text(),
        format!(
            "HTTP/1.1 200 OK\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             last-modified: {DATE}\r\netag: 0\r\nfanfare-id: 1763680000:0\r\n\
             content-type: text/plain\r\n{CONFINED}date: {DATE}\r\ncontent-length: 2\r\n\r\nm0"
        )
    );
    let cursor = Start::After(MessageId::new(BEGIN, 0));
    let second = poll(&mut stage, long(), &[("c", cursor)]);
    assert_eq!(
        second.text(),
        format!(
            "HTTP/1.1 200 OK\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             last-modified: {DATE}\r\netag: 1\r\nfanfare-id: 1763680000:1\r\n\
             x-eventsource-event: e\r\n{CONFINED}date: {DATE}\r\ncontent-length: 7\r\n\r\n{{\"m\":1}}"
        )
    );
    assert!(second.is_open(), "another request may follow");
}

#[test]
fn a_held_poll_is_answered_by_the_next_message() {
    let mut stage = Stage::new();
    let peer = poll(&mut stage, long(), &OLDEST);
    assert_eq!(peer.text(), "");
    stage.publish("c", draft(""));
    assert_eq!(
        peer.text(),
        format!(
            "HTTP/1.1 200 OK\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             last-modified: {DATE}\r\netag: 0\r\nfanfare-id: 1763680000:0\r\n\
             {CONFINED}date: {DATE}\r\ncontent-length: 0\r\n\r\n"
        )
    );
    stage.publish("c", draft("next"));
    assert_eq!(peer.text(), "");
}

#[test]
fn several_channels_have_their_cursors_in_the_etag() {
    let mut stage = Stage::new();
    let peer = poll(
        &mut stage,
        long(),
        &[("a", Start::Newest), ("b", Start::Newest)],
    );
    stage.publish("b", draft("b0"));
    let text = peer.text();
    assert!(
        text.contains("\r\netag: 1763679000:4294967295,1763680000:0\r\n"),
        "{text}"
    );
    assert!(text.contains("\r\nfanfare-id: 1763680000:0\r\n"), "{text}");
}

#[test]
fn a_text_that_is_not_ascii_stays_what_it_was() {
    let mut stage = Stage::new();
    stage.publish("c", named("m", "größe"));
    let peer = poll(&mut stage, long(), &OLDEST);
    assert!(peer.text().contains("\r\nx-eventsource-event: größe\r\n"));
}

#[test]
fn the_headers_of_the_front_come_with_every_answer() {
    let origin = || Some("http://a".parse().unwrap());
    let mut stage = Stage::new();
    stage.publish("c", draft("m"));
    let message = poll(
        &mut stage,
        PollSettings {
            origin: origin(),
            ..long()
        },
        &OLDEST,
    );
    let nothing = poll(
        &mut stage,
        PollSettings {
            origin: origin(),
            ..interval()
        },
        &[("c", Start::Newest)],
    );
    let gone = poll(
        &mut stage,
        PollSettings {
            origin: origin(),
            ..long()
        },
        &[("c", Start::Newest)],
    );
    stage.delete("c");
    for peer in [message, nothing, gone] {
        let text = peer.text();
        let vary = "\r\nvary: If-None-Match, If-Modified-Since, Accept, Origin\r\n";
        assert!(text.contains(vary), "{text}");
        assert!(
            text.contains("\r\naccess-control-allow-origin: http://a\r\n"),
            "{text}"
        );
    }
}

#[test]
fn an_interval_poll_is_answered_at_once_with_304_and_its_own_cursor() {
    let mut stage = Stage::new();
    let first = poll(&mut stage, interval(), &OLDEST);
    assert_eq!(
        first.text(),
        format!(
            "HTTP/1.1 304 Not Modified\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             date: {DATE}\r\n\r\n"
        )
    );
    let again = poll(
        &mut stage,
        PollSettings {
            echo: echo(),
            ..interval()
        },
        &[("c", Start::Newest)],
    );
    assert_eq!(
        again.text(),
        format!(
            "HTTP/1.1 304 Not Modified\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             last-modified: {DATE}\r\netag: 7\r\ndate: {DATE}\r\n\r\n"
        )
    );
    stage.publish("c", draft("m"));
    let message = poll(&mut stage, interval(), &OLDEST);
    assert!(message.text().ends_with("\r\n\r\nm"));
}

#[test]
fn time_runs_out_with_the_status_of_the_profile() {
    let held = |profile| PollSettings {
        profile,
        timeout: Some(Duration::from_secs(20)),
        echo: echo(),
        ..long()
    };
    let mut stage = Stage::new();
    let relay = poll(&mut stage, held(Profile::Relay), &OLDEST);
    let nchan = poll(&mut stage, held(Profile::Nchan), &OLDEST);
    stage.wait(19);
    assert_eq!(relay.text(), "");
    stage.wait(1);
    let later = "Thu, 20 Nov 2025 23:07:00 GMT";
    assert_eq!(
        relay.text(),
        format!(
            "HTTP/1.1 304 Not Modified\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             last-modified: {DATE}\r\netag: 7\r\ndate: {later}\r\n\r\n"
        )
    );
    assert_eq!(
        nchan.text(),
        format!(
            "HTTP/1.1 408 Request Timeout\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             last-modified: {DATE}\r\netag: 7\r\ndate: {later}\r\ncontent-length: 0\r\n\r\n"
        )
    );
    assert!(relay.is_open() && nchan.is_open());
}

#[test]
fn a_gap_comes_with_the_message_after_it() {
    let mut stage = Stage::new();
    let peer = poll(
        &mut stage,
        long(),
        &[("c", Start::After(MessageId::new(5, 7)))],
    );
    assert_eq!(peer.text(), "");
    stage.publish("c", draft("m"));
    assert_eq!(
        peer.text(),
        format!(
            "HTTP/1.1 200 OK\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             fanfare-gap: after=5:7; resumed=1763679000:4294967295\r\n\
             last-modified: {DATE}\r\netag: 0\r\nfanfare-id: 1763680000:0\r\n\
             {CONFINED}date: {DATE}\r\ncontent-length: 1\r\n\r\nm"
        )
    );
}

// A poll that began at `since=now` and got no cursor would begin anew and lose what came between.
#[test]
fn a_poll_that_began_now_is_told_where_it_stands() {
    let mut stage = Stage::new();
    stage.publish("c", typed("m0", "text/plain"));
    let began_now = PollSettings {
        tells_place: true,
        ..interval()
    };
    let peer = poll(&mut stage, began_now, &[("c", Start::Newest)]);
    assert_eq!(
        peer.text(),
        format!(
            "HTTP/1.1 304 Not Modified\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             last-modified: {DATE}\r\netag: 0\r\ndate: {DATE}\r\n\r\n"
        )
    );
}

#[test]
fn a_gap_without_a_message_moves_the_cursor_of_the_304() {
    let mut stage = Stage::new();
    let cursor = Start::After(MessageId::new(5, 7));
    let peer = poll(
        &mut stage,
        PollSettings {
            echo: echo(),
            ..interval()
        },
        &[("c", cursor)],
    );
    assert_eq!(
        peer.text(),
        format!(
            "HTTP/1.1 304 Not Modified\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             fanfare-gap: after=5:7; resumed=1763679000:4294967295\r\n\
             last-modified: Thu, 20 Nov 2025 22:50:00 GMT\r\netag: 4294967295\r\ndate: {DATE}\r\n\r\n"
        )
    );
}

#[test]
fn gaps_in_several_channels_are_listed() {
    let mut stage = Stage::new();
    let cursor = Start::After(MessageId::new(5, 7));
    let peer = poll(&mut stage, long(), &[("a", cursor), ("b", cursor)]);
    stage.publish("a", draft("m"));
    let text = peer.text();
    assert!(
        text.contains("channel=a; after=5:7; resumed=1763679000:4294967295"),
        "{text}"
    );
    assert!(
        text.contains("channel=b; after=5:7; resumed=1763679000:4294967295"),
        "{text}"
    );
}

#[test]
fn a_deleted_channel_is_gone() {
    let mut stage = Stage::new();
    stage.publish("c", draft("m"));
    let settings = PollSettings {
        echo: echo(),
        ..long()
    };
    let peer = poll(&mut stage, settings, &[("c", Start::Newest)]);
    stage.delete("c");
    assert_eq!(
        peer.text(),
        format!(
            "HTTP/1.1 410 Gone\r\nvary: If-None-Match, If-Modified-Since, Accept\r\n\
             fanfare-error: gone\r\ndate: {DATE}\r\ncontent-length: 0\r\n\r\n"
        )
    );
    assert!(peer.is_open(), "another request may follow");
}

#[test]
fn a_conflicting_poll_is_ended() {
    let mut stage = Stage::new();
    let peer = poll(&mut stage, long(), &OLDEST);
    stage.take_over("c");
    let text = peer.text();
    assert!(text.starts_with("HTTP/1.1 409 Conflict\r\n"), "{text}");
    assert!(text.contains("\r\nfanfare-error: conflict\r\n"), "{text}");
}

#[test]
fn a_shutdown_sends_the_client_elsewhere() {
    let mut stage = Stage::new();
    let relay = poll(
        &mut stage,
        PollSettings {
            echo: echo(),
            ..long()
        },
        &OLDEST,
    );
    let nchan = poll(
        &mut stage,
        PollSettings {
            profile: Profile::Nchan,
            ..long()
        },
        &OLDEST,
    );
    stage.shut_down();
    let text = relay.text();
    assert!(text.starts_with("HTTP/1.1 304 Not Modified\r\n"), "{text}");
    assert!(text.contains("\r\netag: 7\r\n"), "{text}");
    assert!(relay.is_finished());
    assert!(nchan.text().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
}

#[test]
fn a_request_that_follows_too_early_waits_for_its_turn() {
    let mut stage = Stage::new();
    let peer = poll(&mut stage, long(), &OLDEST);
    stage.say(&peer, b"GET /elsewhere HTTP/1.1\r\nhost: test\r\n\r\n");
    assert!(stage.shard.take_output().handovers.is_empty());
    stage.publish("c", draft("m"));
    assert!(peer.text().ends_with("\r\n\r\nm"));
    assert_eq!(stage.shard.take_output().handovers.len(), 1);
}

#[test]
fn over_http_2_the_carrier_writes_the_response() {
    let mut stage = Stage::new();
    stage.publish("c", draft("m"));
    let peer = stage.hold(
        Poll::new(long()),
        Asks {
            over: Over::Http2,
            ..Asks::poll(&OLDEST)
        },
    );
    let response = peer.response().unwrap();
    assert_eq!(response.headers()["etag"], "0");
    assert_eq!(response.body(), "m");
}
