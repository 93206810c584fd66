//! Connections are files of the process: as many as it may open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Limits;

/// Files that a process needs for everything else: databases, nodes, logs, libraries.
const OTHER_FILES: u64 = 256;

/// The limits with as many connections as there may be files. Raises the process's own limit as far as it may.
pub(super) fn fitting(limits: Limits) -> Limits {
    let wanted = u64::try_from(limits.connections_max)
        .unwrap_or(u64::MAX)
        .saturating_add(OTHER_FILES);
    let own = getrlimit(Resource::Nofile);
    let current = own.current.unwrap_or(u64::MAX);
    if current >= wanted {
        return limits;
    }
    let raised = own.maximum.unwrap_or(u64::MAX).min(wanted);
    let raise = Rlimit {
        current: Some(raised),
        maximum: own.maximum,
    };
    let files = match setrlimit(Resource::Nofile, raise) {
        Ok(()) => raised,
        Err(_) => current,
    };
    let connections_max = usize::try_from(files.saturating_sub(OTHER_FILES))
        .unwrap_or(limits.connections_max)
        .clamp(1, limits.connections_max);
    if connections_max < limits.connections_max {
        tracing::warn!(
            files,
            connections = connections_max,
            "the process may open fewer files than connections are allowed; raise its limit (ulimit -n)"
        );
    }
    Limits {
        connections_max,
        ..limits
    }
}
