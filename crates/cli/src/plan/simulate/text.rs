//! What a simulation found, as text.

use simulation::Report;
use simulation::report::Fund;

pub(super) fn as_text(report: &Report) -> String {
    let amount = |amount| report.asset.display_amount(amount);
    let percent = |bps: u64| format!("{}.{:02} %", bps / 100, bps % 100);
    let mut lines = vec![format!("plan       {} version {}", report.plan, report.version)];
    lines.extend(report.assumptions.iter().map(|text| format!("assumed    {text}")));
    let all = &report.everybody;
    lines.push(format!(
        "received   nothing: {} of {} ({}); less than paid: {} ({})",
        all.little.zero,
        all.users,
        percent(all.little.zero_bps),
        all.little.below_paid_in,
        percent(all.little.below_paid_in_bps),
    ));
    lines.push(format!(
        "who stayed nothing: {} of {} ({}); less than paid: {} ({})",
        all.stayed.little.zero,
        all.stayed.users,
        percent(all.stayed.little.zero_bps),
        all.stayed.little.below_paid_in,
        percent(all.stayed.little.below_paid_in_bps),
    ));
    lines.push(shares(report));
    lines.push(format!(
        "tenths     {} and at most {} {}",
        all.deciles.map(amount).join(", "),
        amount(all.most),
        report.asset
    ));
    lines.push(format!(
        "together   paid {} and received {} {}",
        amount(all.paid_in),
        amount(all.received),
        report.asset
    ));
    for cohort in &report.cohorts {
        lines.push(format!(
            "joined     {}: {} people, median {}, nothing {}, less than paid {}",
            cohort.first_day,
            cohort.users,
            amount(cohort.median),
            percent(cohort.little.zero_bps),
            percent(cohort.little.below_paid_in_bps),
        ));
    }
    if let Some(end) = report.months.last() {
        let mut parts = vec![
            format!("company {}", amount(end.company)),
            format!("residual {}", amount(end.residual)),
        ];
        if report.has_components() {
            parts.extend([
                format!("wallets {}", amount(end.wallets)),
                format!("deferred {}", amount(end.deferred)),
                format!("from outside {}", amount(end.funded)),
            ]);
        }
        let causes = end.breakage.iter();
        parts.extend(causes.map(|row| format!("not paid ({}) {}", row.cause.name(), amount(row.amount))));
        lines.push(format!("at the end {} {}", parts.join(", "), report.asset));
    }
    lines.extend(report.funds.iter().flat_map(|fund| fund_lines(report, fund)));
    lines.join("\n") + "\n"
}

/// Who has more than before, and what a few and the company have.
fn shares(report: &Report) -> String {
    let amount = |amount| report.asset.display_amount(amount);
    let (all, shares) = (&report.everybody, &report.shares);
    format!(
        "gained     {} users {}, one of them {}; the others lost {}; the first user received {}, the top {} {}; the company has \
         {} {}",
        all.gained.users,
        amount(all.gained.amount),
        amount(all.gained.most),
        amount(all.lost),
        amount(shares.first_user),
        shares.top_users,
        amount(shares.top),
        amount(shares.company),
        report.asset
    )
}

/// When an account was empty, and what of its payments it could make.
fn fund_lines(report: &Report, fund: &Fund) -> Vec<String> {
    let amount = |amount| report.asset.display_amount(amount);
    let mut lines = Vec::new();
    lines.push(format!("account    {}: {}", fund.name, fund.end_in_words(report)));
    if let Some(payments) = &fund.payments {
        let short = payments.first_short_month.map_or_else(
            || "could always pay what it should".to_owned(),
            |month| {
                format!(
                    "first could not pay what it should in {}",
                    report.month_name(month)
                )
            },
        );
        lines.push(format!(
            "fund       {}: paid {}, not paid {}, {} wait ({}, not owed), {short}",
            fund.name,
            amount(payments.paid),
            amount(payments.not_paid),
            payments.waiting.count,
            amount(payments.waiting.amount),
        ));
    }
    lines
}
