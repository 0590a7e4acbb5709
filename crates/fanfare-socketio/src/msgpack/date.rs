//! Points in time, as JSON has them: the text that JavaScript's `Date` becomes there.

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A date that JavaScript has is at most this far from 1970, in milliseconds.
///
/// Source: ECMAScript, "Time Values and Time Range".
const DATE_MS_MAX: u64 = 100_000_000 * DAY_MS.unsigned_abs();

/// Reads msgpack's own timestamps, to the millisecond. `None` if the length is not one of theirs.
///
/// Source: msgpack specification, "Timestamp extension type".
pub(super) fn timestamp(bytes: &[u8]) -> Option<i64> {
    let (seconds, nanoseconds) = match *bytes {
        [a, b, c, d] => (i64::from(u32::from_be_bytes([a, b, c, d])), 0),
        [a, b, c, d, e, f, g, h] => {
            let both = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
            let nanoseconds = u32::try_from(both >> 34).ok()?;
            (i64::try_from(both & ((1 << 34) - 1)).ok()?, nanoseconds)
        }
        [a, b, c, d, ref seconds @ ..] => {
            let seconds = i64::from_be_bytes(seconds.try_into().ok()?);
            (seconds, u32::from_be_bytes([a, b, c, d]))
        }
        _ => return None,
    };
    let milliseconds = i64::from(nanoseconds / 1_000_000);
    seconds.checked_mul(1_000)?.checked_add(milliseconds)
}

/// `2026-01-31T23:59:59.999Z`; with sign and six digits outside of the years 0 to 9999. `None`
/// where JavaScript has no date and writes `null`.
///
/// Source: ECMAScript, "Date Time String Format".
pub(super) fn text(milliseconds: i64) -> Option<String> {
    if milliseconds.unsigned_abs() > DATE_MS_MAX {
        return None;
    }
    let (year, month, day) = civil(milliseconds.div_euclid(DAY_MS));
    let rest = milliseconds.rem_euclid(DAY_MS);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, millisecond) = (rest / 1_000 % 60, rest % 1_000);
    let year = match year {
        0..=9999 => format!("{year:04}"),
        _ => format!("{year:+07}"),
    };
    Some(format!(
        "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
    ))
}

/// Year, month and day of a day since 1970. Years begin in March, so that a leap day is the last
/// of its year, and come in groups of 400, which are all of a length.
fn civil(day: i64) -> (i64, i64, i64) {
    // From the first of March of the year 0.
    let day = day + 719_468;
    let group = day.div_euclid(146_097);
    let day_of_group = day.rem_euclid(146_097);
    let leap_days = day_of_group / 1_460 - day_of_group / 36_524 + day_of_group / 146_096;
    let year_of_group = (day_of_group - leap_days) / 365;
    let day_of_year =
        day_of_group - (365 * year_of_group + year_of_group / 4 - year_of_group / 100);
    // Five months in a row, from March, have 153 days.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = 400 * group + year_of_group + i64::from(month <= 2);
    (year, month, day_of_month)
}
