//! The result of settling a root: line by line as it happens, or one JSON object at the end.

use std::process::ExitCode;

use alloy::primitives::{Address, B256, Bytes};
use audit::liabilities::{List, Part};
use chain::Revert;
use serde::Serialize;

/// Why a part is not paid.
#[derive(Debug, Serialize)]
pub(super) struct Stop {
    code: &'static str,
    detail: String,
}

/// A transaction that paid a part.
#[derive(Debug, Serialize)]
struct Paid {
    first: Address,
    leaves: usize,
    transaction: B256,
    amount: String,
}

/// A call that would pay a part, for any wallet to send.
#[derive(Debug, Serialize)]
struct Ready {
    first: Address,
    leaves: usize,
    to: Address,
    data: Bytes,
}

/// A part that the contract does not pay.
#[derive(Debug, Serialize)]
struct Refused {
    first: Address,
    leaves: usize,
    #[serde(flatten)]
    stop: Stop,
}

/// Amounts are base units, in decimal.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    #[serde(skip)]
    as_json: bool,
    root: B256,
    leaves: usize,
    total: String,
    parts: usize,
    /// Parts with nothing due.
    settled_before: usize,
    paid: Vec<Paid>,
    ready: Vec<Ready>,
    refused: Vec<Refused>,
    /// What the root still owes to the users of the list; null when the node no longer responds.
    due: Option<String>,
}

impl Stop {
    /// By the contract's own error.
    pub(super) fn of(revert: &Revert) -> Self {
        let (code, advice) = match revert.name() {
            "InsufficientFunds" => (
                "insufficient_funds",
                "the contract's free funds are below the amount due in this part: run again later, or with a smaller --size",
            ),
            "OutflowCapReached" => (
                "outflow_cap_reached",
                "the outflow cap leaves less than the amount due in this part: run again later, or with a smaller --size",
            ),
            "NotRegistered" => (
                "not_registered",
                "a user of this part is not registered in the contract: pay the others with a smaller --size",
            ),
            "RootUnknownOrImmature" => ("root_unknown", "the root has been retired in the meantime"),
            _ => ("refused", "the contract rejects the part"),
        };
        let detail = format!("{advice} ({revert})");
        Self { code, detail }
    }

    pub(super) fn reverted(transaction: B256) -> Self {
        let detail = format!("transaction {transaction} was reverted; run again to see why");
        let code = "reverted";
        Self { code, detail }
    }

    pub(super) fn unanswered(error: &anyhow::Error) -> Self {
        let detail = format!("the node cannot simulate or accept the call: {error:#}");
        let code = "unanswered";
        Self { code, detail }
    }

    /// Whether later parts can still be paid.
    pub(super) fn concerns_one_part(&self) -> bool {
        self.code == "not_registered"
    }
}

impl Report {
    pub(super) fn of(list: &List, parts: usize, as_json: bool) -> Self {
        Self {
            as_json,
            root: list.tree.root(),
            leaves: list.tree.leaves().len(),
            total: list.tree.total().to_string(),
            parts,
            settled_before: 0,
            paid: Vec::new(),
            ready: Vec::new(),
            refused: Vec::new(),
            due: None,
        }
    }

    fn say(&self, line: &str) {
        if !self.as_json {
            outln!("{line}");
        }
    }

    pub(super) fn nothing_due(&mut self, part: &Part<'_>) {
        self.settled_before += 1;
        let (first, leaves) = place(part);
        self.say(&format!("{leaves} leaves from {first}: nothing is due"));
    }

    pub(super) fn ready(&mut self, part: &Part<'_>, to: Address, data: &Bytes) {
        let (first, leaves) = place(part);
        self.say(&format!(
            "{leaves} leaves from {first}: any account may send this\nto    {to}\nvalue 0\ndata  {data}"
        ));
        let data = data.clone();
        self.ready.push(Ready {
            first,
            leaves,
            to,
            data,
        });
    }

    pub(super) fn settled(&mut self, part: &Part<'_>, transaction: B256, amount: u128) {
        let (first, leaves) = place(part);
        self.say(&format!(
            "{leaves} leaves from {first}: {amount} base units were paid by transaction {transaction}"
        ));
        self.paid.push(Paid {
            first,
            leaves,
            transaction,
            amount: amount.to_string(),
        });
    }

    pub(super) fn refused(&mut self, part: &Part<'_>, stop: Stop) {
        let (first, leaves) = place(part);
        self.refused.push(Refused { first, leaves, stop });
    }

    /// Prints the state of the root; a rejected part is a failure.
    pub(super) fn finish(mut self, due: Option<u128>) -> ExitCode {
        self.due = due.map(|due| due.to_string());
        let due = self.due.as_deref().unwrap_or("an unknown number");
        let (root, parts, before) = (self.root, self.parts, self.settled_before);
        self.say(&format!(
            "root {root}: {parts} parts, {before} settled before, {} now; {due} base units are due",
            self.paid.len()
        ));
        for Refused { first, leaves, stop } in &self.refused {
            errln!(
                "error: {}: {leaves} leaves from {first}: {}",
                stop.code,
                stop.detail
            );
        }
        if self.as_json {
            outln!("{:#}", serde_json::json!(self));
        }
        if self.refused.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

fn place(part: &Part<'_>) -> (Address, usize) {
    let first = part.leaves.first().map_or(Address::ZERO, |leaf| leaf.wallet);
    (first, part.leaves.len())
}

#[cfg(test)]
mod tests;
