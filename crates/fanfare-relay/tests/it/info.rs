//! Guards the bytes of channel information, which clients match with regular expressions.

use std::time::Duration;

use fanfare_hub::ChannelInfo;
use fanfare_relay::{InfoFormat, Profile};
use http::HeaderMap;
use proptest::prelude::*;

use crate::{any_header_value, headers, id};

fn info() -> ChannelInfo {
    ChannelInfo {
        messages: 2,
        requested: None,
        subscribers: 0,
        last_message_id: Some(id(1_795_217_328, 2)),
    }
}

fn format(accept: &str, profile: Profile) -> InfoFormat {
    InfoFormat::negotiate(&headers(&[("accept", accept)]), profile)
}

fn check_body(accept: &str, profile: Profile, expected: &str) {
    assert_eq!(format(accept, profile).body(&info()), expected);
}

/// The media types answered in both profiles.
fn check_type(accept: &str, relay: &str, nchan: &str) {
    assert_eq!(
        format(accept, Profile::Relay).content_type(),
        relay,
        "{accept:?}"
    );
    assert_eq!(
        format(accept, Profile::Nchan).content_type(),
        nchan,
        "{accept:?}"
    );
}

#[test]
fn relay_bodies_are_exact() {
    check_body(
        "text/plain",
        Profile::Relay,
        "queued messages: 2\r\nlast requested: -1 sec. ago (-1=never)\r\nactive subscribers: 0",
    );
    check_body(
        "text/json",
        Profile::Relay,
        r#"{"messages": 2, "requested": -1, "subscribers": 0 }"#,
    );
    check_body(
        "text/xml",
        Profile::Relay,
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\r\n<channel>\r\n  <messages>2</messages>\r\n  \
         <requested>-1</requested>\r\n  <subscribers>0</subscribers>\r\n</channel>",
    );
    check_body(
        "text/yaml",
        Profile::Relay,
        "---\r\nmessages: 2\r\nrequested: -1\r\nsubscribers: 0\r\n\r\n",
    );
}

#[test]
fn nchan_bodies_are_exact() {
    check_body(
        "text/plain",
        Profile::Nchan,
        "queued messages: 2\r\nlast requested: -1 sec. ago\r\nactive subscribers: 0\r\n\
         last message id: 1795217328:2",
    );
    check_body(
        "text/json",
        Profile::Nchan,
        r#"{"messages": 2, "requested": -1, "subscribers": 0, "last_message_id": "1795217328:2" }"#,
    );
    check_body(
        "text/xml",
        Profile::Nchan,
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\r\n<channel>\r\n  <messages>2</messages>\r\n  \
         <requested>-1</requested>\r\n  <subscribers>0</subscribers>\r\n  \
         <last_message_id>1795217328:2</last_message_id>\r\n</channel>",
    );
    check_body(
        "text/yaml",
        Profile::Nchan,
        "---\r\nmessages: 2\r\nrequested: -1\r\nsubscribers: 0\r\n\
         last_message_id: \"1795217328:2\"\r\n\r\n",
    );
}

#[test]
fn bodies_are_as_long_as_the_captured_ones() {
    let length = |accept, profile, info: &ChannelInfo| format(accept, profile).body(info).len();
    let mut info = info();
    assert_eq!(length("text/plain", Profile::Relay, &info), 81);
    assert_eq!(length("text/xml", Profile::Relay, &info), 149);
    assert_eq!(length("text/plain", Profile::Nchan, &info), 101);
    info.requested = Some(Duration::from_secs(1));
    assert_eq!(length("text/plain", Profile::Relay, &info), 80);
}

#[test]
fn seconds_are_whole_and_a_channel_without_messages_has_the_zero_id() {
    let info = ChannelInfo {
        messages: 0,
        requested: Some(Duration::from_millis(61_999)),
        subscribers: 3,
        last_message_id: None,
    };
    assert_eq!(
        format("application/json", Profile::Nchan).body(&info),
        r#"{"messages": 0, "requested": 61, "subscribers": 3, "last_message_id": "0:0" }"#
    );
}

#[test]
fn the_first_member_from_the_left_decides() {
    check_type("application/json", "application/json", "text/json");
    check_type("text/json, text/xml", "text/json", "text/json");
    check_type(
        "text/html, application/json;q=0.5",
        "application/json",
        "text/json",
    );
    check_type("text/xml;q=0.1, text/yaml;q=0.9", "text/xml", "text/xml");
    check_type("application/x-json", "application/x-json", "text/json");
    check_type("text/x-yaml", "text/x-yaml", "text/yaml");
    check_type("application/yaml", "application/yaml", "text/yaml");
    check_type("application/plain", "application/plain", "text/plain");
    check_type(
        "application/xml;charset=utf-8",
        "application/xml",
        "text/xml",
    );
}

#[test]
fn a_subtype_that_begins_with_one_of_ours_is_answered_with_ours() {
    check_type(
        "application/json-patch+json",
        "application/json",
        "text/json",
    );
    check_type("text/xml2", "text/xml", "text/xml");
}

#[test]
fn case_does_not_matter_and_weight_0_is_skipped() {
    check_type("Application/JSON", "application/json", "text/json");
    check_type("text/xml;q=0, text/yaml", "text/yaml", "text/yaml");
    check_type(
        "text/xml; a=b; Q = 0.000 , text/json",
        "text/json",
        "text/json",
    );
    check_type("text/xml;q=0.001, text/json", "text/xml", "text/xml");
}

#[test]
fn plain_text_is_for_whoever_names_nothing_of_ours() {
    for accept in [
        "",
        "*/*",
        "text/html",
        "text/*",
        "application/*",
        "application/vnd.x+json",
        "image/xml",
        "json",
        "text/json;q=0",
        "é",
    ] {
        check_type(accept, "text/plain", "text/plain");
    }
    let none = InfoFormat::negotiate(&HeaderMap::new(), Profile::Relay);
    assert_eq!(none, InfoFormat::text(Profile::Relay));
}

#[test]
fn several_accept_lines_are_one_list() {
    let headers = headers(&[("accept", "text/html"), ("accept", "text/yaml")]);
    let format = InfoFormat::negotiate(&headers, Profile::Relay);
    assert_eq!(format.content_type(), "text/yaml");
}

proptest! {
    #[test]
    fn any_accept_is_answered(value in any_header_value()) {
        let headers: HeaderMap = [(http::header::ACCEPT, value)].into_iter().collect();
        InfoFormat::negotiate(&headers, Profile::Relay).body(&info());
    }
}
