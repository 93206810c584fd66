//! From typed terms to a signature: policy, record, sign, in this order.
//!
//! Not responsible for HTTP.

mod agreement;
mod batch;
mod intake;
mod root;
mod transaction;

pub(crate) use batch::business_key as batch_key;
pub(crate) use root::business_key as root_key;

use std::sync::atomic::{AtomicU64, Ordering};

use abi::typed_data;
use alloy::primitives::{Address, B256};
use alloy::sol_types::Eip712Domain;
use chain::{ChainError, ChainReader};
use service::fault_point;
use signer_client::Authorization;
use sqlx::PgPool;

use crate::audit::{Entry, Event};
use crate::callers::{Caller, Callers};
use crate::head::HeadClock;
use crate::keyring::LocalKey;
use crate::people::PeopleCache;
use crate::policy::Policy;
use crate::protection::{self, Identity, Known, NewRequest, Recorded, Signed};
use crate::purpose::{Kind, Purpose};
use crate::refusal::{AuthorizeError, Refusal};
use service::limiter::Bucket as Limiter;

/// Audit rows per second for refusals that cost the caller nothing (an unknown key, too many requests). The others are
/// counted in the next such row: a flood must not fill the disk, nor make the honest wait for the chain's lock.
const CHEAP_REFUSALS_PER_SECOND: u32 = 1;

/// Such rows at once.
const CHEAP_REFUSALS_BURST: u32 = 20;

/// A signer at work.
#[derive(Debug)]
pub struct Authorizer {
    pool: PgPool,
    reader: ChainReader,
    clock: HeadClock,
    key: LocalKey,
    policy: Policy,
    policy_hash: B256,
    domain: Eip712Domain,
    callers: Callers,
    people: PeopleCache,
    cheap_refusals: Limiter,
    unwritten: AtomicU64,
}

impl Authorizer {
    /// A signer with this memory, node, key and policy.
    pub fn new(pool: PgPool, reader: ChainReader, key: LocalKey, policy: Policy, callers: Callers) -> Self {
        Self {
            pool,
            clock: HeadClock::new(reader.clone()),
            reader,
            key,
            policy_hash: policy.hash(),
            domain: typed_data::domain(policy.chain_id(), policy.contract()),
            policy,
            callers,
            people: PeopleCache::default(),
            cheap_refusals: Limiter::new(CHEAP_REFUSALS_PER_SECOND, CHEAP_REFUSALS_BURST),
            unwritten: AtomicU64::new(0),
        }
    }

    /// The signer's memory.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The signing account.
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// What it signs.
    pub fn purpose(&self) -> Purpose {
        self.policy.purpose()
    }

    /// Fails when the chain's time is not known.
    pub(crate) async fn check_clock(&self) -> Result<(), ChainError> {
        self.clock.timestamp().await.map(drop)
    }

    /// What the key does not sign until a person has looked at an equivocation, by the names of areas.
    pub(crate) async fn list_paused(&self) -> Result<Vec<String>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        protection::list_paused(&mut connection, self.purpose(), self.address()).await
    }

    /// Records that the signer begins to serve, under which policy and with which key.
    pub(crate) async fn record_start(&self) -> Result<(), sqlx::Error> {
        let mut detail = self.policy.describe();
        detail["signer"] = self.address().to_string().into();
        detail["policy_hash"] = self.policy_hash.to_string().into();
        let entry = Entry::new(Event::Started, "", "", &detail);
        protection::decide(&self.pool, self.purpose(), &[entry]).await
    }

    /// The caller with this key.
    pub(crate) fn find_caller(&self, key: Option<&str>) -> Result<&Caller, Refusal> {
        key.and_then(|key| self.callers.find(key))
            .ok_or(Refusal::Unauthorized)
    }

    /// Whether a caller may ask this signer for that.
    pub(crate) fn check_permitted(&self, caller: &Caller, kind: Kind) -> Result<(), Refusal> {
        if kind.purpose() != self.purpose() {
            return Err(Refusal::WrongPurpose(self.purpose()));
        }
        if caller.may(kind) {
            Ok(())
        } else {
            Err(Refusal::NotPermitted)
        }
    }

    /// What is known under a business key.
    async fn find(&self, key: &str) -> Result<Option<Known>, sqlx::Error> {
        protection::find(&self.pool, key).await
    }

    /// Records and signs what the policy allows as far as its terms decide, or repeats the signature that it has.
    async fn sign(&self, new: &NewRequest<'_>) -> Result<Signed, AuthorizeError> {
        let identity = Identity {
            purpose: self.purpose(),
            signer: self.address(),
        };
        let id = match protection::record(&self.pool, identity, new).await? {
            Recorded::Refused(refusal) => return Err(AuthorizeError::RefusedOnRecord(refusal)),
            Recorded::Paused => return Err(Refusal::KeyPaused.into()),
            Recorded::Same(Known {
                signature: Some(signed),
                ..
            }) => return Ok(signed),
            // Also what died between record and signature.
            Recorded::New(id) | Recorded::Same(Known { id, .. }) => id,
        };
        let signed = Signed {
            signer: self.address(),
            signature: self.key.sign(new.digest)?,
        };
        fault_point("signer.after_sign");
        Ok(protection::keep(&self.pool, id, signed).await?)
    }

    /// As [`Self::sign`], for what is no transaction.
    async fn authorize(&self, new: &NewRequest<'_>) -> Result<Authorization, AuthorizeError> {
        let signed = self.sign(new).await?;
        Ok(Authorization {
            signer: signed.signer,
            signature: signed.signature,
            digest: new.digest,
        })
    }

    /// Appends a refusal of a caller to the audit chain, with its business key. Cheap ones beyond a rate are counted only.
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
            code: refusal.code(),
            ..Entry::new(Event::Refused, caller, subject, &detail)
        };
        protection::decide(&self.pool, self.purpose(), &[entry]).await
    }
}
