//! From typed terms to a signature: policy, record, sign, in this order.
//!
//! Not responsible for HTTP.

use std::sync::atomic::{AtomicU64, Ordering};

use abi::ICustody;
use abi::typed_data::{self, Registration, Retopup};
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::Eip712Domain;
use chain::{ChainError, ChainReader};
use settlement::authorization::{BrokenRule, IntakeKind, IntakeTerms, Policy};
use signer_client::Authorization;
use sqlx::PgPool;
use telemetry::fault_point;
use thiserror::Error;

use crate::audit::{Entry, Event};
use crate::callers::{Caller, Callers};
use crate::config::policy_hash;
use crate::head::HeadClock;
use crate::keyring::{KeyError, LocalKey};
use crate::limiter::Limiter;
use crate::protection::{self, NewRequest, Recorded, Signed};

/// Audit rows per second for refusals that cost the caller nothing (an unknown key, too many requests). The others are
/// counted in the next such row: a flood must not fill the disk, nor make the honest wait for the chain's lock.
const CHEAP_REFUSALS_PER_SECOND: u32 = 1;

/// Such rows at once.
const CHEAP_REFUSALS_BURST: u32 = 20;

/// Why a request is refused.
#[derive(Debug, Error)]
pub enum Refusal {
    /// The key is missing or unknown.
    #[error("the caller is not known")]
    Unauthorized,
    /// The caller may not ask for this.
    #[error("the caller may not ask for this")]
    NotPermitted,
    /// The caller asks too often.
    #[error("the caller asks too often")]
    RateLimited,
    /// The request is not what it must be.
    #[error("{0}")]
    Malformed(String),
    /// The terms break a rule.
    #[error(transparent)]
    Rule(#[from] BrokenRule),
    /// Other terms are known under the business key.
    #[error("other terms were recorded under this reference")]
    Equivocation,
}

impl Refusal {
    /// Its stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::NotPermitted => "not_permitted",
            Self::RateLimited => "rate_limited",
            Self::Malformed(_) => "malformed",
            Self::Rule(rule) => rule.code(),
            Self::Equivocation => "equivocation",
        }
    }

    /// Whether the caller could cause any number of them.
    fn is_cheap(&self) -> bool {
        match self {
            Self::Unauthorized | Self::RateLimited => true,
            Self::NotPermitted | Self::Malformed(_) | Self::Rule(_) | Self::Equivocation => false,
        }
    }
}

/// Why there is no signature.
#[derive(Debug, Error)]
pub enum AuthorizeError {
    /// The request is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The signer's memory cannot be used.
    #[error("the signer's database does not answer")]
    Database(#[from] sqlx::Error),
    /// The chain's time is not known.
    #[error("the chain's time is not known")]
    Chain(#[from] ChainError),
    /// The key cannot be used.
    #[error("the key cannot be used")]
    Key(#[from] KeyError),
}

/// A signer at work.
#[derive(Debug)]
pub struct Authorizer {
    pool: PgPool,
    clock: HeadClock,
    key: LocalKey,
    policy: Policy,
    policy_hash: B256,
    domain: Eip712Domain,
    callers: Callers,
    cheap_refusals: Limiter,
    unwritten: AtomicU64,
}

impl Authorizer {
    /// A signer with this memory, clock, key and policy.
    #[must_use]
    pub fn new(pool: PgPool, reader: ChainReader, key: LocalKey, policy: Policy, callers: Callers) -> Self {
        Self {
            pool,
            clock: HeadClock::new(reader),
            key,
            policy_hash: policy_hash(&policy),
            domain: typed_data::domain(policy.chain_id, policy.contract),
            policy,
            callers,
            cheap_refusals: Limiter::new(CHEAP_REFUSALS_PER_SECOND, CHEAP_REFUSALS_BURST),
            unwritten: AtomicU64::new(0),
        }
    }

    /// The signer's memory.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The signing account.
    #[must_use]
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// Fails when the chain's time is not known.
    pub(crate) async fn check_clock(&self) -> Result<(), ChainError> {
        self.clock.timestamp().await.map(drop)
    }

    /// Records that the signer begins to serve, under which policy and with which key.
    pub(crate) async fn record_start(&self) -> Result<(), sqlx::Error> {
        let detail = serde_json::json!({
            "signer": self.address(),
            "policy_hash": self.policy_hash,
            "chain_id": self.policy.chain_id,
            "contract": self.policy.contract,
            "plan_hashes": self.policy.plan_hashes,
            "amount_max": self.policy.amount_max.to_string(),
        });
        let entry = Entry {
            event: Event::Started,
            caller: "",
            subject: "",
            digest: None,
            code: "",
            detail: &detail.to_string(),
        };
        protection::decide(&self.pool, &entry).await
    }

    /// The caller with this key, with one of its requests taken.
    pub(crate) fn admit(&self, key: Option<&str>, kind: IntakeKind) -> Result<&Caller, (&str, Refusal)> {
        let caller = key
            .and_then(|key| self.callers.find(key))
            .ok_or(("", Refusal::Unauthorized))?;
        if !caller.take_request() {
            return Err((caller.name(), Refusal::RateLimited));
        }
        if !caller.may(kind) {
            return Err((caller.name(), Refusal::NotPermitted));
        }
        Ok(caller)
    }

    /// Signs terms, or repeats the signature that they have. The request is what the terms were read from, for the
    /// record.
    ///
    /// # Errors
    /// [`AuthorizeError`]. Refusals by equivocation are recorded already, the others by [`Authorizer::record_refusal`].
    pub(crate) async fn authorize(
        &self,
        caller: &Caller,
        terms: &IntakeTerms,
        request: &serde_json::Value,
    ) -> Result<Authorization, AuthorizeError> {
        self.policy.check_terms(terms).map_err(Refusal::Rule)?;
        let digest = self.digest(terms);
        let key = terms.business_key();
        let head_timestamp = match protection::find(&self.pool, key).await? {
            // The deadline of known terms was measured when they were new. Other terms are refused by the record.
            Some(_) => None,
            None => {
                let mut head = self.clock.timestamp().await?;
                if terms.check_deadline(head).is_err() {
                    // Nobody is refused for the age of a reading.
                    head = self.clock.read().await?;
                    terms.check_deadline(head).map_err(Refusal::Rule)?;
                }
                Some(head)
            }
        };
        let new = NewRequest {
            key,
            kind: terms.kind,
            digest,
            caller: caller.name(),
            request,
            head_timestamp,
            policy_hash: self.policy_hash,
        };
        match protection::record(&self.pool, &new).await? {
            Recorded::New(id) => self.sign(id, digest).await,
            Recorded::Same(known) => match known.signature {
                Some(signed) => Ok(authorization(signed, digest)),
                // It died between record and signature.
                None => self.sign(known.id, digest).await,
            },
            Recorded::Other => Err(Refusal::Equivocation.into()),
        }
    }

    /// Signs what is recorded.
    async fn sign(&self, request: i64, digest: B256) -> Result<Authorization, AuthorizeError> {
        let signed = Signed {
            signer: self.address(),
            signature: self.key.sign(digest)?,
        };
        fault_point("signer.after_sign");
        let kept = protection::keep(&self.pool, request, &signed).await?;
        Ok(authorization(kept, digest))
    }

    fn digest(&self, terms: &IntakeTerms) -> B256 {
        let intake = ICustody::Intake {
            user: terms.user,
            sponsor: terms.sponsor.unwrap_or_default(),
            amount: U256::from(terms.amount.base_units()),
            planHash: terms.plan_hash,
            disclosureHash: terms.disclosure_hash,
            r#ref: terms.deposit_ref,
            deadline: U256::from(terms.deadline),
        };
        match terms.kind {
            IntakeKind::Registration => typed_data::digest(&Registration(intake), &self.domain),
            IntakeKind::Retopup => typed_data::digest(&Retopup(intake), &self.domain),
        }
    }

    /// Appends a refusal to the audit chain. Cheap ones beyond a rate are counted only.
    pub(crate) async fn record_refusal(
        &self,
        caller: &str,
        subject: &str,
        refusal: &Refusal,
    ) -> Result<(), sqlx::Error> {
        if refusal.is_cheap() && !self.cheap_refusals.take() {
            self.unwritten.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let unwritten = self.unwritten.swap(0, Ordering::Relaxed);
        let detail =
            serde_json::json!({"refusal": refusal.to_string(), "unwritten_refusals_before": unwritten});
        let entry = Entry {
            event: Event::Refused,
            caller,
            subject,
            digest: None,
            code: refusal.code(),
            detail: &detail.to_string(),
        };
        protection::decide(&self.pool, &entry).await
    }
}

fn authorization(signed: Signed, digest: B256) -> Authorization {
    Authorization {
        signer: signed.signer,
        signature: signed.signature,
        digest,
    }
}
