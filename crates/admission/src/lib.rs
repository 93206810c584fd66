//! Whether a plan may run on a process's chain: `plan_review::review` with the jurisdiction that the environment names. On a public
//! chain a process does not start without one; a local chain needs none. API, workers and signers use the same review, and
//! `trellis plan check` reads the same profiles.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRELLIS_JURISDICTION` | `EU`, `IN`, `US`, or the file of an operator's own profile; required on a public chain |
//! | `TRELLIS_COOLING_OFF_DAYS` | for how many days the contract refunds payments, for processes that do not ask the chain |
//!
//! Not responsible for rules: they are the plan crate's.

use std::path::Path;

use anyhow::Context;
use chain::{At, ChainError, ChainReader};
use plan::compile::TEXT_BYTES_MAX;
use plan::{ChainClass, CompiledPlan};
use plan_review::jurisdiction::Profile;
use plan_review::review::{Asked, Review};
use service::input::read_text;
use service::{Env, EnvError};
use thiserror::Error;

/// Names the profile.
pub const JURISDICTION: &str = "TRELLIS_JURISDICTION";

const COOLING_OFF_DAYS: &str = "TRELLIS_COOLING_OFF_DAYS";

const DAY_SECONDS: u32 = 86_400;

/// The profiles that are shipped.
const SHIPPED: [(&str, &str); 4] = [
    ("local", include_str!("../../../profiles/local.toml")),
    ("EU", include_str!("../../../profiles/EU.toml")),
    ("IN", include_str!("../../../profiles/IN.toml")),
    ("US", include_str!("../../../profiles/US.toml")),
];

/// The place of a process, as far as operators name it.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The profile; a public chain demands one.
    pub jurisdiction: Option<Profile>,
    /// For how many days payments can be refunded.
    pub cooling_off_days: Option<u32>,
}

/// The plan must not run there.
#[derive(Debug, Error)]
#[error("{code}: the plan must not run on chain {chain_id}: {}", .refusals.join("; "), code = Self::CODE)]
pub struct NotAdmitted {
    chain_id: u64,
    /// Every reason with its code.
    refusals: Vec<String>,
}

impl NotAdmitted {
    /// Stable code of the broken rule.
    pub const CODE: &str = "plan_not_admitted";
}

/// Nobody can say for how many days the contract refunds payments.
#[derive(Debug, Error)]
pub enum CoolingOffError {
    /// The node does not respond.
    #[error("cannot read the contract's cooling-off time")]
    Unread(#[from] ChainError),
    /// Nothing could be said of it in days that is true.
    #[error("the contract's refund period of {seconds} seconds is not a whole number of days")]
    NotWholeDays {
        /// What the contract says.
        seconds: u32,
    },
}

impl Place {
    /// Reads the environment.
    ///
    /// # Errors
    /// A profile that cannot be read, or a number of days that is none.
    pub fn from_env(env: &Env) -> Result<Self, EnvError> {
        let named = env.find_text(JURISDICTION)?;
        let parse = |name: &String| {
            let read = |file: &Path| Ok(read_text(file, TEXT_BYTES_MAX)?);
            profile(name, read).map_err(|error| EnvError::invalid(JURISDICTION, format!("{error:#}")))
        };
        Ok(Self {
            jurisdiction: named.as_ref().map(parse).transpose()?,
            cooling_off_days: env.find_parse(COOLING_OFF_DAYS)?,
        })
    }

    /// The same place with the days for which the contract itself refunds payments. A local chain is not asked.
    pub async fn asking(self, chain_id: u64, chain: &ChainReader) -> Result<Self, CoolingOffError> {
        if chain_class(chain_id) == ChainClass::Local {
            return Ok(self);
        }
        let [seconds, ..] = chain.constructed(At::Latest).await?.delays;
        self.refunding(chain_id, seconds)
    }

    /// The same place with this time for which a contract refunds payments. Of a local chain nobody asks.
    ///
    /// # Errors
    /// [`CoolingOffError::NotWholeDays`].
    pub fn refunding(self, chain_id: u64, seconds: u32) -> Result<Self, CoolingOffError> {
        if chain_class(chain_id) == ChainClass::Local {
            return Ok(self);
        }
        Ok(Self {
            cooling_off_days: Some(whole_days(seconds)?),
            ..self
        })
    }

    /// Whether the plan may run here.
    ///
    /// # Errors
    /// [`NotAdmitted`] with everything that keeps it from running.
    pub fn admit(&self, plan: &CompiledPlan, chain_id: u64) -> Result<(), NotAdmitted> {
        let asked = Asked {
            chain: chain_class(chain_id),
            jurisdiction: self.jurisdiction.as_ref(),
            cooling_off_days: self.cooling_off_days,
        };
        let review = Review::of(plan, [], asked);
        let refusals = review.refusals().map(|(code, text)| format!("{code}: {text}"));
        let refusals: Vec<String> = refusals.collect();
        if refusals.is_empty() {
            Ok(())
        } else {
            Err(NotAdmitted { chain_id, refusals })
        }
    }
}

/// Whether a chain is nobody's money.
pub fn chain_class(chain_id: u64) -> ChainClass {
    if service::is_local_chain(chain_id) {
        ChainClass::Local
    } else {
        ChainClass::Public
    }
}

/// The shipped profile of this name, or what `read` says is in the file.
///
/// # Errors
/// No such profile or file, or a file that is none.
pub fn profile(name: &str, read: impl FnOnce(&Path) -> anyhow::Result<String>) -> anyhow::Result<Profile> {
    let mut shipped = SHIPPED.into_iter();
    let shipped = shipped.find(|(shipped, _)| shipped.eq_ignore_ascii_case(name));
    let text = match shipped {
        Some((_, text)) => text.to_owned(),
        None => read(Path::new(name)).with_context(|| {
            let names = SHIPPED.map(|(name, _)| name).join(", ");
            format!("{name} is neither one of the profiles {names} nor a readable file")
        })?,
    };
    Profile::parse(&text).map_err(|refusal| anyhow::anyhow!("not a profile\n{}", refusal.report(name, &text)))
}

fn whole_days(seconds: u32) -> Result<u32, CoolingOffError> {
    if seconds.is_multiple_of(DAY_SECONDS) {
        Ok(seconds / DAY_SECONDS)
    } else {
        Err(CoolingOffError::NotWholeDays { seconds })
    }
}

#[cfg(test)]
mod tests;
