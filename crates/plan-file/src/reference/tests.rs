//! Tests of `reference`.

use super::*;

fn funds<'a>(lines: &[(&'a str, &[&'a str])]) -> Vec<Named<'a>> {
    let fund = |(index, (name, to)): (usize, &(&'a str, &[&'a str]))| Named {
        name,
        field: format!("funds[{index}].name"),
        references: to
            .iter()
            .enumerate()
            .map(|(entry, name)| Reference {
                name,
                field: format!("funds[{index}].allocate[{entry}].to"),
            })
            .collect(),
    };
    lines.iter().enumerate().map(fund).collect()
}

#[test]
fn everything_comes_before_what_it_refers_to() {
    let all = funds(&[("c", &[]), ("a", &["b", "c"]), ("b", &["c"])]);
    assert_eq!(order(&all), Ok(vec![1, 2, 0]));
    assert_eq!(order(&[]), Ok(vec![]));
    // Two ways to one place are no circle.
    let all = funds(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &[])]);
    assert_eq!(order(&all), Ok(vec![0, 2, 1, 3]));
}

#[test]
fn a_long_chain_needs_no_deep_stack() {
    let names: Vec<String> = (0..5_000).map(|number| number.to_string()).collect();
    let all: Vec<_> = names
        .windows(2)
        .map(|pair| Named {
            name: &pair[0],
            field: String::new(),
            references: vec![Reference {
                name: &pair[1],
                field: String::new(),
            }],
        })
        .chain([Named {
            name: &names[4_999],
            field: String::new(),
            references: vec![],
        }])
        .collect();
    assert_eq!(order(&all).unwrap(), (0..5_000).collect::<Vec<_>>());
}

#[test]
fn circles_strangers_and_namesakes_are_refused() {
    for (lines, code, field, problem, hint) in [
        (
            funds(&[("a", &["b"]), ("b", &["a"])]),
            "cyclic_reference",
            "funds[1].allocate[0].to",
            "it forms a cycle: a -> b -> a",
            "make \"b\" refer to something that does not lead back to it",
        ),
        (
            funds(&[("x", &["a"]), ("a", &["b"]), ("b", &["c"]), ("c", &["x", "b"])]),
            "cyclic_reference",
            "funds[3].allocate[0].to",
            "it forms a cycle: x -> a -> b -> c -> x",
            "make \"c\" refer to something that does not lead back to it",
        ),
        (
            funds(&[("x", &["a"]), ("a", &["a"])]),
            "cyclic_reference",
            "funds[1].allocate[0].to",
            "it forms a cycle: a -> a",
            "make \"a\" refer to something that does not lead back to it",
        ),
        (
            funds(&[("ranks", &["rannks"])]),
            "unknown_reference",
            "funds[0].allocate[0].to",
            "nothing is named \"rannks\"",
            "did you mean \"ranks\"?",
        ),
        (
            funds(&[("ranks", &[]), ("pool", &["company"])]),
            "unknown_reference",
            "funds[1].allocate[0].to",
            "nothing is named \"company\"",
            "declare it, or write one of ranks, pool",
        ),
        (
            funds(&[("ranks", &[]), ("ranks", &[])]),
            "duplicate_name",
            "funds[1].name",
            "the name \"ranks\" is already used at funds[0].name",
            "choose another name",
        ),
    ] {
        assert_eq!(order(&lines), Err(Refusal::new(code, field, problem, hint)));
    }
}
