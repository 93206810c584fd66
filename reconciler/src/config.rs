//! The reconciler's configuration, read from the environment once at start.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_DATABASE_URL` | the ledger's database, as role `trellis_reconciler` |
//! | `TRELLIS_RPC_URL` | JSON-RPC endpoints, separated by commas, on a public chain at least two; they must serve state by block hash and overrides in `eth_call`. Looks read from the first that answers, and the last one is compared with what was recorded |
//! | `TRELLIS_SIGNER_DATABASE_URL` | the signers' database, as role `trellis_signer_auditor`; several are separated by commas; without it R12 does not run |
//! | `TRELLIS_EXPECTED_FILE` | lines `name = value` that the contract's configuration must have, beside what its events say |
//! | `TRELLIS_INTERVAL_MS` | interval between runs when nothing is posted; 1000 by default, 50 to 600000 |
//! | `TRELLIS_FULL_INTERVAL_MS` | pause after everything was read again, slice by slice; 10000 by default, 50 to 86400000 |
//! | `TRELLIS_SLICE_USERS` | users that one look reads again and recounts in addition to what is new; 100000 by default, 1 to 10000000 |
//! | `TRELLIS_WEBHOOK_URL` | receiver of findings; none by default |
//! | `TRELLIS_WEBHOOK_SECRET` | key of the HMAC-SHA256 in the header `x-trellis-signature` |
//! | `TRELLIS_ALERT_QUIET_MS` | how long a finding must be absent before its end is reported; 120000 by default, 0 to 86400000 |
//! | `TRELLIS_ALERT_REMINDER_MS` | interval between reminders of a finding that persists; 3600000 by default, 1000 to 604800000 |
//! | `TRELLIS_LEASE_TTL_MS` | lifetime of the lease of a silent reconciler; 5000 by default, 500 to 60000; long looks extend it |
//! | `TRELLIS_DATABASE_DEADLINE_MS` | deadline for the database, except for the reads of a look, which have `TRELLIS_LOOK_MAX_SECONDS`; 30000 by default, 500 to 600000 |
//! | `TRELLIS_ATTESTOR_KEYSTORE`, `TRELLIS_ATTESTOR_PASSWORD_FILE` | the encrypted key that attests batches and roots, and the file with its password; without it nothing is attested, so nothing is paid |
//! | `TRELLIS_DEVELOPMENT_ATTESTOR_KEY` | a private key in the clear instead; refused unless the chain is a local one |
//! | `TRELLIS_LISTEN` | where `/health`, `/health/ready` and `/metrics` are served; nowhere by default |
//!
//! `vigil/limits.rs` has the configuration of the checks between runs.
//! Chain, contract and plan are not configured: the database says which ledger it is.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use audit::checks::Configuration;
use service::input::read_text;
use service::{Env, EnvError, ErrorChain, gather};
use signer::keyring::{KeySource, KeyVariables};
use store::alert::Timing;

use crate::alert::Destination;
use crate::vigil::VigilConfig;

const ATTESTOR: KeyVariables = KeyVariables {
    keystore: "TRELLIS_ATTESTOR_KEYSTORE",
    password_file: "TRELLIS_ATTESTOR_PASSWORD_FILE",
    development: "TRELLIS_DEVELOPMENT_ATTESTOR_KEY",
};

/// A difference of one wei must be reported within seconds.
const INTERVAL_MS_DEFAULT: u64 = 1_000;
/// Below, runs would follow each other without a pause; above, an alert would come too late.
const INTERVAL_MS: RangeInclusive<u64> = 50..=600_000;
/// One look reads a small ledger; a large one takes minutes, of which a fifth is work.
const FULL_INTERVAL_MS_DEFAULT: u64 = 10_000;
/// Everything is read at least once a day.
const FULL_INTERVAL_MS: RangeInclusive<u64> = 50..=86_400_000;

/// They are read and recounted in a few seconds.
const SLICE_USERS_DEFAULT: u32 = 100_000;
/// At least one; above, a look takes minutes and gigabytes.
const SLICE_USERS: RangeInclusive<u32> = 1..=10_000_000;

/// Long enough for a busy machine, short enough that another reconciler soon replaces one that was killed.
const LEASE_TTL_MS_DEFAULT: u64 = 5_000;
/// Below, a look would outlive its lease; above, a killed reconciler would be missing for too long.
const LEASE_TTL_MS: RangeInclusive<u64> = 500..=60_000;

/// Two minutes: a process that restarts, or a node that fails now and then, raises one alert.
const QUIET_MS_DEFAULT: u64 = 120_000;
/// Zero is for tests; more than a day would hide the end of a finding.
const QUIET_MS: RangeInclusive<u64> = 0..=86_400_000;
/// Once an hour: whoever overlooked a message gets it again in the same shift.
const REMINDER_MS_DEFAULT: u64 = 3_600_000;
/// Below a second, messages would flood the receiver; above a week they are no reminders.
const REMINDER_MS: RangeInclusive<u64> = 1_000..=604_800_000;

/// Many times what anything but a look takes, as for the workers.
const DEADLINE_MS_DEFAULT: u64 = 30_000;
/// Below, a busy machine would seem gone; above, it would not be a deadline.
const DEADLINE_MS: RangeInclusive<u64> = 500..=600_000;

/// Maximum size in bytes of the file with the expected configuration, which has some tens of lines.
const EXPECTED_BYTES_MAX: usize = 64 << 10;

/// Configuration of the reconciler.
#[derive(Clone)]
pub struct Config {
    /// The ledger's database, with a password.
    pub database_url: String,
    /// The nodes; URLs may hold secrets.
    pub rpc_urls: Vec<String>,
    /// The signers' databases, with passwords.
    pub signer_database_urls: Vec<String>,
    /// The configuration of the contract that operators expect.
    pub expected: Configuration,
    /// Interval between runs when nothing is posted.
    pub interval: Duration,
    /// Pause between two full runs.
    pub full_interval: Duration,
    /// Users of a slice.
    pub slice_users: u32,
    /// Receiver of alerts, and when they are sent.
    pub destination: Destination,
    /// Lifetime of the lease of a silent reconciler.
    pub lease_ttl: Duration,
    /// Deadline for the database, except for the reads of a look.
    pub deadline: Duration,
    /// Where the key for attestations comes from.
    pub attestor: Option<KeySource>,
    /// Configuration of the checks between runs.
    pub vigil: VigilConfig,
    /// Where health and metrics are served.
    pub listen: Option<SocketAddr>,
}

service::redact!(Config {
    interval,
    full_interval,
    slice_users,
    listen
});

impl Config {
    /// Reads all variables.
    pub fn from_env(env: &Env) -> Result<Self, EnvError> {
        let expected = env.find_text("TRELLIS_EXPECTED_FILE");
        let expected =
            expected.and_then(|file| file.map_or(Ok(Configuration::new()), |file| read_expected(&file)));
        gather!(Self {
            database_url: env.text("TRELLIS_DATABASE_URL"),
            rpc_urls: env.list("TRELLIS_RPC_URL"),
            vigil: VigilConfig::from_env(env),
            signer_database_urls: env.parse_list("TRELLIS_SIGNER_DATABASE_URL"),
            expected,
            interval: env.milliseconds("TRELLIS_INTERVAL_MS", INTERVAL_MS_DEFAULT, INTERVAL_MS),
            full_interval: env.milliseconds(
                "TRELLIS_FULL_INTERVAL_MS",
                FULL_INTERVAL_MS_DEFAULT,
                FULL_INTERVAL_MS,
            ),
            slice_users: env.number("TRELLIS_SLICE_USERS", SLICE_USERS_DEFAULT, SLICE_USERS),
            destination: destination(env),
            lease_ttl: env.milliseconds("TRELLIS_LEASE_TTL_MS", LEASE_TTL_MS_DEFAULT, LEASE_TTL_MS),
            deadline: env.milliseconds("TRELLIS_DATABASE_DEADLINE_MS", DEADLINE_MS_DEFAULT, DEADLINE_MS),
            attestor: KeySource::find(env, &ATTESTOR),
            listen: env.find_parse("TRELLIS_LISTEN"),
        })
    }
}

fn destination(env: &Env) -> Result<Destination, EnvError> {
    gather!(Destination {
        url: env.find_text("TRELLIS_WEBHOOK_URL"),
        secret: env.find_text("TRELLIS_WEBHOOK_SECRET"),
        timing: gather!(Timing {
            quiet: env.milliseconds("TRELLIS_ALERT_QUIET_MS", QUIET_MS_DEFAULT, QUIET_MS),
            reminder: env.milliseconds("TRELLIS_ALERT_REMINDER_MS", REMINDER_MS_DEFAULT, REMINDER_MS),
        }),
    })
}

fn read_expected(file: &str) -> Result<Configuration, EnvError> {
    let name = "TRELLIS_EXPECTED_FILE";
    let text = read_text(Path::new(file), EXPECTED_BYTES_MAX)
        .map_err(|error| EnvError::invalid(name, ErrorChain(&error)))?;
    parse_expected(&text)
        .map_err(|line| EnvError::invalid(name, format!("line {line} is not `name = value`")))
}

/// Lines `name = value`; empty ones and those that begin with `#` say nothing. The number of a line that is neither.
fn parse_expected(text: &str) -> Result<Configuration, usize> {
    let mut expected = Configuration::new();
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(number)?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || expected.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(number);
        }
    }
    Ok(expected)
}

#[cfg(test)]
mod tests;
