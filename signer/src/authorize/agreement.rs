//! Checks people's approval and the attestation: no money is authorized without both.

use alloy::primitives::B256;
use approval::{Approval, Attested, Proposal, Vote, check, recover};
use chain::{At, ChainError};
use signer_client::{Justification, SignedMoment};

use super::Authorizer;
use crate::people::ListError;
use crate::policy::{AttestationRule, Attestors, attested_domain, check_journal};
use crate::protection::first_sight;
use crate::refusal::{AuthorizeError, Refusal};

/// What contract wallets must agree to, and what was attested of it.
pub(super) struct Claimed<'a> {
    pub(super) proposal: Proposal,
    pub(super) subject: Attested,
    pub(super) justification: &'a Justification,
}

impl Authorizer {
    /// Checks signatures of people and the attestation, at this time of the chain.
    pub(super) async fn check_agreement(
        &self,
        attestors: &Attestors,
        claimed: &Claimed<'_>,
        head: u64,
    ) -> Result<(), AuthorizeError> {
        self.check_attested(
            attestors,
            claimed.subject,
            &claimed.justification.attestation,
            head,
        )
        .await?;
        let domain = attested_domain(self.policy.scope());
        let listed = self
            .people
            .present(&self.pool, &domain)
            .await
            .map_err(|error| match error {
                ListError::Database(error) => AuthorizeError::from(error),
                ListError::Missing
                | ListError::Unreadable { .. }
                | ListError::NotAgreed { .. }
                | ListError::Approvals(_)
                | ListError::Order(_) => Refusal::People(error.to_string()).into(),
            })?;
        let mut votes = Vec::new();
        for approval in &claimed.justification.approvals {
            // Nobody makes this signer call contracts of nobody's.
            if listed.people.owner(approval.wallet).is_none() {
                continue;
            }
            let digest = claimed.proposal.message(approval.expires).digest(&domain);
            if self.has_signed(approval, digest).await? {
                votes.push(Vote {
                    wallet: approval.wallet,
                    expires: approval.expires,
                });
            }
        }
        check(&listed.people, &claimed.proposal, &votes, head).map_err(Refusal::Quorum)?;
        Ok(())
    }

    /// Checks that people had the time to look at a large total, from when the attestor saw it, and from when it came here
    /// first: the attestor's word alone shortens nothing.
    pub(super) async fn check_age(
        &self,
        claimed: &Claimed<'_>,
        head: u64,
        needed: u64,
    ) -> Result<(), AuthorizeError> {
        if needed == 0 {
            return Ok(());
        }
        let first = first_sight(&self.pool, &claimed.subject, head).await?;
        let passed = head.saturating_sub(first.max(claimed.justification.attestation.moment.seen_at));
        if passed < needed {
            return Err(Refusal::from(AttestationRule::TooYoung { passed, needed }).into());
        }
        Ok(())
    }

    /// Checks who attested this, when, and that this signer's node knows the journal that was attested.
    pub(super) async fn check_attested(
        &self,
        attestors: &Attestors,
        subject: Attested,
        signed: &SignedMoment,
        head: u64,
    ) -> Result<(), AuthorizeError> {
        attestors
            .check(self.policy.scope(), subject, signed, head)
            .map_err(Refusal::Attestation)?;
        let journal = match self.reader.journal_at(signed.moment.block_hash).await {
            Ok(journal) => journal,
            Err(ChainError::Stale { .. }) => {
                let unknown = AttestationRule::JournalDiffers(signed.moment.block_number);
                return Err(Refusal::Attestation(unknown).into());
            }
            Err(error) => return Err(error.into()),
        };
        Ok(check_journal(signed, journal).map_err(Refusal::Attestation)?)
    }

    /// Whether a wallet signed: by its key, or as its contract says (EIP-1271).
    async fn has_signed(&self, approval: &Approval, digest: B256) -> Result<bool, ChainError> {
        if recover(digest, &approval.signature) == Some(approval.wallet) {
            return Ok(true);
        }
        self.reader
            .takes_signature(approval.wallet, digest, &approval.signature, At::Latest)
            .await
    }
}
