//! Tests of `people`.

use super::*;

fn list() -> String {
    let wallet = |byte| format!("{:#x}", Address::repeat_byte(byte));
    format!(
        "trellis-people 1\nvotes money 1 admin 2\n\
             person alice roles builder,config_admin from 0 until never wallets {},{}\n\
             person bob roles approver,config_admin from 10 until 20 wallets {}\n",
        wallet(1),
        wallet(2),
        wallet(3)
    )
}

#[test]
fn a_list_is_read_and_written_back_and_its_order_does_not_matter() {
    let people: People = list().parse().unwrap();
    assert_eq!(people.to_string(), list());
    let mut lines: Vec<String> = list().lines().map(str::to_owned).collect();
    lines.swap(2, 3);
    lines.insert(2, "# who came later".to_owned());
    let other: People = lines.join("\n").parse().unwrap();
    assert_eq!(other.hash(), people.hash());
    let bob = people.owner(Address::repeat_byte(3)).unwrap();
    assert!(!bob.is_valid_at(9) && bob.is_valid_at(10) && bob.is_valid_at(19) && !bob.is_valid_at(20));
}

#[test]
fn lists_that_break_a_rule_are_refused() {
    let parse = |text: &str| text.parse::<People>().map_err(|error| error.to_string());
    let good = list();
    for (from, to, rule) in [
        ("trellis-people 1", "people", "the first line"),
        ("money 1", "money 0", "besides the proposer"),
        ("money 1", "money 2", "2 votes of the role approver"),
        ("admin 2", "admin 1", "at least 2 people"),
        ("admin 2", "admin 3", "3 votes of the role config_admin"),
        ("person bob", "person alice", "used by two people"),
        ("person bob", "person Bob", "line 4"),
        ("approver,", "viewer,", "line 4"),
        ("0x0303", "0x0101", "line 4"),
        ("from 10", "from -1", "line 4"),
    ] {
        let bad = if from == "0x0303" {
            good.replace(&format!("{:#x}", Address::repeat_byte(3)), "0x01")
        } else {
            good.replacen(from, to, 1)
        };
        let error = parse(&bad).unwrap_err();
        assert!(error.contains(rule), "{to}: {error}");
    }
    let shared = good.replace(
        &format!("{:#x}", Address::repeat_byte(3)),
        &format!("{:#x}", Address::repeat_byte(1)),
    );
    assert!(parse(&shared).unwrap_err().contains("used by two people"));
    assert_eq!(
        parse(&"x".repeat(PEOPLE_TEXT_BYTES_MAX + 1)),
        Err(PeopleError::TooLong.to_string())
    );
}
