//! Configuration of the schedule, from the environment only:
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_DATABASE_URL` | the ledger's database, as role `trellis_scheduler` |
//! | `TRELLIS_LEASE_TTL_MS` | how long a silent process keeps its lease; default 5000, 500 to 60000 |
//! | `TRELLIS_DATABASE_DEADLINE_MS` | how long one step waits for the database; default 30000, 500 to 600000 |
//! | `TRELLIS_JURISDICTION`, `TRELLIS_COOLING_OFF_DAYS` | where the plan runs; required on a public chain, see `admission` |
//! | `TRELLIS_LISTEN` | where `/health`, `/ready` and `/metrics` are served; nowhere by default |

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use admission::Place;
use service::{Env, EnvError, gather};

/// Long enough for a slow commit or a busy machine, short enough that a killed process is followed soon.
const LEASE_TTL_MS_DEFAULT: u64 = 5_000;
/// Below, an idle process could not renew in time; above, days would come late after a kill.
const LEASE_TTL_MS: RangeInclusive<u64> = 500..=60_000;

/// Many times what a step takes.
const DEADLINE_MS_DEFAULT: u64 = 30_000;
/// Below, nothing would be sent on a busy machine; above, it would not be a deadline.
const DEADLINE_MS: RangeInclusive<u64> = 500..=600_000;

/// Configuration of the schedule.
#[derive(Clone)]
pub struct Config {
    /// The ledger's database.
    pub database_url: String,
    /// How long a silent process keeps its lease.
    pub lease_ttl: Duration,
    /// How long one step waits for the database.
    pub deadline: Duration,
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
        gather!(Self {
            database_url: env.text("TRELLIS_DATABASE_URL"),
            lease_ttl: env.milliseconds("TRELLIS_LEASE_TTL_MS", LEASE_TTL_MS_DEFAULT, LEASE_TTL_MS),
            deadline: env.milliseconds("TRELLIS_DATABASE_DEADLINE_MS", DEADLINE_MS_DEFAULT, DEADLINE_MS),
            holder: Ok(format!("process {}", std::process::id())),
            listen: env.find_parse("TRELLIS_LISTEN"),
            place: Place::from_env(env),
        })
    }
}
