//! The entry points are executable and name their interpreter.

use crate::{File, Finding};

/// Directories whose files are run by people and by continuous integration.
const DIRECTORIES: [&str; 2] = ["scripts/", ".ci/"];

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        if !DIRECTORIES
            .iter()
            .any(|directory| file.path.starts_with(directory))
        {
            continue;
        }
        if !file.executable {
            findings.push(file.finding("is not executable"));
        }
        if !file.text.starts_with("#!/") {
            findings.push(file.finding("does not name its interpreter"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_cannot_be_run_is_found() {
        let good = File {
            executable: true,
            ..File::new("scripts/dev", "#!/bin/sh\n")
        };
        assert!(check(std::slice::from_ref(&good)).is_empty());
        assert_eq!(
            check(&[File {
                executable: false,
                ..good.clone()
            }])
            .len(),
            1
        );
        assert_eq!(
            check(&[File {
                text: "echo".to_owned(),
                ..good
            }])
            .len(),
            1
        );
    }
}
