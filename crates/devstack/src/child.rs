//! Child processes that leave nothing behind.
//!
//! A child has its own process group, so that Ctrl-C in a terminal reaches only the parent, which then stops
//! its children in order. The kernel signals a child when its parent dies in any way, `kill -9` included. A
//! pid file covers what remains: the next start ends whatever still runs from the last one.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::unprivileged::Account;

/// Between two looks at a process that is to end.
const POLL: Duration = Duration::from_millis(10);

/// The variables of this process that a child sees; everything else it is given by name. So what a developer
/// has set for other purposes (`PGHOST`, `DATABASE_URL`, `FOUNDRY_…`) changes nothing.
const INHERITED: [&str; 6] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "RUST_BACKTRACE",
    "TRELLIS_LOG",
    "TRELLIS_LOG_FORMAT",
];

/// Lines of a child's log that are shown when it failed.
const LOG_TAIL_LINES: usize = 15;

/// What to start, and how it is to end.
#[derive(Debug)]
pub struct ChildSpec {
    /// The name of the child in messages and of its pid file.
    pub name: String,
    /// Program, arguments and environment; of their own environment only a few variables are passed on.
    pub command: Command,
    /// The account to run under.
    pub account: Option<Account>,
    /// Where its output goes; appended.
    pub log: PathBuf,
    /// The directory of pid files.
    pub pids: PathBuf,
    /// What asks it to end, and what the kernel sends it when the parent dies.
    pub stop: Signal,
    /// How long it may take to end before it is killed.
    pub stop_within: Duration,
}

/// A running child; dropping it ends it.
#[derive(Debug)]
pub struct Child {
    spec: ChildSpec,
    process: std::process::Child,
    pid_file: PathBuf,
}

impl Child {
    /// Starts it.
    pub fn start(spec: ChildSpec) -> anyhow::Result<Self> {
        let ChildSpec { name, log, pids, .. } = &spec;
        fs::create_dir_all(pids).with_context(|| format!("cannot create {}", pids.display()))?;
        let mut command = dying_with_parent(&spec.command, spec.stop)?;
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot open {}", log.display()))?;
        command
            .stdin(Stdio::null())
            .stderr(output.try_clone()?)
            .stdout(output)
            .process_group(0);
        if let Some(account) = &spec.account {
            account.apply(&mut command);
        }
        let process = spawn(command).with_context(|| format!("cannot start {name}"))?;
        let pid_file = pids.join(format!("{name}.json"));
        let child = Self {
            spec,
            process,
            pid_file,
        };
        // A child that has ended already needs no pid file; `check_running` says how it ended.
        if let Ok(process) = ProcessId::of(child.pid()) {
            process.write(&child.pid_file)?;
        }
        Ok(child)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// How it ended, if it did.
    pub fn exited(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.process
            .try_wait()
            .with_context(|| format!("cannot wait for {}", self.spec.name))
    }

    /// Fails with the end of its log when it has ended.
    pub fn check_running(&mut self) -> anyhow::Result<()> {
        let Some(status) = self.exited()? else {
            return Ok(());
        };
        bail!(
            "{} {}; the end of {}:\n{}",
            self.spec.name,
            describe(status),
            self.spec.log.display(),
            log_tail(&self.spec.log)
        )
    }

    /// Kills it as `kill -9` does and waits until it is gone.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.end_now().map(drop)
    }

    /// Asks it to end, waits, and kills it when it takes too long.
    pub fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal(self.spec.stop);
        let deadline = Instant::now() + self.spec.stop_within;
        while Instant::now() < deadline {
            if let Some(status) = self.exited()? {
                let _ = fs::remove_file(&self.pid_file);
                return Ok(status);
            }
            std::thread::sleep(POLL);
        }
        tracing::warn!(
            child.name = self.spec.name,
            "the child process did not exit in time; killing it"
        );
        self.end_now()
    }

    fn end_now(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::KILL);
        let status = self.process.wait();
        let status = status.with_context(|| format!("cannot wait for {}", self.spec.name))?;
        let _ = fs::remove_file(&self.pid_file);
        Ok(status)
    }

    fn signal(&mut self, signal: Signal) {
        // A child that was waited for has no process any more; its number may be someone else's.
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(&self.process), signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = self.stop();
        }
        let _ = fs::remove_file(&self.pid_file);
    }
}

/// A process, recognizable also when its number was given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    pid: u32,
    /// Clock ticks after boot at which it started.
    started: u64,
}

impl ProcessId {
    /// The process that has this number now.
    pub fn of(pid: u32) -> anyhow::Result<Self> {
        let started = start_of(pid).with_context(|| format!("process {pid} has already exited"))?;
        Ok(Self { pid, started })
    }

    /// Whether exactly this process still runs.
    pub fn is_running(&self) -> bool {
        start_of(self.pid) == Some(self.started)
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Reads a pid file, if there is a valid one.
    pub fn read(file: &Path) -> Option<Self> {
        serde_json::from_str(&fs::read_to_string(file).ok()?).ok()
    }

    /// Writes a pid file.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        fs::write(file, serde_json::to_string(self)?)
            .with_context(|| format!("cannot write {}", file.display()))
    }

    /// Ends the process: `signal` first, a kill after `within`.
    pub fn end(&self, signal: Signal, within: Duration) {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else {
            return;
        };
        for (signal, within) in [(signal, within), (Signal::KILL, Duration::from_secs(5))] {
            if self.is_running() {
                let _ = kill_process(pid, signal);
            }
            let deadline = Instant::now() + within;
            while self.is_running() && Instant::now() < deadline {
                std::thread::sleep(POLL);
            }
        }
    }

    /// Ends every process of a directory of pid files; returns the names of those that still ran.
    pub fn end_leftovers(pids: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(pids) else {
            return Vec::new();
        };
        let mut ended = Vec::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            if let Some(process) = Self::read(&path).filter(Self::is_running) {
                // PostgreSQL shuts down fast on an interrupt; every other child ends on it as well.
                process.end(Signal::INT, Duration::from_secs(5));
                ended.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
            }
            let _ = fs::remove_file(&path);
        }
        ended
    }
}

/// Field 22 of `/proc/PID/stat`; nothing for a process that ended and only waits to be collected.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may itself contain anything.
    let after_name = stat.rsplit_once(')')?.1;
    let mut fields = after_name.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// The last lines of a log.
pub(crate) fn log_tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// Wraps the command in util-linux's `setpriv`, which asks the kernel for a signal at the parent's death and
/// then becomes the command. Where there is no `setpriv` only the pid files remain.
fn dying_with_parent(command: &Command, signal: Signal) -> anyhow::Result<Command> {
    let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"]
        .into_iter()
        .find(|path| Path::new(path).is_file());
    let Some(setpriv) = setpriv else {
        tracing::warn!("setpriv (util-linux) is missing: children may outlive a killed parent");
        return Ok(copy_of(command, Command::new(command.get_program())));
    };
    let name = match signal {
        Signal::INT => "INT",
        Signal::TERM => "TERM",
        Signal::KILL => "KILL",
        other => bail!("children are not ended by {other:?}"),
    };
    let mut wrapped = Command::new(setpriv);
    wrapped
        .args(["--pdeathsig", name, "--"])
        .arg(command.get_program());
    Ok(copy_of(command, wrapped))
}

fn copy_of(command: &Command, mut copy: Command) -> Command {
    copy.args(command.get_args()).env_clear();
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            copy.env(name, value);
        }
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => copy.env(name, value),
            None => copy.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        copy.current_dir(directory);
    }
    copy
}

/// Spawns from a thread that lives as long as the process: for the kernel, the parent is the *thread*, and a
/// child started from a runtime's short-lived thread would die with that.
fn spawn(command: Command) -> std::io::Result<std::process::Child> {
    type Reply = mpsc::Sender<std::io::Result<std::process::Child>>;
    static SPAWNER: OnceLock<mpsc::Sender<(Command, Reply)>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, requests) = mpsc::channel::<(Command, Reply)>();
        std::thread::spawn(move || {
            for (mut command, reply) in requests {
                let _ = reply.send(command.spawn());
            }
        });
        sender
    });
    let (reply, answer) = mpsc::channel();
    spawner.send((command, reply)).map_err(std::io::Error::other)?;
    answer.recv().map_err(std::io::Error::other)?
}

#[cfg(test)]
mod tests;
