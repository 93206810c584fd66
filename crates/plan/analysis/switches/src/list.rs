//! What cargo-mutants lists, as far as it is needed here. Not responsible for which mutants there are.

use serde::Deserialize;

/// One change of the source.
#[derive(Debug, Deserialize)]
pub(crate) struct Mutant {
    pub(crate) file: String,
    pub(crate) genre: Genre,
    pub(crate) replacement: String,
    pub(crate) span: Span,
}

/// A mutant and its place in the list, from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) id: usize,
    pub(crate) mutant: &'a Mutant,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(crate) enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Span {
    pub(crate) start: Position,
}

/// Both from 1, the column in characters.
#[derive(Debug, Deserialize)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}
