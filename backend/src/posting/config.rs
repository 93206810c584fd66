//! Configuration of the posting worker, from the environment only:
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_DATABASE_URL` | the ledger's database, as role `trellis_poster` |
//! | `TRELLIS_LEASE_TTL_MS` | how long a silent writer keeps its lease; default 3000, 500 to 60000 |
//! | `TRELLIS_DATABASE_DEADLINE_MS` | how long one step waits for the database; default 30000, 500 to 600000 |
//! | `TRELLIS_SNAPSHOT_FACTS` | store a snapshot after at least this many facts; default 10000 |
//! | `TRELLIS_SNAPSHOT_PAUSE_MS` | minimum time between two snapshots; default 60000 |
//! | `TRELLIS_JURISDICTION`, `TRELLIS_COOLING_OFF_DAYS` | where the plan runs; required on a public chain, see `admission` |
//! | `TRELLIS_LISTEN` | where `/health`, `/ready` and `/metrics` are served; nowhere by default |

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use admission::Place;
use service::{Env, EnvError, gather};

/// Long enough for a slow commit or a busy machine, short enough that a killed writer is followed soon.
const LEASE_TTL_MS_DEFAULT: u64 = 3_000;
/// Below this an idle writer could not renew in time; above it a killed writer would stop posting for longer than anybody wants.
const LEASE_TTL_MS: RangeInclusive<u64> = 500..=60_000;

/// Many times what a full batch takes.
const DEADLINE_MS_DEFAULT: u64 = 30_000;
/// Below, a full batch would not be posted on a busy machine; above, it would not be a deadline.
const DEADLINE_MS: RangeInclusive<u64> = 500..=600_000;

/// Facts that are replayed in a moment: fewer are not worth keeping.
const SNAPSHOT_FACTS_DEFAULT: u64 = 10_000;
/// What is replayed after a start is a minute of posting, or little more.
const SNAPSHOT_PAUSE_MS_DEFAULT: u64 = 60_000;

/// Configuration of the worker.
#[derive(Clone)]
pub struct Config {
    /// The ledger's database.
    pub database_url: String,
    /// How long a silent writer keeps its lease.
    pub lease_ttl: Duration,
    /// How long one step waits for the database.
    pub deadline: Duration,
    /// How many facts at least are between two snapshots of memory.
    pub snapshot_facts: u64,
    /// How long it is at least between two snapshots of memory.
    pub snapshot_pause: Duration,
    /// Who holds the lease, for people who look.
    pub holder: String,
    /// Where health and metrics are served.
    pub listen: Option<SocketAddr>,
    /// Under whose rules the plan runs.
    pub place: Place,
}

// The URL may hold a password.
service::redact!(Config { lease_ttl, holder });

impl Config {
    /// Reads the environment.
    pub fn read(env: &Env) -> Result<Self, EnvError> {
        let snapshot_pause = env.parse_or("TRELLIS_SNAPSHOT_PAUSE_MS", SNAPSHOT_PAUSE_MS_DEFAULT);
        gather!(Self {
            database_url: env.text("TRELLIS_DATABASE_URL"),
            lease_ttl: env.milliseconds("TRELLIS_LEASE_TTL_MS", LEASE_TTL_MS_DEFAULT, LEASE_TTL_MS),
            deadline: env.milliseconds("TRELLIS_DATABASE_DEADLINE_MS", DEADLINE_MS_DEFAULT, DEADLINE_MS),
            snapshot_facts: env.parse_or("TRELLIS_SNAPSHOT_FACTS", SNAPSHOT_FACTS_DEFAULT),
            snapshot_pause: snapshot_pause.map(Duration::from_millis),
            holder: Ok(format!("process {}", std::process::id())),
            listen: env.find_parse("TRELLIS_LISTEN"),
            place: Place::from_env(env),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_could_not_be_renewed_in_time_is_refused() {
        let read = |ttl| {
            Config::read(&Env::of(&[
                ("TRELLIS_DATABASE_URL", "postgres://h/d"),
                ("TRELLIS_LEASE_TTL_MS", ttl),
            ]))
        };
        assert!(read("100").is_err());
        assert!(read("60001").is_err());
        assert_eq!(read("500").unwrap().lease_ttl, Duration::from_millis(500));
        assert_eq!(read("").unwrap().lease_ttl, Duration::from_secs(3));
    }
}
