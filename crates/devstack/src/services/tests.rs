//! Tests of `services`.

use super::*;

/// A service that is a shell script.
fn scripted(directory: &Path, script: &str) -> ServiceSpec {
    ServiceSpec {
        name: "scripted".to_owned(),
        // An absolute path is taken as it is.
        program: "/bin/sh".to_owned(),
        arguments: vec!["-c".to_owned(), script.to_owned()],
        environment: vec![("GREETING".to_owned(), "hello".to_owned())],
        ready: Ready::File,
        logs: directory.to_owned(),
        pids: directory.join("pids"),
    }
}

const RUNS: &str = r#"echo "$GREETING"; : > "$TRELLIS_READY_FILE"; exec sleep 600"#;

#[tokio::test]
async fn a_killed_service_starts_again_behind_its_old_log() {
    let directory = tempfile::tempdir().unwrap();
    let mut service = Service::start(scripted(directory.path(), RUNS)).await.unwrap();
    service.kill().unwrap();
    assert!(service.check_running().is_err());
    service.restart().await.unwrap();
    service.check_running().unwrap();
    assert_eq!(std::fs::read_to_string(service.log()).unwrap(), "hello\nhello\n");
}

#[tokio::test]
async fn a_service_that_ends_instead_is_reported_with_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let spec = scripted(directory.path(), "echo no database; exit 2");
    let error = Service::start(spec).await.unwrap_err().to_string();
    assert!(
        error.contains("scripted ended with status 2") && error.ends_with("no database"),
        "{error}"
    );
}

#[tokio::test]
async fn a_fault_point_is_passed_to_one_run_only() {
    let directory = tempfile::tempdir().unwrap();
    let script = format!(r#"[ -z "$TRELLIS_FAULT" ] || exit 7; {RUNS}"#);
    let mut service = Service::start(scripted(directory.path(), &script)).await.unwrap();
    service.restart_with_fault("listener.before_commit").unwrap();
    let status = service.wait_until_ended(Duration::from_secs(10)).await.unwrap();
    assert_eq!(status.code(), Some(7));
    service.restart().await.unwrap();
}
