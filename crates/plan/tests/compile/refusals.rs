//! What someone reads whose plan is refused, verbatim.
//!
//! `refusals.txt` has one case after another: `= title`, lines to take out of the shipped plan (`-`), lines to put
//! in their place (`+`), then the whole report. Every `-` block is replaced where it stands; without one, the lines
//! are the whole file.

use plan::compile;

use crate::AUTO_POOL;

const CASES: &str = include_str!("refusals.txt");

struct Case<'a> {
    title: &'a str,
    text: String,
    report: String,
}

fn cases() -> Vec<Case<'static>> {
    let parts = CASES.split("\n= ").skip(1);
    parts
        .map(|part| {
            let (title, body) = part.split_once('\n').expect("lines follow the title");
            let (mut text, mut report) = (AUTO_POOL.to_owned(), String::new());
            let (mut out, mut with) = (String::new(), String::new());
            for line in body.lines() {
                if let Some(line) = line.strip_prefix('-') {
                    if !with.is_empty() {
                        text = replaced(title, &text, &out, &with);
                        (out, with) = (String::new(), String::new());
                    }
                    out += &format!("{line}\n");
                } else if let Some(line) = line.strip_prefix('+') {
                    with += &format!("{line}\n");
                } else if !line.is_empty() {
                    report += &format!("{line}\n");
                }
            }
            text = replaced(title, &text, &out, &with);
            Case { title, text, report }
        })
        .collect()
}

fn replaced(title: &str, text: &str, out: &str, with: &str) -> String {
    if out.is_empty() {
        return with.to_owned();
    }
    assert_eq!(text.matches(out).count(), 1, "{title}: {out:?} is not there once");
    text.replace(out, with)
}

#[test]
fn every_refusal_names_file_line_field_rule_and_hint() {
    let cases = cases();
    assert!(cases.len() >= 30, "{} cases were read", cases.len());
    let mut wrong = String::new();
    for case in &cases {
        let error = compile(&case.text).expect_err(case.title);
        let report = error.report("plan.toml", &case.text);
        if report != case.report {
            wrong += &format!("\n= {}\n{report}", case.title);
        }
        let refusal = error.refusal();
        assert!(!refusal.hint.is_empty() && !refusal.problem.is_empty());
    }
    assert!(wrong.is_empty(), "these reports differ:\n{wrong}");
}

/// Refusals of components have the same form, wherever their fields are.
#[test]
fn missing_and_overlapping_tiers_of_subscriptions_are_found_in_the_file() {
    #[derive(serde::Deserialize)]
    struct Document {
        subscription: plan::subscription::table::SubscriptionTable,
    }
    let report = |tiers: &str| {
        let text = format!(
            "[subscription]\naccrual_days = \"all\"\nmonth_divisor = 30\nfund = \"f\"\nwhen_short = \"pro_rata\"\n{tiers}"
        );
        let document: Document = toml::from_str(&text).expect("it has all fields");
        let asset = money::Asset::Usdt;
        let refusal =
            plan::subscription::SubscriptionTerms::check(&document.subscription, asset).expect_err(tiers);
        plan::CompileError::from(refusal).report("plan.toml", &text)
    };
    assert_eq!(
        report("tiers = []\n"),
        "refused  list_length: it has 0 entries
  at     plan.toml:6:9  subscription.tiers
       6 | tiers = []
         |         ^^
  hint   write 1 to 16 entries
"
    );
    let tier = |from: &str| format!("[[subscription.tiers]]\nfrom = \"{from}\"\nmonthly_bps = 600\n");
    assert_eq!(
        report(&(tier("50") + &tier("50"))),
        "refused  tiers_not_ascending: it starts at 50, but the previous tier starts at 50
  at     plan.toml:10:8  subscription.tiers[1].from
      10 | from = \"50\"
         |        ^^^^
  hint   order the tiers by minimum amount, each larger than the one before
"
    );
}

/// The text of every case, with its title.
pub(crate) fn texts() -> Vec<(&'static str, String)> {
    let cases = cases().into_iter();
    cases.map(|case| (case.title, case.text)).collect()
}
