//! What the demonstration says at its end: figures, and whether everything agrees.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use alloy::primitives::U256;
use serde_json::{Value, json};

use crate::staff::Batch;

/// What was seen.
#[derive(Debug, Default)]
pub struct Report {
    /// Users who registered, the root user included.
    pub registered: usize,
    /// Users who paid a further time.
    pub retopped: usize,
    /// Everything that was ever paid in and not taken back, in wei.
    pub inflow: u128,
    /// Balance of each account that is not zero, in wei.
    pub accounts: BTreeMap<String, i128>,
    /// Lifetime rewards by user, in wei.
    pub rewards: BTreeMap<String, i128>,
    /// Batches in their order.
    pub batches: Vec<Batch>,
    /// The credit that was withdrawn, in wei.
    pub withdrawn: U256,
    /// What the claim brought, in wei.
    pub claimed: U256,
    /// Facts posted.
    pub facts: usize,
    /// In what ledger, chain and the independent recomputation differ.
    pub differences: Vec<String>,
    /// Open findings of the reconciler.
    pub findings: Vec<String>,
    /// What the reconciler finds in a copy in which one account has one wei more.
    pub planted: Vec<String>,
    /// From the start of the processes to the end of the last scene.
    pub took: Duration,
}

impl Report {
    /// In how many things anything disagrees. A planted discrepancy that is not found is one.
    pub fn discrepancies(&self) -> usize {
        self.differences.len() + self.findings.len() + usize::from(self.planted.is_empty())
    }

    /// The report for programs.
    pub fn to_json(&self) -> Value {
        let texts = |amounts: &BTreeMap<String, i128>| -> BTreeMap<String, String> {
            amounts
                .iter()
                .map(|(name, amount)| (name.clone(), amount.to_string()))
                .collect()
        };
        json!({
            "discrepancies": self.discrepancies(),
            "differences": self.differences,
            "findings": self.findings,
            "planted_and_found": self.planted,
            "users_registered": self.registered,
            "users_retopped_up": self.retopped,
            "inflow": self.inflow.to_string(),
            "accounts": texts(&self.accounts),
            "rewards": texts(&self.rewards),
            "batches": self.batches.iter().map(Batch::to_json).collect::<Vec<_>>(),
            "credit_withdrawn": self.withdrawn.to_string(),
            "claimed": self.claimed.to_string(),
            "facts": self.facts,
            "seconds": format!("{:.1}", self.took.as_secs_f64()),
        })
    }

    /// The report for people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line =
            |content: String| writeln!(text, "{content}").expect("writing to a String does not fail");
        line(format!(
            "{} users registered, {} retopped up; {} BNB came in and stayed in or was paid out",
            self.registered,
            self.retopped,
            bnb(self.inflow)
        ));
        line("\nAccounts (BNB)".to_owned());
        for (name, amount) in &self.accounts {
            line(format!("  {name:<66} {:>14}", signed_bnb(*amount)));
        }
        if !self.rewards.is_empty() {
            line("\nRewards granted (BNB)".to_owned());
        }
        for (user, amount) in &self.rewards {
            line(format!("  {user:<66} {:>14}", signed_bnb(*amount)));
        }
        line("\nBatches".to_owned());
        for batch in &self.batches {
            line(format!("  {}", batch.to_line()));
        }
        let coins = |wei: U256| bnb(u128::try_from(wei).unwrap_or(u128::MAX));
        if !self.withdrawn.is_zero() {
            let withdrawn = coins(self.withdrawn);
            line(format!(
                "\nA credit of {withdrawn} BNB was withdrawn through another address"
            ));
        }
        line(format!("\n{} BNB were claimed by proof", coins(self.claimed)));
        for difference in &self.differences {
            line(format!("DIFFERENCE {difference}"));
        }
        for finding in &self.findings {
            line(format!("FINDING {finding}"));
        }
        match self.planted.first() {
            Some(found) => line(format!("One wei too much in a copy was found: {found}")),
            None => line("One wei too much in a copy was NOT found".to_owned()),
        }
        line(format!(
            "\n{} facts, {:.1} s, {} discrepancies between ledger, chain and recomputation",
            self.facts,
            self.took.as_secs_f64(),
            self.discrepancies()
        ));
        text
    }
}

fn signed_bnb(wei: i128) -> String {
    let sign = if wei < 0 { "-" } else { "" };
    format!("{sign}{}", bnb(wei.unsigned_abs()))
}

/// Wei as BNB, exactly, without trailing zeros.
fn bnb(wei: u128) -> String {
    const WEI_PER_BNB: u128 = 1_000_000_000_000_000_000;
    let text = format!("{}.{:018}", wei / WEI_PER_BNB, wei % WEI_PER_BNB);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_to_the_last_wei() {
        assert_eq!(bnb(20_000_000_000_000_000_000), "20");
        assert_eq!(bnb(1), "0.000000000000000001");
        assert_eq!(signed_bnb(-1_500_000_000_000_000_000), "-1.5");
    }

    #[test]
    fn a_planted_discrepancy_that_nobody_finds_is_a_discrepancy() {
        let mut report = Report::default();
        assert_eq!(report.discrepancies(), 1);
        report.planted.push("R4".to_owned());
        assert_eq!(report.discrepancies(), 0);
    }
}
