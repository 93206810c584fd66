//! The branching trees beside the unit tests of the contract, and that trees, tests and interface agree.
//!
//! `Name.tree` says in words which cases `Name.t.sol` tells apart. A root line names the functions, a leaf ends with the tests that
//! show it, in brackets; `Other.test_…` is a test of another file. Not responsible for whether a test shows what its leaf says.

use std::collections::BTreeSet;

use crate::{File, Finding};

const DIRECTORIES: [&str; 2] = ["contracts/test/unit/", "contracts/test/order/"];
const INTERFACES: [&str; 2] = [
    "contracts/src/interfaces/ICustody.sol",
    "contracts/src/interfaces/ICustodyLeaves.sol",
];
/// What is drawn before a line, four characters for each step into the depth.
const DRAWN: [char; 5] = ['│', '├', '└', '─', ' '];

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    let trees: Vec<&File> = in_directory(files, ".tree").collect();
    let suites: Vec<&File> = in_directory(files, ".t.sol").collect();
    let tests: BTreeSet<String> = suites.iter().flat_map(|suite| tests_of(suite)).collect();
    let named: BTreeSet<String> = trees
        .iter()
        .flat_map(|tree| named_in(tree))
        .map(|(_, name)| name)
        .collect();
    let mut findings = Vec::new();
    for suite in suites {
        if !trees.iter().any(|tree| stem(tree) == stem(suite)) {
            findings.push(suite.finding("has no tree beside it"));
            continue;
        }
        for test in tests_of(suite).difference(&named) {
            findings.push(suite.finding(format!("{test} is a leaf of no tree")));
        }
    }
    for tree in &trees {
        for (line, name) in named_in(tree) {
            if !tests.contains(&name) {
                findings.push(tree.finding_at(line, format!("there is no test {name}")));
            }
        }
        let bare = leaves(tree).filter(|(_, leaf)| tests_in(leaf).next().is_none());
        findings.extend(bare.map(|(line, _)| tree.finding_at(line, "a leaf without a test")));
    }
    for interface in files
        .iter()
        .filter(|file| INTERFACES.contains(&file.path.as_str()))
    {
        findings.extend(missing(interface, &trees));
    }
    findings
}

fn in_directory<'a>(files: &'a [File], end: &'a str) -> impl Iterator<Item = &'a File> {
    files.iter().filter(move |file| {
        DIRECTORIES
            .iter()
            .any(|directory| file.path.starts_with(directory))
            && file.path.ends_with(end)
    })
}

/// `Name` of `Name.tree` and of `Name.t.sol`.
fn stem(file: &File) -> &str {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    name.split('.').next().unwrap_or_default()
}

/// `Name.test_…` of every test in a suite.
fn tests_of(suite: &File) -> BTreeSet<String> {
    let functions = suite
        .text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("function test"));
    let names = functions.filter_map(|rest| rest.split_once('('));
    names
        .map(|(name, _)| format!("{}.test{name}", stem(suite)))
        .collect()
}

/// Lines with nothing below them, numbered from 1. A root alone is a leaf.
fn leaves(tree: &File) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<&str> = tree.text.lines().collect();
    let depth = |line: &str| line.chars().take_while(|c| DRAWN.contains(c)).count();
    let is_leaf = |at: usize| {
        lines
            .get(at + 1)
            .is_none_or(|next| depth(next) <= depth(lines[at]))
    };
    let found: Vec<_> = (0..lines.len())
        .filter(|at| !lines[*at].trim().is_empty() && is_leaf(*at))
        .map(|at| (at + 1, lines[at]))
        .collect();
    found.into_iter()
}

/// The tests in the brackets that end a line.
fn tests_in(line: &str) -> impl Iterator<Item = &str> {
    let list = line.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    let names = list.map_or("", |(_, list)| list).split(',').map(str::trim);
    names.filter(|name| !name.is_empty())
}

/// Every test that a tree names, with the number of its line.
fn named_in(tree: &File) -> Vec<(usize, String)> {
    let numbered = tree.text.lines().enumerate();
    let full = |name: &str| {
        if name.contains('.') {
            name.to_owned()
        } else {
            format!("{}.{name}", stem(tree))
        }
    };
    numbered
        .flat_map(|(at, line)| tests_in(line).map(move |name| (at + 1, full(name))))
        .collect()
}

/// Functions that are the root of no tree, and errors that stand in none.
fn missing(interface: &File, trees: &[&File]) -> Vec<Finding> {
    let is_word = |text: &str, word: &str| {
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.any(|found| found == word)
    };
    let is_root = |line: &&str| !line.starts_with(DRAWN);
    let has_root = |name: &str| {
        let mut roots = trees.iter().flat_map(|tree| tree.text.lines().filter(is_root));
        roots.any(|line| is_word(line, name))
    };
    let mut findings = Vec::new();
    for (at, line) in interface.text.lines().enumerate() {
        let declared = |keyword| Some(line.trim_start().strip_prefix(keyword)?.split_once('(')?.0);
        if let Some(function) = declared("function ").filter(|name| !has_root(name)) {
            findings.push(interface.finding_at(at + 1, format!("{function} is the root of no tree")));
        }
        let is_told = |name: &&str| trees.iter().any(|tree| is_word(&tree.text, name));
        if let Some(error) = declared("error ").filter(|name| !is_told(name)) {
            findings.push(interface.finding_at(at + 1, format!("{error} stands in no tree")));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
