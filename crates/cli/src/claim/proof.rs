//! A proof file: the API's response, or one computed from the public list of leaves.

use alloy::primitives::{Address, B256};
use anyhow::{Context, ensure};
use audit::liabilities::{Leaf, SumNode, verify};
use money::Amount;
use serde_json::Value;

/// More partners than the largest tree has layers are no proof.
const PATH_MAX: usize = 32;

/// One user's way to a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) chain_id: u64,
    pub(super) contract: Address,
    pub(super) wallet: Address,
    pub(super) entitled: Amount,
    pub(super) root: B256,
    pub(super) path: Vec<SumNode>,
}

impl Proof {
    /// Reads the JSON of a proof.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let json: Value = serde_json::from_str(text).context("the proof is not JSON")?;
        let path = json["path"].as_array().context("the proof has no path")?;
        ensure!(
            path.len() <= PATH_MAX,
            "the proof's path has {} nodes",
            path.len()
        );
        Ok(Self {
            chain_id: json["chain_id"].as_u64().context("the proof has no chain_id")?,
            contract: field(&json, "contract")?,
            wallet: field(&json, "wallet")?,
            entitled: field(&json, "entitled")?,
            root: field(&json, "root")?,
            path: path
                .iter()
                .map(|node| {
                    Ok(SumNode {
                        hash: field(node, "hash")?,
                        sum: field(node, "sum")?,
                    })
                })
                .collect::<anyhow::Result<_>>()?,
        })
    }

    /// Whether it leads to the root, with the total that the contract has for it.
    pub(super) fn verify(&self, total: u128) -> anyhow::Result<()> {
        let leaf = Leaf {
            wallet: self.wallet,
            entitled: self.entitled,
        };
        verify(self.root, Amount::new(total), &leaf, &self.path).context("the proof is not valid")
    }
}

fn field<T: std::str::FromStr>(json: &Value, name: &str) -> anyhow::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text = json[name].as_str();
    let text = text.with_context(|| format!("the proof has no text `{name}`"))?;
    text.parse()
        .with_context(|| format!("`{name}` of the proof is not valid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_read_and_each_missing_part_is_named() {
        let whole = serde_json::json!({
            "chain_id": 31337, "contract": Address::repeat_byte(1), "wallet": Address::repeat_byte(2),
            "entitled": "7", "root": B256::repeat_byte(3), "path": [{ "hash": B256::repeat_byte(4), "sum": "9" }],
        });
        let proof = Proof::parse(&whole.to_string()).unwrap();
        assert_eq!(proof.entitled, Amount::new(7));
        assert_eq!(proof.path[0].sum, Amount::new(9));
        for name in ["chain_id", "contract", "wallet", "entitled", "root", "path"] {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(name);
            let error = Proof::parse(&part.to_string()).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_path_longer_than_any_tree_is_refused() {
        let node = serde_json::json!({ "hash": B256::ZERO, "sum": "1" });
        let json = serde_json::json!({ "path": vec![node; 33] });
        assert!(Proof::parse(&json.to_string()).is_err());
    }
}
