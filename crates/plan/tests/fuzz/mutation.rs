//! Changes of a plan file: of bytes, of lines, of values, of the whole.

use super::numbers::Numbers;

/// What stands behind an equals sign where it should not.
const HOSTILE: [&str; 44] = [
    "0",
    "-1",
    "1",
    "2",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "340282366920938463463374607431768211456",
    "0xffffffff",
    "0o17",
    "0b1",
    "1_0",
    "+1",
    "1.5",
    "1e400",
    "-0.0",
    "inf",
    "nan",
    "true",
    "\"\"",
    "\"0\"",
    "\"-0\"",
    "\" 20\"",
    "\"1e3\"",
    "\"20.000000000000000001\"",
    "\"79228162514.264337593543950335\"",
    "\"79228162514.264337593543950336\"",
    "\"340282366920938463463374607431768211456\"",
    "\"0.0000000000000000000000000001\"",
    "\"٢٠\"",
    "\"\\u0000\"",
    "\"\u{202e}02\"",
    "'''\n20'''",
    "[]",
    "[[]]",
    "[1, \"1\"]",
    "[65535, 65535, 65535]",
    "[\"20\", \"0\"]",
    "{ a = 1 }",
    "2026-11-21T00:00:00Z",
];

/// Pieces of the language, for arbitrary texts and for splicing.
const PIECES: [&str; 24] = [
    "[", "]", "[[", "]]", "{", "}", "=", ".", ",", "\"", "'", "'''", "\"\"\"", "\\", "#", "\n", "\r\n", "\t",
    "\0", "\u{feff}", "name", "pool", "price", "1",
];

/// A text of pieces, of arbitrary bytes, or of both.
pub(crate) fn arbitrary(numbers: &mut Numbers) -> String {
    let mut bytes = Vec::new();
    let kind = numbers.below(3);
    for _ in 0..numbers.below(400) {
        if kind == 0 || (kind == 1 && numbers.below(2) == 0) {
            bytes.push(u8::try_from(numbers.below(256)).unwrap());
        } else {
            bytes.extend_from_slice(numbers.one_of(&PIECES).as_bytes());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The text with one to six changes.
pub(crate) fn changed(text: &str, others: &[&str], numbers: &mut Numbers) -> String {
    let mut text = text.to_owned();
    // One change most of the time: what is changed in many places is refused for the first of them.
    let changes = if numbers.below(3) > 0 {
        1
    } else {
        2 + numbers.below(5)
    };
    for _ in 0..changes {
        text = match numbers.below(16) {
            0 => bytes_flipped(&text, numbers),
            1 => bytes_removed(&text, numbers),
            2 => piece_inserted(&text, numbers),
            3 => lines(&text, numbers, |lines, one, other| lines.swap(one, other)),
            4 => lines(&text, numbers, |lines, one, other| {
                lines.insert(other, lines[one].clone());
            }),
            5 => lines(&text, numbers, |lines, one, _| drop(lines.remove(one))),
            6 => table_repeated(&text, numbers),
            7 => nested(&text, numbers),
            8 => list_grown(&text, numbers),
            9 => spliced(&text, numbers.one_of(others), numbers),
            10..12 => number_changed(&text, numbers),
            _ => value_replaced(&text, numbers),
        };
    }
    text
}

fn bytes_flipped(text: &str, numbers: &mut Numbers) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=numbers.below(3) {
        let place = numbers.below(bytes.len());
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1 << numbers.below(8);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn bytes_removed(text: &str, numbers: &mut Numbers) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let from = numbers.below(characters.len());
    let most = if numbers.below(8) == 0 {
        characters.len()
    } else {
        8
    };
    let to = (from + numbers.below(most)).min(characters.len());
    characters.drain(from..to);
    characters.into_iter().collect()
}

fn piece_inserted(text: &str, numbers: &mut Numbers) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let place = numbers.below(characters.len() + 1);
    let piece = numbers.one_of(&PIECES);
    characters.splice(place..place, piece.chars());
    characters.into_iter().collect()
}

fn lines(text: &str, numbers: &mut Numbers, change: impl FnOnce(&mut Vec<String>, usize, usize)) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if !lines.is_empty() {
        let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
        change(&mut lines, one, other);
    }
    lines.join("\n")
}

/// A table with all its lines, once more at the end or made a list of tables.
fn table_repeated(text: &str, numbers: &mut Numbers) -> String {
    let all: Vec<&str> = text.lines().collect();
    let heads: Vec<usize> = (0..all.len())
        .filter(|line| all[*line].starts_with('['))
        .collect();
    let Some(first) = heads.get(numbers.below(heads.len())).copied() else {
        return text.to_owned();
    };
    let length = all[first + 1..].iter().position(|line| line.starts_with('['));
    let table = &all[first..length.map_or(all.len(), |length| first + 1 + length)];
    let name = all[first].trim_matches(['[', ']']);
    let head = match numbers.below(3) {
        0 => all[first].to_owned(),
        1 => format!("[[{name}]]"),
        _ => format!("[{name}.{name}]"),
    };
    format!("{text}\n{head}\n{}\n", table[1..].join("\n"))
}

/// Lists in lists, tables in tables or names of names, deeper than any plan.
fn nested(text: &str, numbers: &mut Numbers) -> String {
    let depth = 1 << numbers.below(13);
    let deep = match numbers.below(5) {
        0 => format!("deep = {}{}", "[".repeat(depth), "]".repeat(depth)),
        1 => format!("deep = {}1{}", "{a=".repeat(depth), "}".repeat(depth)),
        2 => format!("deep{} = 1", ".a".repeat(depth)),
        3 => format!("[deep{}]", ".a".repeat(depth)),
        _ => format!("deep = {}", "[{a=".repeat(depth)),
    };
    if numbers.below(2) == 0 {
        format!("{deep}\n{text}")
    } else {
        format!("{text}\n{deep}\n")
    }
}

/// A list with one of its entries over and over.
fn list_grown(text: &str, numbers: &mut Numbers) -> String {
    let lists: Vec<usize> = text.match_indices("= [").map(|(place, _)| place + 3).collect();
    let Some(place) = lists.get(numbers.below(lists.len())).copied() else {
        return text.to_owned();
    };
    let rest = &text[place..];
    let entry = rest.split([',', ']', '\n']).next().unwrap_or_default();
    let times = 1 << numbers.below(13);
    format!("{}{}{rest}", &text[..place], format!("{entry}, ").repeat(times))
}

/// The beginning of one file and the end of another.
fn spliced(text: &str, other: &str, numbers: &mut Numbers) -> String {
    let (head, tail): (Vec<&str>, Vec<&str>) = (text.lines().collect(), other.lines().collect());
    let (end, start) = (numbers.below(head.len() + 1), numbers.below(tail.len() + 1));
    [&head[..end], &tail[start..]].concat().join("\n")
}

/// A number somewhere, a little or altogether different: most of these plans compile, or break a single rule.
fn number_changed(text: &str, numbers: &mut Numbers) -> String {
    let bytes = text.as_bytes();
    let digits = |place: &usize| bytes[*place].is_ascii_digit();
    let starts: Vec<usize> = (0..bytes.len())
        .filter(digits)
        .filter(|place| *place == 0 || !digits(&(place - 1)))
        .collect();
    let Some(from) = starts.get(numbers.below(starts.len())).copied() else {
        return text.to_owned();
    };
    let to = from
        + bytes[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
    let found: u128 = text[from..to].parse().unwrap_or(0);
    let new = match numbers.below(8) {
        0 => found.saturating_add(1),
        1 => found.saturating_sub(1),
        2 => found.saturating_mul(2),
        3 => found / 2,
        4 => 0,
        5 => 1 << numbers.below(127),
        6 => u128::MAX >> numbers.below(127),
        _ => u128::from(numbers.next() >> numbers.below(64)),
    };
    format!("{}{new}{}", &text[..from], &text[to..])
}

/// The text with each of its numbers, one at a time, one larger.
pub(crate) fn each_number_larger(text: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = 0;
    while let Some(start) = text[rest..].find(|character: char| character.is_ascii_digit()) {
        let from = rest + start;
        let digits = text[from..].bytes().take_while(u8::is_ascii_digit).count();
        rest = from + digits;
        if let Ok(found) = text[from..rest].parse::<u64>() {
            texts.push(format!("{}{}{}", &text[..from], found + 1, &text[rest..]));
        }
    }
    texts
}

fn value_replaced(text: &str, numbers: &mut Numbers) -> String {
    let hostile = numbers.one_of(&HOSTILE);
    lines(text, numbers, |lines, one, _| {
        // The next line that has a value, from a random one on.
        let count = lines.len();
        let with_value = (one..one + count)
            .map(|place| place % count)
            .find(|place| lines[*place].contains(" = "));
        if let Some(place) = with_value
            && let Some((name, _)) = lines[place].clone().split_once(" = ")
        {
            lines[place] = format!("{name} = {hostile}");
        }
    })
}
