//! Meaningless file and directory names are not used.

use crate::{File, Finding};

/// Names, with or without an extension, that could hold anything.
const BANNED: [&str; 11] = [
    "common", "helper", "helpers", "manager", "managers", "misc", "models", "shared", "types", "util",
    "utils",
];

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    files
        .iter()
        .filter_map(|file| Some(file.finding(broken(&file.path)?)))
        .collect()
}

fn broken(path: &str) -> Option<String> {
    if path.ends_with("/mod.rs") {
        return Some("a module `foo` is `foo.rs` beside `foo/`, never `mod.rs`".to_owned());
    }
    path.split('/').find_map(|part| {
        let stem = part.split('.').next().unwrap_or(part).to_lowercase();
        BANNED
            .contains(&stem.as_str())
            .then(|| format!("`{part}` does not say what it is"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_found_anywhere_in_a_path() {
        for path in [
            "crates/a/src/utils.rs",
            "web/shared/a.ts",
            "a/src/b/mod.rs",
            "contracts/src/Helpers.sol",
        ] {
            assert_eq!(check(&[File::new(path, "")]).len(), 1, "{path}");
        }
        for path in [
            "crates/a/src/commonality.rs",
            "a/src/model.rs",
            "contracts/src/interfaces/ICustody.sol",
        ] {
            assert!(check(&[File::new(path, "")]).is_empty(), "{path}");
        }
    }
}
