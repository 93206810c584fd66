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
mod tests;
