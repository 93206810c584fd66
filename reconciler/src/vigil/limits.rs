//! Configuration of the checks between runs, from the environment.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_VIGIL_INTERVAL_MS` | interval between rounds; 5000 by default, 50 to 20000 |
//! | `TRELLIS_CHAIN_HALTED_SECONDS` | alert after this long without a new block, or without an answer from any endpoint; 30 by default, 1 to 3600 |
//! | `TRELLIS_SILENCE_SECONDS` | how long the listener, posting or settlement may be silent; 20 by default, 1 to 3600 |
//! | `TRELLIS_LOOK_MAX_SECONDS` | maximum time between two looks; 300 by default, 1 to 86400 |
//! | `TRELLIS_CHECK_MAX_SECONDS` | how long a check may be skipped; 900 by default, 1 to 86400 |
//! | `TRELLIS_DAY_LATE_SECONDS` | how long after its end a day of the plan may be posted; 900 by default, 1 to 86400 |
//! | `TRELLIS_UNSEALED_MAX_SECONDS` | how long a row of the audit log may wait to be sealed; 600 by default, 1 to 86400 |
//! | `TRELLIS_UNTOLD_MAX_SECONDS` | how long an alert may wait for its receiver before heartbeats stop; 300 by default, 1 to 86400 |
//! | `TRELLIS_HEARTBEAT_URL` | receiver of heartbeats, which pages when they stop; none by default |
//! | `TRELLIS_HEARTBEAT_INTERVAL_MS` | interval between heartbeats; 30000 by default, 50 to 3600000 |
//! | `TRELLIS_GAS_MIN` | minimum balance of every sending account in wei; 50000000000000000 by default |
//! | `TRELLIS_ACCOUNTS_MIN` | minimum balances of other accounts, `name=0x…=wei`, separated by commas |
//! | `TRELLIS_RESCAN_INTERVAL_MS` | interval between two reads of parts of the chain that were read before; 30000 by default, 50 to 3600000 |
//! | `TRELLIS_RESCAN_DEPTH` | number of newest final blocks that are read again, in turn; 400000 by default, two days |

use std::ops::RangeInclusive;
use std::time::Duration;

use alloy_primitives::Address;
use audit::vigil::FreshnessLimits;
use service::{Env, EnvError, gather};

/// A twelfth of the minute within which people are alerted.
const INTERVAL_MS_DEFAULT: u64 = 5_000;
/// Above it a finding could not be confirmed by a second round within the minute.
const INTERVAL_MS: RangeInclusive<u64> = 50..=20_000;
/// Sixty blocks of BNB Smart Chain, and half of the minute within which people are alerted.
const HALTED_SECONDS_DEFAULT: u64 = 30;
/// A restart with a rebuild takes a few seconds.
const SILENCE_SECONDS_DEFAULT: u64 = 20;
/// An hour of silence is an outage under any rule.
const OUTAGE_SECONDS: RangeInclusive<u64> = 1..=3_600;
/// The health check of the process waits as long for a look.
const LOOK_MAX_SECONDS_DEFAULT: u64 = 300;
/// Three times the longest interval between full runs.
const CHECK_MAX_SECONDS_DEFAULT: u64 = 900;
/// A restarted schedule makes up for a month in a moment; nothing of the chain is posted while a day is missing.
const DAY_LATE_SECONDS_DEFAULT: u64 = 900;
/// A row waits for transactions that began before it, and the longest of ours counts figures for some minutes.
const UNSEALED_MAX_SECONDS_DEFAULT: u64 = 600;
/// A receiver that restarts is back by then. After that the missing heartbeats are the alert.
const UNTOLD_MAX_SECONDS_DEFAULT: u64 = 300;
/// At most a day.
const AGE_SECONDS: RangeInclusive<u64> = 1..=86_400;
/// Twice a minute, as most receivers of heartbeats expect.
const HEARTBEAT_INTERVAL_MS_DEFAULT: u64 = 30_000;
/// 200 parts in 100 minutes: the default depth is read several times a day.
const RESCAN_INTERVAL_MS_DEFAULT: u64 = 30_000;
/// From hardly any wait to an hour.
const PACE_MS: RangeInclusive<u64> = 50..=3_600_000;
/// Gas for some fifty batches at a usual price.
const GAS_MIN_DEFAULT: u128 = 50_000_000_000_000_000;
/// The settlement worker books an inclusion a few seconds after the block; a fee that is not booked by then is an alert.
const BOOKED_WITHIN: Duration = Duration::from_secs(60);
/// Two days of blocks every 0.45 s.
const RESCAN_DEPTH_DEFAULT: u64 = 400_000;
/// By the clock, the newest block may be this many times older than a halted chain is allowed to be.
const BEHIND_SECONDS_PER_HALTED: u64 = 2;
/// Blocks between head and finality that raise an alert; about three are usual on BNB Smart Chain.
const FINAL_SLOW_BLOCKS: u64 = 20;
/// Blocks between head and finality that stop new payouts.
const FINAL_STALLED_BLOCKS: u64 = 64;
/// A listener that is this far behind does not keep up, even if it makes progress.
const RECORDED_BEHIND_BLOCKS: u64 = 600;

/// Configuration of the checks between runs.
#[derive(Clone)]
pub struct VigilConfig {
    /// Interval between rounds.
    pub interval: Duration,
    /// When the chain, finality and processes raise an alert.
    pub freshness: FreshnessLimits,
    /// Maximum time between two looks.
    pub look_max: Duration,
    /// How long a check may be skipped.
    pub check_max: Duration,
    /// How long after its end a day may be posted.
    pub day_late: Duration,
    /// How long a row of the audit log may wait to be sealed.
    pub unsealed_max: Duration,
    /// How long an alert may wait for delivery; `None` without a receiver.
    pub untold_max: Option<Duration>,
    /// Receiver of heartbeats; the URL may hold a secret.
    pub heartbeat_url: Option<String>,
    /// Key that signs heartbeats, the same as for alerts.
    pub heartbeat_secret: Option<String>,
    /// Interval between heartbeats.
    pub heartbeat_interval: Duration,
    /// Minimum balance of every sending account, in wei.
    pub gas_min: u128,
    /// Minimum balances of other accounts: name, account, wei.
    pub accounts: Vec<(String, Address, u128)>,
    /// How soon an inclusion must be booked.
    pub booked_within: Duration,
    /// Interval between two reads of parts of the chain that were read before.
    pub rescan_interval: Duration,
    /// Number of newest final blocks that are read again.
    pub rescan_depth: u64,
}

service::redact!(VigilConfig { interval, freshness });

impl VigilConfig {
    /// Reads all variables.
    pub fn from_env(env: &Env) -> Result<Self, EnvError> {
        let age = |name, default| env.number(name, default, AGE_SECONDS).map(Duration::from_secs);
        let pace = |name, default| env.milliseconds(name, default, PACE_MS);
        gather!(Self {
            interval: env.milliseconds("TRELLIS_VIGIL_INTERVAL_MS", INTERVAL_MS_DEFAULT, INTERVAL_MS),
            freshness: freshness(env),
            look_max: age("TRELLIS_LOOK_MAX_SECONDS", LOOK_MAX_SECONDS_DEFAULT),
            check_max: age("TRELLIS_CHECK_MAX_SECONDS", CHECK_MAX_SECONDS_DEFAULT),
            day_late: age("TRELLIS_DAY_LATE_SECONDS", DAY_LATE_SECONDS_DEFAULT),
            unsealed_max: age("TRELLIS_UNSEALED_MAX_SECONDS", UNSEALED_MAX_SECONDS_DEFAULT),
            untold_max: match env.find_text("TRELLIS_WEBHOOK_URL") {
                Ok(Some(_)) => age("TRELLIS_UNTOLD_MAX_SECONDS", UNTOLD_MAX_SECONDS_DEFAULT).map(Some),
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            },
            heartbeat_url: env.find_text("TRELLIS_HEARTBEAT_URL"),
            heartbeat_secret: env.find_text("TRELLIS_WEBHOOK_SECRET"),
            heartbeat_interval: pace("TRELLIS_HEARTBEAT_INTERVAL_MS", HEARTBEAT_INTERVAL_MS_DEFAULT),
            gas_min: env.parse_or("TRELLIS_GAS_MIN", GAS_MIN_DEFAULT),
            accounts: accounts(env),
            booked_within: Ok(BOOKED_WITHIN),
            rescan_interval: pace("TRELLIS_RESCAN_INTERVAL_MS", RESCAN_INTERVAL_MS_DEFAULT),
            rescan_depth: env.parse_or("TRELLIS_RESCAN_DEPTH", RESCAN_DEPTH_DEFAULT),
        })
    }
}

fn freshness(env: &Env) -> Result<FreshnessLimits, EnvError> {
    let outage = |name, default| env.number(name, default, OUTAGE_SECONDS);
    let halted = outage("TRELLIS_CHAIN_HALTED_SECONDS", HALTED_SECONDS_DEFAULT);
    let behind = || {
        halted
            .clone()
            .map(|halted| halted.saturating_mul(BEHIND_SECONDS_PER_HALTED))
    };
    gather!(FreshnessLimits {
        behind_seconds: behind(),
        final_seconds: behind(),
        halted_seconds: halted,
        final_slow_blocks: Ok(FINAL_SLOW_BLOCKS),
        final_stalled_blocks: Ok(FINAL_STALLED_BLOCKS),
        silence_seconds: outage("TRELLIS_SILENCE_SECONDS", SILENCE_SECONDS_DEFAULT),
        recorded_behind_blocks: Ok(RECORDED_BEHIND_BLOCKS),
    })
}

fn accounts(env: &Env) -> Result<Vec<(String, Address, u128)>, EnvError> {
    let name = "TRELLIS_ACCOUNTS_MIN";
    let text = env.text_or(name, "")?;
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let parsed = parse_account(entry);
            parsed.ok_or_else(|| EnvError::invalid(name, "an entry is not `name=0x…=wei`"))
        })
        .collect()
}

fn parse_account(entry: &str) -> Option<(String, Address, u128)> {
    let mut parts = entry.split('=').map(str::trim);
    let (called, account, wei) = (parts.next()?, parts.next()?, parts.next()?);
    if called.is_empty() || parts.next().is_some() {
        return None;
    }
    Some((called.to_owned(), account.parse().ok()?, wei.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_within_a_minute_by_default() {
        let config = VigilConfig::from_env(&Env::of(&[])).unwrap();
        // Seen by the first round after the limit, and confirmed by the next one.
        let told = |seconds: u64| Duration::from_secs(seconds) + config.interval * 2;
        assert!(told(config.freshness.halted_seconds) < Duration::from_secs(60));
        assert!(told(config.freshness.silence_seconds) < Duration::from_secs(60));
    }

    #[test]
    fn accounts_are_named_and_separated_by_commas() {
        let of = |text| VigilConfig::from_env(&Env::of(&[("TRELLIS_ACCOUNTS_MIN", text)]));
        let account = "0x00000000000000000000000000000000000000aa";
        let two = format!("treasury={account}=5, reserve={account}=6");
        assert_eq!(of(&two).unwrap().accounts.len(), 2);
        for bad in ["treasury", "=0x00=1", "a=b=c", &format!("a={account}=1=2")] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
