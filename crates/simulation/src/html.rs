//! A [`Report`] as one page for people: what was assumed first, then what was found, in plain words and pictures.
//!
//! The page stands alone: no script, no request, pictures inside. It promises nothing: it says what happened to assumed
//! people, all of them counted.

mod chart;
mod table;
mod text;

use crate::Report;
use crate::report::Cohort;
use table::{cohorts, deciles, fund_payments, funds, months};
use text::{escape, share};

pub use chart::ChartError;

/// How the page looks, on screens and on paper.
const STYLE: &str = include_str!("html/style.css");

/// The page.
///
/// # Errors
/// A picture that cannot be drawn.
pub fn page(report: &Report) -> Result<String, ChartError> {
    let title = format!(
        "Simulation of the plan {} version {}",
        report.plan, report.version
    );
    let sections = [
        introduction(report),
        assumptions(report),
        answer(report),
        format!(
            "<h2>What participants received</h2>\n{}{}",
            chart::figure(
                &chart::deciles(report)?,
                "Maximum received by each tenth of all participants"
            ),
            deciles(report)
        ),
        format!(
            "<h2>By month of joining</h2>\n<p>Those who join late have had less time and have fewer people below them; the \
             figures are not adjusted for this.</p>\n{}{}{}",
            chart::figure(&chart::joined(report)?, "People who joined in each month"),
            chart::figure(
                &chart::shares(report)?,
                "Of those who joined in a month: the share that received nothing, and the share that received less than they paid"
            ),
            cohorts(report)
        ),
        format!(
            "<h2>Where the money is</h2>\n<p>At the end of every month all money paid in and not refunded is owed \
             to someone; this was checked for each month.</p>\n{}{}",
            chart::figure(
                &chart::balances(report)?,
                "What is owed to whom at the end of each month"
            ),
            months(report)
        ),
        format!(
            "<h2>Accounts that can become empty</h2>\n<p>Rewards that come from such an account end when it is empty.</p>\n{}{}",
            funds(report),
            fund_payments(report)
        ),
        findings(report),
        source(report),
    ];
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n",
        title = escape(&title),
        body = sections.join("\n"),
    ))
}

fn introduction(report: &Report) -> String {
    format!(
        "<p class=\"note\">This page shows the outcome of a compensation plan for {} people with the behaviour \
         assumed below. It is a calculation, not a forecast; do not expect to receive the amounts shown here. \
         All participants are counted, including those who received nothing. Amounts are in {}.</p>",
        text::thousands(&report.everybody.users.to_string()),
        report.asset
    )
}

fn assumptions(report: &Report) -> String {
    format!(
        "<h2>Assumptions</h2>\n{}",
        list(report.assumptions.iter().map(String::as_str))
    )
}

fn answer(report: &Report) -> String {
    let all = &report.everybody;
    let amount = |amount| format!("{}\u{a0}{}", text::amount(report.asset, amount), report.asset);
    let funded = report.months.last().map(|row| row.funded);
    let outside = funded
        .filter(|funded| !funded.is_zero())
        .map(|funded| format!(", {} came from no participant,", amount(funded)));
    format!(
        "<h2>In short</h2>\n<ul>\n<li><strong>{}</strong> of {} participants ({}) received nothing.</li>\n\
         <li><strong>{}</strong> ({}) received less than they paid.</li>\n{}{}\
         <li>The median participant received <strong>{}</strong>; on average a participant paid {}.</li>\n\
         <li>Together participants paid {}{} and received {}. The rest is the company's, residual, held for somebody or not \
         paid to anybody, as the table of months says.</li>\n</ul>",
        count(all.little.zero),
        count(all.users),
        share(all.little.zero_bps),
        count(all.little.below_paid_in),
        share(all.little.below_paid_in_bps),
        who_stayed(all),
        who_gained(report),
        amount(all.median),
        amount(text::average(all.paid_in, all.users)),
        amount(all.paid_in),
        outside.unwrap_or_default(),
        amount(all.received),
    )
}

fn count(count: u64) -> String {
    text::thousands(&count.to_string())
}

/// The first two figures again, without those whose payment was refunded: they received nothing, and paid nothing in the end.
fn who_stayed(all: &Cohort) -> String {
    let stayed = &all.stayed;
    match all.left() {
        0 => "<li>Nobody had their registration refunded.</li>\n".to_owned(),
        left => format!(
            "<li>{} of them had their registration refunded and are counted in both figures. Of the {} who stayed \
             <strong>{}</strong> ({}) received nothing and <strong>{}</strong> ({}) less than they paid.</li>\n",
            count(left),
            count(stayed.users),
            count(stayed.little.zero),
            share(stayed.little.zero_bps),
            count(stayed.little.below_paid_in),
            share(stayed.little.below_paid_in_bps),
        ),
    }
}

/// Who has more than before, by how much, and where it lies.
fn who_gained(report: &Report) -> String {
    let (all, shares) = (&report.everybody, &report.shares);
    let amount = |amount| format!("{}\u{a0}{}", text::amount(report.asset, amount), report.asset);
    format!(
        "<li><strong>{}</strong> ({}) received more than they paid: {} more in all, and one of them {} more. The others \
         received {} less than they paid in all.</li>\n\
         <li>The very first participant received {}, {} of what all received; the {} who received most (one in a hundred) \
         {}, {}.</li>\n\
         <li>The company has {} at the end, {} of what participants paid.</li>\n",
        count(all.gained.users),
        share(all.gained.users_bps),
        amount(all.gained.amount),
        amount(all.gained.most),
        amount(all.lost),
        amount(shares.first_user),
        share(shares.first_user_bps),
        count(shares.top_users),
        amount(shares.top),
        share(shares.top_bps),
        amount(shares.company),
        share(shares.company_bps),
    )
}

fn findings(report: &Report) -> String {
    let sentences: Vec<String> = report
        .findings
        .iter()
        .map(|finding| format!("{}: {}", finding.severity.name(), finding.text))
        .collect();
    format!(
        "<h2>What follows from the rules alone</h2>\n<p>These follow from the plan's rules, regardless of who joins and how many.</p>\n{}",
        list(sentences.iter().map(String::as_str))
    )
}

fn source(report: &Report) -> String {
    format!(
        "<h2>How to reproduce this</h2>\n<p>The plan's hash is <code>{}</code>, the seed {}. The same plan, assumptions and seed \
         give the same page. {} facts were applied.</p>",
        escape(&report.plan_hash),
        report.parameters.seed,
        text::thousands(&report.facts.to_string())
    )
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: String = items.map(|item| format!("<li>{}</li>\n", escape(item))).collect();
    format!("<ul>\n{items}</ul>")
}

#[cfg(test)]
mod tests;
