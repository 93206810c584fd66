//! Files that a reader can hold in mind.

use crate::{File, Finding};

/// No file of code is longer; above half of it, think again.
const LINES_MAX: usize = 600;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_too_many_is_found() {
        assert!(check(&[File::new("a.rs", &"x\n".repeat(600))]).is_empty());
        assert_eq!(check(&[File::new("a.rs", &"x\n".repeat(601))]).len(), 1);
        assert!(check(&[File::new("a.json", &"x\n".repeat(601))]).is_empty());
    }
}
