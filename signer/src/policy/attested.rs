//! When an attestation counts: by a known attestor, over exactly the requested content, recent, and about the journal
//! of this signer's own node.

use std::collections::BTreeSet;

use abi::Journal;
use alloy::primitives::Address;
use approval::{Attestation, Attested, Domain, recover};
use signer_client::SignedMoment;
use thiserror::Error;

use crate::policy::Scope;

/// Seconds by which the attestor's node may be ahead of this signer's.
const AHEAD_MAX: u64 = 60;

/// Who may attest, and for how long it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestors {
    /// Their accounts.
    pub accounts: BTreeSet<Address>,
    /// Seconds of the chain's time for which an attestation counts.
    pub age_max: u64,
}

settlement::rules! {
    /// The rule that an attestation breaks.
    #[derive(Debug, Clone, PartialEq, Eq, Error)]
    pub enum AttestationRule {
        /// There is none where one is needed.
        #[error("the attestation is missing")]
        Missing = "attestation_missing",
        /// It is not the word of an attestor about exactly this.
        #[error("no attestor has signed this")]
        NotSigned = "attestation_not_signed",
        /// It is old: the attestor may have found something since.
        #[error("the attestation is {age} s old; the limit is {max} s")]
        TooOld {
            /// Seconds.
            age: u64,
            /// Seconds.
            max: u64,
        } = "attestation_too_old",
        /// It is from later than the chain.
        #[error("the attestation is dated {found}, but the chain's time is {head}")]
        FromFuture {
            /// As attested.
            found: u64,
            /// The head's timestamp.
            head: u64,
        } = "attestation_from_future",
        /// This signer's node has another journal at that block.
        #[error("the attested journal is not the contract's at block {0}")]
        JournalDiffers(u64) = "attestation_journal_differs",
        /// The total is large, and people have not had the time to look.
        #[error("a total this large must wait {needed} s after it was first seen; {passed} s have passed")]
        TooYoung {
            /// Seconds since this signer or the attestor first saw it, whichever is less.
            passed: u64,
            /// Seconds.
            needed: u64,
        } = "too_young",
    }
}

impl Attestors {
    /// Checks who attested what, and when.
    pub(crate) fn check(
        &self,
        scope: &Scope,
        subject: Attested,
        signed: &SignedMoment,
        head: u64,
    ) -> Result<(), AttestationRule> {
        let moment = signed.moment;
        let digest = Attestation { subject, moment }.message().digest(&domain(scope));
        let attestor = recover(digest, &signed.signature).filter(|found| self.accounts.contains(found));
        if attestor.is_none() {
            return Err(AttestationRule::NotSigned);
        }
        if moment.attested_at > head.saturating_add(AHEAD_MAX) {
            return Err(AttestationRule::FromFuture {
                found: moment.attested_at,
                head,
            });
        }
        let age = head.saturating_sub(moment.attested_at);
        if age > self.age_max {
            return Err(AttestationRule::TooOld {
                age,
                max: self.age_max,
            });
        }
        Ok(())
    }
}

/// Compares the attested journal with the one that this signer's node has at the same block.
pub(crate) fn check_journal(signed: &SignedMoment, journal: Journal) -> Result<(), AttestationRule> {
    let moment = signed.moment;
    let same = moment.journal_seq == journal.seq
        && moment.journal_root[..24] == journal.root[..]
        && moment.journal_root[24..] == [0; 8];
    if same {
        Ok(())
    } else {
        Err(AttestationRule::JournalDiffers(moment.block_number))
    }
}

/// The domain of what people and attestors sign for this contract.
pub(crate) const fn domain(scope: &Scope) -> Domain {
    Domain {
        chain_id: scope.chain_id,
        contract: scope.contract,
    }
}
