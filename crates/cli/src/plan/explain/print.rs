//! Explanations and statements as text and JSON.

use std::collections::BTreeSet;

use alloy::primitives::B256;
use explain::{Entry, Holdings, Line, Part, Statement};
use money::Asset;
use plan::{Book, Day, UserId};
use serde_json::{Value, json};

use super::{Version, Versions};
use crate::plan::history::Happened;

pub(super) fn fact_text(plan: &Versions, book: &Book, happened: &Happened, lines: &[Line]) -> String {
    let when = happened
        .at
        .map_or(String::new(), |at| format!(" on {}", Day::of_second(at)));
    let mut text = vec![format!("fact {}{when}", happened.seq)];
    if lines.is_empty() {
        text.push("no money moved".to_owned());
    }
    text.extend(lines.iter().map(|line| line_text(plan, line)));
    let total = lines.iter().map(|line| line.amount);
    let total = money::Amount::sum_of(total).unwrap_or_default();
    text.push(format!("{:>14} {} in all", plan.shown(total), plan.asset()));
    text.extend(wallets(book, lines.iter()));
    text.join("\n") + "\n"
}

pub(super) fn fact_json(plan: &Versions, book: &Book, happened: &Happened, lines: &[Line]) -> Value {
    json!({
        "seq": happened.seq,
        "effective_at": happened.at,
        "lines": lines.iter().map(|line| line_json(plan, book, line)).collect::<Vec<_>>(),
    })
}

pub(super) fn statement_text(plan: &Versions, book: &Book, statement: &Statement) -> String {
    let mut text = vec![format!("before   {}", holdings_text(plan, &statement.opening))];
    text.extend(statement.entries.iter().map(|entry| entry_text(plan, entry)));
    text.push(format!("after    {}", holdings_text(plan, &statement.closing)));
    let sum = |entries: &mut dyn Iterator<Item = &Entry>| {
        let amounts = entries.map(|entry| entry.line.amount);
        plan.shown(money::Amount::sum_of(amounts).unwrap_or_default())
    };
    text.push(format!(
        "granted  {} in the period; due to the user but not paid: {}",
        sum(&mut statement.rewards()),
        sum(&mut statement.missed()),
    ));
    text.extend(wallets(book, statement.entries.iter().map(|entry| &entry.line)));
    text.join("\n") + "\n"
}

pub(super) fn statement_json(plan: &Versions, book: &Book, statement: &Statement) -> Value {
    json!({
        "opening": holdings_json(&statement.opening),
        "closing": holdings_json(&statement.closing),
        "entries": statement.entries.iter().map(|entry| {
            let mut line = line_json(plan, book, &entry.line);
            line["seq"] = json!(entry.seq);
            line["effective_at"] = json!(entry.at);
            line
        }).collect::<Vec<_>>(),
    })
}

fn entry_text(plan: &Versions, entry: &Entry) -> String {
    let day = match entry.at {
        0 => String::new(),
        at => format!(" {}", Day::of_second(at)),
    };
    format!("fact {}{day}:{}", entry.seq, line_text(plan, &entry.line))
}

fn line_text(plan: &Versions, line: &Line) -> String {
    let amount = match line.leg {
        Some(_) => plan.shown(line.amount),
        None => String::new(),
    };
    let cause = line
        .verdict
        .cause()
        .map_or(String::new(), |cause| format!(" ({})", cause.name()));
    let parameter = parameter_text(plan, line.parameter.as_deref(), line.plan);
    let mut text = format!(
        "{amount:>14} {}{cause}: {} {}: {}{parameter}",
        line.verdict.name(),
        line.component,
        line.rule,
        line.because
    );
    for part in &line.parts {
        let parameter = parameter_text(plan, part.parameter.as_deref(), part.plan);
        let shares = match part.shares {
            1 => String::new(),
            count => format!(" ({count} shares)"),
        };
        text.push_str(&format!(
            "\n{:>14} of it {}: {}{shares}{parameter}",
            plan.shown(part.amount),
            part.component,
            part.rule
        ));
    }
    text
}

/// `; cap.multiple = 3`, and of which version where there are several.
fn parameter_text(plan: &Versions, path: Option<&str>, of: B256) -> String {
    let Some(path) = path else {
        return String::new();
    };
    let version = match plan.of(of) {
        Some(version) if !plan.later.is_empty() => format!(" (version {})", version.compiled.version()),
        Some(_) | None => String::new(),
    };
    match plan.value(path, of) {
        Some(value) => format!("; {path} = {value}{version}"),
        None => format!("; {path}{version}"),
    }
}

fn line_json(plan: &Versions, book: &Book, line: &Line) -> Value {
    let wallet = |user: Option<UserId>| {
        user.and_then(|user| book.wallet_of(user))
            .map(|wallet| wallet.to_string())
    };
    json!({
        "leg": line.leg,
        "amount": line.amount.to_string(),
        "verdict": line.verdict.name(),
        "cause": line.verdict.cause().map(|cause| cause.name()),
        "component": line.component,
        "rule": line.rule,
        "parameter": line.parameter,
        "value": line.parameter.as_ref().and_then(|path| plan.value(path, line.plan)),
        "plan_hash": line.plan.to_string(),
        "plan_version": plan.of(line.plan).map(|version| version.compiled.version()),
        "parts": line.parts.iter().map(|part| part_json(plan, part)).collect::<Vec<_>>(),
        "user": line.user.map(UserId::get),
        "wallet": wallet(line.user),
        "source": line.source.map(UserId::get),
        "source_wallet": wallet(line.source),
        "because": line.because,
    })
}

fn part_json(plan: &Versions, part: &Part) -> Value {
    json!({
        "amount": part.amount.to_string(),
        "shares": part.shares,
        "component": part.component,
        "rule": part.rule,
        "parameter": part.parameter,
        "value": part.parameter.as_ref().and_then(|path| plan.value(path, part.plan)),
        "plan_hash": part.plan.to_string(),
        "plan_version": plan.of(part.plan).map(|version| version.compiled.version()),
    })
}

fn holdings_text(plan: &Versions, holdings: &Holdings) -> String {
    format!(
        "held {}, deferred {}, wallet {}, available {}, reserved {}, kept by the contract {}, owed {} {}",
        plan.shown(holdings.held),
        plan.shown(holdings.deferred),
        plan.shown(holdings.wallet),
        plan.shown(holdings.available),
        plan.shown(holdings.reserved),
        plan.shown(holdings.credit),
        plan.shown(holdings.owed),
        plan.asset()
    )
}

fn holdings_json(holdings: &Holdings) -> Value {
    json!({
        "held": holdings.held.to_string(),
        "deferred": holdings.deferred.to_string(),
        "wallet": holdings.wallet.to_string(),
        "available": holdings.available.to_string(),
        "reserved": holdings.reserved.to_string(),
        "credit": holdings.credit.to_string(),
        "owed": holdings.owed.to_string(),
    })
}

/// Who the numbers are.
fn wallets<'a>(book: &Book, lines: impl Iterator<Item = &'a Line>) -> Vec<String> {
    let users: BTreeSet<UserId> = lines
        .flat_map(|line| [line.user, line.source])
        .flatten()
        .collect();
    let known = users
        .into_iter()
        .filter_map(|user| Some((user, book.wallet_of(user)?)));
    known
        .map(|(user, wallet)| format!("user {user} is {wallet}"))
        .collect()
}

impl Versions {
    /// The version with this hash.
    fn of(&self, hash: B256) -> Option<&Version> {
        self.all().find(|version| version.compiled.hash() == hash)
    }

    /// What a version says at a path.
    fn value(&self, path: &str, hash: B256) -> Option<String> {
        self.of(hash)?.values.at(path)
    }

    /// The same in all versions.
    fn asset(&self) -> Asset {
        self.first.compiled.asset()
    }

    fn shown(&self, amount: money::Amount) -> String {
        self.asset().display_amount(amount)
    }
}
