//! The tables of the page.

use ledger::BreakageCause;
use money::Amount;

use super::text::{self, escape, share};
use crate::Report;
use crate::report::{FundEnd, MonthRow};

/// What each tenth received.
pub(super) fn deciles(report: &Report) -> String {
    let all = &report.everybody;
    let amount = |amount| text::amount(report.asset, amount);
    let mut rows: Vec<Vec<String>> = (1..=9u32)
        .zip(&all.deciles)
        .map(|(tenths, received)| {
            vec![
                format!("{} % of all", tenths.saturating_mul(10)),
                amount(*received),
            ]
        })
        .collect();
    rows.push(vec!["everybody".to_owned(), amount(all.most)]);
    let caption = format!("Received at most, in {}", report.asset);
    table(&caption, &["So many received", "at most this"], &rows)
}

/// One line for each month of joining.
pub(super) fn cohorts(report: &Report) -> String {
    let amount = |amount| text::amount(report.asset, amount);
    let head = [
        "Joined in",
        "People",
        "Paid in all",
        "Received in all",
        "One tenth at most",
        "In the middle",
        "Nine tenths at most",
        "Most",
        "Received nothing",
        "Less than paid",
    ];
    let rows: Vec<Vec<String>> = report
        .cohorts
        .iter()
        .map(|cohort| {
            let [first, .., ninth] = cohort.deciles;
            vec![
                month_name(&cohort.first_day),
                text::thousands(&cohort.users.to_string()),
                amount(cohort.paid_in),
                amount(cohort.received),
                amount(first),
                amount(cohort.median()),
                amount(ninth),
                amount(cohort.most),
                share(cohort.zero_bps()),
                share(cohort.below_paid_in_bps()),
            ]
        })
        .collect();
    let caption = format!("Everybody by month of joining; amounts in {}", report.asset);
    table(&caption, &head, &rows)
}

/// The books at the end of each month.
pub(super) fn months(report: &Report) -> String {
    let causes: Vec<BreakageCause> = BreakageCause::ALL
        .into_iter()
        .filter(|cause| {
            report
                .months
                .iter()
                .any(|row| row.breakage.iter().any(|row| row.cause == *cause))
        })
        .collect();
    let mut head = vec![
        "Month",
        "Paid in",
        "Refunded",
        "Available",
        "Held for users",
        "Held for others",
    ];
    let pools = ["Reserved", "Company", "Residual"];
    // Only pools have reserves and residuals.
    head.extend(
        pools
            .into_iter()
            .filter(|name| has_pools(report) || *name == "Company"),
    );
    let names: Vec<String> = causes
        .iter()
        .map(|cause| format!("Not paid: {}", meaning(*cause)))
        .collect();
    head.extend(names.iter().map(String::as_str));
    head.push("Revenue and other");
    if report.has_components() {
        head.extend(["In wallets", "Deferred", "Owed by users", "From outside so far"]);
    }
    let rows: Vec<Vec<String>> = report
        .months
        .iter()
        .map(|row| month(report, row, &causes))
        .collect();
    let caption = format!("The books at the end of each month, in {}", report.asset);
    table(&caption, &head, &rows)
}

fn has_pools(report: &Report) -> bool {
    let sums = |row: &MonthRow| [row.reserves_total(), row.residual];
    !report.has_components() || report.months.iter().flat_map(sums).any(|sum| !sum.is_zero())
}

fn month(report: &Report, row: &MonthRow, causes: &[BreakageCause]) -> Vec<String> {
    let amount = |amount| text::amount(report.asset, amount);
    let mut cells = vec![month_name(&row.first_day.to_string())];
    cells.extend(
        [
            row.paid_in,
            row.refunded,
            row.available,
            row.held_for_users,
            row.held_for_others,
        ]
        .map(amount),
    );
    let pools = [row.reserves_total(), row.company, row.residual];
    let has_pools = has_pools(report);
    cells.extend(
        (0u8..)
            .zip(pools)
            .filter(|(at, _)| has_pools || *at == 1)
            .map(|(_, sum)| amount(sum)),
    );
    cells.extend(causes.iter().map(|cause| {
        let found = row.breakage.iter().find(|row| row.cause == *cause);
        amount(found.map_or(Amount::ZERO, |row| row.amount))
    }));
    cells.push(amount(row.revenue.plus(row.other).unwrap_or(row.revenue)));
    if report.has_components() {
        cells.extend([row.wallets, row.deferred, row.receivable, row.funded].map(amount));
    }
    cells
}

/// What each fund of the plan paid and could not pay; nothing for a plan without funds.
pub(super) fn fund_payments(report: &Report) -> String {
    let amount = |amount| text::amount(report.asset, amount);
    let rows: Vec<Vec<String>> = report
        .funds
        .iter()
        .filter_map(|fund| Some((fund, fund.payments?)))
        .map(|(fund, payments)| {
            let short = payments
                .first_short_month
                .map_or_else(|| "could always pay".to_owned(), |month| format!("month {month}"));
            vec![
                fund.name.clone(),
                amount(payments.paid),
                amount(payments.not_paid),
                short,
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let payments = table(
        &format!("What each fund paid and could not pay, in {}", report.asset),
        &[
            "Fund",
            "Paid for rewards",
            "Not paid and not owed",
            "First could not pay all in",
        ],
        &rows,
    );
    format!("{payments}{}", fund_months(report))
}

/// Each fund at the end of each month.
fn fund_months(report: &Report) -> String {
    let amount = |amount| text::amount(report.asset, amount);
    let names = report.months.first().map_or(&[][..], |row| &row.funds);
    let mut head = vec!["Month".to_owned()];
    for fund in names {
        head.push(format!("In {}", fund.name));
        head.push("Paid by its end".to_owned());
    }
    let rows: Vec<Vec<String>> = report
        .months
        .iter()
        .map(|row| {
            let mut cells = vec![month_name(&row.first_day.to_string())];
            for fund in &row.funds {
                cells.push(amount(fund.balance));
                cells.push(amount(fund.count.paid));
            }
            cells
        })
        .collect();
    let caption = format!("Funds at the end of each month, in {}", report.asset);
    table(&caption, &head, &rows)
}

/// Which account runs dry when.
pub(super) fn funds(report: &Report) -> String {
    let amount = |amount| text::amount(report.asset, amount);
    let months = report.months.len();
    let rows: Vec<Vec<String>> = report
        .funds
        .iter()
        .map(|fund| {
            let end = match fund.end {
                FundEnd::NeverFunded => "never held anything".to_owned(),
                FundEnd::Dry { month } => format!("empty since the end of month {month}"),
                FundEnd::Open => format!("not empty within {months} months"),
            };
            vec![fund.name.clone(), amount(fund.most), amount(fund.last), end]
        })
        .collect();
    table(
        &format!("Accounts that pay rewards, in {}", report.asset),
        &["Account", "Most at the end of a month", "At the end", "Runs dry"],
        &rows,
    )
}

/// Why a rule did not pay, in words.
fn meaning(cause: BreakageCause) -> &'static str {
    match cause {
        BreakageCause::NoUpline => "nobody there",
        BreakageCause::NotRetopped => "no retopup",
        BreakageCause::Refunded => "refunded",
        BreakageCause::Unqualified => "not qualified",
        BreakageCause::Inactive => "not active",
        BreakageCause::Capped => "above the cap",
        BreakageCause::Flushed => "not carried over",
    }
}

/// `2026-01` of `2026-01-01`.
pub(super) fn month_name(date: &str) -> String {
    date.get(..7).unwrap_or(date).to_owned()
}

fn table<Cell: AsRef<str>>(caption: &str, head: &[Cell], rows: &[Vec<String>]) -> String {
    let cells = |tag: &str, texts: Vec<&str>| -> String {
        texts
            .into_iter()
            .map(|text| format!("<{tag}>{}</{tag}>", escape(text)))
            .collect()
    };
    let head = cells("th", head.iter().map(AsRef::as_ref).collect());
    let body: String = rows
        .iter()
        .map(|row| {
            format!(
                "<tr>{}</tr>\n",
                cells("td", row.iter().map(String::as_str).collect())
            )
        })
        .collect();
    format!(
        "<div class=\"wide\"><table>\n<caption>{}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n",
        escape(caption)
    )
}
