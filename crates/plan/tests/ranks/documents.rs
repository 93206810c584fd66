//! The examples of the documentation are true.

use super::scenario;

const PAGE: &str = include_str!("../../../../docs/plan/ranks.md");

/// Fenced blocks with their language.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language, body.join("\n")));
        }
    }
    blocks
}

#[test]
fn every_example_of_the_page_happens_as_written() {
    let mut plan = None;
    let mut run = 0;
    for (language, body) in blocks(PAGE) {
        match language {
            "toml" => plan = Some(scenario::terms(&body)),
            "scenario" => {
                scenario::run(plan.as_ref().unwrap(), &body);
                run += 1;
            }
            other => panic!("nobody runs {other:?}"),
        }
    }
    assert!(run >= 6, "{run} scenarios");
}
