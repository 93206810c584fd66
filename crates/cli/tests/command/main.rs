//! The built command as other programs see it: arguments, files, pipes, output and exit status.

mod files;
mod output;
mod plans;
mod schema;
mod status;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// A shipped plan.
const AUTO_POOL: &str = "../../plans/auto-pool.toml";
/// A plan that is refused.
const FREE: &str = "../../plans/rejected/free-progression.toml";

/// The command, with nothing of the environment that could name a database.
fn trellis(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trellis"));
    command.args(arguments).env_remove("TRELLIS_DATABASE_URL");
    command
}

/// What a run left.
#[derive(Debug)]
struct Ran {
    status: Option<i32>,
    out: String,
    error: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            status: output.status.code(),
            out: text(output.stdout),
            error: text(output.stderr),
        }
    }
}

fn run(arguments: &[&str]) -> Ran {
    trellis(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
        .into()
}

/// With something in standard input.
fn run_with(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = trellis(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // It may stop reading before the end: that is what some tests are about.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("it ends").into()
}
