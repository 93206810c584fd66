//! Tests of `time_zone`.

use super::*;

fn day(date: &str) -> Day {
    Day::of_date(date).unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::named(name).unwrap()
}

/// Seconds of a moment in UTC.
fn at(moment: &str) -> u64 {
    let moment: Timestamp = moment.parse().unwrap();
    u64::try_from(moment.as_second()).unwrap()
}

#[test]
fn days_end_with_midnight_there_also_when_the_clock_changes() {
    for (name, date, end, hours) in [
        ("UTC", "2026-03-29", "2026-03-30T00:00:00Z", 24),
        ("Asia/Kolkata", "2026-03-31", "2026-03-31T18:30:00Z", 24),
        // The clock goes from 02:00 to 03:00, and from 03:00 to 02:00.
        ("Europe/Berlin", "2026-03-28", "2026-03-28T23:00:00Z", 24),
        ("Europe/Berlin", "2026-03-29", "2026-03-29T22:00:00Z", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-25T23:00:00Z", 25),
        // From 24:00 to 01:00: the next day has no midnight. From 24:00 to 23:00: the day has two hours before midnight.
        ("America/Santiago", "2026-09-05", "2026-09-06T04:00:00Z", 24),
        ("America/Santiago", "2026-09-06", "2026-09-07T03:00:00Z", 23),
        ("America/Santiago", "2026-04-04", "2026-04-05T04:00:00Z", 25),
        ("Asia/Beirut", "2026-03-28", "2026-03-28T22:00:00Z", 24),
        ("Asia/Beirut", "2026-03-29", "2026-03-29T21:00:00Z", 23),
        ("Asia/Beirut", "2026-10-24", "2026-10-24T22:00:00Z", 25),
        // From 01:00 to 00:00: there are two midnights.
        ("America/Havana", "2026-10-31", "2026-11-01T04:00:00Z", 24),
        ("America/Havana", "2026-11-01", "2026-11-02T05:00:00Z", 25),
        // The date line moved: 30 December 2011 never came.
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00Z", 24),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0),
        ("Pacific/Apia", "2011-12-31", "2011-12-31T10:00:00Z", 24),
    ] {
        let (zone, day) = (zone(name), day(date));
        assert_eq!(zone.end_of(day), at(end), "{name} {date}");
        let begun = zone.end_of(day.previous());
        assert_eq!((zone.end_of(day) - begun) / 3_600, hours, "{name} {date}");
    }
}

#[test]
fn every_second_is_of_the_day_whose_end_is_the_next() {
    for name in [
        "UTC",
        "Asia/Kolkata",
        "Europe/Berlin",
        "America/Santiago",
        "Asia/Beirut",
        "America/Havana",
        "Pacific/Apia",
        "Pacific/Kiritimati",
        "Etc/GMT+12",
        // In 1919 the clock went from 23:30 to 00:30, before days are counted; it shows that such a change is no error.
        "America/Toronto",
    ] {
        let zone = zone(name);
        for number in (0..30_000).chain(2_932_800..2_932_890) {
            let day = Day::new(number);
            let (begins, ends) = (zone.end_of(day.previous()), zone.end_of(day));
            if number == 0 || begins == ends {
                continue;
            }
            assert!(begins < ends, "{name} {day}");
            for second in [begins, ends - 1] {
                assert_eq!(zone.day_of(second), day, "{name} {second}");
            }
        }
    }
}

#[test]
fn days_of_utc_are_the_contracts() {
    for second in [0, 86_399, 86_400, 1_774_915_199, 1_774_915_200] {
        assert_eq!(TimeZone::UTC.day_of(second), Day::of_second(second));
    }
    assert_eq!(zone("UTC"), TimeZone::UTC);
    assert_eq!(TimeZone::UTC.end_of(Day::LAST), NEVER);
    assert_eq!(TimeZone::UTC.day_of(u64::MAX), Day::LAST);
}

#[test]
fn a_time_zone_has_one_spelling() {
    for (name, hint) in [
        ("Asia/Calcuta", "did you mean \"Asia/Calcutta\"?"),
        ("asia/kolkata", "did you mean \"Asia/Kolkata\"?"),
        (
            "Etc/Unknown",
            "write a name of the IANA database such as \"Asia/Kolkata\"; without this field it is UTC",
        ),
        (
            "+05:30",
            "write a name of the IANA database such as \"Asia/Kolkata\"; without this field it is UTC",
        ),
    ] {
        let refusal = TimeZone::read("time_zone", name).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.hint.as_str()),
            ("unknown_time_zone", hint),
            "{name}"
        );
    }
    assert_eq!(zone("Asia/Kolkata").name(), "Asia/Kolkata");
}
