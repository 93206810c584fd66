//! What a wallet can withdraw from the contract on its own: refunds within the cooling-off time, and its credit.

use alloy_primitives::{Address, B256};
use money::Amount;
use store::StoreError;
use store::api::exits;
use store::authorization::{find_chain_time, kind_name};
use store::user;

use super::App;
use super::pending::list_paid;

/// What can be taken back.
#[derive(Debug, Clone, Default)]
pub struct Exits {
    /// Deposits, newest first; those that are not final yet come first.
    pub refunds: Vec<Refund>,
    /// What the contract keeps for the wallet.
    pub credit: Amount,
}

/// A deposit that can be refunded.
#[derive(Debug, Clone)]
pub struct Refund {
    /// The contract's `ref`.
    pub reference: B256,
    /// `registration` or `retopup`.
    pub kind: String,
    /// Base units.
    pub amount: Amount,
    /// Last second at which it can be refunded, by the chain's time.
    pub refundable_until: u64,
}

/// What a wallet can take back now, also before the ledger counts what it paid.
pub async fn of(app: &App, wallet: Address) -> Result<Exits, StoreError> {
    let mut connection = app.connection().await?;
    let time = find_chain_time(&mut connection).await?.unwrap_or_default();
    let paid = list_paid(&mut connection, wallet).await?;
    let waiting = paid.iter().rev().filter(|paid| paid.refundable_until >= time);
    let mut found = Exits {
        refunds: waiting.map(Refund::of).collect(),
        credit: Amount::ZERO,
    };
    if let Some(user) = user::find_by_wallet(&mut connection, wallet).await? {
        let time = i64::try_from(time).unwrap_or(i64::MAX);
        let posted = exits::list_refundable(&mut connection, user.id, time).await?;
        found.refunds.extend(posted.into_iter().map(|deposit| Refund {
            reference: deposit.reference,
            kind: deposit.kind,
            amount: deposit.amount,
            refundable_until: deposit.refundable_until.unsigned_abs(),
        }));
        found.credit = user::fetch_balances(&mut connection, user.id).await?.credit;
    }
    Ok(found)
}

impl Refund {
    fn of(paid: &super::pending::Paid) -> Self {
        Self {
            reference: paid.reference,
            kind: kind_name(paid.kind).to_owned(),
            amount: Amount::new(paid.amount),
            refundable_until: paid.refundable_until,
        }
    }
}
