//! Relative links in Markdown lead to files and headings that exist.

use std::collections::{BTreeSet, HashSet};

use crate::{File, Finding};

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    let mut paths: HashSet<String> = HashSet::new();
    for file in files {
        let mut path = file.path.as_str();
        paths.insert(path.to_owned());
        while let Some((parent, _)) = path.rsplit_once('/') {
            paths.insert(parent.to_owned());
            path = parent;
        }
    }
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.has_extension("md")) {
        for (line, link) in links(&file.text) {
            if let Some(reason) = broken(file, link, files, &paths) {
                findings.push(file.finding_at(line, reason));
            }
        }
    }
    findings
}

fn broken(file: &File, link: &str, files: &[File], paths: &HashSet<String>) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
    let path = if target.is_empty() {
        file.path.clone()
    } else {
        resolve(&file.path, target)
    };
    if !paths.contains(&path) {
        return Some(format!("`{link}` does not exist"));
    }
    let lands = files.iter().find(|other| other.path == path)?;
    let missing = !anchor.is_empty() && lands.has_extension("md") && !headings(&lands.text).contains(anchor);
    missing.then(|| format!("`{link}` has no matching heading"))
}

/// The targets of `[text](target)` outside code blocks, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for part in line.split("](").skip(1) {
            if let Some((link, _)) = part.split_once(')') {
                found.push((index + 1, link.split_whitespace().next().unwrap_or("")));
            }
        }
    }
    found
}

fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Anchors of headings, as Markdown renderers make them.
fn headings(text: &str) -> BTreeSet<String> {
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(anchor)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(link: &str) -> usize {
        let document = File::new(
            "docs/adr/0001-a.md",
            &format!("# The title, twice\n[x]({link})\n"),
        );
        check(&[document, File::new("README.md", "# Trellis\n")]).len()
    }

    #[test]
    fn links_to_files_directories_and_headings_are_followed() {
        for good in [
            "../../README.md",
            "../../README.md#trellis",
            "#the-title-twice",
            "../adr",
            "https://x.org",
        ] {
            assert_eq!(findings(good), 0, "{good}");
        }
        for bad in ["../README.md", "../../README.md#nothing", "#nothing", "0002-b.md"] {
            assert_eq!(findings(bad), 1, "{bad}");
        }
    }

    #[test]
    fn code_blocks_are_not_read() {
        assert!(check(&[File::new("a.md", "```\n[x](nowhere)\n```\n")]).is_empty());
    }
}
