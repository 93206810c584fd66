//! The plans that a signer signs for: it compiles the files itself, so that it knows what a hash stands for.
//!
//! Not responsible for the judgment; see `serve`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use admission::Place;
use alloy::primitives::B256;
use plan::CompiledPlan;
use plan::compile::TEXT_BYTES_MAX;
use service::input::read_text;
use service::{Env, EnvError, ErrorChain};

/// Names the files of plans.
const PLANS: &str = "TRELLIS_PLANS";

/// Hashes without their plans, of which nobody could say whether they may run.
const PLAN_HASHES: &str = "TRELLIS_PLAN_HASHES";

/// Plans that are to be judged before anything is signed for them.
#[derive(Clone, Debug, Default)]
pub struct Plans {
    /// Each with its file.
    pub files: Vec<(PathBuf, CompiledPlan)>,
    /// Under whose rules they run. For how long payments are refunded is asked of the contract.
    pub place: Place,
}

impl Plans {
    pub(super) fn from_env(env: &Env) -> Result<Self, EnvError> {
        if env.find_text(PLAN_HASHES)?.is_some() {
            let reason = "a signer judges plans itself: name their files in TRELLIS_PLANS instead";
            return Err(EnvError::invalid(PLAN_HASHES, reason));
        }
        let files = env.list(PLANS)?.into_iter().map(PathBuf::from);
        Ok(Self {
            files: files.map(compile).collect::<Result<_, _>>()?,
            place: Place::from_env(env)?,
        })
    }

    pub(super) fn hashes(&self) -> BTreeSet<B256> {
        self.files.iter().map(|(_, plan)| plan.hash()).collect()
    }
}

fn compile(file: PathBuf) -> Result<(PathBuf, CompiledPlan), EnvError> {
    let text =
        read_text(&file, TEXT_BYTES_MAX).map_err(|error| EnvError::invalid(PLANS, ErrorChain(&error)))?;
    let refused = |error| EnvError::invalid(PLANS, format_args!("{} is refused: {error}", file.display()));
    let plan = plan::compile(&text).map_err(refused)?;
    Ok((file, plan))
}
