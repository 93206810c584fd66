//! The rules that enforce the repository's layout: sizes, names, leftovers, layering, documents.
//!
//! Every rule is a function from files to findings, so that each has a test that it finds a violation.
//! `tests/repository.rs` applies them to the checkout. Not responsible for what compiler and clippy check.

mod documents;
mod file;
pub mod layers;
mod leftovers;
mod migrations;
mod names;
mod places;
mod purity;
mod scripts;
mod sizes;
mod trees;

pub use file::{File, Finding};

/// A rule over all files of the repository.
pub type Rule = fn(&[File]) -> Vec<Finding>;

/// All rules over files, with their names.
pub const RULES: [(&str, Rule); 12] = [
    ("files stay small", sizes::check),
    ("functions stay short", sizes::check_functions),
    ("names say what a thing is", names::check),
    ("nothing unfinished is left", leftovers::check),
    (
        "every module says what it is responsible for",
        leftovers::check_module_heads,
    ),
    ("migrations are numbered, named and explained", migrations::check),
    ("scripts can be run", scripts::check),
    (
        "no file names a machine's paths or a mirror of a registry",
        places::check,
    ),
    ("links in documents lead somewhere", documents::check),
    ("pure crates are pure", purity::check),
    ("trees, tests and interface of the contract agree", trees::check),
    ("sol!, RPC and SQL stay where they belong", layers::check_text),
];
