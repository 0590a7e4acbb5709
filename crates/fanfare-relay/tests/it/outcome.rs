//! Guards the table of methods and status codes, and where the two profiles differ.

use fanfare_hub::{Admission, ChannelInfo, EndReason, JoinError, MessageId, PublishError, Receipt};
use fanfare_relay::Location::{Publisher, Subscriber};
use fanfare_relay::Profile::{Nchan, Relay};
use fanfare_relay::{Answer, Body, Intent, Location, Outcome, Profile, RelayError};
use http::{Method, StatusCode};

fn check(outcome: Outcome, at: Location, profile: Profile, status: u16, body: Body) {
    let Answer {
        status: answered,
        body: sent,
        ..
    } = outcome.answer(at, profile);
    assert_eq!((answered.as_u16(), sent), (status, body), "{outcome:?}");
}

fn intents(at: Location, profile: Profile) -> Vec<Intent> {
    let methods = [
        "GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "get",
    ];
    let method = |name: &str| Method::from_bytes(name.as_bytes()).unwrap();
    let intent = |name: &&str| at.intent(&method(name), profile);
    methods.iter().map(intent).collect()
}

#[test]
fn methods_mean_what_the_protocol_says() {
    use Intent::*;
    let rest = [WrongMethod; 3];
    assert_eq!(
        intents(Publisher, Relay),
        [&[Inform, Publish, Create, Delete, Options][..], &rest].concat()
    );
    assert_eq!(
        intents(Publisher, Nchan),
        [&[Inform, Publish, Publish, Delete, Options][..], &rest].concat()
    );
    for (profile, wrong) in [(Relay, WrongMethod), (Nchan, Forbidden)] {
        let expected = [Subscribe, wrong, wrong, wrong, Options];
        assert_eq!(
            intents(Subscriber, profile),
            [&expected[..], &rest].concat()
        );
    }
}

#[test]
fn publishers_are_answered_by_the_table() {
    for profile in [Relay, Nchan] {
        check(Outcome::Informed, Publisher, profile, 200, Body::Info);
        check(Outcome::Delivered, Publisher, profile, 201, Body::Info);
        check(Outcome::Accepted, Publisher, profile, 202, Body::Info);
        check(Outcome::NoSuchChannel, Publisher, profile, 404, Body::Empty);
        check(Outcome::WrongMethod, Publisher, profile, 405, Body::Empty);
        check(Outcome::TooLarge, Publisher, profile, 413, Body::Empty);
        check(Outcome::Unavailable, Publisher, profile, 503, Body::Empty);
        check(
            Outcome::StorageExhausted,
            Publisher,
            profile,
            507,
            Body::Empty,
        );
    }
}

#[test]
fn subscribers_are_answered_by_the_table() {
    for profile in [Relay, Nchan] {
        check(Outcome::Message, Subscriber, profile, 200, Body::Message);
        check(Outcome::NothingNewer, Subscriber, profile, 304, Body::Empty);
        check(Outcome::Refused, Subscriber, profile, 403, Body::Empty);
        check(Outcome::Conflict, Subscriber, profile, 409, Body::Empty);
        check(Outcome::Gone, Subscriber, profile, 410, Body::Empty);
        check(Outcome::Invalid, Subscriber, profile, 400, Body::Error);
    }
}

#[test]
fn d11_the_profiles_differ_in_timeout() {
    check(Outcome::TimedOut, Subscriber, Relay, 304, Body::Empty);
    check(Outcome::TimedOut, Subscriber, Nchan, 408, Body::Empty);
    check(Outcome::WrongMethod, Subscriber, Relay, 405, Body::Empty);
    check(Outcome::WrongMethod, Subscriber, Nchan, 405, Body::Empty);
}

#[test]
fn d16_a_missing_channel_id_is_404_with_its_text() {
    for (at, profile) in [(Publisher, Relay), (Subscriber, Nchan)] {
        let text = Body::Text("No channel id provided.");
        check(RelayError::NoChannelId.outcome(), at, profile, 404, text);
    }
    assert_eq!(
        RelayError::NoChannelId.to_string(),
        "No channel id provided."
    );
}

#[test]
fn d20_a_405_and_the_answer_to_options_name_the_methods() {
    let allow = |outcome: Outcome, at, profile| outcome.answer(at, profile).allow;
    for outcome in [Outcome::WrongMethod, Outcome::Options] {
        assert_eq!(
            allow(outcome, Publisher, Nchan),
            Some("GET, POST, PUT, DELETE")
        );
        for profile in [Relay, Nchan] {
            assert_eq!(allow(outcome, Subscriber, profile), Some("GET"));
        }
    }
    assert_eq!(allow(Outcome::Refused, Subscriber, Nchan), None);
    assert_eq!(allow(Outcome::Informed, Publisher, Relay), None);
}

#[test]
fn d13_every_subscriber_answer_varies_with_the_cursor() {
    assert_eq!(
        Subscriber.vary(),
        Some("If-None-Match, If-Modified-Since, Accept")
    );
    assert_eq!(Publisher.vary(), None);
}

#[test]
fn r48_a_message_somebody_waited_for_is_201_and_any_other_202() {
    let outcome = |subscribers| {
        let info = ChannelInfo {
            messages: 1,
            subscribers,
            ..ChannelInfo::default()
        };
        Outcome::from(&Receipt {
            id: MessageId::ZERO,
            info,
            repeated: false,
        })
    };
    assert_eq!(outcome(2), Outcome::Delivered);
    assert_eq!(outcome(1), Outcome::Delivered);
    assert_eq!(outcome(0), Outcome::Accepted);
}

#[test]
fn what_the_hub_refuses_has_its_status() {
    assert_eq!(Outcome::from(JoinError::Conflict), Outcome::Conflict);
    assert_eq!(Outcome::from(JoinError::Full(1)), Outcome::Refused);
    assert_eq!(Outcome::from(EndReason::Conflict), Outcome::Conflict);
    assert_eq!(Outcome::from(EndReason::Deleted), Outcome::Gone);
    let full = PublishError::TooManyChannels { channels_max: 1 };
    assert_eq!(Outcome::from(&full), Outcome::StorageExhausted);
}

#[test]
fn nchan_knows_broadcast_only() {
    assert_eq!(Nchan.admission(Admission::Last), Admission::Broadcast);
    assert_eq!(Relay.admission(Admission::Last), Admission::Last);
}

#[test]
fn errors_are_answered_alike_at_both_locations() {
    for error in [
        RelayError::NoChannelId,
        RelayError::TooManyChannels,
        RelayError::Since,
    ] {
        for at in [Publisher, Subscriber] {
            for profile in [Relay, Nchan] {
                assert_eq!(error.outcome().answer(at, profile).status, error.status());
            }
        }
    }
    assert_eq!(RelayError::Since.status(), StatusCode::BAD_REQUEST);
}
