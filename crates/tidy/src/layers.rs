//! Which crate may use what. Arrows point to purer code.

use crate::purity::PURE;
use crate::{File, Finding};

/// The pure crates with the crates of ours that each may use.
const PURE_MAY_USE: [(&str, &[&str]); 9] = [
    ("money", &[]),
    ("ledger", &["money", "names"]),
    ("plan-file", &["money", "names"]),
    ("components", &["ledger", "money", "names", "plan-file"]),
    (
        "plan",
        &[
            "components",
            "ledger",
            "money",
            "names",
            "plan-file",
            "testkit-component",
        ],
    ),
    ("explain", &["ledger", "money", "names", "plan", "plan-file"]),
    ("plan-review", &["ledger", "money", "names", "plan", "plan-file"]),
    ("settlement", &["ledger", "money", "names", "plan"]),
    ("audit", &["ledger", "money", "names", "plan", "settlement"]),
];

/// Crates of others that a pure crate may use: error derives, fixed-size byte types with hashes, wide integers.
const PURE_MAY_USE_EXTERNAL: [&str; 3] = ["alloy-primitives", "ruint", "thiserror"];

/// The formats of plan files and of profiles are parsed in the crate that has their types, and the schema of plan files is derived from
/// these, where the command requests it; civil dates know no clock and no zone.
const FORMATS_MAY_USE_EXTERNAL: [(&str, &[&str]); 5] = [
    ("plan-file", &["jiff", "serde", "strsim", "toml"]),
    ("components", &["schemars", "serde"]),
    ("plan", &["schemars", "serde"]),
    ("plan-review", &["serde", "toml"]),
    ("explain", &["toml"]),
];

/// Dependencies that only some crates have, each for its reason.
const RESERVED: [(&str, &[&str]); 4] = [
    // SQL: the store, the signer's own tables, and what prepares or inspects databases from outside. The
    // backend hands the store its pool.
    (
        "sqlx",
        &[
            "store",
            "signer",
            "backend",
            "reconciler",
            "devstack",
            "testkit",
            "cli",
            "demonstration",
            "anvil-tests",
            "bench",
            "population",
        ],
    ),
    ("axum", &["backend", "rpcsim", "service", "signer"]),
    // The signer does not see the backend's tables, and nobody but it holds the system's keys; development starts
    // with keys that everyone knows, and `trellis claim` sends with a key of whoever runs it.
    (
        "store",
        &[
            "backend",
            "listener",
            "reconciler",
            "cli",
            "devstack",
            "demonstration",
            "anvil-tests",
            "bench",
            "population",
            "recorded",
        ],
    ),
    (
        "alloy-signer-local",
        &["signer", "devstack", "cli", "anvil-tests", "bench"],
    ),
];

/// Words in code that only some crates may contain.
const RESERVED_WORDS: [(&str, &str, &[&str]); 4] = [
    ("sol!", "the contract's interface", &["abi/"]),
    (
        "alloy::providers",
        "RPC",
        &[
            "abi/",
            "crates/chain/",
            "crates/devstack/",
            "crates/demonstration/",
            "anvil-tests/",
            "bench/",
        ],
    ),
    (
        "alloy::rpc",
        "RPC",
        &[
            "abi/",
            "crates/chain/",
            "crates/devstack/",
            "crates/demonstration/",
            "anvil-tests/",
            "bench/",
        ],
    ),
    (
        "sqlx::query",
        "SQL",
        &[
            "crates/store/",
            "signer/",
            "crates/devstack/",
            "crates/testkit/",
            "crates/demonstration/",
            "crates/population/",
            "anvil-tests/",
            "bench/",
        ],
    ),
];

/// A crate of the workspace with what its code (not its tests) depends on.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Names of our crates that it depends on.
    pub own: Vec<String>,
    /// Names of others' crates that it depends on.
    pub external: Vec<String>,
}

/// What the dependencies of a crate break.
pub fn check_package(package: &Package) -> Vec<String> {
    let mut broken = Vec::new();
    if PURE.contains(&package.name.as_str()) {
        broken.extend(impure_dependencies(package));
    }
    for (dependency, users) in RESERVED {
        let depends = package
            .own
            .iter()
            .chain(&package.external)
            .any(|name| name == dependency);
        if depends && !users.contains(&package.name.as_str()) {
            broken.push(format!("{} must not depend on {dependency}", package.name));
        }
    }
    broken
}

fn impure_dependencies(package: &Package) -> Vec<String> {
    let own = PURE_MAY_USE
        .iter()
        .find(|(name, _)| *name == package.name)
        .map_or(&[][..], |(_, own)| own);
    let external = |name: &&String| {
        PURE_MAY_USE_EXTERNAL.contains(&name.as_str())
            || FORMATS_MAY_USE_EXTERNAL.iter().any(|(package_name, external)| {
                *package_name == package.name && external.contains(&name.as_str())
            })
    };
    let wrong_own = package.own.iter().filter(|name| !own.contains(&name.as_str()));
    let wrong_external = package.external.iter().filter(|name| !external(name));
    wrong_own
        .chain(wrong_external)
        .map(|name| format!("{} is pure and must not depend on {name}", package.name))
        .collect()
}

pub(crate) fn check_text(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // This crate names the words.
    let ours = |file: &&File| file.has_extension("rs") && !file.path.starts_with("crates/tidy/");
    for file in files.iter().filter(ours) {
        let is_test = file.path.contains("/tests/");
        for (line, code) in file.code() {
            for (word, what, places) in RESERVED_WORDS {
                // Tests may look at the database and the chain from outside, but declare no interface.
                let allowed = places.iter().any(|place| file.path.starts_with(place));
                if code.contains(word) && !allowed && !(is_test && word != "sol!") {
                    findings.push(file.finding_at(line, format!("`{word}`: {what} belongs to {places:?}")));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
