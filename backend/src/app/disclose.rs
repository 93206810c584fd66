//! The disclosure: a text made of the ledger's figures and the plan's findings, the same bytes for the same ledger.
//!
//! It counts everyone, also those who received nothing, promises nothing, and is stored under the keccak256 of its
//! bytes before anyone sees it. The hash goes into the authorization that a newcomer uses, so the chain records
//! which text was shown.

use std::fmt::Write;

use alloy_primitives::{B256, keccak256};
use money::{Amount, Asset};
use plan::{CompiledPlan, Severity, percent};
use store::figures::{self, Figures, PERCENTILES};
use store::{StoreError, disclosure};
use thiserror::Error;

use super::{App, Ledger};

/// A document with its hash.
#[derive(Debug, Clone)]
pub struct Document {
    /// keccak256 of the text's bytes (UTF-8).
    pub hash: B256,
    /// The text.
    pub text: String,
}

/// Why there is no disclosure.
#[derive(Debug, Error)]
pub enum DiscloseError {
    /// The posting worker has not counted the participants, or stopped counting them.
    #[error("the figures have not been computed yet")]
    NotCounted,
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Generates the current disclosure from the figures that the posting worker keeps, and stores it.
pub async fn present(app: &App) -> Result<Document, DiscloseError> {
    let mut connection = app.reading_connection().await?;
    let figures = figures::find(&mut connection)
        .await?
        .ok_or(DiscloseError::NotCounted)?;
    let text = text(&app.ledger, &figures);
    let hash = keccak256(&text);
    let fact_seq = u64::try_from(figures.fact_seq).unwrap_or_default();
    disclosure::insert(&mut connection, hash, &text, fact_seq).await?;
    Ok(Document { hash, text })
}

/// The text for these figures. Pure, so that anyone with the figures can make it again.
pub fn text(ledger: &Ledger, figures: &Figures) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut text, ledger, figures);
    text
}

fn write_all(text: &mut String, ledger: &Ledger, figures: &Figures) -> std::fmt::Result {
    let plan = &ledger.plan;
    writeln!(text, "Disclosure to newcomers")?;
    writeln!(text)?;
    writeln!(text, "Plan: {}, version {}", plan.name(), plan.version())?;
    writeln!(text, "Plan hash: {:#x}", plan.hash())?;
    let kind = match service::is_local_chain(ledger.chain_id) {
        true => " (for development; its coin stands for the plan's asset, and has no value)",
        false => "",
    };
    writeln!(text, "Chain: {}{kind}", ledger.chain_id)?;
    writeln!(text, "Contract: {}", ledger.contract.to_checksum(None))?;
    writeln!(text, "Counted up to fact: {}", figures.fact_seq)?;
    write_figures(text, plan.asset(), figures)?;
    write_terms(text, plan)?;
    write_findings(text, plan)?;
    writeln!(text)?;
    writeln!(
        text,
        "Nothing in this document predicts what anyone will receive. A payment can be refunded through \
         the contract until the time recorded there; rewards it generates are held until then."
    )
}

fn write_figures(text: &mut String, asset: Asset, figures: &Figures) -> std::fmt::Result {
    writeln!(text)?;
    writeln!(
        text,
        "What participants received so far (everybody who ever registered is counted; received means matured \
         rewards; net means received less paid; payments that were refunded do not count as paid)"
    )?;
    writeln!(text, "- participants: {}", figures.participants)?;
    writeln!(text, "- of these, registration refunded: {}", figures.refunded)?;
    writeln!(text, "- received nothing: {}", figures.without_rewards)?;
    writeln!(text, "- received less than they paid: {}", figures.below_paid)?;
    writeln!(text, "- received exactly what they paid: {}", figures.even)?;
    writeln!(text, "- received more than they paid: {}", figures.above_paid)?;
    for (name, total) in [
        ("paid by all", &figures.paid_total),
        ("received by all", &figures.received_total),
        (
            "held for all, may still be reversed, not counted",
            &figures.held_total,
        ),
    ] {
        writeln!(text, "- {name}: {}", in_units(asset, total))?;
    }
    for (name, percentiles) in [
        ("received", &figures.received_percentiles),
        ("net", &figures.net_percentiles),
    ] {
        for (percent, value) in PERCENTILES.iter().zip(percentiles) {
            let median = if *percent == 50 { " (median)" } else { "" };
            writeln!(
                text,
                "- {percent} of 100 participants{median}, {name} at most: {}",
                in_units(asset, value)
            )?;
        }
    }
    Ok(())
}

fn write_terms(text: &mut String, plan: &CompiledPlan) -> std::fmt::Result {
    writeln!(text)?;
    writeln!(text, "Terms")?;
    for sentence in plan_review::terms::terms(plan) {
        writeln!(text, "- {sentence}")?;
    }
    Ok(())
}

fn write_findings(text: &mut String, plan: &CompiledPlan) -> std::fmt::Result {
    writeln!(text)?;
    writeln!(text, "What an analysis of the plan found")?;
    writeln!(
        text,
        "- share of rewards paid out of what later participants pay: {}",
        percent(u128::from(plan.recruitment_share_bps()))
    )?;
    for finding in plan.findings() {
        let severity = match finding.severity {
            Severity::Info => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        writeln!(text, "- {severity} ({}): {}", finding.code, finding.text)?;
    }
    Ok(())
}

fn in_asset(asset: Asset, amount: Amount) -> String {
    format!("{} {asset}", asset.display_amount(amount))
}

/// A decimal integer of base units, possibly negative, in units of the asset.
fn in_units(asset: Asset, base_units: &str) -> String {
    let (sign, digits) = base_units
        .strip_prefix('-')
        .map_or(("", base_units), |digits| ("-", digits));
    match digits.parse() {
        Ok(amount) => format!("{sign}{}", in_asset(asset, amount)),
        // More than 2^128 base units exist of no asset; then the bare number is still right.
        Err(_) => format!("{base_units} base units"),
    }
}

#[cfg(test)]
mod tests;
