//! Files that a reader can hold in mind.

use crate::{File, Finding};

/// No file of code is longer; above half of it, think again.
const LINES_MAX: usize = 500;

/// What counts as code written by people.
const EXTENSIONS: [&str; 8] = ["rs", "sol", "sql", "mjs", "js", "ts", "sh", "toml"];

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| EXTENSIONS.iter().any(|extension| file.has_extension(extension)))
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > LINES_MAX).then(|| file.finding(format!("{lines} lines, {LINES_MAX} are the limit")))
        })
        .collect()
}

/// No Rust function is longer, from its signature to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

pub(crate) fn check_functions(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Tables of cases in tests may be long.
    let is_bound = |file: &&File| file.has_extension("rs") && !file.path.contains("/tests/");
    for file in files.iter().filter(is_bound) {
        let lines: Vec<&str> = file.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let length = function_length(line, &lines[index..]);
            if length > FUNCTION_LINES_MAX {
                let reason = format!("a function of {length} lines, {FUNCTION_LINES_MAX} are the limit");
                findings.push(file.finding_at(index + 1, reason));
            }
        }
    }
    findings
}

/// The lines of the function that begins in this line, the first of `rest`; 0 when none does. The code is
/// formatted, so a function ends at the first closing brace below its own indentation.
fn function_length(line: &str, rest: &[&str]) -> usize {
    let code = line.trim_start();
    let is_function = code
        .split_once("fn ")
        .is_some_and(|(before, _)| before.split_whitespace().all(is_function_qualifier));
    if !is_function || line.ends_with(';') || line.ends_with('}') {
        return 0;
    }
    let indentation = &line[..line.len() - code.len()];
    let is_end = |line: &&str| *line == format!("{indentation}}}");
    rest.iter().position(is_end).map_or(0, |end| end + 1)
}

fn is_function_qualifier(word: &str) -> bool {
    ["pub", "async", "const", "unsafe", "extern"].contains(&word)
        || word.starts_with("pub(")
        || word.ends_with(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_of_one_line_too_many_is_found() {
        let of = |body: usize| {
            format!(
                "    pub(crate) async fn a(\n    ) {{\n{}    }}\n",
                "        x;\n".repeat(body)
            )
        };
        let found = |text: String| check_functions(&[File::new("a.rs", &text)]);
        assert!(found(of(67)).is_empty());
        assert_eq!(found(of(68))[0].place, "a.rs:1");
        assert!(found(format!("// The fn of {}", of(68).trim_start())).is_empty());
        assert!(found(format!("fn declared();\n{}", "x\n".repeat(80))).is_empty());
    }

    #[test]
    fn one_line_too_many_is_found() {
        assert!(check(&[File::new("a.rs", &"x\n".repeat(500))]).is_empty());
        assert_eq!(check(&[File::new("a.rs", &"x\n".repeat(501))]).len(), 1);
        assert!(check(&[File::new("a.json", &"x\n".repeat(501))]).is_empty());
    }
}
