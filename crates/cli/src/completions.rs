//! `trellis completions SHELL`: prints a shell completion script.

use std::process::ExitCode;

use clap_complete::Shell;

use crate::status::Status;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script of the whole command.
pub(crate) fn run(arguments: &Arguments, mut command: clap::Command) -> ExitCode {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    out!("{}", String::from_utf8_lossy(&script));
    Status::Done.into()
}
