//! `trellis plan explain`: why a fact moved money, or the statement of one user over a period.
//!
//! Applies everything that happened once more, and writes nothing. Not responsible for the words: see `explain`.

mod period;
mod print;

use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::Address;
use anyhow::Context as _;
use explain::{Line, Statement, Values, explain};
use plan::{Book, Cause, CompiledPlan, Outcome};

use super::history::{Happened, Source};
use crate::status::{self, Status, ending};
use period::Period;

#[derive(Debug, clap::Args)]
#[command(after_help = status::TABLE)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    period: Period,
    /// The plan file, `-` for standard input; repeat it for each later version of the ledger. A database contains its first version
    #[arg(long, value_name = "FILE", required_unless_present = "database")]
    plan: Vec<PathBuf>,
    /// Print one JSON object; amounts are decimal strings of base units
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Question {
    /// Explain the fact with this number
    #[arg(long, value_name = "SEQ")]
    fact: Option<u64>,
    /// Print the statement of the user with this wallet
    #[arg(long, value_name = "WALLET")]
    user: Option<Address>,
}

/// A version of the plan in both forms: compiled, and as its file says.
struct Version {
    compiled: CompiledPlan,
    values: Values,
}

/// The versions of a plan.
struct Versions {
    first: Version,
    /// Those to which the ledger changed, or may have.
    later: Vec<Version>,
    /// Whether the facts are a ledger's, which are cut into parts where they are large.
    are_cut: bool,
}

impl Version {
    fn read(text: &str) -> anyhow::Result<Self> {
        Ok(Self {
            compiled: plan::compile(text)?,
            values: Values::read(text).context("the plan is not valid TOML")?,
        })
    }
}

impl Versions {
    fn all(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// Books in which nothing has happened, and that may change to each version.
    fn book(&self) -> Book {
        let plans = self.all().map(|version| version.compiled.clone());
        let book = Book::new(self.first.compiled.clone()).with_versions(plans.collect());
        if self.are_cut { book } else { book.uncut() }
    }
}

/// The books behind a fact, the fact, and what is said of it.
type Told = (Book, Happened, Vec<Line>);

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let versions = arguments.versions().await?;
    match arguments.question {
        Question { fact: Some(seq), .. } => explain_fact(&arguments, &versions, seq).await,
        Question {
            user: Some(wallet), ..
        } => state_user(&arguments, &versions, wallet).await,
        Question { .. } => anyhow::bail!("pass --fact or --user"),
    }?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    async fn versions(&self) -> anyhow::Result<Versions> {
        let mut texts = Vec::new();
        if let Some((text, hash)) = self.source.plan().await? {
            let compiled = plan::compile(&text).context("the deployment's plan does not compile")?;
            anyhow::ensure!(
                compiled.hash() == hash,
                "the hash of the deployment's plan differs from the deployed one"
            );
            texts.push(text);
        }
        for file in &self.plan {
            texts.push(super::compiled(file)?.0);
        }
        let (first, later) = texts.split_first().context("--facts requires --plan")?;
        let later = later.iter().map(|text| Version::read(text));
        Ok(Versions {
            are_cut: self.source.facts.is_none(),
            first: Version::read(first)?,
            later: later.collect::<anyhow::Result<_>>()?,
        })
    }
}

async fn explain_fact(arguments: &Arguments, versions: &Versions, seq: u64) -> anyhow::Result<()> {
    let told = told(arguments, versions, seq).await?;
    let (book, happened, lines) =
        told.ok_or_else(|| ending(Status::Unusable, format!("there is no fact {seq}")))?;
    let text = if arguments.json {
        print::fact_json(versions, &book, &happened, &lines).to_string() + "\n"
    } else {
        print::fact_text(versions, &book, &happened, &lines)
    };
    out!("{text}");
    Ok(())
}

/// What is said of a fact, with the books behind it. Of a part, the fact that it continues decided everything.
async fn told(arguments: &Arguments, versions: &Versions, seq: u64) -> anyhow::Result<Option<Told>> {
    let told = told_from(arguments, versions, (seq, seq)).await?;
    let cause = told.as_ref().map(|(_, happened, _)| &happened.cause);
    let Some(Cause::Continued { part }) = cause.filter(|_| versions.are_cut) else {
        return Ok(told);
    };
    let continued = seq.saturating_sub(u64::from(part.saturating_sub(1)));
    told_from(arguments, versions, (continued, seq)).await
}

/// Explains the last of these facts with what was decided from the first of them on; `None` when there is no such fact.
async fn told_from(
    arguments: &Arguments,
    versions: &Versions,
    (from, seq): (u64, u64),
) -> anyhow::Result<Option<Told>> {
    let mut book = versions.book();
    let (mut out, mut told) = (Outcome::default(), Outcome::explained());
    let mut before = None;
    let mut found = None;
    arguments
        .source
        .each(|happened| {
            if happened.seq < from {
                book.apply(&happened.cause, &mut out);
                return Ok(true);
            }
            let before = before.get_or_insert_with(|| book.clone());
            book.apply(&happened.cause, &mut told);
            if happened.seq == seq {
                found = Some((happened, explain(before.plans(), before.state(), &told)));
                return Ok(false);
            }
            Ok(happened.seq < seq)
        })
        .await?;
    Ok(found.map(|(happened, lines)| (book, happened, lines)))
}

async fn state_user(arguments: &Arguments, versions: &Versions, wallet: Address) -> anyhow::Result<()> {
    let mut book = versions.book();
    let mut replay = UserReplay::new(&book, wallet, &arguments.period);
    arguments
        .source
        .each(|happened| replay.follow(&mut book, &happened))
        .await?;
    let strange = || {
        ending(
            Status::Unusable,
            format!("the wallet {wallet} has not registered"),
        )
    };
    let statement = replay.statement.ok_or_else(strange)?;
    let text = if arguments.json {
        print::statement_json(versions, &book, &statement).to_string() + "\n"
    } else {
        print::statement_text(versions, &book, &statement)
    };
    out!("{text}");
    Ok(())
}

/// Everything that happened, as far as it concerns one user.
struct UserReplay<'a> {
    wallet: Address,
    period: &'a Period,
    /// From the registration on.
    statement: Option<Statement>,
    /// The books before the fact that is explained, and before the one that it continues: they follow later, which costs less
    /// than keeping copies.
    behind: Book,
    /// What they have to follow.
    last: Vec<Cause>,
    out: Outcome,
    /// What the books behind did: it was explained before.
    unused: Outcome,
}

impl<'a> UserReplay<'a> {
    /// Starts with books in which nothing has happened.
    fn new(book: &Book, wallet: Address, period: &'a Period) -> Self {
        Self {
            wallet,
            period,
            statement: None,
            behind: book.clone(),
            last: Vec::new(),
            out: Outcome::explained(),
            unused: Outcome::default(),
        }
    }

    fn follow(&mut self, book: &mut Book, happened: &Happened) -> anyhow::Result<bool> {
        let at = match happened.at {
            Some(at) => at,
            None if self.period.is_everything() => 0,
            None => {
                let text = format!("fact {} has no time", happened.seq);
                return Err(ending(Status::Unusable, text));
            }
        };
        if !matches!(happened.cause, Cause::Continued { .. }) {
            for last in self.last.drain(..) {
                self.behind.apply(&last, &mut self.unused);
            }
        }
        self.last.push(happened.cause.clone());
        book.apply(&happened.cause, &mut self.out);
        if self.statement.is_none() {
            let user = book.user_of(self.wallet);
            self.statement = user.map(|user| self.period.statement(user));
        }
        let Some(statement) = &mut self.statement else {
            return Ok(true);
        };
        let plan = self.behind.plan();
        let lines = if statement.concerns(plan, &self.out) {
            explain(self.behind.plans(), self.behind.state(), &self.out)
        } else {
            Vec::new()
        };
        statement.follow((happened.seq, at), &self.out.legs, lines);
        Ok(at < self.period.until())
    }
}

#[cfg(test)]
mod tests;
