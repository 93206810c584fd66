//! A file of the repository, and what is wrong with it.

use std::fmt;

/// A file of the repository.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path from the root, with `/`.
    pub path: String,
    /// Its text; empty for what is not text.
    pub text: String,
    /// Whether its owner may execute it.
    pub executable: bool,
}

impl File {
    /// A file with this text that is not executable.
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            executable: false,
        }
    }

    /// Whether its name ends so.
    pub fn has_extension(&self, extension: &str) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, found)| found == extension)
    }

    /// Its code without comments of whole lines and without the unit tests that close a Rust file, with
    /// the number of each line.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let opens_tests = |at: &usize| {
            let attribute = lines[*at].starts_with("#[cfg(test)]");
            attribute && lines.get(at + 1).is_some_and(|next| next.ends_with('{'))
        };
        let end = (0..lines.len()).find(opens_tests).unwrap_or(lines.len());
        let code = lines
            .into_iter()
            .take(end)
            .enumerate()
            .map(|(index, line)| (index + 1, line));
        code.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Something wrong with the whole file.
    pub fn finding(&self, reason: impl fmt::Display) -> Finding {
        Finding {
            place: self.path.clone(),
            reason: reason.to_string(),
        }
    }

    /// Something wrong in one line.
    pub fn finding_at(&self, line: usize, reason: impl fmt::Display) -> Finding {
        Finding {
            place: format!("{}:{line}", self.path),
            reason: reason.to_string(),
        }
    }
}

/// A place and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Path, and the line where that says more.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_ends_where_the_unit_tests_open_and_not_before() {
        let text =
            "//! A.\nuse a;\n#[cfg(test)]\nmod golden;\nuse b;\n#[cfg(test)]\nmod tests {\n    use c;\n}\n";
        let file = File::new("a.rs", text);
        let code: Vec<(usize, &str)> = file.code().collect();
        assert_eq!(
            code,
            [
                (2, "use a;"),
                (3, "#[cfg(test)]"),
                (4, "mod golden;"),
                (5, "use b;")
            ]
        );
    }
}
