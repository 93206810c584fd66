//! Deposits on the chain that are not in the ledger yet.

use abi::CustodyEvent;
use alloy_primitives::{Address, B256};
use plan::DepositKind;
use sqlx::PgConnection;
use store::StoreError;
use store::api::pending::{self, Pending};

/// A deposit of a wallet, as its event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// The contract's `ref`.
    pub reference: B256,
    /// Registration or retopup.
    pub kind: DepositKind,
    /// Base units.
    pub amount: u128,
    /// Last second at which it can be refunded, by the chain's time.
    pub refundable_until: u64,
}

impl Paid {
    /// The deposit that an event says, if it is one of this wallet.
    pub fn of(event: &Pending, wallet: Address) -> Option<Self> {
        let event = abi::events::decode(&event.log).ok().flatten()?;
        let (kind, user, reference, amount, until) = if let CustodyEvent::RegistrationAccepted(e) = event {
            (
                DepositKind::Registration,
                e.user,
                e.r#ref,
                e.amount,
                e.refundableUntil,
            )
        } else if let CustodyEvent::RetopupCompleted(e) = event {
            (DepositKind::Retopup, e.user, e.r#ref, e.amount, e.refundableUntil)
        } else {
            return None;
        };
        (user == wallet).then(|| Self {
            reference,
            kind,
            amount: amount.saturating_to(),
            refundable_until: until.saturating_to(),
        })
    }
}

/// What a wallet paid that the ledger does not count yet, oldest first.
pub async fn list_paid(connection: &mut PgConnection, wallet: Address) -> Result<Vec<Paid>, StoreError> {
    let waiting = pending::list(connection, wallet).await?;
    Ok(waiting
        .iter()
        .filter_map(|event| Paid::of(event, wallet))
        .collect())
}

/// Whether a wallet's registration is on the chain, but not in the ledger yet.
pub async fn is_registering(connection: &mut PgConnection, wallet: Address) -> Result<bool, StoreError> {
    let paid = list_paid(connection, wallet).await?;
    Ok(paid.iter().any(|paid| paid.kind == DepositKind::Registration))
}
