//! `trellis plan diff OLD NEW`: applies one history under two plans and shows who gains and who loses by which rule.
//!
//! The exit status says whether anything differs. Not responsible for the comparison: see
//! `simulation::comparison`.

use std::path::PathBuf;
use std::process::ExitCode;

use explain::rule_name as rule;
use ledger::Side;
use money::Asset;
use serde_json::{Value, json};
use simulation::Comparison;
use simulation::comparison::{Difference, Pair, UserDifference};

use super::compiled;
use super::history::Source;
use crate::status::{self, Status, ending};

#[derive(Debug, clap::Args)]
#[command(after_help = status::TABLE)]
pub(super) struct Arguments {
    /// The plan file of the history; `-` is standard input
    old: PathBuf,
    /// The plan file to compare with
    new: PathBuf,
    #[command(flatten)]
    source: Source,
    /// How many users to list, those with the greatest difference first
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Print one JSON object; amounts are decimal strings of base units
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let (old, new) = (compiled(&arguments.old)?.1, compiled(&arguments.new)?.1);
    let asset = old.asset();
    if asset != new.asset() {
        let text = format!(
            "the plans use different assets, {asset} and {}: they cannot be compared",
            new.asset()
        );
        return Err(ending(Status::Unusable, text));
    }
    let mut comparison = Comparison::new(old, new);
    arguments
        .source
        .each(|happened| {
            comparison.apply(&happened.cause);
            Ok(true)
        })
        .await?;
    let difference = comparison.finish();
    if arguments.json {
        outln!("{}", as_json(&difference, arguments.limit));
    } else {
        out!("{}", as_text(&difference, asset, arguments.limit));
    }
    Ok(if difference.is_empty() {
        Status::Done.into()
    } else {
        Status::Notable.into()
    })
}

fn as_text(difference: &Difference, asset: Asset, limit: usize) -> String {
    let pair = |pair: Pair| {
        let sign = if pair.new >= pair.old { '+' } else { '-' };
        format!(
            "{} -> {} ({sign}{} {asset})",
            asset.display_amount(pair.old),
            asset.display_amount(pair.new),
            asset.display_amount(pair.distance()),
        )
    };
    let mut lines = vec![format!(
        "{} facts, {} users: {} gain, {} lose; rewards {}",
        difference.facts,
        difference.users,
        difference.gainers,
        difference.losers,
        pair(difference.granted)
    )];
    if difference.is_empty() {
        lines.push("no differences".to_owned());
    }
    lines.extend(difference.rules.iter().map(|found| {
        format!(
            "rule     {}: {}, {} gain, {} lose",
            rule(found.reason),
            pair(found.granted),
            found.gainers,
            found.losers
        )
    }));
    lines.extend(difference.balances.iter().map(|found| {
        let side = side_name(found.side);
        format!("account  {} ({side}): {}", found.name, pair(found.balance))
    }));
    lines.extend(difference.by_user.iter().take(limit).map(|user| {
        let rules: Vec<String> = user
            .by_rule
            .iter()
            .map(|(reason, by)| format!("{} {}", rule(*reason), pair(*by)))
            .collect();
        format!(
            "user     {} {}: {}; {}",
            user.user,
            user.wallet,
            pair(user.granted),
            rules.join(", ")
        )
    }));
    let more = difference.by_user.len().saturating_sub(limit);
    if more > 0 {
        lines.push(format!("         and {more} more users"));
    }
    for misfit in difference.misfits.iter().take(limit) {
        lines.push(format!(
            "misfit   fact {} does not fit both plans: {} under the old, {} under the new",
            misfit.seq,
            noticed(&misfit.old),
            noticed(&misfit.new)
        ));
    }
    let more = difference.misfits.len().saturating_sub(limit);
    if more > 0 {
        lines.push(format!("         and {more} more facts"));
    }
    lines.join("\n") + "\n"
}

/// Accounts grow on one side: what is there or due from users (debit), or what is owed or earned (credit).
const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Debit => "debit",
        Side::Credit => "credit",
    }
}

fn noticed(notices: &[&str]) -> String {
    if notices.is_empty() {
        "nothing to report".to_owned()
    } else {
        notices.join(", ")
    }
}

fn as_json(difference: &Difference, limit: usize) -> Value {
    let user = |user: &UserDifference| {
        let rules: Vec<Value> = user
            .by_rule
            .iter()
            .map(|(reason, by)| json!({ "rule": rule(*reason), "granted": pair_json(*by) }))
            .collect();
        json!({
            "user": user.user.get(),
            "wallet": user.wallet.to_string(),
            "granted": pair_json(user.granted),
            "rules": rules,
        })
    };
    json!({
        "facts": difference.facts,
        "users": difference.users,
        "gainers": difference.gainers,
        "losers": difference.losers,
        "granted": pair_json(difference.granted),
        "rules": difference.rules.iter().map(|found| json!({
            "rule": rule(found.reason),
            "granted": pair_json(found.granted),
            "gainers": found.gainers,
            "losers": found.losers,
        })).collect::<Vec<_>>(),
        "balances": difference.balances.iter().map(|found| json!({
            "account": found.name,
            "side": side_name(found.side),
            "balance": pair_json(found.balance),
        })).collect::<Vec<_>>(),
        "users_differing": difference.by_user.len(),
        "by_user": difference.by_user.iter().take(limit).map(user).collect::<Vec<_>>(),
        "misfits": difference.misfits.iter().map(|misfit| json!({
            "seq": misfit.seq,
            "old": misfit.old,
            "new": misfit.new,
        })).collect::<Vec<_>>(),
    })
}

fn pair_json(pair: Pair) -> Value {
    json!({ "old": pair.old.to_string(), "new": pair.new.to_string() })
}

#[cfg(test)]
mod tests;
