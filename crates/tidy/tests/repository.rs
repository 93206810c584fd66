//! Applies all rules to the checkout.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand};
use tidy::layers::{Package, check_package};
use tidy::{File, RULES};

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .nth(2)
        .expect("the crate lies two directories below the root")
        .to_owned()
}

/// Every file that is committed or could be: new files are checked before they are.
fn files() -> Vec<File> {
    let root = root();
    let listed = Command::new("git")
        // The checkout may belong to another user than the one who tests it.
        .args([
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(&root)
        .output()
        .expect("git lists the files of the checkout");
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let listed = String::from_utf8(listed.stdout).expect("paths are UTF-8");
    let files: Vec<File> = listed
        .split_terminator('\0')
        .filter_map(|path| read(&root, path))
        .collect();
    assert!(
        files.iter().any(|file| file.path == "Cargo.toml"),
        "the list of files is not the checkout's"
    );
    files
}

/// A listed file, unless it was deleted or is a link.
fn read(root: &Path, path: &str) -> Option<File> {
    let full = root.join(path);
    let found = full.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some(File {
        path: path.to_owned(),
        text: std::fs::read(&full)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .unwrap_or_default(),
        executable: found.permissions().mode() & 0o100 != 0,
    })
}

#[test]
fn the_repository_keeps_every_rule() {
    let files = files();
    let mut report = String::new();
    for (rule, check) in RULES {
        for finding in check(&files) {
            report.push_str(&format!("{rule}: {finding}\n"));
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn the_crates_keep_their_layers() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo describes the workspace");
    let ours: Vec<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut report = String::new();
    for package in &metadata.packages {
        let names = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development)
            .map(|dependency| dependency.name.clone());
        let (own, external) = names.partition(|name| ours.contains(&name.as_str()));
        let package = Package {
            name: package.name.to_string(),
            own,
            external,
        };
        for broken in check_package(&package) {
            report.push_str(&format!("{broken}\n"));
        }
    }
    assert!(report.is_empty(), "\n{report}");
}
