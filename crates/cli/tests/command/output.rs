//! Standard output that nobody reads, or that is full.

use std::fs::OpenOptions;
use std::process::{Output, Stdio};

use crate::{AUTO_POOL, FREE, Ran, run, trellis};

/// Subcommands that answer without a chain or a database, with a status of their own.
const ANSWERING: [&[&str]; 7] = [
    &["--help"],
    &["--version"],
    &["plan", "check", "--names", "1", AUTO_POOL],
    &["plan", "check", "--json", FREE],
    &["plan", "simulate", AUTO_POOL, "--users", "20", "--months", "1"],
    &[
        "plan", "simulate", AUTO_POOL, "--users", "20", "--months", "1", "--json",
    ],
    &["doctor"],
];

fn facts() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("facts").display().to_string();
    let written = run(&[
        "plan", "simulate", AUTO_POOL, "--users", "20", "--months", "1", "--facts", &file,
    ]);
    assert_eq!(written.status, Some(0), "{written:?}");
    (folder, file)
}

/// The answer of a command whose standard output is a pipe that nobody reads any more.
fn unread(arguments: &[&str]) -> Ran {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ran: Output = trellis(arguments)
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .expect("it starts");
    ran.into()
}

fn onto_full_disk(arguments: &[&str]) -> Ran {
    let full = OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("the device");
    let ran: Output = trellis(arguments)
        .stdin(Stdio::null())
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .expect("it starts");
    ran.into()
}

#[test]
fn a_closed_pipe_ends_every_command_quietly() {
    let (_folder, facts) = facts();
    let diff = ["plan", "diff", AUTO_POOL, AUTO_POOL, "--facts", &facts];
    let explain = [
        "plan", "explain", "--plan", AUTO_POOL, "--facts", &facts, "--fact", "1",
    ];
    for arguments in ANSWERING.into_iter().chain([&diff[..], &explain[..]]) {
        let ran = unread(arguments);
        assert_eq!((ran.status, ran.error.as_str()), (Some(141), ""), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_an_error_of_every_command() {
    let (_folder, facts) = facts();
    let diff = ["plan", "diff", AUTO_POOL, AUTO_POOL, "--facts", &facts];
    let explain = [
        "plan", "explain", "--plan", AUTO_POOL, "--facts", &facts, "--fact", "1",
    ];
    for arguments in ANSWERING.into_iter().chain([&diff[..], &explain[..]]) {
        let ran = onto_full_disk(arguments);
        assert_eq!(ran.status, Some(1), "{arguments:?} {ran:?}");
        assert!(
            ran.error
                .starts_with("error: cannot write to standard output: No space left"),
            "{arguments:?} {ran:?}"
        );
    }
}

#[test]
fn standard_error_that_is_full_changes_no_status() {
    let full = OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("the device");
    let ran: Output = trellis(&["plan", "check", "no-such-file.toml"])
        .stdin(Stdio::null())
        .stderr(full)
        .output()
        .expect("it starts");
    assert_eq!(ran.status.code(), Some(2));
}
