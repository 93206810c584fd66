//! Nothing in the repository depends on one machine or one network.

use crate::{File, Finding};

/// Directories of machines. Put together here so that this file does not contain them.
const PATHS: [&str; 5] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    concat!("/work", "space/"),
    concat!("/Use", "rs/"),
];

/// How a package's source stands in each kind of lock file, and the one source that may stand there. npm's
/// lock files name none.
const LOCKS: [(&str, &str, Option<&str>); 2] = [
    (
        "Cargo.lock",
        "source = \"",
        Some("source = \"registry+https://github.com/rust-lang/crates.io-index\""),
    ),
    ("package-lock.json", "\"resolved\": \"", None),
];

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let lock = LOCKS
            .iter()
            .find(|(name, _, _)| file.path.rsplit('/').next() == Some(name));
        for (index, line) in file.text.lines().enumerate() {
            if let Some(path) = PATHS.iter().find(|path| names_path(line, path)) {
                findings.push(file.finding_at(index + 1, format!("names a machine's `{path}`")));
            }
            if let Some((_, key, allowed)) = lock
                && line.contains(key)
                && !allowed.is_some_and(|allowed| line.contains(allowed))
            {
                findings.push(file.finding_at(index + 1, "names a registry that it must not name"));
            }
            if is_registry_setting(&file.path, line) {
                findings.push(file.finding_at(index + 1, "chooses a registry; that is the machine's matter"));
            }
        }
    }
    findings
}

/// Whether the line names a directory below the path: `/a/b` is not named by `https://host/a/b`, nor by `x/a/b`.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|character| character.is_alphanumeric() || "._-}$*~".contains(character))
    })
}

fn is_registry_setting(path: &str, line: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    (name == ".npmrc" && line.replace(' ', "").contains("registry="))
        || (path.ends_with(".cargo/config.toml") && line.contains("replace-with"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_machine_is_found_and_a_relative_one_is_not() {
        for path in PATHS {
            assert_eq!(
                check(&[File::new("a.md", &format!("see {path}x"))]).len(),
                1,
                "{path}"
            );
            assert!(check(&[File::new("a.md", &format!("https://example.org{path}x"))]).is_empty());
        }
    }

    #[test]
    fn a_lock_file_that_names_a_mirror_is_found() {
        let line = "\"resolved\": \"https://mirror.example/x.tgz\"";
        assert_eq!(check(&[File::new("web/package-lock.json", line)]).len(), 1);
        let line = "\"integrity\": \"sha512-x\"";
        assert!(check(&[File::new("web/package-lock.json", line)]).is_empty());
        assert_eq!(
            check(&[File::new("Cargo.lock", "source = \"git+https://example.org/x\"")]).len(),
            1
        );
    }

    #[test]
    fn a_chosen_registry_is_found() {
        assert_eq!(
            check(&[File::new(".npmrc", "registry = https://mirror.example")]).len(),
            1
        );
        assert_eq!(
            check(&[File::new(".cargo/config.toml", "replace-with = \"m\"")]).len(),
            1
        );
    }
}
