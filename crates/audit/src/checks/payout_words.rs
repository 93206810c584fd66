//! What closing events commit to, recomputed: sums and hashes over the words of users.

use alloy_primitives::{Address, B256, keccak256};
use money::Amount;

use crate::checks::BreakCause;
use crate::checks::events::{LineOutcome, Settled};
use crate::checks::finding::Findings;

/// Set in a word of the outcome list when the amount was credited.
const CREDITED_BIT: u128 = 1 << 95;

/// The closing event, against the events of single users.
pub(super) fn closing(
    subject: &str,
    settled: &Settled,
    lines: &[(Address, LineOutcome)],
    out: &mut Findings,
) {
    let (mut paid, mut credited) = (Amount::ZERO, Amount::ZERO);
    let mut outcome = Vec::with_capacity(lines.len().saturating_mul(32));
    for (user, line) in lines {
        let mut word = line.amount().base_units();
        if let LineOutcome::Credited(amount) = line {
            credited = credited.checked_add(*amount).unwrap_or_default();
            word |= CREDITED_BIT;
        }
        paid = paid.checked_add(line.amount()).unwrap_or_default();
        outcome.extend_from_slice(&list_word(*user, word));
    }
    let (detail, cause) = (
        "the closing event, against the events of single users",
        BreakCause::MissingEvent,
    );
    let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    out.equal(
        format_args!("count of {subject}"),
        settled.count,
        count,
        cause,
        detail,
    );
    out.equal(
        format_args!("paid by {subject}"),
        settled.paid,
        paid,
        cause,
        detail,
    );
    out.equal(
        format_args!("credited by {subject}"),
        settled.credited,
        credited,
        cause,
        detail,
    );
    let hash = keccak256(&outcome);
    out.equal(
        format_args!("outcome of {subject}"),
        settled.outcome_hash,
        hash,
        cause,
        detail,
    );
}

/// `keccak256` of the words `address ‖ target` of users paid or credited, with 0 for an unknown target.
pub(super) fn list_hash(
    lines: &[(Address, LineOutcome)],
    target_of: impl Fn(Address) -> Option<Amount>,
) -> B256 {
    let mut words = Vec::with_capacity(lines.len().saturating_mul(32));
    for (wallet, _) in lines {
        let target = target_of(*wallet).unwrap_or_default();
        words.extend_from_slice(&list_word(*wallet, target.base_units()));
    }
    keccak256(words)
}

/// `address ‖ 96 bits`.
fn list_word(wallet: Address, number: u128) -> [u8; 32] {
    let mut word = [0; 32];
    let number = number.to_be_bytes();
    let bytes = wallet.iter().chain(number.iter().skip(4));
    for (place, byte) in word.iter_mut().zip(bytes) {
        *place = *byte;
    }
    word
}
