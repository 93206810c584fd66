//! One exported file: ABI always, bytecode for what gets deployed.

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

/// What the bindings need of one contract; nothing that depends on machine, path or time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exported {
    #[serde(skip)]
    pub(crate) contract: &'static str,
    pub(crate) abi: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytecode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deployed_bytecode: Option<String>,
}

impl Exported {
    /// File name and content, with a closing newline.
    pub(crate) fn render(&self) -> Result<(String, String)> {
        let mut content = serde_json::to_string_pretty(self)?;
        content.push('\n');
        Ok((format!("{}.json", self.contract), content))
    }
}
