//! Names that parts of a plan file give each other: every name is given once, every reference names something, and
//! no chain of references leads back to where it began.
//!
//! For funds that pass money on: a circle would never end, and one that ends by rounding would lose money. Not
//! responsible for what a reference does.

use crate::{Refusal, spelling};

/// Something with a name that refers to others by theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// Its name.
    pub name: &'a str,
    /// Path of the field with its name: `funds[0].name`.
    pub field: String,
    /// Whom it refers to.
    pub references: Vec<Reference<'a>>,
}

/// A reference to something with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The name.
    pub name: &'a str,
    /// Path of the field with the reference: `funds[0].allocate[1].to`.
    pub field: String,
}

/// How far a walk has looked at something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unseen,
    /// On the way on which the walk is.
    Open,
    /// Nothing behind it leads in a circle.
    Done,
}

/// Checks references among all that have names, and returns their positions in an order in which everything comes
/// before what it refers to.
///
/// # Errors
/// `duplicate_name`, `unknown_reference`, `cyclic_reference`.
pub fn order(all: &[Named<'_>]) -> Result<Vec<usize>, Refusal> {
    let targets = targets(all)?;
    let mut marks = vec![Mark::Unseen; all.len()];
    let mut behind_first = Vec::with_capacity(all.len());
    for start in 0..all.len() {
        walk(all, &targets, start, &mut marks, &mut behind_first)?;
    }
    behind_first.reverse();
    Ok(behind_first)
}

/// The positions that each refers to.
fn targets(all: &[Named<'_>]) -> Result<Vec<Vec<usize>>, Refusal> {
    let position = |name: &str| all.iter().position(|named| named.name == name);
    for (index, named) in all.iter().enumerate() {
        if let Some(first) = position(named.name).filter(|first| *first < index) {
            let earlier = all.get(first).map_or("", |first| first.field.as_str());
            let problem = format!("the name {:?} is already used at {earlier}", named.name);
            return Err(Refusal::new(
                "duplicate_name",
                &named.field,
                problem,
                "choose another name",
            ));
        }
    }
    let found = all.iter().map(|named| {
        let found = named
            .references
            .iter()
            .map(|reference| position(reference.name).ok_or_else(|| unknown(all, reference)));
        found.collect()
    });
    found.collect()
}

fn unknown(all: &[Named<'_>], reference: &Reference<'_>) -> Refusal {
    let names = || all.iter().map(|named| named.name);
    let hint = match spelling::nearest(reference.name, names()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!(
            "declare it, or write one of {}",
            names().collect::<Vec<_>>().join(", ")
        ),
    };
    let problem = format!("nothing is named {:?}", reference.name);
    Refusal::new("unknown_reference", &reference.field, problem, hint)
}

/// Follows references from one position, without recursion: a file may hold a long chain.
fn walk(
    all: &[Named<'_>],
    targets: &[Vec<usize>],
    start: usize,
    marks: &mut [Mark],
    done: &mut Vec<usize>,
) -> Result<(), Refusal> {
    // The way from the start, and how many references of each position on it were followed.
    let mut way: Vec<(usize, usize)> = Vec::new();
    if marks.get(start) == Some(&Mark::Unseen) {
        set(marks, start, Mark::Open);
        way.push((start, 0));
    }
    while let Some((here, followed)) = way.last_mut() {
        let (from, reference) = (*here, *followed);
        *followed = followed.saturating_add(1);
        let Some(target) = targets
            .get(from)
            .and_then(|targets| targets.get(reference))
            .copied()
        else {
            set(marks, from, Mark::Done);
            done.push(from);
            way.pop();
            continue;
        };
        match marks.get(target) {
            Some(Mark::Open) => return Err(circle(all, &way, from, reference, target)),
            Some(Mark::Unseen) => {
                set(marks, target, Mark::Open);
                way.push((target, 0));
            }
            Some(Mark::Done) | None => {}
        }
    }
    Ok(())
}

fn set(marks: &mut [Mark], position: usize, mark: Mark) {
    if let Some(found) = marks.get_mut(position) {
        *found = mark;
    }
}

fn circle(
    all: &[Named<'_>],
    way: &[(usize, usize)],
    from: usize,
    reference: usize,
    target: usize,
) -> Refusal {
    let name = |position: usize| all.get(position).map_or("", |named| named.name);
    let on_it = way
        .iter()
        .map(|(position, _)| *position)
        .skip_while(|position| *position != target);
    let names: Vec<&str> = on_it.chain([target]).map(name).collect();
    let field = all
        .get(from)
        .and_then(|named| named.references.get(reference))
        .map_or("", |reference| reference.field.as_str());
    let problem = format!("it forms a cycle: {}", names.join(" -> "));
    let hint = format!(
        "make {:?} refer to something that does not lead back to it",
        name(from)
    );
    Refusal::new("cyclic_reference", field, problem, hint)
}

#[cfg(test)]
mod tests {
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
}
