//! Tests of `place`.

use super::*;

const TEXT: &str = "# Füller\nname = \"x\"\n\n[pool]\nprices = [\"20\", \"40\",\n  \"äö\", \"80\"]\n\n[[funds]]\nname = \"a\"\n\n[[funds]]\n  name = \"b\"\nlist = [{ of = 1 }, { of = 2 }]\n";

fn at(path: &str, aim: Aim) -> (usize, usize, usize) {
    let place = of_field(TEXT, path, aim);
    (place.line, place.column, place.length)
}

#[test]
fn fields_are_found_by_their_path() {
    assert_eq!(at("name", Aim::Value), (2, 8, 3));
    assert_eq!(at("name", Aim::Key), (2, 1, 4));
    assert_eq!(at("pool", Aim::Value), (4, 2, 4));
    assert_eq!(at("pool.prices", Aim::Value), (5, 10, 12));
    assert_eq!(at("pool.prices[1]", Aim::Value), (5, 17, 4));
    assert_eq!(at("pool.prices[3]", Aim::Value), (6, 9, 4));
    assert_eq!(at("funds[1].name", Aim::Value), (12, 10, 3));
    assert_eq!(at("funds[1].list[1].of", Aim::Key), (13, 23, 2));
}

#[test]
fn what_is_missing_is_where_it_should_be() {
    assert_eq!(at("", Aim::Value), (1, 1, 0));
    assert_eq!(at("version", Aim::Value), (1, 1, 0));
    assert_eq!(at("pool.size", Aim::Value), (4, 2, 4));
    assert_eq!(at("pool.prices[9]", Aim::Value), (5, 10, 12));
    assert_eq!(at("name.what[3]", Aim::Value), (2, 8, 3));
    assert_eq!(at("funds[1].size", Aim::Value).0, 11);
    assert_eq!(at("funds[7].size", Aim::Value).0, 8);
}

#[test]
fn a_value_is_replaced_where_it_is_written() {
    let changed = with_value(TEXT, "pool.prices[1]", "\"41\"");
    assert_eq!(changed, TEXT.replace("\"40\"", "\"41\""));
    assert_eq!(with_value(TEXT, "version", "2"), TEXT);
}

#[test]
fn a_path_reads_as_it_was_written() {
    for path in ["name", "pool.prices[1]", "funds[1].list[1].of", "a[0][2]"] {
        assert_eq!(Path(&steps(path)).to_string(), path);
    }
}

#[test]
fn broken_text_has_a_place_too() {
    assert_eq!(of_syntax("name = \"x\"\nage = = 7\n").line, 2);
    assert_eq!(of_syntax("name = \"x\n").line, 1);
    assert_eq!(of_syntax("").line, 1);
}
