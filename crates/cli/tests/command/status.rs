//! Exit statuses, the same for every command.

use crate::{AUTO_POOL, FREE, run};

const FACT: &str = r#"{"type":"nonsense"}"#;

#[test]
fn every_plan_command_shows_the_table_of_statuses() {
    for command in ["check", "simulate", "diff", "explain"] {
        let ran = run(&["plan", command, "--help"]);
        assert_eq!(ran.status, Some(0), "{command}");
        for line in [
            "Exit status:",
            "  2    wrong arguments",
            "  141  standard output was closed",
        ] {
            assert!(ran.out.contains(line), "{command}: {}", ran.out);
        }
    }
    assert!(run(&["--help"]).out.contains("Exit status:"));
}

#[test]
fn arguments_and_files_that_cannot_be_used_end_with_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let facts = folder.path().join("facts").display().to_string();
    std::fs::write(&facts, FACT).expect("written");
    let cases: [&[&str]; 14] = [
        &["plan", "check"],
        &["plan", "check", "no-such-file.toml"],
        &["plan", "check", AUTO_POOL, "--jurisdiction", "XX"],
        &["plan", "simulate", AUTO_POOL],
        &["plan", "simulate", "no-such-file.toml", "--users", "2"],
        &["plan", "simulate", AUTO_POOL, "--users", "0"],
        &["plan", "simulate", AUTO_POOL, "--users", "4294967295"],
        &["plan", "simulate", AUTO_POOL, "--users", "2", "--months", "601"],
        &["plan", "simulate", AUTO_POOL, "--users", "2", "--refund", "10001"],
        &["plan", "simulate", AUTO_POOL, "--users", "2", "--amounts", "x"],
        &[
            "plan",
            "simulate",
            AUTO_POOL,
            "--users",
            "2",
            "--start",
            "2026-01-02",
        ],
        &["plan", "diff", AUTO_POOL, AUTO_POOL, "--facts", &facts],
        &["plan", "diff", AUTO_POOL, AUTO_POOL, "--facts", "no-such-file"],
        &[
            "plan",
            "explain",
            "--plan",
            AUTO_POOL,
            "--facts",
            "/dev/null",
            "--fact",
            "1",
        ],
    ];
    for arguments in cases {
        let ran = run(arguments);
        assert_eq!(ran.status, Some(2), "{arguments:?} {ran:?}");
        assert!(ran.error.starts_with("error: "), "{arguments:?} {ran:?}");
        assert_eq!(ran.out, "", "{arguments:?}");
    }
}

#[test]
fn a_limit_is_named_before_anything_is_allocated() {
    let ran = run(&["plan", "simulate", AUTO_POOL, "--users", "4294967295"]);
    assert!(ran.error.contains("4294967295 is not in 1..=20000000"), "{ran:?}");
}

#[test]
fn a_refused_plan_ends_every_command_with_4_line_and_hint() {
    let cases: [&[&str]; 4] = [
        &["plan", "check", FREE],
        &["plan", "simulate", FREE, "--users", "2"],
        &["plan", "diff", AUTO_POOL, FREE, "--facts", "/dev/null"],
        &[
            "plan",
            "explain",
            "--plan",
            FREE,
            "--facts",
            "/dev/null",
            "--fact",
            "1",
        ],
    ];
    for arguments in cases {
        let ran = run(arguments);
        assert_eq!(ran.status, Some(4), "{arguments:?} {ran:?}");
        let said = format!("{}{}", ran.out, ran.error);
        for part in [
            &format!("{FREE}:24:15  pool.progression"),
            "hint   write progression",
        ] {
            assert!(said.contains(part), "{arguments:?} {said}");
        }
    }
}

#[test]
fn what_is_to_be_noticed_ends_with_3() {
    assert_eq!(run(&["plan", "check", "--names", "1", AUTO_POOL]).status, Some(3));
    let folder = tempfile::tempdir().expect("a folder");
    let facts = folder.path().join("facts").display().to_string();
    let other = folder.path().join("plan.toml").display().to_string();
    let text = std::fs::read_to_string(AUTO_POOL).expect("a plan");
    std::fs::write(
        &other,
        text.replace("direct_share = \"18\"", "direct_share = \"17\""),
    )
    .expect("written");
    let simulated = [
        "plan", "simulate", AUTO_POOL, "--users", "20", "--months", "1", "--facts", &facts,
    ];
    assert_eq!(run(&simulated).status, Some(0));
    assert_eq!(
        run(&["plan", "diff", AUTO_POOL, &other, "--facts", &facts]).status,
        Some(3)
    );
    assert_eq!(
        run(&["plan", "diff", AUTO_POOL, AUTO_POOL, "--facts", &facts]).status,
        Some(0)
    );
}

#[test]
fn what_cannot_be_done_ends_with_1() {
    let ran = run(&[
        "plan",
        "simulate",
        AUTO_POOL,
        "--users",
        "2",
        "--months",
        "1",
        "--html",
        "/no/such/folder/page.html",
    ]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    let nowhere = "postgres://nobody@127.0.0.1:1/none";
    let ran = run(&["plan", "diff", AUTO_POOL, AUTO_POOL, "--database", nowhere]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
}
