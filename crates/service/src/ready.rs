//! How a process without an HTTP server signals that it is ready.

use std::path::PathBuf;

/// The environment variable that names the file to create as soon as the process is ready.
pub const READY_FILE_VARIABLE: &str = "TRELLIS_READY_FILE";

/// Creates the file that [`READY_FILE_VARIABLE`] names; without the variable it does nothing.
///
/// Call it once, when the configuration was checked, every server was reached and the first step is about to
/// be done.
pub fn announce_ready() -> std::io::Result<()> {
    match std::env::var_os(READY_FILE_VARIABLE).map(PathBuf::from) {
        Some(file) => std::fs::write(file, "ready\n"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_named_file_nothing_happens() {
        assert!(std::env::var_os(READY_FILE_VARIABLE).is_none());
        assert!(announce_ready().is_ok());
    }
}
