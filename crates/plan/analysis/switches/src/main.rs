//! Puts every mutant that cargo-mutants lists into one copy of the sources, each behind a switch that an environment
//! variable turns on. So a mutant costs no build of its own, only its tests.
//!
//! `switches LIST DROPPED CONST TREE`: LIST is what `cargo mutants --list --json` says, DROPPED a JSON list of those
//! (by place in LIST, from 1) that are left out, CONST a JSON list of names of functions that stay `const`. TREE is the
//! copy, whose files are written anew; where each mutant went is printed as JSON. Whoever calls decides by what the
//! compiler says which to drop.
//!
//! Not responsible for running anything, nor for judging results.

mod edit;
mod list;
mod sites;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use edit::Switched;
use list::{Mutant, Placed};

/// What stands at the end of the crate's root: the switch, and who requested it.
const SWITCH: &str = include_str!("switch.rs");

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, dropped, kept, tree] = arguments.as_slice() else {
        bail!("usage: switches LIST DROPPED CONST TREE");
    };
    let mutants: Vec<Mutant> =
        serde_json::from_str(&fs::read_to_string(list)?).context("the list of mutants")?;
    let dropped: BTreeSet<usize> = serde_json::from_str(dropped).context("what is dropped")?;
    let kept: BTreeSet<String> = serde_json::from_str(kept).context("what stays const")?;

    let mut by_file: BTreeMap<&str, Vec<Placed<'_>>> = BTreeMap::new();
    for (id, mutant) in (1..).zip(&mutants) {
        let placed = by_file.entry(&mutant.file).or_default();
        if !dropped.contains(&id) {
            placed.push(Placed { id, mutant });
        }
    }
    let roots: BTreeSet<_> = by_file
        .keys()
        .filter_map(|file| file.split_once("/src/"))
        .map(|(home, _)| Path::new(tree).join(home).join("src/lib.rs"))
        .collect();
    for root in &roots {
        allow_everything(root)?;
    }
    let mut all: BTreeMap<&str, Switched> = BTreeMap::new();
    for (file, placed) in by_file {
        let path = Path::new(tree).join(file);
        let source = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let switched = sites::switch(&source, &placed, &kept).with_context(|| file.to_owned())?;
        fs::write(&path, &switched.source)?;
        all.insert(file, switched);
    }
    for root in &roots {
        append_switch(root)?;
    }
    println!("{}", serde_json::to_string(&all)?);
    Ok(())
}

/// What cargo-mutants would build must build here too. On the first line, so that no place in the file gets another line.
fn allow_everything(root: &Path) -> Result<()> {
    let source = fs::read_to_string(root).with_context(|| root.display().to_string())?;
    let allowed = "#![allow(warnings, arithmetic_overflow, unconditional_panic)] ";
    Ok(fs::write(root, format!("{allowed}{source}"))?)
}

fn append_switch(root: &Path) -> Result<()> {
    let mut source = fs::read_to_string(root).with_context(|| root.display().to_string())?;
    source.push_str("\n#[doc(hidden)]\npub mod switch {\n");
    source.push_str(SWITCH);
    source.push_str("}\n");
    Ok(fs::write(root, source)?)
}
