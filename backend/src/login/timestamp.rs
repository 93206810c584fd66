//! Times as RFC 3339 writes them, in seconds since 1970-01-01 UTC.

use jiff::Timestamp;

/// Reads `2026-09-30T16:25:24Z`, with an optional fraction (dropped) and `Z` or an offset. A time has one form: leap seconds,
/// lower-case letters, blanks and offsets without a colon are refused, which other readers take.
pub fn parse(text: &str) -> Option<i64> {
    let digit_as_zero = |letter: char| if letter.is_ascii_digit() { '0' } else { letter };
    let form: String = text.chars().map(digit_as_zero).collect();
    let zone = form
        .strip_prefix("0000-00-00T00:00:00")?
        .trim_start_matches(['.', '0']);
    let is_leap_second = text.get(17..19) == Some("60");
    // The reader takes offsets of more than a day.
    let is_long_offset = zone != "Z" && text.get(text.len() - 5..text.len() - 3) > Some("23");
    if !matches!(zone, "Z" | "+00:00" | "-00:00") || is_leap_second || is_long_offset {
        return None;
    }
    let time: Timestamp = text.parse().ok()?;
    (time >= Timestamp::UNIX_EPOCH).then(|| time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times_are_read() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-21T02:45:00Z", 1_795_229_100),
            ("2026-11-21T02:45:00.123456789Z", 1_795_229_100),
            ("2026-11-21T04:45:00+02:00", 1_795_229_100),
            ("2026-11-20T21:15:00-05:30", 1_795_229_100),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026",
            "2026-11-21",
            "2026-11-21T02:45:00",
            "2026-11-21 02:45:00Z",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T02:60:00Z",
            "2026-11-21T02:45:60Z",
            "2026-11-21T02:45:00.Z",
            "2026-11-21T02:45:00.1234567890Z",
            "2026-11-21T02:45:00z",
            "2026-11-21T02:45:00+0200",
            "2026-11-21T02:45:00+24:00",
            "+026-11-21T02:45:00Z",
            "2026-11-21T02:45:00ZZ",
            "éééééééééééé",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
