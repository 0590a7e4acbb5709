//! Periods as people write them.

use std::time::Duration;

use crate::digits::number;

/// Reads a whole number with a unit: `30s`, `10m`, `2h`, `7d`. Anything else is `None`, also a
/// period too long to count in seconds.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let count: u64 = number(text.strip_suffix(unit)?)?;
    count.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, seconds: Option<u64>) {
        assert_eq!(parse(text), seconds.map(Duration::from_secs), "{text:?}");
    }

    #[test]
    fn reads_a_number_with_a_unit() {
        check("0s", Some(0));
        check("30s", Some(30));
        check("10m", Some(600));
        check("2h", Some(7200));
        check("7d", Some(604_800));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "", "s", "10", "-1s", "+1s", "1.5h", "1 s", "10M", "10ms", "1m30s", "1é",
        ] {
            check(text, None);
        }
        check("99999999999999999999s", None);
        check("18446744073709551615d", None);
    }
}
