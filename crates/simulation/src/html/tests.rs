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
    at("Of 10,000 users 5000 retop up, 30 days after joining");
    at("300 people join within 12 months from 2026-01-01 on. As many join each month.");
    at("not a forecast");
    at("of 300 participants");
    at("<h2>Accounts that can run dry</h2>");
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

/// What stands in a column of the last row of the books by month.
fn last_of_months(page: &str, column: &str) -> String {
    let (_, table) = page
        .split_once("<caption>The books at the end of each month")
        .unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let cells = |row: &str, tag: &str| -> Vec<String> {
        let tag = format!("<{tag}>");
        let cells = row.split(tag.as_str()).skip(1);
        cells
            .map(|cell| cell.split_once('<').unwrap().0.to_owned())
            .collect()
    };
    let (head, body) = table.split_once("</thead>").unwrap();
    let at = cells(head, "th").iter().position(|name| name == column);
    cells(body.rsplit("<tr>").next().unwrap(), "td")[at.unwrap()].clone()
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
