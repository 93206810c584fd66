//! [`Discrepancy`]: one finding, and the comparison of two tables that finds most of them.

use std::collections::BTreeMap;
use std::fmt::Debug;

use thiserror::Error;

/// Something that is not as it follows from the facts.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Discrepancy {
    /// A row that ought to be there.
    #[error("{table} {key} is missing; expected {expected}")]
    Missing {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
        /// What it ought to hold.
        expected: String,
    },
    /// A row that follows from no fact.
    #[error("{table} {key} does not follow from any fact; found {found}")]
    Unfounded {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
        /// What it holds.
        found: String,
    },
    /// A row with another content.
    #[error("{table} {key}: expected {expected}, found {found}")]
    Differs {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
        /// What it ought to hold.
        expected: String,
        /// What it holds.
        found: String,
    },
    /// Two sums that must be equal.
    #[error("{left} is {left_sum}, but {right} is {right_sum}")]
    SumsDiffer {
        /// The one.
        left: &'static str,
        /// Its value.
        left_sum: String,
        /// The other.
        right: &'static str,
        /// Its value.
        right_sum: String,
    },
}

impl Discrepancy {
    /// The table, where the finding is about a row.
    pub const fn table(&self) -> Option<&'static str> {
        match self {
            Self::Missing { table, .. } | Self::Unfounded { table, .. } | Self::Differs { table, .. } => {
                Some(table)
            }
            Self::SumsDiffer { .. } => None,
        }
    }
}

/// Reports every row in which two tables differ, in the order of keys.
pub fn compare<K: Ord + Debug, V: PartialEq + Debug>(
    table: &'static str,
    expected: &BTreeMap<K, V>,
    found: &BTreeMap<K, V>,
    out: &mut Vec<Discrepancy>,
) {
    for (key, row) in expected {
        match found.get(key) {
            None => out.push(Discrepancy::Missing {
                table,
                key: format!("{key:?}"),
                expected: format!("{row:?}"),
            }),
            Some(other) if other != row => out.push(Discrepancy::Differs {
                table,
                key: format!("{key:?}"),
                expected: format!("{row:?}"),
                found: format!("{other:?}"),
            }),
            Some(_) => {}
        }
    }
    for (key, row) in found.iter().filter(|(key, _)| !expected.contains_key(key)) {
        out.push(Discrepancy::Unfounded {
            table,
            key: format!("{key:?}"),
            found: format!("{row:?}"),
        });
    }
}
