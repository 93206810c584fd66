//! How much memory this process had at most.

use anyhow::Context;

/// Lets the peak begin again; returns what is resident now, in KiB.
pub(crate) fn reset_peak() -> anyhow::Result<u64> {
    std::fs::write("/proc/self/clear_refs", "5")?;
    peak()
}

/// The most that was resident, in KiB.
pub(crate) fn peak() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.context("no peak of memory")?.trim().trim_end_matches(" kB");
    Ok(number.parse()?)
}
