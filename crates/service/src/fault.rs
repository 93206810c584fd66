//! Fault points: places, named in the code, at which a test can make the process die as by `kill -9`.
//!
//! Only builds with debug assertions listen to them; in a release build a fault point is nothing.

/// The environment variable that names the fault point at which this process must die.
pub const FAULT_VARIABLE: &str = "TRELLIS_FAULT";

/// Kills their own process at once, without any clean-up, when [`FAULT_VARIABLE`] names this point.
///
/// Put it on both sides of a commit: `fault_point("listener.before_commit")`.
pub fn fault_point(name: &str) {
    if cfg!(debug_assertions) && std::env::var_os(FAULT_VARIABLE).is_some_and(|wanted| wanted == name) {
        die();
    }
}

fn die() -> ! {
    // Nothing can be done about a failure here, and `abort` below ends the process anyway.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort();
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    /// Set for the copy of this test that is to die.
    const INNER: &str = "TRELLIS_FAULT_TEST_INNER";

    #[test]
    fn a_process_dies_at_its_named_point_and_at_no_other() {
        if std::env::var_os(INNER).is_some() {
            fault_point("tests.other");
            println!("passed the other point");
            fault_point("tests.wanted");
            println!("survived");
            return;
        }
        let this_test = std::env::current_exe().expect("a test has an executable");
        let output = std::process::Command::new(this_test)
            .args([
                "--exact",
                "fault::tests::a_process_dies_at_its_named_point_and_at_no_other",
                "--nocapture",
            ])
            .env(INNER, "1")
            .env(FAULT_VARIABLE, "tests.wanted")
            .output()
            .expect("the test binary starts again");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.signal(), Some(9), "{printed}");
        assert!(printed.contains("passed the other point"), "{printed}");
        assert!(!printed.contains("survived"), "{printed}");
    }
}
