//! Runs all checks in parallel: each scans all books, and none depends on another.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use audit::checks::{Check, Report, Snapshot, run_one};

/// Runs every check. One that panics ends this with its panic.
pub(crate) fn run(snapshot: &Snapshot) -> Report {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let verdicts = Mutex::new(Vec::with_capacity(Check::ALL.len()));
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(check) = Check::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let verdict = run_one(*check, snapshot);
            let mut verdicts = verdicts.lock().unwrap_or_else(PoisonError::into_inner);
            verdicts.push((*check, verdict));
        }
    };
    thread::scope(|scope| {
        for _ in 1..cores.min(Check::ALL.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut verdicts = verdicts.into_inner().unwrap_or_else(PoisonError::into_inner);
    verdicts.sort_by_key(|(check, _)| *check);
    Report { verdicts }
}
