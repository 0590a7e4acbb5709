//! Numbers with units.

use std::time::Duration;

use proptest::prelude::*;

use crate::config::unit::{format_duration, format_size, parse_duration, parse_size};

#[test]
fn durations_read_as_a_number_and_a_unit() {
    let check = |text: &str, millis: Option<u64>| {
        assert_eq!(
            parse_duration(text),
            millis.map(Duration::from_millis),
            "{text:?}"
        );
    };
    check("250ms", Some(250));
    check("30s", Some(30_000));
    check("5m", Some(300_000));
    check("1h", Some(3_600_000));
    check("7d", Some(604_800_000));
    check("0s", Some(0));
    for wrong in [
        "", "s", "30", "30 s", "-1s", "+1s", "1.5s", "1h30m", "1S", "1min", "９s",
    ] {
        check(wrong, None);
    }
    check("18446744073709551615d", None);
    check("18446744073709551616ms", None);
}

#[test]
fn sizes_read_as_a_number_and_a_unit() {
    let check = |text: &str, bytes: Option<u64>| assert_eq!(parse_size(text), bytes, "{text:?}");
    check("12B", Some(12));
    check("64KiB", Some(65_536));
    check("1MiB", Some(1_048_576));
    check("2GiB", Some(2_147_483_648));
    check("10MB", Some(10_000_000));
    check("3kB", Some(3000));
    check("3KB", Some(3000));
    check("1GB", Some(1_000_000_000));
    for wrong in [
        "", "64", "KiB", "64kib", "64 KiB", "1TiB", "0x10B", "1_000B",
    ] {
        check(wrong, None);
    }
    check("18446744073709551615GiB", None);
}

#[test]
fn quantities_print_in_the_largest_unit_that_fits() {
    assert_eq!(format_duration(Duration::from_secs(3600)), "1h");
    assert_eq!(format_duration(Duration::from_secs(90)), "90s");
    assert_eq!(format_duration(Duration::ZERO), "0s");
    assert_eq!(format_size(1 << 20), "1MiB");
    assert_eq!(format_size(10_000_000), "10MB");
    assert_eq!(format_size(1025), "1025B");
    assert_eq!(format_size(0), "0B");
}

proptest! {
    // What is printed can be written back, for any value.
    #[test]
    fn printed_quantities_read_back(amount: u64, step in prop::sample::select(vec![1, 1000, 1024, 60_000, 1 << 20])) {
        let amount = (amount / step).saturating_mul(step);
        let duration = Duration::from_millis(amount);
        prop_assert_eq!(parse_duration(&format_duration(duration)), Some(duration));
        prop_assert_eq!(parse_size(&format_size(amount)), Some(amount));
    }

    // Arbitrary text is refused or read, without a panic.
    #[test]
    fn any_text_has_an_answer(text in "[0-9]{0,22}[a-zA-Zé]{0,4}") {
        if let Some(duration) = parse_duration(&text) {
            prop_assert_eq!(parse_duration(&format_duration(duration)), Some(duration));
        }
        if let Some(bytes) = parse_size(&text) {
            prop_assert_eq!(parse_size(&format_size(bytes)), Some(bytes));
        }
    }
}
