//! The pure crates are synchronous functions of their inputs: no clock, randomness, network, SQL, environment,
//! files or floats.

use crate::{File, Finding};

/// The crates that decide about money.
pub(crate) const PURE: [&str; 9] = [
    "money",
    "plan-file",
    "components",
    "plan",
    "explain",
    "plan-review",
    "ledger",
    "settlement",
    "audit",
];

/// What none of them contains, and what that would be.
const FORBIDDEN: [(&str, &str); 17] = [
    ("async fn", "asynchrony"),
    (".await", "asynchrony"),
    ("std::env", "the environment"),
    ("std::fs", "files"),
    ("std::net", "the network"),
    ("std::process", "processes"),
    ("std::thread", "threads"),
    ("std::io", "input and output"),
    ("SystemTime", "a clock"),
    ("Instant::now", "a clock"),
    ("RandomState", "randomness"),
    ("f64", "floats"),
    ("f32", "floats"),
    ("println!", "output"),
    ("include_str!", "files outside the crate's inputs"),
    ("Serialize", "a wire format on core types"),
    ("Deserialize", "a wire format on core types"),
];

/// The file formats of plans and profiles are sets of types of their own, and plan files have one reader.
const WIRE_FORMATS: [&str; 2] = [
    "crates/plan/src/file.rs",
    "crates/plan-review/src/jurisdiction/file.rs",
];
/// What each component's part of a plan file is called.
const TABLE: &str = "/table.rs";
/// It names every type that a file could hold, floats included, and makes none of them.
const READER: &str = "crates/plan-file/src/reader";

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.has_extension("rs") && is_pure(&file.path))
    {
        let is_reader = file.path.starts_with(READER);
        let is_format = is_reader || WIRE_FORMATS.contains(&file.path.as_str()) || file.path.ends_with(TABLE);
        for (line, code) in file.code() {
            let found = FORBIDDEN.iter().find(|(word, what)| {
                let is_named_only = is_reader && *what == "floats";
                code.contains(word) && !is_named_only && !(is_format && what.starts_with("a wire format"))
            });
            if let Some((word, what)) = found {
                findings.push(file.finding_at(line, format!("`{word}` brings {what} into a pure crate")));
            }
        }
    }
    findings
}

/// Whether the file belongs to the code, not the tests, of a pure crate.
fn is_pure(path: &str) -> bool {
    PURE.iter()
        .any(|name| path.starts_with(&format!("crates/{name}/src/")))
        && !path.ends_with("tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_impurity_is_found_in_a_pure_crate_and_nowhere_else() {
        for (word, _) in FORBIDDEN {
            let text = format!("//! A.\nuse {word};\n");
            assert_eq!(
                check(&[File::new("crates/money/src/a.rs", &text)]).len(),
                1,
                "{word}"
            );
            assert!(
                check(&[File::new("crates/store/src/a.rs", &text)]).is_empty(),
                "{word}"
            );
        }
    }

    #[test]
    fn comments_tests_and_the_plan_file_format_are_free() {
        let text = "// f64\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        assert!(check(&[File::new("crates/money/src/a.rs", text)]).is_empty());
        let file = |text| check(&[File::new("crates/components/src/cap/table.rs", text)]).len();
        assert_eq!(file("#[derive(Deserialize)]"), 0);
        assert_eq!(file("use std::fs;"), 1);
    }
}
