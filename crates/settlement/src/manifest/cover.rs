//! Which rewards a payout pays for: the oldest that are not paid yet.

use money::Amount;
use thiserror::Error;

use crate::manifest::CoveredReward;

/// One reward that became payable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maturity {
    /// The fact by which it matured.
    pub fact_seq: u64,
    /// The transfer of that fact.
    pub leg: u32,
    /// All of it.
    pub amount: Amount,
}

/// Why the rewards do not explain a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CoverError {
    /// The target is below what was paid.
    #[error("the target {target} is below what was paid, {paid}")]
    TargetBelowPaid {
        /// What was paid.
        paid: Amount,
        /// What would be.
        target: Amount,
    },
    /// More would be paid than matured.
    #[error("{missing} of the payout are not covered by matured rewards")]
    NotCovered {
        /// How much lacks.
        missing: Amount,
    },
    /// A fact is followed by an older one, or a transfer occurs twice.
    #[error("the reward {fact_seq}/{leg} is out of order")]
    OutOfOrder {
        /// Its fact.
        fact_seq: u64,
        /// Its transfer.
        leg: u32,
    },
}

/// The rewards, or parts of them, in the interval from `paid` to `target`, when all of `matured` are laid end to end.
/// `matured` is everything that a user ever became entitled to, in the order of facts and transfers.
///
/// # Errors
/// [`CoverError`]: books and payout do not fit; a human must look.
pub fn cover(
    matured: impl IntoIterator<Item = Maturity>,
    paid: Amount,
    target: Amount,
) -> Result<Vec<CoveredReward>, CoverError> {
    let mut missing = target
        .checked_sub(paid)
        .map_err(|_| CoverError::TargetBelowPaid { paid, target })?;
    let mut already = paid;
    let mut last = None;
    let mut covered = Vec::new();
    for Maturity {
        fact_seq,
        leg,
        amount,
    } in matured
    {
        if missing.is_zero() {
            break;
        }
        if last >= Some((fact_seq, leg)) {
            return Err(CoverError::OutOfOrder { fact_seq, leg });
        }
        last = Some((fact_seq, leg));
        let open = amount.saturating_sub(already);
        already = already.saturating_sub(amount);
        let part = open.min(missing);
        missing = missing.saturating_sub(part);
        if !part.is_zero() {
            covered.push(CoveredReward {
                fact_seq,
                leg,
                amount: part,
            });
        }
    }
    if missing.is_zero() {
        Ok(covered)
    } else {
        Err(CoverError::NotCovered { missing })
    }
}
