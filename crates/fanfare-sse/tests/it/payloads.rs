//! Events made of values and names.

use std::collections::BTreeMap;

use fanfare_sse::{Event, EventName};
use serde::Serialize;

#[derive(Serialize)]
struct Person<'a> {
    name: &'a str,
    age: u8,
}

const ANNA: Person<'_> = Person {
    name: "Anna\n<a>",
    age: 7,
};

#[test]
fn a_value_becomes_json_on_one_line() {
    let event = Event::json(&ANNA).unwrap();
    assert_eq!(
        event.encode(),
        "data: {\"name\":\"Anna\\n<a>\",\"age\":7}\n\n"
    );
    assert_eq!(Event::json("text").unwrap().encode(), "data: \"text\"\n\n");
    assert_eq!(Event::json(&[1, 2]).unwrap().encode(), "data: [1,2]\n\n");
}

#[test]
fn a_value_without_json_is_an_error() {
    let map = BTreeMap::from([((1, 2), 3)]);
    let error = Event::json(&map).unwrap_err();
    assert_eq!(error.to_string(), "the value cannot be written as JSON");
    assert!(std::error::Error::source(&error).is_some());
}

#[cfg(feature = "xml")]
#[test]
fn a_value_becomes_xml() {
    let event = Event::xml(&ANNA).unwrap();
    assert_eq!(
        event.encode(),
        "data: <Person><name>Anna\ndata: &lt;a&gt;</name><age>7</age></Person>\n\n"
    );
}

#[cfg(feature = "xml")]
#[test]
fn a_value_without_xml_is_an_error() {
    let error = Event::xml(&BTreeMap::from([(1, 2)])).unwrap_err();
    assert_eq!(error.to_string(), "the value cannot be written as XML");
}

#[test]
fn a_name_can_be_part_of_the_program() {
    const FEED: EventName = EventName::from_static("feed");
    let event = Event::data("x").named(FEED);
    assert_eq!(event, Event::data("x").event("feed").unwrap());
}

#[test]
#[should_panic(expected = "control character")]
fn a_name_with_a_line_end_is_no_name() {
    EventName::from_static("feed\n");
}
