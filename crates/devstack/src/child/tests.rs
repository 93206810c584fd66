//! Tests of `child`.

use super::*;

fn sleeper(directory: &Path, stop: Signal) -> ChildSpec {
    let mut command = Command::new("sleep");
    command.arg("600");
    ChildSpec {
        name: "sleeper".to_owned(),
        command,
        account: None,
        log: directory.join("sleeper.log"),
        pids: directory.join("pids"),
        stop,
        stop_within: Duration::from_secs(5),
    }
}

#[test]
fn a_dropped_child_is_gone_with_its_pid_file() {
    let directory = tempfile::tempdir().unwrap();
    let child = Child::start(sleeper(directory.path(), Signal::TERM)).unwrap();
    let process = ProcessId::read(&directory.path().join("pids/sleeper.json")).unwrap();
    assert!(process.is_running());
    drop(child);
    assert!(!process.is_running());
    assert!(!directory.path().join("pids/sleeper.json").exists());
}

#[test]
fn a_child_that_outlives_its_parent_is_ended_by_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Child::start(sleeper(directory.path(), Signal::TERM)).unwrap();
    assert_eq!(
        ProcessId::end_leftovers(&directory.path().join("pids")),
        ["sleeper"]
    );
    assert!(child.exited().unwrap().is_some());
}

#[test]
fn a_pid_file_of_a_number_that_was_reused_ends_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Child::start(sleeper(directory.path(), Signal::TERM)).unwrap();
    let file = directory.path().join("pids/sleeper.json");
    let stale = ProcessId {
        started: 1,
        ..ProcessId::read(&file).unwrap()
    };
    stale.write(&file).unwrap();
    assert!(ProcessId::end_leftovers(&directory.path().join("pids")).is_empty());
    child.check_running().unwrap();
}

#[test]
fn a_child_that_failed_is_reported_with_the_end_of_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let mut spec = sleeper(directory.path(), Signal::TERM);
    spec.command = Command::new("sh");
    spec.command.args(["-c", "echo no such thing; exit 3"]);
    let mut child = Child::start(spec).unwrap();
    while child.exited().unwrap().is_none() {
        std::thread::sleep(POLL);
    }
    let error = child.check_running().unwrap_err().to_string();
    assert!(error.contains("sleeper ended with status 3"), "{error}");
    assert!(error.ends_with("no such thing"), "{error}");
}
