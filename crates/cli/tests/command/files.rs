//! Plan files: standard input, pipes, encodings, limits, several at once.

use std::path::Path;

use serde_json::Value;

use crate::{AUTO_POOL, FREE, Ran, run, run_with};

const CONTRACT: &str = "0x0000000000000000000000000000000000000010";

fn shipped() -> Vec<u8> {
    std::fs::read(AUTO_POOL).expect("the shipped plan")
}

fn check(more: &[&str]) -> Ran {
    run(&[&["plan", "check", "--names", "1"], more].concat())
}

#[test]
fn a_hyphen_is_standard_input_for_every_plan_command() {
    let from_file = check(&[AUTO_POOL]);
    let from_input = run_with(&["plan", "check", "--names", "1", "-"], &shipped());
    assert_eq!(
        (from_input.status, &from_input.out),
        (from_file.status, &from_file.out)
    );
    let json = run_with(&["plan", "check", "--names", "1", "--json", "-"], &shipped());
    let object: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(object["file"], "<stdin>");
    let few = ["plan", "simulate", "-", "--users", "20", "--months", "1"];
    assert_eq!(run_with(&few, &shipped()).status, Some(0));
    let folder = tempfile::tempdir().expect("a folder");
    let facts = folder.path().join("facts").display().to_string();
    let written = run_with(&[&few[..], &["--facts", &facts]].concat(), &shipped());
    assert_eq!(written.status, Some(0), "{written:?}");
    let lines = std::fs::read(&facts).expect("facts");
    let diff = run_with(&["plan", "diff", AUTO_POOL, AUTO_POOL, "--facts", "-"], &lines);
    assert_eq!(diff.status, Some(0), "{diff:?}");
    let explain = ["plan", "explain", "--plan", "-", "--facts", &facts, "--fact", "1"];
    assert_eq!(run_with(&explain, &shipped()).status, Some(0));
    let twice = run_with(&["plan", "diff", "-", AUTO_POOL, "--facts", "-"], &shipped());
    assert_eq!(twice.status, Some(2));
    assert!(
        twice
            .error
            .contains("standard input can be used for only one file"),
        "{twice:?}"
    );
}

/// Nothing is read without end: each of these would fill the memory, or never end.
#[test]
fn input_without_end_is_read_up_to_the_limit() {
    let ran = check(&["/dev/zero"]);
    assert_eq!(ran.status, Some(4), "{ran:?}");
    assert!(
        ran.out.starts_with(
            "refused  text_too_long: a plan file may have at most 65536 bytes; this one has at least 65537"
        ),
        "{ran:?}"
    );
    let long = vec![b'#'; 4 << 20];
    let ran = run_with(&["plan", "check", "-"], &long);
    assert_eq!(ran.status, Some(4), "{ran:?}");
    let ran = run_with(&["plan", "simulate", "-", "--users", "2"], &long);
    assert_eq!(ran.status, Some(4), "{ran:?}");
    assert!(ran.error.contains("text_too_long"), "{ran:?}");
    let ran = check(&[AUTO_POOL, "--jurisdiction", "/dev/zero"]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    let ran = run(&["plan", "diff", AUTO_POOL, AUTO_POOL, "--facts", "/dev/zero"]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(
        ran.error
            .contains("line 1 of /dev/zero has more than 1048576 bytes"),
        "{ran:?}"
    );
}

/// Each of these would fill the memory, too: a device without end, and a file that says that it is longer than any list.
#[test]
fn files_of_every_command_have_a_limit() {
    let folder = tempfile::tempdir().expect("a folder");
    let huge = folder.path().join("huge");
    let sparse = std::fs::File::create(&huge).expect("a file");
    sparse.set_len(1 << 40).expect("a sparse file");
    let (zero, huge) = ("/dev/zero", huge.to_str().expect("a name"));
    let key = folder.path().join("key");
    std::fs::write(&key, format!("{}\n", "11".repeat(32))).expect("a key");
    let key = key.to_str().expect("a name");
    let rpc = ["--rpc", "http://127.0.0.1:1"];
    let root = ["--root", &format!("0x{}", "00".repeat(32))];
    let cases: [(&[&str], &[&str], &str, usize); 6] = [
        (&["claim", "--proof"], &rpc, zero, 65_536),
        (&["deploy", "--config"], &rpc, zero, 65_536),
        (&["liabilities", "verify", "--list"], &rpc, huge, 1_392_509_952),
        (
            &["liabilities", "settle", "--list"],
            &[&rpc[..], &root, &["--contract", CONTRACT]].concat(),
            huge,
            1_392_509_952,
        ),
        (
            &["approve", "--contract", CONTRACT, "--key-file"],
            &["message", AUTO_POOL],
            zero,
            1_024,
        ),
        (
            &["approve", "--contract", CONTRACT, "--key-file", key, "message"],
            &[],
            zero,
            1_048_576,
        ),
    ];
    for (command, more, file, max) in cases {
        let ran = run(&[command, &[file], more].concat());
        assert_eq!(ran.status, Some(2), "{command:?} {ran:?}");
        let told = format!("bytes; the limit is {max}");
        assert!(
            ran.error.contains(&format!("{file} has at least ")) && ran.error.contains(&told),
            "{command:?} {ran:?}"
        );
    }
}

#[test]
fn other_encodings_are_refused_with_a_hint() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).expect("written");
        file.display().to_string()
    };
    let text = String::from_utf8(shipped()).expect("text");
    for (name, mark, bytes) in [
        ("le.toml", [0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]),
        ("be.toml", [0xfe, 0xff], u16::to_be_bytes),
    ] {
        let units = text.encode_utf16().flat_map(bytes);
        let file = written(name, &mark.into_iter().chain(units).collect::<Vec<u8>>());
        let ran = check(&[&file]);
        assert_eq!(ran.status, Some(2), "{ran:?}");
        assert!(
            ran.error.contains(&format!("{file} is UTF-16: save it as UTF-8")),
            "{ran:?}"
        );
    }
    let file = written("latin.toml", b"name = \"a\"\n# \xc3\xa4\xe4\n");
    let ran = check(&[&file]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(
        ran.error
            .contains(&format!("{file}:2:4 is not UTF-8: save the file as UTF-8")),
        "{ran:?}"
    );
}

#[test]
fn several_files_have_a_verdict_each_and_the_worst_status() {
    let ran = check(&[AUTO_POOL, FREE]);
    assert_eq!(ran.status, Some(4), "{ran:?}");
    assert!(ran.out.starts_with("plan     auto-pool version 1\n"), "{ran:?}");
    assert!(
        ran.out.contains("\n\nrefused  progression_not_funded: "),
        "{ran:?}"
    );
    let ran = check(&["--json", AUTO_POOL, FREE, AUTO_POOL]);
    let verdicts: Vec<String> = (ran.out.lines())
        .map(|line| serde_json::from_str::<Value>(line).expect("an object"))
        .map(|object| format!("{} {}", object["file"], object["verdict"]))
        .collect();
    assert_eq!(
        verdicts,
        [
            format!("{AUTO_POOL:?} \"warnings\""),
            format!("{FREE:?} \"refused\""),
            format!("{AUTO_POOL:?} \"warnings\""),
        ]
    );
    let ran = check(&[AUTO_POOL, "no-such-file.toml", FREE]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(ran.out.contains("progression_not_funded"), "{ran:?}");
    assert!(ran.error.contains("cannot read no-such-file.toml"), "{ran:?}");
}

#[test]
fn one_file_is_one_object() {
    let ran = check(&["--json", AUTO_POOL]);
    let object: Value = serde_json::from_str(&ran.out).expect("an object");
    assert_eq!(object["verdict"], "warnings");
}

#[test]
fn a_page_and_an_object_come_of_one_simulation() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html").display().to_string();
    let ran = run(&[
        "plan", "simulate", AUTO_POOL, "--users", "20", "--months", "1", "--json", "--html", &page,
    ]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(serde_json::from_str::<Value>(&ran.out).is_ok(), "{ran:?}");
    assert!(Path::new(&page).is_file());
    assert_eq!(ran.error, format!("wrote the page {page}\n"));
}
