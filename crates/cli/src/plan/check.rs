//! `trellis plan check FILE`: compiles a plan and says what the compiler finds, and where the plan may run.
//!
//! Not responsible for rules: they are the plan crate's. This file decides what is asked and how the exit status tells.

mod json;
mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use backend::admission::profile;
use clap::ValueEnum;
use plan::compile::TEXT_BYTES_MAX;
use plan::jurisdiction::Profile;
use plan::review::{self, Review};
use plan::sybil::{self, Bounds, Search};
use plan::{ChainClass, CompileError, CompiledPlan, Severity};

/// The chain of a development machine. Every other is public.
const LOCAL_CHAIN_ID: u64 = 31_337;

/// Most names that a search takes: some seconds.
const NAMES_MAX: i64 = 60;

const STATUSES: &str = "\
Exit status:
  0  the plan is sound, may run there, and nothing needs saying
  2  wrong arguments, or a file that cannot be read
  3  the plan is sound and may run there; participants must be told the warnings
  4  the plan is refused, or must not run on that chain";

#[derive(Debug, clap::Args)]
#[command(after_help = STATUSES)]
pub(crate) struct Arguments {
    /// The plan file
    file: PathBuf,
    /// The kind of chain on which it is to run
    #[arg(long, value_enum, default_value_t = Chain::Local)]
    chain: Chain,
    /// The number of that chain instead: 31337 is local, every other is public
    #[arg(long, value_name = "N", conflicts_with = "chain")]
    chain_id: Option<u64>,
    /// The jurisdiction profile: local, EU, IN, US or the file of an operator's own. A public chain demands one
    #[arg(long, value_name = "NAME|FILE")]
    jurisdiction: Option<String>,
    /// For how many days payments are to be refundable and rewards held; profiles ask about it
    #[arg(long, value_name = "DAYS", requires = "jurisdiction")]
    cooling_off_days: Option<u32>,
    /// Most names of one person in the search for what false names bring; 1 leaves it out
    #[arg(long, value_name = "N", default_value_t = Bounds::default().identities_max,
        value_parser = clap::value_parser!(u32).range(1..=NAMES_MAX))]
    names: u32,
    /// Print one JSON object
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

/// How a plan fares; its name is stable in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Sound,
    Warnings,
    /// It is sound, but must not run there.
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

    const fn status(self) -> u8 {
        match self {
            Self::Sound => 0,
            Self::Warnings => 3,
            Self::Barred | Self::Refused => 4,
        }
    }
}

/// Wrong arguments, or a file that cannot be read: what clap ends with too.
const STATUS_UNUSABLE: u8 = 2;

/// A checked plan file.
struct Checked {
    file: String,
    text: String,
    compiled: Result<Sound, CompileError>,
}

/// A plan that compiles, and what keeps it from running where it is to run.
struct Sound {
    plan: CompiledPlan,
    /// What the compiler found and what false names bring, as the profile judges them.
    review: Review,
    sybil: Option<Search>,
    chain: ChainClass,
    jurisdiction: Option<Profile>,
}

impl Checked {
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

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match load(arguments) {
        Ok(checked) => {
            if arguments.json {
                println!("{}", json::of(&checked));
            } else {
                print!("{}", text::of(&checked));
            }
            ExitCode::from(checked.verdict().status())
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(STATUS_UNUSABLE)
        }
    }
}

fn load(arguments: &Arguments) -> anyhow::Result<Checked> {
    let jurisdiction = arguments.jurisdiction.as_deref().map(profile).transpose()?;
    let chain = match (arguments.chain_id, arguments.chain) {
        (Some(LOCAL_CHAIN_ID), _) | (None, Chain::Local) => ChainClass::Local,
        (Some(_), _) | (None, Chain::Public) => ChainClass::Public,
    };
    let asked = Asked {
        chain,
        jurisdiction,
        cooling_off_days: arguments.cooling_off_days,
        names: arguments.names,
    };
    let file = arguments.file.display().to_string();
    Ok(match read(&arguments.file)? {
        Ok(text) => check(file, text, asked),
        Err(bytes) => Checked {
            file,
            text: String::new(),
            compiled: Err(CompileError::TextTooLong { bytes }),
        },
    })
}

/// Where and how a plan is to run.
struct Asked {
    chain: ChainClass,
    jurisdiction: Option<Profile>,
    cooling_off_days: Option<u32>,
    /// Most names in the search.
    names: u32,
}

fn check(file: String, text: String, asked: Asked) -> Checked {
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
        Sound {
            review: Review::of(&plan, found, place),
            sybil,
            plan,
            chain: asked.chain,
            jurisdiction: asked.jurisdiction,
        }
    });
    Checked { file, text, compiled }
}

/// Reads a file; of one that is too long, only its length.
fn read(file: &Path) -> anyhow::Result<Result<String, usize>> {
    let cannot = || format!("cannot read {}", file.display());
    let bytes = std::fs::metadata(file).with_context(cannot)?.len();
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if bytes > TEXT_BYTES_MAX {
        return Ok(Err(bytes));
    }
    std::fs::read_to_string(file).map(Ok).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const AUTO_POOL: &str = include_str!("../../../../plans/auto-pool.toml");
    pub(super) const FREE: &str = include_str!("../../../../plans/rejected/free-progression.toml");

    fn asked(chain: ChainClass, jurisdiction: Option<&str>, names: u32) -> Asked {
        Asked {
            chain,
            jurisdiction: jurisdiction.map(|name| profile(name).expect("it is shipped")),
            cooling_off_days: None,
            names,
        }
    }

    /// Without a search for false names.
    pub(super) fn checked(text: &str, chain: ChainClass, jurisdiction: Option<&str>) -> Checked {
        check("plan.toml".into(), text.into(), asked(chain, jurisdiction, 1))
    }

    pub(super) fn searched(text: &str) -> Checked {
        let asked = asked(ChainClass::Local, None, Bounds::default().identities_max);
        check("plan.toml".into(), text.into(), asked)
    }

    fn status(text: &str, chain: ChainClass, jurisdiction: Option<&str>) -> u8 {
        checked(text, chain, jurisdiction).verdict().status()
    }

    /// The shipped plan without any reward; an endless pool that nobody enters still deserves a word.
    fn quiet() -> String {
        AUTO_POOL
            .replace("direct_share = \"18\"", "direct_share = \"0\"")
            .replace("[3000, 1500, 1000, 500, 500, 500, 500, 500, 1000, 1000]", "[]")
            .replace("[5000, 2500, 1500]", "[0]")
    }

    #[test]
    fn the_exit_status_tells_warnings_from_obstacles() {
        assert_eq!(status(AUTO_POOL, ChainClass::Local, None), 3);
        assert_eq!(status(AUTO_POOL, ChainClass::Local, Some("EU")), 4);
        assert_eq!(status(AUTO_POOL, ChainClass::Public, Some("EU")), 4);
        assert_eq!(status(FREE, ChainClass::Local, None), 4);
        assert_eq!(status("name = ", ChainClass::Local, None), 4);
        assert_eq!(status(&quiet(), ChainClass::Public, None), 4);
        // Nobody said for how long payments can be refunded.
        assert_eq!(status(&quiet(), ChainClass::Public, Some("EU")), 4);
        let mut asked = asked(ChainClass::Public, Some("EU"), 1);
        asked.cooling_off_days = Some(14);
        assert_eq!(check("plan.toml".into(), quiet(), asked).verdict().status(), 3);
        assert_eq!(Verdict::Sound.status(), 0);
    }

    #[test]
    fn a_public_chain_demands_a_profile_that_is_for_it() {
        let codes = |chain, jurisdiction| {
            let Ok(sound) = checked(&quiet(), chain, jurisdiction).compiled else {
                panic!("it compiles");
            };
            let codes = sound.review.obstacles.iter().map(|obstacle| obstacle.code);
            codes.collect::<Vec<_>>()
        };
        assert_eq!(codes(ChainClass::Public, None), ["jurisdiction_missing"]);
        assert_eq!(
            codes(ChainClass::Public, Some("local")),
            ["jurisdiction_elsewhere"]
        );
        assert!(codes(ChainClass::Public, Some("US")).is_empty());
        assert!(codes(ChainClass::Local, None).is_empty());
        assert!(codes(ChainClass::Local, Some("local")).is_empty());
    }

    #[test]
    fn arguments_name_a_chain_by_kind_or_number() {
        use clap::Parser as _;
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            arguments: Arguments,
        }
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("plan.toml");
        std::fs::write(&file, AUTO_POOL).unwrap();
        let file = file.to_str().unwrap();
        let class = |more: &[&str]| {
            let line = Line::try_parse_from(["check", file, "--names", "1"].iter().chain(more)).ok()?;
            Some(load(&line.arguments).unwrap().compiled.ok()?.chain)
        };
        assert_eq!(class(&[]), Some(ChainClass::Local));
        assert_eq!(class(&["--chain", "public"]), Some(ChainClass::Public));
        assert_eq!(class(&["--chain-id", "31337"]), Some(ChainClass::Local));
        assert_eq!(class(&["--chain-id", "56"]), Some(ChainClass::Public));
        assert_eq!(class(&["--chain-id", "56", "--chain", "local"]), None);
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let own = directory.path().join("own.toml");
        let name = own.to_str().unwrap();
        let error = format!("{:#}", profile(name).unwrap_err());
        assert!(
            error.contains("is none of the profiles local, EU, IN, US, and no file"),
            "{error}"
        );
        let text =
            "name = \"CH\"\nas_of = \"2026-04-01\"\nchains = \"any\"\nnotice = \"n\"\nlegal_basis = \"\"\n";
        std::fs::write(&own, text).unwrap();
        let error = profile(name).unwrap_err().to_string();
        assert!(
            error.contains("legal_basis_missing") && error.contains("own.toml:5:15"),
            "{error}"
        );
        std::fs::write(&own, text.replace("\"\"", "\"Art. 1\"")).unwrap();
        assert_eq!(profile(name).unwrap().name(), "CH");
        std::fs::write(&own, "#".repeat(TEXT_BYTES_MAX + 1)).unwrap();
        assert_eq!(read(&own).unwrap(), Err(TEXT_BYTES_MAX + 1));
    }
}
