//! Nothing unfinished, skipped or unexplained is committed.

use crate::{File, Finding};

/// Marks of unfinished work. They are put together here so that this file does not contain them.
const WORDS: [&str; 7] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("db", "g!("),
    concat!("#[ig", "nore"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("TO", "DO"),
];

/// What may contain such a mark.
const EXTENSIONS: [&str; 6] = ["rs", "sol", "sql", "mjs", "toml", "md"];

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_code = |file: &&File| {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        !name.contains('.') || EXTENSIONS.iter().any(|extension| file.has_extension(extension))
    };
    for file in files.iter().filter(is_code) {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(word) = WORDS.iter().find(|word| contains_word(line, word)) {
                findings.push(file.finding_at(index + 1, format!("`{word}` is left")));
            }
        }
    }
    findings
}

/// Whether the line contains the word, and not as the end of a longer one.
fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|character| character.is_alphanumeric() || character == '_')
    })
}

pub(crate) fn check_module_heads(files: &[File]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| file.has_extension("rs") && !file.text.starts_with("//! "))
        .map(|file| file.finding("does not open with `//!` and what the module is responsible for"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_found_with_its_line() {
        for word in WORDS {
            let findings = check(&[File::new("src/a.rs", &format!("//! A.\n    {word}\n"))]);
            assert_eq!(findings.len(), 1, "{word}");
            assert_eq!(findings[0].place, "src/a.rs:2");
        }
    }

    #[test]
    fn a_longer_word_is_no_mark_and_scripts_are_read_too() {
        assert!(check(&[File::new("a.rs", concat!("MAXX", "X and meto", "do!("))]).is_empty());
        assert_eq!(
            check(&[File::new("scripts/dev", concat!("# FIX", "ME"))]).len(),
            1
        );
    }

    #[test]
    fn a_module_without_a_head_is_found() {
        let findings = check_module_heads(&[File::new("a.rs", "use b;\n"), File::new("b.rs", "//! B.\n")]);
        assert_eq!(findings.len(), 1);
    }
}
