//! Compiles `contracts/src` with foundry-compilers and writes the JSON under `abi/json` that the bindings are made from.
//! With `--check` it writes nothing and fails when a file differs from what the sources give.
//!
//! Not responsible for building or testing the contracts (forge) or for the bindings (crate `abi`).

mod compile;
mod exported;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use exported::Exported;

/// Exports the contracts' JSON to `abi/json`.
#[derive(Debug, Parser)]
struct Args {
    /// Compare only; exit with status 1 when a file is missing or differs.
    #[arg(long)]
    check: bool,

    /// The checkout.
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("abi-export: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<ExitCode> {
    let root = args
        .root
        .canonicalize()
        .with_context(|| format!("no directory {}", args.root.display()))?;
    let mut drifted = 0_usize;
    for file in compile::compile(&root)?.iter().map(Exported::render) {
        let (name, content) = file?;
        let path = root.join("abi/json").join(&name);
        let present = std::fs::read_to_string(&path).unwrap_or_default();
        if present == content {
            println!("abi-export: {name} is up to date");
        } else if args.check {
            eprintln!(
                "abi-export: abi/json/{name} differs from contracts/src; run scripts/export-abi and commit the result"
            );
            drifted += 1;
        } else {
            std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
            println!("abi-export: wrote abi/json/{name}");
        }
    }
    Ok(if drifted == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
