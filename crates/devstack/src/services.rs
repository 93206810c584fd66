//! The system's own processes as children: started beside the running executable, waited for, killed and
//! started again at will.
//!
//! Not responsible for what they are told; see `world`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::Signal;

use crate::child::{Child, ChildSpec};

/// How long a service may take until it is ready: eight of them start at once, also on a machine that is busy. One that
/// ends instead is not waited for.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// How long a service may take to say whether it is ready.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Between two looks at a service.
const POLL: Duration = Duration::from_millis(20);

/// What to start and how to see that it is ready.
#[derive(Debug, Clone)]
pub struct ServiceSpec {
    /// Its name in messages; also that of its log and pid file.
    pub name: String,
    /// The name of its program.
    pub program: String,
    /// The program's arguments.
    pub arguments: Vec<String>,
    /// The environment that configures it.
    pub environment: Vec<(String, String)>,
    /// How it is seen that the service is ready.
    pub ready: Ready,
    /// The directory of logs.
    pub logs: PathBuf,
    /// The directory of pid files.
    pub pids: PathBuf,
}

/// How it is seen that a service is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ready {
    /// This URL answers with a success.
    Url(String),
    /// The service, which has no HTTP server, has called [`service::announce_ready`].
    File,
}

/// A service that ends with its parent.
#[derive(Debug)]
pub struct Service {
    spec: ServiceSpec,
    child: Option<Child>,
}

impl Service {
    /// Starts it and waits until it is ready.
    pub async fn start(spec: ServiceSpec) -> anyhow::Result<Self> {
        File::create(log_of(&spec)).with_context(|| format!("cannot write {}", log_of(&spec).display()))?;
        let mut service = Self { spec, child: None };
        service.restart().await?;
        Ok(service)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// What was started; with another name it describes a second instance.
    pub fn spec(&self) -> &ServiceSpec {
        &self.spec
    }

    /// A variable that it was told.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let mut told = self.spec.environment.iter().rev();
        told.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The number of its process; `None` before it was started.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::pid)
    }

    /// Where its messages go.
    pub fn log(&self) -> PathBuf {
        log_of(&self.spec)
    }

    /// Starts it again, with its messages behind the old ones, and waits until it is ready.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.spawn(&[])?;
        self.wait_until_ready().await
    }

    /// Starts it again so that it dies at the named fault point; does not wait for anything.
    pub fn restart_with_fault(&mut self, point: &str) -> anyhow::Result<()> {
        self.spawn(&[(service::FAULT_VARIABLE, point)])
    }

    /// Kills it as `kill -9` does.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.as_mut().map_or(Ok(()), Child::kill)
    }

    /// Asks it to end and waits.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.child.as_mut().map_or(Ok(()), |child| child.stop().map(drop))
    }

    /// Fails with the end of its log when it has ended.
    pub fn check_running(&mut self) -> anyhow::Result<()> {
        self.child
            .as_mut()
            .map_or_else(|| bail!("it was never started"), Child::check_running)
    }

    /// Waits until it has ended by itself.
    pub async fn wait_until_ended(&mut self, timeout: Duration) -> anyhow::Result<ExitStatus> {
        let Self { spec, child } = self;
        let child = child
            .as_mut()
            .with_context(|| format!("{} was never started", spec.name))?;
        let deadline = Instant::now() + timeout;
        while Instant::now() < deadline {
            if let Some(status) = child.exited()? {
                return Ok(status);
            }
            tokio::time::sleep(POLL).await;
        }
        bail!("{} is still running after {timeout:?}", spec.name)
    }

    /// Waits until it answers that it is ready.
    pub async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        service::install_tls();
        let client = reqwest::Client::new();
        let deadline = Instant::now() + READY_WITHIN;
        while Instant::now() < deadline {
            self.check_running()?;
            if self.is_ready(&client).await {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        let log = crate::child::log_tail(&self.log());
        bail!(
            "{} is not ready after {} s; its log ends:\n{log}",
            self.spec.name,
            READY_WITHIN.as_secs()
        )
    }

    async fn is_ready(&self, client: &reqwest::Client) -> bool {
        match &self.spec.ready {
            Ready::Url(url) => {
                let answer = client.get(url).timeout(ANSWER_WITHIN).send().await;
                answer.is_ok_and(|answer| answer.status().is_success())
            }
            Ready::File => ready_file_of(&self.spec).exists(),
        }
    }

    fn spawn(&mut self, more: &[(&str, &str)]) -> anyhow::Result<()> {
        // An instance that still runs ends first: two of them would share the log and the pid file.
        self.stop()?;
        let mut command = Command::new(program(&self.spec.program)?);
        command
            .args(&self.spec.arguments)
            .envs(self.spec.environment.iter().cloned());
        let ready_file = ready_file_of(&self.spec);
        let _ = std::fs::remove_file(&ready_file);
        command
            .env(service::READY_FILE_VARIABLE, ready_file)
            .envs(more.iter().copied());
        self.child = Some(Child::start(ChildSpec {
            name: self.spec.name.clone(),
            command,
            account: None,
            log: self.log(),
            pids: self.spec.pids.clone(),
            stop: Signal::TERM,
            stop_within: Duration::from_secs(10),
        })?);
        Ok(())
    }
}

fn log_of(spec: &ServiceSpec) -> PathBuf {
    spec.logs.join(format!("{}.log", spec.name))
}

fn ready_file_of(spec: &ServiceSpec) -> PathBuf {
    spec.pids.join(format!("{}.ready", spec.name))
}

/// The program beside the running executable; that of a test lies one directory deeper.
pub(crate) fn program(name: &str) -> anyhow::Result<PathBuf> {
    let executable = std::env::current_exe().context("the running executable is unknown")?;
    let directory = executable.parent().unwrap_or(Path::new("."));
    let directory = if directory.ends_with("deps") {
        directory.parent().unwrap_or(directory)
    } else {
        directory
    };
    let program = directory.join(name);
    if !program.is_file() {
        bail!(
            "{} is missing; `cargo build -p {name}` builds it",
            program.display()
        );
    }
    Ok(program)
}

#[cfg(test)]
mod tests;
