//! Files that commands read, and `-` for standard input: never more than a limit, and text in UTF-8 only.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

/// Longest line of a file of facts in bytes: far more than any cause has.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Standard input can be read only once.
static STDIN_IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Why a file cannot be read.
#[derive(Debug, Error)]
pub enum InputError {
    /// The system says so.
    #[error("cannot read {file}")]
    Unreadable {
        file: String,
        #[source]
        source: io::Error,
    },
    /// `-` stands for two files.
    #[error("standard input can be used for only one file: name the others")]
    StdinTwice,
    /// It has more bytes than such a file has.
    #[error("{file} has at least {bytes} bytes; the limit is {max}")]
    TooLong { file: String, bytes: usize, max: usize },
    /// It begins with the mark of UTF-16.
    #[error("{file} is UTF-16: save it as UTF-8")]
    Utf16 { file: String },
    /// It has bytes that are no text.
    #[error("{file}:{line}:{column} is not UTF-8: save the file as UTF-8, or remove the invalid bytes")]
    NotUtf8 {
        file: String,
        line: usize,
        column: usize,
    },
    /// A line is longer than a fact.
    #[error("line {line} of {file} has more than {LINE_BYTES_MAX} bytes: write one cause on each line")]
    LineTooLong { file: String, line: u64 },
}

/// What messages call a file.
pub fn name(file: &Path) -> String {
    if is_stdin(file) {
        "<stdin>".to_owned()
    } else {
        file.display().to_string()
    }
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Opens a file, or standard input for `-`. Says how long it is, where that is known.
fn open(file: &Path) -> Result<(Box<dyn Read>, Option<u64>), InputError> {
    if is_stdin(file) {
        return match STDIN_IS_TAKEN.swap(true, Ordering::Relaxed) {
            true => Err(InputError::StdinTwice),
            false => Ok((Box::new(io::stdin()), None)),
        };
    }
    let found = File::open(file).map_err(|error| unreadable(file, error))?;
    let length = found.metadata().ok().filter(std::fs::Metadata::is_file);
    Ok((Box::new(found), length.map(|data| data.len())))
}

fn unreadable(file: &Path, source: io::Error) -> InputError {
    let file = name(file);
    InputError::Unreadable { file, source }
}

/// The text of a file of at most `max` bytes. Of a longer one nothing is read, and of a pipe without end only `max` bytes and
/// one more.
pub fn read_text(file: &Path, max: usize) -> Result<String, InputError> {
    let (reader, length) = open(file)?;
    let too_long = |bytes: u64| InputError::TooLong {
        file: name(file),
        bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        max,
    };
    let limit = u64::try_from(max).unwrap_or(u64::MAX);
    if let Some(length) = length.filter(|length| *length > limit) {
        return Err(too_long(length));
    }
    let mut bytes = Vec::new();
    let mut bounded = reader.take(limit.saturating_add(1));
    let read = bounded.read_to_end(&mut bytes);
    read.map_err(|error| unreadable(file, error))?;
    if bytes.len() > max {
        return Err(too_long(limit.saturating_add(1)));
    }
    text_of(file, bytes)
}

fn text_of(file: &Path, bytes: Vec<u8>) -> Result<String, InputError> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(InputError::Utf16 { file: name(file) });
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default());
        let line = before.rsplit('\n').next().unwrap_or_default();
        InputError::NotUtf8 {
            file: name(file),
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    })
}

/// The lines of a file of any length, each with its number from 1, until `each` says that it has seen enough.
///
/// # Errors
/// [`InputError`], or what `each` failed with.
pub fn each_line<E: From<InputError>>(
    file: &Path,
    mut each: impl FnMut(u64, &str) -> Result<bool, E>,
) -> Result<(), E> {
    let mut reader = BufReader::new(open(file)?.0);
    let limit = u64::try_from(LINE_BYTES_MAX)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    for line in 1.. {
        let mut bytes = Vec::new();
        let mut bounded = reader.by_ref().take(limit);
        let read = bounded.read_until(b'\n', &mut bytes);
        if read.map_err(|error| unreadable(file, error))? == 0 {
            break;
        }
        if bytes.len() > LINE_BYTES_MAX {
            let file = name(file);
            return Err(InputError::LineTooLong { file, line }.into());
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..good).unwrap_or_default();
            InputError::NotUtf8 {
                file: name(file),
                line: usize::try_from(line).unwrap_or(usize::MAX),
                column: String::from_utf8_lossy(before).chars().count() + 1,
            }
        })?;
        if !each(line, text.trim_end_matches(['\n', '\r']))? {
            break;
        }
    }
    Ok(())
}
