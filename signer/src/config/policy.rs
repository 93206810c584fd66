//! What a signer of each purpose may sign, and within which limits.

use std::collections::BTreeSet;
use std::fmt;

use alloy::primitives::{Address, B256};
use money::Amount;
use service::{Env, EnvError, gather, is_local_chain};

use super::contract;
use crate::policy::{Attestors, BatchLimits, Policy, RootLimits, Scope, TransactionLimits};
use crate::purpose::Purpose;

/// The largest intake of a local chain: 1,000 BNB, many times the dearest plan.
const LOCAL_AMOUNT_MAX: Amount = Amount::new(1_000_000_000_000_000_000_000);

/// The largest batch of a local chain: more than a test chain's accounts have.
const LOCAL_BATCH_MAX: Amount = Amount::new(1_000_000_000_000_000_000_000_000);

/// The most that a day's batches promise on a local chain.
const LOCAL_DAY_MAX: Amount = Amount::new(10_000_000_000_000_000_000_000_000);

/// Claims for users in a day on a local chain.
const LOCAL_CLAIMS_PER_DAY_MAX: u32 = 1_000_000;

/// For how long an attestation counts: two of the reconciler's slowest regular looks, and the time to ask.
const ATTESTATION_AGE_MAX_DEFAULT: u64 = 120;

/// Below ten seconds no attestation would be in time, above an hour it says nothing of now.
const ATTESTATION_AGE_MAX: std::ops::RangeInclusive<u64> = 10..=3_600;

/// The largest gas limit of a transaction on the chain (EIP-7825).
const GAS_LIMIT_MAX_DEFAULT: u64 = 16_777_216;

/// The highest price of gas on a local chain: 1,000 gwei, hundreds of times what a development node asks for.
const LOCAL_FEE_PER_GAS_MAX: u128 = 1_000_000_000_000;

pub(super) fn policy(
    env: &Env,
    purpose: Purpose,
    chain_id: u64,
    plan_hashes: BTreeSet<B256>,
) -> Result<Policy, EnvError> {
    use Policy::{Authorizations, Roots, Transactions};
    let local = is_local_chain(chain_id);
    let scope = gather!(Scope {
        chain_id: Ok(chain_id),
        contract: contract(env),
        plan_hashes: Ok(plan_hashes),
    });
    let attestors = attestors(env, local);
    match purpose {
        Purpose::Authorizations => gather!(Authorizations {
            amount_max: limit(env, "TRELLIS_AMOUNT_MAX", local.then_some(LOCAL_AMOUNT_MAX)),
            batches: batch_limits(env, local),
            attestors,
            scope,
        }),
        Purpose::Roots => gather!(Roots {
            limits: root_limits(env, local),
            attestors,
            scope,
        }),
        Purpose::Transactions => gather!(Transactions {
            limits: transaction_limits(env, local),
            attestors,
            scope,
        }),
    }
}

/// A limit that has a default on some chains only.
fn limit<T>(env: &Env, name: &str, default: Option<T>) -> Result<T, EnvError>
where
    T: std::str::FromStr,
    T::Err: fmt::Display,
{
    match (env.find_parse(name)?, default) {
        (Some(limit), _) | (None, Some(limit)) => Ok(limit),
        (None, None) => env.parse(name),
    }
}

fn batch_limits(env: &Env, local: bool) -> Result<BatchLimits, EnvError> {
    let day_max = limit(env, "TRELLIS_DAY_MAX", local.then_some(LOCAL_DAY_MAX));
    let local_day_max = day_max.as_ref().ok().copied().filter(|_| local);
    let limits = gather!(BatchLimits {
        batch_max: limit(env, "TRELLIS_BATCH_MAX", local.then_some(LOCAL_BATCH_MAX)),
        day_max,
        wallet_day_max: limit(env, "TRELLIS_WALLET_DAY_MAX", local_day_max),
        first_payout_max: limit(env, "TRELLIS_FIRST_PAYOUT_MAX", local_day_max),
        large_total: limit(env, "TRELLIS_LARGE_TOTAL", local.then_some(LOCAL_DAY_MAX)),
        large_age: limit(env, "TRELLIS_LARGE_AGE_SECONDS", local.then_some(0)),
    })?;
    if limits.wallet_day_max > limits.day_max {
        return Err(EnvError::invalid(
            "TRELLIS_WALLET_DAY_MAX",
            "must not be above TRELLIS_DAY_MAX",
        ));
    }
    if limits.day_max < limits.batch_max {
        return Err(EnvError::invalid(
            "TRELLIS_DAY_MAX",
            "must not be below TRELLIS_BATCH_MAX",
        ));
    }
    Ok(limits)
}

fn root_limits(env: &Env, local: bool) -> Result<RootLimits, EnvError> {
    gather!(RootLimits {
        day_max: limit(env, "TRELLIS_ROOT_DAY_MAX", local.then_some(LOCAL_DAY_MAX)),
        unseen_max: limit(env, "TRELLIS_ROOT_UNSEEN_MAX", local.then_some(LOCAL_DAY_MAX)),
        large_total: limit(env, "TRELLIS_LARGE_TOTAL", local.then_some(LOCAL_DAY_MAX)),
        large_age: limit(env, "TRELLIS_LARGE_AGE_SECONDS", local.then_some(0)),
    })
}

fn attestors(env: &Env, local: bool) -> Result<Attestors, EnvError> {
    let name = "TRELLIS_ATTESTORS";
    let accounts = match env.find_text(name)? {
        None if local => BTreeSet::from([abi::development::ATTESTOR.address]),
        None => {
            return Err(EnvError::Missing {
                name: name.to_owned(),
            });
        }
        Some(text) => (text.split(','))
            .map(|account| account.trim().parse())
            .collect::<Result<BTreeSet<Address>, _>>()
            .map_err(|error| EnvError::invalid(name, error))?,
    };
    if !local
        && accounts
            .iter()
            .any(|account| crate::keyring::is_public_knowledge(*account))
    {
        return Err(EnvError::invalid(
            name,
            "everybody knows the private key of one of them",
        ));
    }
    let age_max = env.number(
        "TRELLIS_ATTESTATION_AGE_MAX_SECONDS",
        ATTESTATION_AGE_MAX_DEFAULT,
        ATTESTATION_AGE_MAX,
    )?;
    Ok(Attestors { accounts, age_max })
}

fn transaction_limits(env: &Env, local: bool) -> Result<TransactionLimits, EnvError> {
    let gas_limit_max = env.parse_or("TRELLIS_GAS_LIMIT_MAX", GAS_LIMIT_MAX_DEFAULT)?;
    let fee_per_gas_max = limit(
        env,
        "TRELLIS_FEE_PER_GAS_MAX",
        local.then_some(LOCAL_FEE_PER_GAS_MAX),
    )?;
    let tip_per_gas_max = env.parse_or("TRELLIS_TIP_PER_GAS_MAX", fee_per_gas_max)?;
    if gas_limit_max > GAS_LIMIT_MAX_DEFAULT {
        return Err(EnvError::invalid(
            "TRELLIS_GAS_LIMIT_MAX",
            format_args!("must not be above {GAS_LIMIT_MAX_DEFAULT}, the chain's own limit"),
        ));
    }
    if tip_per_gas_max > fee_per_gas_max {
        return Err(EnvError::invalid(
            "TRELLIS_TIP_PER_GAS_MAX",
            "must not be above TRELLIS_FEE_PER_GAS_MAX",
        ));
    }
    Ok(TransactionLimits {
        gas_limit_max,
        fee_per_gas_max,
        tip_per_gas_max,
        claims_per_day_max: limit(
            env,
            "TRELLIS_CLAIMS_PER_DAY_MAX",
            local.then_some(LOCAL_CLAIMS_PER_DAY_MAX),
        )?,
    })
}
