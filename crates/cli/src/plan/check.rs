//! `trellis plan check FILE`: compiles a plan and prints its findings and where it may run.
//!
//! Not responsible for rules: they are the plan crate's. This file decides what is asked and how the exit status tells.

mod json;
mod text;

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use plan::compile::{TEXT_BYTES_MAX, refusals};
use plan::{ChainClass, CompileError, CompiledPlan, Severity};
use plan_review::jurisdiction::Profile;
use plan_review::review::{self, Review};
use plan_review::sybil::{self, Bounds, Search};

use crate::input::{self, InputError};
use crate::status::{self, Status, unusable};

/// Most names that a search takes: some seconds.
const NAMES_MAX: i64 = 60;

#[derive(Debug, clap::Args)]
#[command(after_help = status::TABLE)]
pub(crate) struct Arguments {
    /// Plan files; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The kind of chain to run on
    #[arg(long, value_enum, default_value_t = Chain::Local)]
    chain: Chain,
    /// The chain id instead: 31337 and 1337 are local, all others are public
    #[arg(long, value_name = "N", conflicts_with = "chain")]
    chain_id: Option<u64>,
    /// The jurisdiction profile: local, EU, IN, US or the operator's own profile file. Required on a public chain
    #[arg(long, value_name = "NAME|FILE")]
    jurisdiction: Option<String>,
    /// Number of days for which payments are refundable and rewards held; used by profiles
    #[arg(long, value_name = "DAYS", requires = "jurisdiction")]
    cooling_off_days: Option<u32>,
    /// Maximum number of names of one person in the search for gains by false names; 1 disables the search
    #[arg(long, value_name = "N", default_value_t = Bounds::default().identities_max,
        value_parser = clap::value_parser!(u32).range(1..=NAMES_MAX))]
    names: u32,
    /// Print one JSON object per file, one per line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Chain {
    /// A development chain of one machine
    Local,
    /// Any other
    Public,
}

/// The verdict on a plan; its name is stable in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Sound,
    Warnings,
    /// It is sound but must not run on this chain.
    Barred,
    Refused,
}

impl Verdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Warnings => "warnings",
            Self::Barred => "barred",
            Self::Refused => "refused",
        }
    }

    const fn status(self) -> Status {
        match self {
            Self::Sound => Status::Done,
            Self::Warnings => Status::Notable,
            Self::Barred | Self::Refused => Status::Refused,
        }
    }
}

/// A checked plan file.
struct Checked {
    file: String,
    text: String,
    compiled: Result<Sound, CompileError>,
}

/// A plan that compiles, and what prevents it from running on the chain.
struct Sound {
    plan: CompiledPlan,
    /// The findings of the compiler and of the search for false names, rated by the profile.
    review: Review,
    sybil: Option<Search>,
    chain: ChainClass,
    jurisdiction: Option<Profile>,
}

impl Checked {
    /// All broken rules of a rejected plan, in order.
    fn refusals(&self) -> Vec<CompileError> {
        match &self.compiled {
            Ok(_) => Vec::new(),
            Err(error) if error.code() == "text_too_long" => vec![error.clone()],
            Err(_) => refusals(&self.text),
        }
    }

    fn verdict(&self) -> Verdict {
        let Ok(sound) = &self.compiled else {
            return Verdict::Refused;
        };
        if sound.review.refusals().next().is_some() {
            return Verdict::Barred;
        }
        let mut findings = sound.review.findings.iter();
        if findings.any(|finding| finding.severity == Severity::Warning) {
            Verdict::Warnings
        } else {
            Verdict::Sound
        }
    }
}

/// Checks each file and returns the worst status. An unreadable file does not prevent the others from being checked.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let asked = arguments.asked().map_err(unusable)?;
    let mut worst = Status::Done;
    for (index, file) in arguments.files.iter().enumerate() {
        let status = match load(file, &asked) {
            Ok(checked) => {
                if arguments.json {
                    outln!("{}", json::of(&checked));
                } else {
                    out!("{}{}", if index == 0 { "" } else { "\n" }, text::of(&checked));
                }
                checked.verdict().status()
            }
            Err(error) => {
                let error = anyhow::Error::from(error);
                errln!("error: {error:#}");
                status::of(&error)
            }
        };
        worst = worst.or_worse(status);
    }
    Ok(worst.into())
}

impl Arguments {
    fn asked(&self) -> anyhow::Result<Asked> {
        let chain = match (self.chain_id, self.chain) {
            (Some(chain_id), _) => admission::chain_class(chain_id),
            (None, Chain::Local) => ChainClass::Local,
            (None, Chain::Public) => ChainClass::Public,
        };
        Ok(Asked {
            chain,
            jurisdiction: self.jurisdiction.as_deref().map(profile).transpose()?,
            cooling_off_days: self.cooling_off_days,
            names: self.names,
        })
    }
}

fn load(file: &Path, asked: &Asked) -> Result<Checked, InputError> {
    let name = input::name(file);
    Ok(match super::read(file)? {
        Ok(text) => check(name, text, asked),
        Err(error) => Checked {
            file: name,
            text: String::new(),
            compiled: Err(error),
        },
    })
}

/// Where and how a plan is to run.
struct Asked {
    chain: ChainClass,
    jurisdiction: Option<Profile>,
    cooling_off_days: Option<u32>,
    /// Maximum number of names in the search.
    names: u32,
}

fn check(file: String, text: String, asked: &Asked) -> Checked {
    let compiled = plan::compile(&text).map(|plan| {
        let bounds = Bounds {
            identities_max: asked.names,
            ..Bounds::default()
        };
        // On demand only: a search replays a thousand histories.
        let sybil = sybil::search(&plan, bounds);
        let found = sybil.as_ref().map(|search| search.finding(plan.asset()));
        let found = found.or_else(|| sybil::rebate(&plan, bounds));
        let place = review::Asked {
            chain: asked.chain,
            jurisdiction: asked.jurisdiction.as_ref(),
            cooling_off_days: asked.cooling_off_days,
        };
        let mut review = Review::of(&plan, found, place);
        (review.findings).sort_by_key(|finding| Reverse(finding.severity));
        Sound {
            review,
            sybil,
            plan,
            chain: asked.chain,
            jurisdiction: asked.jurisdiction.clone(),
        }
    });
    Checked { file, text, compiled }
}

/// The shipped profile of this name, or the file.
fn profile(name: &str) -> anyhow::Result<Profile> {
    admission::profile(name, |file| Ok(input::read_text(file, TEXT_BYTES_MAX)?))
}

#[cfg(test)]
mod tests;
