//! Guards that a loss is told in full: which channels, from where to where, and how many more.

use fanfare_hub::Gap;
use fanfare_relay::gap::{GapError, Missed, Report, parse, write};
use fanfare_relay::limits::GAP_BYTES_MAX;
use proptest::prelude::*;

use crate::{any_header_value, channel, id};

fn missed(name: Option<&str>, after: (u64, u32), resumed: (u64, u32)) -> Missed {
    Missed {
        channel: name.map(channel),
        gap: Gap {
            after: id(after.0, after.1),
            resumed: id(resumed.0, resumed.1),
        },
    }
}

fn check(missed: &[Missed], expected: &str) {
    assert_eq!(write(missed).unwrap(), expected);
    let report = Report {
        missed: missed.to_vec(),
        more: 0,
    };
    assert_eq!(parse(expected), Ok(report));
}

#[test]
fn nothing_missed_is_no_header() {
    assert_eq!(write(&[]), None);
}

#[test]
fn one_channel_needs_no_name_and_several_have_theirs_encoded() {
    check(&[missed(None, (5, 3), (7, 0))], "after=5:3; resumed=7:0");
    check(
        &[
            missed(Some("a,b; c=d"), (5, 3), (7, 0)),
            missed(Some("räume/1"), (0, 0), (1, 9)),
        ],
        "channel=a%2Cb%3B%20c%3Dd; after=5:3; resumed=7:0, \
         channel=r%C3%A4ume%2F1; after=0:0; resumed=1:9",
    );
}

#[test]
fn channels_that_do_not_fit_are_counted() {
    for name_bytes in [10, 200, 255] {
        let gaps: Vec<Missed> = (0..200)
            .map(|n| {
                missed(
                    Some(&format!("{n:日>name_bytes$}", name_bytes = name_bytes / 3)),
                    (5, 3),
                    (u64::MAX, u32::MAX),
                )
            })
            .collect();
        let value = write(&gaps).unwrap();
        assert!(value.len() <= GAP_BYTES_MAX);
        let report = parse(value.to_str().unwrap()).unwrap();
        assert!(!report.missed.is_empty());
        assert_eq!(report.missed.len() + report.more, gaps.len());
        assert!(gaps.starts_with(&report.missed));
    }
}

#[test]
fn refuses_what_is_not_a_gap() {
    for text in [
        "",
        "after=5:3",
        "resumed=5:3",
        "after=5:3; resumed=",
        "after=5:3; resumed=7:0,",
        "after=5:3; resumed=7:0; other=1",
        "channel=%FF; after=5:3; resumed=7:0",
        "channel=; after=5:3; resumed=7:0",
        "more=+1",
    ] {
        assert_eq!(parse(text), Err(GapError), "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_value_is_read_or_refused(value in any_header_value()) {
        if let Ok(text) = value.to_str() {
            let _ = parse(text);
        }
    }

    #[test]
    fn gaps_survive_writing_and_reading(gaps in proptest::collection::vec(("[^\\pC]{1,20}", any::<[(u64, u32); 2]>()), 1..6)) {
        let gaps: Vec<Missed> = gaps
            .iter()
            .map(|(name, [after, resumed])| missed(Some(name), *after, *resumed))
            .collect();
        let value = write(&gaps).unwrap();
        let report = parse(value.to_str().unwrap()).unwrap();
        prop_assert_eq!((report.missed, report.more), (gaps, 0));
    }
}
