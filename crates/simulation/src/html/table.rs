//! The tables of the page.

use ledger::BreakageCause;
use money::Amount;

use super::text::{self, escape, share};
use crate::Report;
use crate::report::MonthRow;

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
    table(&caption, &["Number who received", "at most this"], &rows)
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
        "Refunded",
        "Who stayed: nothing",
        "Who stayed: less than paid",
        "More than paid",
    ];
    let rows: Vec<Vec<String>> = report
        .cohorts
        .iter()
        .map(|cohort| {
            let [first, .., ninth] = cohort.deciles;
            vec![
                report.month_name(cohort.month),
                text::thousands(&cohort.users.to_string()),
                amount(cohort.paid_in),
                amount(cohort.received),
                amount(first),
                amount(cohort.median),
                amount(ninth),
                amount(cohort.most),
                share(cohort.little.zero_bps),
                share(cohort.little.below_paid_in_bps),
                text::thousands(&cohort.left().to_string()),
                share(cohort.stayed.little.zero_bps),
                share(cohort.stayed.little.below_paid_in_bps),
                text::thousands(&cohort.gained.users.to_string()),
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
    let mut cells = vec![row.name()];
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
    cells.push(amount(row.revenue.checked_add(row.other).unwrap_or(row.revenue)));
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
                .map_or_else(|| "could always pay".to_owned(), |month| report.month_name(month));
            vec![
                fund.name.clone(),
                amount(payments.paid),
                amount(payments.not_paid),
                text::thousands(&payments.waiting.count.to_string()),
                amount(payments.waiting.amount),
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
            "Wait at the end",
            "They come to, not owed",
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
        head.push("Wait at its end".to_owned());
    }
    let rows: Vec<Vec<String>> = report
        .months
        .iter()
        .map(|row| {
            let mut cells = vec![row.name()];
            for fund in &row.funds {
                cells.push(amount(fund.balance));
                cells.push(amount(fund.count.paid));
                cells.push(text::thousands(&fund.waiting.count.to_string()));
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
    let rows: Vec<Vec<String>> = report
        .funds
        .iter()
        .map(|fund| {
            let end = fund.end_in_words(report);
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
        BreakageCause::NoUpline => "no upline",
        BreakageCause::NotRetopped => "no retopup",
        BreakageCause::Refunded => "refunded",
        BreakageCause::Unqualified => "not qualified",
        BreakageCause::Inactive => "not active",
        BreakageCause::Capped => "above the cap",
        BreakageCause::Flushed => "not carried over",
    }
}

/// Characters that fit a line of a printed page, with [`CELL_PADDING`] for each cell. A4 upright between margins of 15 mm is
/// 180 mm; at 7 points a digit is 1.4 mm.
pub(super) const WIDTH_MAX: usize = 128;
/// What the padding of a cell is worth, in characters.
pub(super) const CELL_PADDING: usize = 3;

/// A table; one that is wider than a page in several parts, each with the first column, so that no figure is torn apart.
fn table<Cell: AsRef<str>>(caption: &str, head: &[Cell], rows: &[Vec<String>]) -> String {
    let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
    let parts = parts(&head, rows);
    let total = parts.len();
    let numbered = (1usize..).zip(&parts);
    numbered
        .map(|(number, columns)| match total {
            1 => one_table(caption, &head, rows, columns),
            _ => one_table(&format!("{caption} ({number} of {total})"), &head, rows, columns),
        })
        .collect()
}

/// Which columns stand together.
fn parts(head: &[&str], rows: &[Vec<String>]) -> Vec<Vec<usize>> {
    let widths: Vec<usize> = (0..head.len()).map(|at| column_width(head, rows, at)).collect();
    let first = widths.first().copied().unwrap_or(0);
    let (mut parts, mut part, mut width) = (Vec::new(), vec![0], first);
    for (at, column) in widths.iter().enumerate().skip(1) {
        if part.len() > 1 && width.saturating_add(*column) > WIDTH_MAX {
            parts.push(std::mem::replace(&mut part, vec![0]));
            width = first;
        }
        part.push(at);
        width = width.saturating_add(*column);
    }
    parts.push(part);
    parts
}

/// The widest cell of a column: heads break between words, cells do not.
fn column_width(head: &[&str], rows: &[Vec<String>], at: usize) -> usize {
    let words = head.get(at).into_iter().flat_map(|text| text.split(' '));
    let cells = rows.iter().filter_map(|row| row.get(at)).map(String::as_str);
    let widest = words.chain(cells).map(|text| text.chars().count()).max();
    widest.unwrap_or(0).saturating_add(CELL_PADDING)
}

fn one_table(caption: &str, head: &[&str], rows: &[Vec<String>], columns: &[usize]) -> String {
    let cells = |tag: &str, texts: &dyn Fn(usize) -> Option<String>| -> String {
        let texts = columns.iter().filter_map(|at| texts(*at));
        texts
            .map(|text| format!("<{tag}>{}</{tag}>", escape(&text)))
            .collect()
    };
    let head = cells("th", &|at| head.get(at).map(|text| (*text).to_owned()));
    let body: String = rows
        .iter()
        .map(|row| format!("<tr>{}</tr>\n", cells("td", &|at| row.get(at).cloned())))
        .collect();
    format!(
        "<div class=\"wide\"><table>\n<caption>{}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n",
        escape(caption)
    )
}
