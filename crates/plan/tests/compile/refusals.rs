//! What somebody reads whose plan is refused, word for word.
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
fn every_refusal_names_file_line_field_rule_and_mend() {
    let cases = cases();
    assert!(cases.len() >= 30, "{} cases were read", cases.len());
    let mut wrong = String::new();
    for case in &cases {
        let error = compile(&case.text).expect_err(case.title);
        let report = error.report("plan.toml", &case.text);
        if report != case.report {
            wrong += &format!("\n= {}\n{report}", case.title);
        }
        assert!(!error.mend().is_empty() && !error.problem().is_empty());
        assert_eq!(error.line_in(&case.text), error.place_in(&case.text).line);
    }
    assert!(wrong.is_empty(), "these reports differ:\n{wrong}");
}

/// A refusal of a component has the same form, wherever its field is.
#[test]
fn a_field_of_a_table_in_a_list_is_found() {
    let text = "[subscription]\nprice = \"1\"\n\n[[subscription.tiers]]\nfrom = \"0\"\n\n[[subscription.tiers]]\nfrom = \"5\"\n";
    let refusal = plan::Refusal::new(
        "tiers_overlap",
        "subscription.tiers[1].from",
        "5 is below 10",
        "write \"10\"",
    );
    let error = plan::CompileError::from(refusal.clone());
    assert_eq!(error.as_refusal(), refusal);
    assert_eq!(
        error.report("plan.toml", text),
        "refused  tiers_overlap: 5 is below 10
  at     plan.toml:8:8  subscription.tiers[1].from
       8 | from = \"5\"
         |        ^^^
  mend   write \"10\"
"
    );
}
