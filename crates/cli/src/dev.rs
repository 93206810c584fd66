//! `trellis dev`: the whole system on this machine, until stopped.
//!
//! Not responsible for how the parts are started and stopped; that is `devstack`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use devstack::Checkout;
use devstack::development::{Development, DevelopmentSpec};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Polling interval for the processes.
const WATCH: Duration = Duration::from_millis(500);

/// Accounts shown in the box; the others are in the file.
const ROLES_SHOWN: [&str; 4] = ["root", "operator:builder", "operator:approver", "user"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Delete the chain and the database of the last start
    #[arg(long)]
    fresh: bool,
    /// Port of the API; by default 4000, or a free one
    #[arg(long)]
    port: Option<u16>,
    /// Plan file to run; by default the auto-pool. The chain's coin stands for the plan's asset
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Run a demonstration of the whole system on a temporary chain and database
    #[arg(long, requires = "exit", conflicts_with_all = ["fresh", "port"])]
    demo: bool,
    /// Exit after the demonstration; the status is 0 if everything agreed
    #[arg(long, requires = "demo")]
    exit: bool,
    /// Print the demonstration's report as JSON
    #[arg(long, requires = "demo")]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    // Set up before anything starts, so that a signal during the start ends it in order, too.
    let mut endings = Endings::listen()?;
    let begun = Instant::now();
    let checkout = Checkout::find()?;
    if arguments.demo {
        return tokio::select! {
            shown = demonstrate(&checkout, arguments.plan.as_deref(), arguments.json) => shown,
            () = endings.next() => Ok(ExitCode::FAILURE),
        };
    }
    let spec = DevelopmentSpec {
        fresh: arguments.fresh,
        port: arguments.port,
        plan: arguments.plan,
        ..DevelopmentSpec::default()
    };
    let mut development = tokio::select! {
        started = Development::start(&checkout, &spec) => started?,
        () = endings.next() => return Ok(ExitCode::FAILURE),
    };
    out!("{}", box_of(&development, begun.elapsed()));
    let ended = tokio::select! {
        error = watch(&mut development) => Err(error),
        () = endings.next() => Ok(()),
    };
    tracing::info!("ending");
    let stopped = development.stop();
    ended.and(stopped)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the demonstration and prints its report.
async fn demonstrate(checkout: &Checkout, plan: Option<&Path>, json: bool) -> anyhow::Result<ExitCode> {
    let report = demonstration::run(checkout, plan).await?;
    if json {
        outln!("{:#}", report.to_json());
    } else {
        out!("{}", report.to_text());
    }
    Ok(if report.discrepancies() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The signals by which a person or a terminal requests shutdown.
struct Endings([Signal; 3]);

impl Endings {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot install signal handlers");
        Ok(Self([
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
            listen(SignalKind::hangup())?,
        ]))
    }

    async fn next(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Waits until a process ends unexpectedly.
async fn watch(development: &mut Development) -> anyhow::Error {
    loop {
        if let Err(error) = development.check_running() {
            return error;
        }
        tokio::time::sleep(WATCH).await;
    }
}

/// The summary printed at the start.
fn box_of(development: &Development, took: Duration) -> String {
    let endpoints = development.endpoints();
    let mut lines = vec![
        format!(
            "Trellis is ready after {:.1} s. DEVELOPMENT ONLY: these keys are public.",
            took.as_secs_f32()
        ),
        String::new(),
        format!("API       {}", endpoints.api),
        format!("chain     {} (id {})", endpoints.rpc, endpoints.chain_id),
        format!("custody   {}", endpoints.custody),
        format!("database  {}", endpoints.database_url),
        String::new(),
    ];
    for role in ROLES_SHOWN {
        if let Some(account) = endpoints.accounts.iter().find(|account| account.role == role) {
            lines.push(format!("{role:<17} {} {}", account.address, account.private_key));
        }
    }
    lines.push(String::new());
    lines.push(
        "All accounts: .local/dev/endpoints.json   logs: .local/dev/log   Ctrl-C ends everything".to_owned(),
    );
    lines.extend(development.notes().iter().map(|note| format!("Note: {note}")));
    framed(&lines)
}

fn framed(lines: &[String]) -> String {
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let bar = "─".repeat(width + 2);
    let mut text = format!("┌{bar}┐\n");
    for line in lines {
        writeln!(text, "│ {line:<width$} │").expect("writing to a String does not fail");
    }
    text.push_str(&format!("└{bar}┘\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::framed;

    #[test]
    fn the_frame_is_as_wide_as_the_longest_line() {
        let text = framed(&["a".to_owned(), "four".to_owned()]);
        assert_eq!(text, "┌──────┐\n│ a    │\n│ four │\n└──────┘\n");
    }
}
