//! Liabilities roots.

use approval::{Attested, Proposal, RootProposal};
use chain::At;
use money::Amount;
use signer_client::{Authorization, LiabilitiesRoot, RootTerms};

use super::Authorizer;
use super::agreement::Claimed;
use crate::callers::Caller;
use crate::message;
use crate::policy::{Floor, JustifiedRoot, Policy, RootLimits, Scope};
use crate::protection::{Justified, NewRequest};
use crate::purpose::Kind;
use crate::refusal::{AuthorizeError, Refusal};

/// What the signer remembers a root by: `root:31337:0x…:0x…`.
pub(crate) fn business_key(terms: &RootTerms) -> String {
    format!(
        "root:{}:{:#x}:{:#x}",
        terms.chain_id, terms.contract, terms.root.root
    )
}

/// What people and the attestor must have signed: exactly this root.
fn claimed(terms: &RootTerms) -> Claimed<'_> {
    let root = &terms.root;
    Claimed {
        proposal: Proposal::Root {
            root: RootProposal {
                root: root.root,
                total: root.total,
                leaves: terms.leaves,
                as_of_seq: root.as_of_seq,
            },
            proposer: terms.justification.proposer,
        },
        subject: Attested::Root {
            root: root.root,
            total: root.total,
        },
        justification: &terms.justification,
    }
}

impl Authorizer {
    /// Signs a root, or repeats the signature that it has.
    pub(crate) async fn authorize_root(
        &self,
        caller: &Caller,
        terms: &RootTerms,
        request: &serde_json::Value,
    ) -> Result<Authorization, AuthorizeError> {
        let Policy::Roots {
            scope,
            limits,
            attestors,
        } = &self.policy
        else {
            return Err(Refusal::WrongPurpose(self.purpose()).into());
        };
        let key = business_key(terms);
        let digest = message::root_digest(&terms.root, &self.domain);
        let known = self.find(&key).await?;
        // What was recorded keeps its signature, whatever the policy is now.
        if known.as_ref().is_none_or(|known| known.digest != digest) {
            scope.check_root(terms)?;
        }
        let justified = match known {
            // Known ones were justified when they were new. Others are refused by the record.
            Some(_) => None,
            None => {
                let (head, root) = self.justify_root(scope, *limits, &terms.root).await?;
                self.check_agreement(attestors, &claimed(terms), head).await?;
                if terms.root.total.saturating_sub(root.published) >= limits.large_total {
                    self.check_age(&claimed(terms), head, limits.large_age).await?;
                }
                Some((head, Justified::Root(root)))
            }
        };
        let new = NewRequest {
            key,
            kind: Kind::Root,
            digest,
            caller: caller.name(),
            request,
            justified,
            policy_hash: self.policy_hash,
        };
        self.authorize(&new).await
    }

    async fn justify_root(
        &self,
        scope: &Scope,
        limits: RootLimits,
        root: &LiabilitiesRoot,
    ) -> Result<(u64, JustifiedRoot), AuthorizeError> {
        let head = self.reader.head().await?;
        let journal = self.reader.journal_at(head.hash).await?;
        let published = self.reader.latest_root(At::Block(head.hash)).await?;
        let floor = published.map_or_else(Floor::default, |published| Floor {
            total: Amount::new(published.total),
            as_of_seq: published.as_of_seq,
        });
        let justified = scope.justify_root(root, head.timestamp, journal.seq, floor, limits)?;
        Ok((head.timestamp, justified))
    }
}
