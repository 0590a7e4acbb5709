//! One request after another on one connection.

use fanfare_link::{LinkLimits, Verdict};

use crate::rig::{Rig, request};
use crate::routes::answer;

fn bodies(answers: &str) -> Vec<&str> {
    answers
        .split("HTTP/1.1 200 OK\r\n")
        .skip(1)
        .map(|answer| answer.split_once("\r\n\r\n").unwrap().1)
        .collect()
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let mut rig = Rig::new();
    let peer = rig.connect();
    rig.send(
        &peer,
        &["/answer", "/large", "/answer"].map(request).concat(),
    );
    assert_eq!(rig.routes.seen(), ["/answer", "/large", "/answer"]);
    assert_eq!(bodies(&peer.take()).len(), 3);
    assert!(!peer.is_finished());
}

#[test]
fn a_connection_is_kept_when_both_want_it() {
    let cases = [
        ("HTTP/1.1", "", true),
        ("HTTP/1.1", "Connection: keep-alive\r\n", true),
        ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: Keep-Alive, CLOSE\r\n", false),
        ("HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false),
        ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: keep-alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
    ];
    for (version, field, is_kept) in cases {
        let mut rig = Rig::new();
        let peer = rig.connect();
        rig.send(
            &peer,
            &format!("GET /answer {version}\r\nHost: a\r\n{field}\r\n"),
        );
        let first = peer.take();
        assert_eq!(peer.is_finished(), !is_kept, "{version} {field}");
        assert_eq!(first.contains("connection: close"), !is_kept, "{first}");
        rig.send(&peer, &request("/answer"));
        assert_eq!(!peer.take().is_empty(), is_kept, "{version} {field}");
    }
}

#[test]
fn what_follows_the_last_request_is_thrown_away() {
    let mut rig = Rig::new();
    let peer = rig.connect();
    let last = "GET /answer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    rig.send(&peer, &(last.to_owned() + &request("/answer")));
    assert_eq!(bodies(&peer.take()).len(), 1);
    assert_eq!(rig.routes.seen(), ["/answer"]);
}

#[test]
fn a_request_behind_a_poll_waits_for_its_answer() {
    let mut rig = Rig::new();
    let peer = rig.get("/poll?news=newest");
    rig.send(&peer, &request("/answer"));
    assert_eq!(peer.take(), "");
    let id = rig.publish("news", "one");
    rig.run();
    assert_eq!(
        bodies(&peer.take()),
        [format!("news {id} one\n").as_str(), "hello\n"]
    );
}

/// Guards against losing what was kept behind the first of several requests.
#[test]
fn requests_kept_behind_a_poll_survive_more_bytes_before_the_next_turn() {
    let mut rig = Rig::new();
    let peer = rig.get("/poll?news=newest");
    let third = request("/answer?3");
    let (begin, end) = third.split_at(20);
    rig.send(
        &peer,
        &(request("/answer?1") + &request("/answer?2") + begin),
    );
    rig.publish("news", "one");
    // One turn ends the poll and leaves the kept requests for the next.
    rig.turn();
    rig.send_only(&peer, end);
    rig.run();
    let seen = rig.routes.seen();
    assert_eq!(seen[1..], ["/answer?1", "/answer?2", "/answer?3"]);
    assert_eq!(bodies(&peer.take()).len(), 4);
}

#[test]
fn a_flood_of_requests_does_not_keep_others_waiting() {
    let mut rig = Rig::new();
    let flood = rig.connect();
    let other = rig.connect();
    rig.send_only(&flood, &request("/answer").repeat(2000));
    let at_once = rig.routes.seen().len();
    assert!(
        at_once <= 200,
        "{at_once} requests of one connection in one go"
    );
    rig.send_only(&other, &request("/answer"));
    assert!(!other.take().is_empty());
    rig.run();
    assert_eq!(bodies(&flood.take()).len(), 2000);
}

#[test]
fn what_waits_behind_a_poll_is_bounded() {
    let limits = LinkLimits {
        head_bytes_max: 1000,
        ..LinkLimits::default()
    };
    let mut rig = Rig::with_limits(limits);
    let peer = rig.get("/poll?news=newest");
    let flood = request("/answer").repeat(1000);
    rig.send(&peer, &flood);
    let kept = flood.len() - peer.unread();
    assert!(kept <= 1001, "{kept} bytes are kept");
    rig.publish("news", "one");
    rig.run();
    assert_eq!(bodies(&peer.take()).len(), 1001);
}

#[test]
fn a_stream_of_http_1_0_ends_with_its_connection() {
    let mut rig = Rig::new();
    let peer = rig.connect();
    rig.send(
        &peer,
        "GET /stream?news=newest HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    );
    assert!(peer.take().contains("connection: close\r\n"));
    rig.publish("news", "end");
    rig.run();
    assert!(peer.take().ends_with(" end\n"));
    assert!(
        peer.is_finished(),
        "nothing else tells the peer that this was all"
    );
}

#[test]
fn a_chunked_stream_can_be_followed_by_a_request() {
    let mut rig = Rig::new();
    let peer = rig.get("/stream?news=newest");
    let id = rig.publish("news", "end");
    rig.run();
    let line = format!("news {id} end\n");
    let chunks = format!("{:x}\r\n{line}\r\n0\r\n\r\n", line.len());
    assert!(peer.take().ends_with(&chunks));
    rig.send(&peer, &request("/answer"));
    assert_eq!(bodies(&peer.take()), ["hello\n"]);
}

#[test]
fn an_upgraded_connection_is_not_one_for_requests_again() {
    let mut rig = Rig::new();
    let peer = rig.talk("");
    rig.send(&peer, "finish\n");
    assert!(peer.is_finished());
}

#[test]
fn a_reader_that_is_not_let_in_is_told_why_and_may_ask_again() {
    let mut rig = Rig::new();
    let first = rig.talk("news=newest&first");
    let second = rig.get("/talk?sport=newest&news=newest&first");
    assert!(second.take().starts_with("HTTP/1.1 409 Conflict\r\n"));
    assert_eq!(rig.hub.subscriptions(), 1, "its other place was given back");
    rig.end(&first);
    rig.send(&second, &request("/talk?news=newest&first"));
    assert!(second.take().starts_with("HTTP/1.1 101 "));
}

#[test]
fn a_newcomer_takes_the_channel_over_on_the_same_shard() {
    let mut rig = Rig::new();
    let first = rig.talk("news=newest&last&shy");
    let second = rig.talk("news=newest&last&shy");
    assert_eq!(first.take(), "ended news Conflict\n");
    let id = rig.publish("news", "one");
    rig.run();
    assert_eq!(first.take(), "");
    assert_eq!(second.take(), format!("news {id} one\n"));
    rig.end(&first);
    rig.end(&second);
    rig.check_nothing_is_left();
}

#[test]
fn a_verdict_that_comes_later_lets_the_rest_wait() {
    let mut rig = Rig::new();
    let peer = rig.connect();
    rig.send(&peer, &(request("/later") + &request("/answer?1")));
    rig.send(&peer, &request("/answer?2"));
    assert_eq!(rig.routes.seen(), ["/later"]);
    rig.routes.decide(Verdict::Answer(answer("later\n")));
    rig.complete();
    assert_eq!(bodies(&peer.take()), ["later\n", "hello\n", "hello\n"]);
    assert_eq!(rig.routes.seen(), ["/answer?1", "/answer?2"]);
}

#[test]
fn a_verdict_may_pass_the_request_on_with_what_follows_it() {
    let mut rig = Rig::new();
    let peer = rig.connect();
    let bytes = request("/later") + "more";
    rig.send(&peer, &bytes);
    rig.routes.decide(Verdict::Pass);
    rig.complete();
    assert_eq!(rig.handovers[0].received, bytes.as_bytes());
    assert_eq!(rig.shard.len(), 0);
}

#[test]
fn a_peer_that_sends_no_more_gets_what_there_is_and_is_dropped() {
    let mut rig = Rig::new();
    let peer = rig.connect();
    rig.send(&peer, &request("/later"));
    rig.end(&peer);
    assert!(!peer.is_dropped());
    rig.routes.decide(Verdict::Answer(answer("later\n")));
    rig.complete();
    assert!(peer.take().ends_with("later\n"));
    assert!(peer.is_dropped());
    rig.publish("news", "stored");
    // All of it has come before the shard gets a turn.
    let peer = rig.connect();
    rig.send_only(&peer, &request("/poll?news=oldest").repeat(2));
    rig.end(&peer);
    assert_eq!(peer.take().matches("stored").count(), 2);
    assert!(peer.is_dropped());
    rig.check_nothing_is_left();
}

#[test]
fn a_peer_that_sends_no_more_is_not_kept_waiting() {
    let mut rig = Rig::new();
    for target in ["/poll?news=newest", "/stream?news=newest", "/answer"] {
        let peer = rig.connect();
        rig.send_only(&peer, &request(target));
        rig.end(&peer);
        assert!(peer.is_dropped(), "{target}");
    }
    let half = rig.connect();
    rig.send_only(&half, "GET /answer HT");
    rig.end(&half);
    assert!(half.is_dropped());
    rig.check_nothing_is_left();
}

/// Guards against waiting for a verdict on a connection that has been refused.
#[test]
fn a_request_that_finds_no_room_to_wait_is_refused_and_stays_so() {
    let limits = LinkLimits {
        half_open_max: 0,
        ..LinkLimits::default()
    };
    let mut rig = Rig::with_limits(limits);
    let peer = rig.get("/later");
    assert!(peer.take().starts_with("HTTP/1.1 503 "));
    assert!(peer.is_finished());
    while rig.routes.waiting() > 0 {
        rig.routes.decide(Verdict::Answer(answer("later\n")));
    }
    rig.complete();
    assert_eq!(peer.take(), "");
    rig.pass(3);
    rig.check_nothing_is_left();
}

/// Guards against the same on a connection that breaks while it is refused.
#[test]
fn a_request_refused_on_a_broken_connection_is_gone() {
    let limits = LinkLimits {
        half_open_max: 0,
        ..LinkLimits::default()
    };
    let mut rig = Rig::with_limits(limits);
    let peer = rig.connect();
    peer.break_sends();
    rig.send(&peer, &request("/later"));
    rig.check_nothing_is_left();
}
