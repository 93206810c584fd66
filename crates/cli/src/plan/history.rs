//! Where `trellis plan diff` and `trellis plan explain` read what happened: a ledger, or lines of JSON in the inbox's format.

use std::path::{Path, PathBuf};

use alloy::primitives::B256;
use anyhow::Context as _;
use plan::Cause;
use serde::Deserialize;
use sqlx::Connection as _;

use crate::database::connect;
use crate::input;
use crate::status::unusable;

/// Facts that are read at once.
const PAGE: usize = 5_000;

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Source {
    /// Causes as JSON lines in the inbox's format, in order; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) facts: Option<PathBuf>,
    /// A ledger's database; the role `trellis_reader` is enough
    #[arg(
        long = "database",
        value_name = "URL",
        env = "TRELLIS_DATABASE_URL",
        hide_env_values = true
    )]
    pub(super) database: Option<String>,
}

/// One recorded event.
#[derive(Debug)]
pub(super) struct Happened {
    /// Its number, from 1.
    pub(super) seq: u64,
    /// The time in seconds since 1970-01-01 UTC; optional in a file.
    pub(super) at: Option<u64>,
    /// What.
    pub(super) cause: Cause,
}

/// The optional fields of a line besides the cause.
#[derive(Deserialize)]
struct Time {
    effective_at: Option<u64>,
}

impl Source {
    /// Calls `each` with every event in order, until it returns `Break`.
    pub(super) async fn each(
        &self,
        each: impl FnMut(Happened) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        match (&self.facts, &self.database) {
            (Some(file), _) => each_line(file, each),
            (None, Some(url)) => each_fact(url, each).await,
            (None, None) => anyhow::bail!("pass --facts or --database"),
        }
    }

    /// The plan's text and hash in the ledger; `None` for a file, which has no plan.
    pub(super) async fn plan(&self) -> anyhow::Result<Option<(String, B256)>> {
        let (None, Some(url)) = (&self.facts, &self.database) else {
            return Ok(None);
        };
        let mut connection = connect(url).await?;
        let deployment = store::deployment::find(&mut connection)
            .await?
            .context("the database has no deployment")?;
        connection.close().await?;
        Ok(Some((deployment.plan_text, deployment.plan_hash)))
    }
}

fn each_line(file: &Path, mut each: impl FnMut(Happened) -> anyhow::Result<bool>) -> anyhow::Result<()> {
    input::each_line(file, |seq, line| {
        let at = || format!("line {seq} of {}", input::name(file));
        let cause = store::cause_json::read(line).with_context(at).map_err(unusable)?;
        let Time { effective_at } = serde_json::from_str(line).with_context(at).map_err(unusable)?;
        each(Happened {
            seq,
            at: effective_at,
            cause,
        })
    })
}

async fn each_fact(url: &str, mut each: impl FnMut(Happened) -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let mut connection = connect(url).await?;
    let mut after = 0;
    loop {
        let facts = store::replay::list_facts(&mut connection, after, PAGE).await?;
        let Some(last) = facts.last() else { break };
        after = last.seq;
        for fact in facts {
            let happened = Happened {
                seq: fact.seq,
                at: Some(fact.entry.effective_at),
                cause: fact.entry.cause,
            };
            if !each(happened)? {
                return Ok(());
            }
        }
    }
    connection.close().await?;
    Ok(())
}
