//! The page says what it must, and asks nobody for anything.

use super::page;
use crate::parameters::tests::small;
use crate::simulate;

fn shipped() -> String {
    let plan = plan::compile(include_str!("../../../../plans/auto-pool.toml")).unwrap();
    let report = simulate(&plan, &small(300), &mut |_| {}).unwrap();
    page(&report).unwrap()
}

#[test]
fn the_page_stands_alone() {
    let page = shipped();
    for outside in [
        "http", "src=", "href=", "<script", "@import", "url(", "<iframe", "<link",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("<svg").count(), 4);
}

#[test]
fn every_element_of_the_page_is_closed() {
    let page = shipped();
    let mut open: Vec<&str> = Vec::new();
    for part in page.split('<').skip(1) {
        let tag = part.split_once('>').expect("every < has its >").0;
        let name = tag.split_whitespace().next().unwrap();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !tag.ends_with('/') && !["!DOCTYPE", "meta"].contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn assumptions_come_before_any_figure_of_the_result() {
    let page = shipped();
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    assert!(at("<h2>Assumptions</h2>") < at("<h2>In short</h2>"));
    assert!(at("<h2>In short</h2>") < at("<svg"));
    at("Of 10,000 users 5000 buy a retopup 30 days after joining");
    at("300 people join within 12 months from 2026-01-01 on. The same number joins each month.");
    at("not a forecast");
    at("of 300 participants");
    at("<h2>Accounts that can become empty</h2>");
    at("Not paid: no retopup");
}

#[test]
fn no_word_of_the_page_promises_earnings() {
    let page = shipped().to_lowercase();
    for word in [
        "invest",
        "profit",
        "earn",
        "yield",
        "passive",
        "guarantee",
        "return",
    ] {
        assert!(!page.contains(word), "{word}");
    }
}

fn of(text: &str) -> String {
    let plan = plan::compile(text).unwrap();
    page(&simulate(&plan, &small(300), &mut |_| {}).unwrap()).unwrap()
}

#[test]
fn every_table_has_a_caption_and_as_many_cells_in_each_row_as_in_its_head() {
    for text in [
        include_str!("../../../../plans/auto-pool.toml"),
        include_str!("../../../../plans/auto-pool-rolling.toml"),
        include_str!("../../../../plans/subscription.toml"),
        include_str!("../../../../plans/binary-ev.toml"),
        include_str!("../../../../plans/unilevel-orders.toml"),
        include_str!("../../../../plans/referral-campaign.toml"),
    ] {
        let page = of(text);
        let tables: Vec<&str> = page.split("<table>").skip(1).collect();
        assert!(tables.len() >= 4);
        for table in tables {
            let (table, _) = table.split_once("</table>").unwrap();
            assert!(table.trim_start().starts_with("<caption>"), "{table}");
            let (head, body) = table.split_once("</thead>").unwrap();
            let columns = head.matches("<th>").count();
            for row in body.split("<tr>").skip(1) {
                assert_eq!(row.matches("<td>").count(), columns, "{head}\n{row}");
            }
        }
    }
}

#[test]
fn pictures_say_months_and_thousands_as_the_tables_do() {
    let page = shipped();
    let svgs: Vec<&str> = page.split("<svg").skip(1).collect();
    for months in &svgs[1..] {
        assert!(months.contains("2026-0"), "{months}");
    }
    let of_money = svgs[3].split_once("</svg>").unwrap().0;
    assert!(
        of_money.contains(",000") && !of_money.contains(".0\n"),
        "{of_money}"
    );
}

#[test]
fn money_of_no_participant_is_named_where_there_is_some() {
    let campaign = of(include_str!("../../../../plans/referral-campaign.toml"));
    assert!(campaign.contains("50,000\u{a0}USDT came from no participant, and received"));
    assert!(!shipped().contains("came from no participant"));
}

/// Heads and rows of the tables whose caption begins so; a wide one stands in several parts.
fn tables<'a>(page: &'a str, caption: &str) -> Vec<(Vec<&'a str>, Vec<Vec<&'a str>>)> {
    let cells = |row: &'a str, tag: &str| -> Vec<&'a str> {
        let (start, end) = (format!("<{tag}>"), format!("</{tag}>"));
        let cells = row.split(start.as_str()).skip(1);
        cells
            .map(|cell| cell.split_once(end.as_str()).unwrap().0)
            .collect()
    };
    let tables = page.split("<table>\n<caption>").skip(1);
    tables
        .filter(|table| table.starts_with(caption))
        .map(|table| {
            let (head, body) = table
                .split_once("</table>")
                .unwrap()
                .0
                .split_once("</thead>")
                .unwrap();
            let rows = body.split("<tr>").skip(1).map(|row| cells(row, "td")).collect();
            (cells(head, "th"), rows)
        })
        .collect()
}

/// What stands in a column of the last row of the books by month.
fn last_of_months(page: &str, column: &str) -> String {
    let tables = tables(page, "The books at the end of each month");
    let found = tables.iter().find_map(|(head, rows)| {
        let at = head.iter().position(|name| *name == column)?;
        Some(rows.last().unwrap()[at].to_owned())
    });
    found.unwrap()
}

/// A plan with many columns and long figures.
fn wide() -> String {
    let plan = plan::compile(include_str!("../../../../plans/unilevel-orders.toml")).unwrap();
    let mut parameters = small(300);
    parameters.behaviour.activity.outside_revenue = plan.asset().parse_amount("98765432.1234").unwrap();
    page(&simulate(&plan, &parameters, &mut |_| {}).unwrap()).unwrap()
}

#[test]
fn a_wide_table_stands_in_parts_that_fit_a_printed_page_and_no_figure_is_torn_apart() {
    let page = wide();
    let all = tables(&page, "");
    assert!(all.len() > 6, "parts of wide tables");
    let parts = tables(&page, "The books at the end of each month");
    assert!(parts.len() > 1);
    let mut rows_of_first = None;
    for (head, rows) in &parts {
        assert_eq!(head[0], "Month");
        let months: Vec<&str> = rows.iter().map(|row| row[0]).collect();
        assert_eq!(rows_of_first.get_or_insert(months.clone()), &months);
    }
    for (head, rows) in &all {
        let width = |at: usize| {
            let words = head[at].split(' ');
            let texts = words.chain(rows.iter().map(|row| row[at]));
            texts.map(|text| text.chars().count()).max().unwrap() + super::table::CELL_PADDING
        };
        let width: usize = (0..head.len()).map(width).sum();
        assert!(width <= super::table::WIDTH_MAX, "{width}: {head:?}");
    }
    // Nothing lets a cell break, on paper either.
    let cells = super::STYLE.lines().filter(|line| line.contains("td"));
    let cells: Vec<&str> = cells
        .filter(|line| line.trim_start().starts_with("th, td"))
        .collect();
    assert_eq!(cells.len(), 2);
    assert!(cells[0].contains("white-space: nowrap"));
    assert!(!cells[1].contains("white-space") && !cells[1].contains("overflow-wrap"));
}

#[test]
fn months_have_one_notation() {
    for page in [
        wide(),
        of(include_str!("../../../../plans/binary-ev.toml")),
        shipped(),
    ] {
        assert!(page.contains("2026-01"));
        // Sentences of the assumptions count people and months: "Each month 6000 of 10,000 participants".
        for place in ["in month ", "of month ", ">month "] {
            assert!(!page.contains(place), "{place}");
        }
    }
}

#[test]
fn the_page_tells_who_left_who_gained_and_what_the_company_has() {
    let plan = plan::compile(include_str!("../../../../plans/auto-pool.toml")).unwrap();
    let mut parameters = small(300);
    parameters.behaviour.refund_bps = 2_000;
    let report = simulate(&plan, &parameters, &mut |_| {}).unwrap();
    let page = page(&report).unwrap();
    let (all, shares) = (&report.everybody, &report.shares);
    let amount = |amount| format!("{}\u{a0}BNB", super::text::amount(report.asset, amount));
    assert!(all.left() > 30 && all.gained.users > 0);
    for text in [
        format!("{} of them had their registration refunded", all.left()),
        format!(
            "Of the {} who stayed <strong>{}</strong>",
            all.stayed.users, all.stayed.little.zero
        ),
        format!(
            "<strong>{}</strong> ({}) less than they paid",
            all.stayed.little.below_paid_in,
            super::text::share(all.stayed.little.below_paid_in_bps)
        ),
        format!(
            "<strong>{}</strong> ({}) received more than they paid: {}",
            all.gained.users,
            super::text::share(all.gained.users_bps),
            amount(all.gained.amount)
        ),
        format!(
            "The very first participant received {}, {}",
            amount(shares.first_user),
            super::text::share(shares.first_user_bps)
        ),
        format!(
            "the 3 who received most (one in a hundred) {}",
            amount(shares.top)
        ),
        format!("The company has {} at the end", amount(shares.company)),
    ] {
        assert!(page.contains(&text), "{text} is missing");
    }
}

#[test]
fn a_fund_that_could_not_pay_all_is_told_of_in_both_tables() {
    let page = of(include_str!("../../../../plans/binary-ev.toml"));
    let [(_, accounts)] = &tables(&page, "Accounts that pay rewards")[..] else {
        panic!("one table of accounts");
    };
    let pairs = accounts.iter().find(|row| row[0] == "pairs").unwrap();
    let payments = tables(&page, "What each fund paid");
    let (head, rows) = &payments[0];
    let cell = |name: &str| rows[0][head.iter().position(|found| *found == name).unwrap()];
    assert_eq!(cell("Fund"), "pairs");
    let first = cell("First could not pay all in");
    assert!(first.starts_with("2026-"), "{first}");
    assert!(pairs[3].ends_with(first), "{pairs:?}");
    assert_ne!(cell("Wait at the end"), "0");
}

#[test]
fn the_books_by_month_say_under_each_name_what_it_is() {
    for text in [
        include_str!("../../../../plans/auto-pool.toml"),
        include_str!("../../../../plans/unilevel-orders.toml"),
    ] {
        let plan = plan::compile(text).unwrap();
        let report = simulate(&plan, &small(300), &mut |_| {}).unwrap();
        let (page, last) = (page(&report).unwrap(), report.months.last().unwrap());
        let mut expected = vec![
            ("Paid in", last.paid_in),
            ("Held for others", last.held_for_others),
            ("Company", last.company),
        ];
        if report.has_components() {
            expected.extend([("In wallets", last.wallets), ("From outside so far", last.funded)]);
        } else {
            expected.extend([("Reserved", last.reserves_total()), ("Residual", last.residual)]);
        }
        for (column, amount) in expected {
            let shown = super::text::amount(report.asset, amount);
            assert_eq!(last_of_months(&page, column), shown, "{column}");
        }
    }
}
