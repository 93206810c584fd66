//! Authorizations requested by a wallet, and their status.

use alloy_primitives::{Address, B256};
use plan::DepositKind;
use signer_client::{IntakeKind, IntakeTerms};
use store::authorization::{self, Kept, find_chain_time};
use store::{StoreError, stop};

use super::App;
use super::intake::Issued;
use super::pending::list_paid;

names::names! {
    /// The outcome of an authorization.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum State {
        /// The signer has not signed it.
        Unsigned = "unsigned",
        /// It can be used.
        Open = "open",
        /// Its transaction is on the chain, but not final and posted.
        Mined = "mined",
        /// The ledger has its deposit.
        Posted = "posted",
        /// Nobody used it in time.
        Expired = "expired",
    }
}

/// Authorizations of a wallet before a moment and reference, newest first, with the outcome of each. While intake is stopped they come
/// without signatures.
pub async fn list(
    app: &App,
    wallet: Address,
    below: (i64, B256),
    limit: i64,
) -> Result<Vec<(Kept, State)>, StoreError> {
    let mut connection = app.connection().await?;
    let kept = authorization::list(&mut connection, wallet, below, limit).await?;
    let mined = list_paid(&mut connection, wallet).await?;
    let time = find_chain_time(&mut connection).await?.unwrap_or_default();
    let is_stopped = stop::is_intake_stopped(&mut connection).await?;
    let state = |kept: &Kept| {
        let request = &kept.request;
        if kept.is_posted {
            State::Posted
        } else if mined.iter().any(|paid| paid.reference == request.reference) {
            State::Mined
        } else if request.deadline < time {
            State::Expired
        } else if kept.signed.is_some() {
            State::Open
        } else {
            State::Unsigned
        }
    };
    let shown = kept.into_iter().map(|mut kept| {
        let state = state(&kept);
        kept.signed = kept.signed.filter(|_| !is_stopped);
        (kept, state)
    });
    Ok(shown.collect())
}

/// The authorization as it was issued, if it was signed.
pub fn issued(app: &App, kept: &Kept) -> Option<Issued> {
    let (signer, signature) = kept.signed.clone()?;
    let request = &kept.request;
    Some(Issued {
        terms: IntakeTerms {
            kind: match request.kind {
                DepositKind::Registration => IntakeKind::Registration,
                DepositKind::Retopup => IntakeKind::Retopup,
            },
            chain_id: app.ledger.chain_id,
            contract: app.ledger.contract,
            user: request.wallet,
            sponsor: request.sponsor,
            amount: request.amount,
            plan_hash: request.plan_hash,
            disclosure_hash: request.disclosure_hash,
            deposit_ref: request.reference,
            deadline: request.deadline,
        },
        signer,
        signature,
        route: None,
    })
}
