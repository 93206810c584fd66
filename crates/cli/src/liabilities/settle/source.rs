//! Where the public list of leaves comes from: a saved file, or the operator's API.

use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::B256;
use anyhow::{Context, ensure};
use audit::liabilities::List;

use crate::input;
use crate::liabilities::LIST_BYTES_MAX;

/// Timeout for fetching the list: a few dozen bytes per user.
const LIST_WITHIN: Duration = Duration::from_secs(120);

#[derive(Debug, clap::Args)]
#[group(id = "list_source", required = true, multiple = false)]
pub(super) struct Arguments {
    /// The public list: the response to `GET /liabilities/roots/{root}/leaves`
    #[arg(long)]
    list: Option<PathBuf>,
    /// The URL of an API that serves the list, instead of a file
    #[arg(long)]
    api: Option<String>,
}

impl Arguments {
    /// The list; reading it recomputes its root and total.
    pub(super) async fn read(&self, root: B256) -> anyhow::Result<List> {
        let text = match (&self.list, &self.api) {
            (Some(file), _) => input::read_text(file, LIST_BYTES_MAX)?,
            (None, Some(api)) => fetch(api, root).await?,
            (None, None) => anyhow::bail!("give a list or an API"),
        };
        List::parse(&text).context("wrong_list: not a list of liabilities")
    }
}

async fn fetch(api: &str, root: B256) -> anyhow::Result<String> {
    let url = format!("{}/liabilities/roots/{root}/leaves", api.trim_end_matches('/'));
    let client = reqwest::Client::builder().timeout(LIST_WITHIN).build()?;
    let unavailable = || format!("list_unavailable: {url} does not respond");
    let mut answer = client.get(&url).send().await.with_context(unavailable)?;
    let status = answer.status();
    ensure!(
        status.is_success(),
        "list_unavailable: {url} returned {}",
        status.as_u16()
    );
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.with_context(unavailable)? {
        bytes.extend_from_slice(&part);
        ensure!(
            bytes.len() <= LIST_BYTES_MAX,
            "wrong_list: {url} returned more than {LIST_BYTES_MAX} bytes"
        );
    }
    String::from_utf8(bytes).context("wrong_list: not a list of liabilities")
}
