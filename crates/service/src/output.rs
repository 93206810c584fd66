//! Standard output and standard error: the only place that writes there.
//!
//! Writing never panics and never stops what a command does: a transaction that was sent stays sent, whoever reads. The
//! first failure is kept, and [`settle`] turns it into the exit status. Programs with commands for people deny `println!` and its kin.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;
use std::sync::OnceLock;

/// The exit status when standard output was closed before everything was written: what a shell shows for a process that
/// ended by SIGPIPE.
pub const UNREAD: u8 = 141;

/// Why the first text that could not be written was not.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Writes to standard output, as `print!` does.
#[macro_export]
macro_rules! out {
    ($($text:tt)*) => { $crate::output::write(format_args!($($text)*)) };
}

/// Writes a line to standard output, as `println!` does.
#[macro_export]
macro_rules! outln {
    ($($text:tt)*) => { $crate::output::write(format_args!("{}\n", format_args!($($text)*))) };
}

/// Writes a line to standard error, as `eprintln!` does.
#[macro_export]
macro_rules! errln {
    ($($text:tt)*) => { $crate::output::write_error(format_args!("{}\n", format_args!($($text)*))) };
}

/// Writes to standard output, unless an earlier text could not be written.
pub fn write(text: fmt::Arguments<'_>) {
    if FAILED.get().is_some() {
        return;
    }
    let mut out = io::stdout().lock();
    // What is still in the buffer when the process ends would be lost without a word.
    if let Err(error) = out.write_fmt(text).and_then(|()| out.flush()) {
        let _ = FAILED.set(error);
    }
}

/// Writes to standard error; where that fails there is nowhere left to say so.
pub fn write_error(text: fmt::Arguments<'_>) {
    let _ = io::stderr().lock().write_fmt(text);
}

/// The exit status of a command that ended with `status`: another one if its answer was not written.
pub fn settle(status: ExitCode) -> ExitCode {
    match FAILED.get() {
        None => status,
        Some(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::from(UNREAD),
        Some(error) => {
            errln!("error: cannot write to standard output: {error}");
            ExitCode::FAILURE
        }
    }
}
