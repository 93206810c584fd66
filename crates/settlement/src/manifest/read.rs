//! Reads the text of a manifest, and refuses every other text.

use std::str::FromStr;

use alloy_primitives::{Address, B256, hex};
use money::Amount;
use thiserror::Error;

use crate::batch::{PAYOUTS_MAX, SealError, SealedPayout, seal};
use crate::manifest::{CoveredPayout, CoveredReward, Manifest};

/// Bytes of a manifest that is read: 300 payouts of some thousand rewards each.
const TEXT_MAX: usize = 64 * 1024 * 1024;

/// Why a text is not a manifest. Lines count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// Longer than any batch needs.
    #[error("the text is longer than {TEXT_MAX} bytes")]
    TooLong,
    /// The text ends where a line must follow.
    #[error("the text ends before line {0}")]
    Incomplete(usize),
    /// A line is not what must be there, or not written the canonical way.
    #[error("line {0} is not valid at this point of a manifest")]
    BadLine(usize),
    /// A payout's rewards do not sum to its amount.
    #[error("the rewards of the payout in line {0} do not sum to its amount")]
    SumDiffers(usize),
    /// A payout's rewards are not oldest first.
    #[error("the reward in line {0} is out of order")]
    OutOfOrder(usize),
    /// The payouts are not in the order of their wallets.
    #[error("the payouts are not in the order of their wallets")]
    PayoutsUnsorted,
    /// The payouts are not a list that a batch can have.
    #[error("the payouts: {0}")]
    Payouts(SealError),
}

impl FromStr for Manifest {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        if text.len() > TEXT_MAX {
            return Err(ManifestError::TooLong);
        }
        let mut lines = Lines {
            rest: text,
            number: 0,
        };
        lines.expect(|line| (line == "trellis-manifest 1").then_some(()))?;
        let mut manifest = Self {
            batch_id: lines.expect(|line| hash(line.strip_prefix("batch ")?))?,
            plan_hash: lines.expect(|line| hash(line.strip_prefix("plan ")?))?,
            through_fact: lines.expect(|line| number(line.strip_prefix("through_fact ")?))?,
            payouts: Vec::new(),
        };
        while !lines.rest.is_empty() {
            let payout = lines.expect(payout)?;
            if manifest.payouts.len() >= PAYOUTS_MAX {
                return Err(ManifestError::Payouts(SealError::TooMany(
                    PAYOUTS_MAX.saturating_add(1),
                )));
            }
            let rewards = lines.rewards(payout.amount)?;
            manifest.payouts.push(CoveredPayout { payout, rewards });
        }
        manifest.check_list()?;
        Ok(manifest)
    }
}

impl Manifest {
    fn check_list(&self) -> Result<(), ManifestError> {
        let payouts = self.payouts.iter().map(|covered| covered.payout).collect();
        let sealed = seal(payouts).map_err(ManifestError::Payouts)?;
        if self.is_of(&sealed) {
            Ok(())
        } else {
            Err(ManifestError::PayoutsUnsorted)
        }
    }
}

struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    /// The next line, which `read` must like.
    fn expect<T>(&mut self, read: impl FnOnce(&'a str) -> Option<T>) -> Result<T, ManifestError> {
        self.number = self.number.saturating_add(1);
        if self.rest.is_empty() {
            return Err(ManifestError::Incomplete(self.number));
        }
        let split = self.rest.split_once('\n');
        let (line, rest) = split.ok_or(ManifestError::BadLine(self.number))?;
        self.rest = rest;
        read(line).ok_or(ManifestError::BadLine(self.number))
    }

    /// The rewards below a payout of this amount.
    fn rewards(&mut self, wanted: Amount) -> Result<Vec<CoveredReward>, ManifestError> {
        let of = self.number;
        let mut rewards: Vec<CoveredReward> = Vec::new();
        let mut sum = Amount::ZERO;
        while self.rest.starts_with("reward ") {
            let reward = self.expect(reward)?;
            let last = rewards.last().map(|last| (last.fact_seq, last.leg));
            if last >= Some((reward.fact_seq, reward.leg)) {
                return Err(ManifestError::OutOfOrder(self.number));
            }
            sum = sum
                .checked_add(reward.amount)
                .map_err(|_| ManifestError::SumDiffers(of))?;
            rewards.push(reward);
        }
        if sum == wanted {
            Ok(rewards)
        } else {
            Err(ManifestError::SumDiffers(of))
        }
    }
}

fn payout(line: &str) -> Option<SealedPayout> {
    let mut words = line.strip_prefix("payout ")?.split(' ');
    let payout = SealedPayout {
        wallet: Address::from(bytes(words.next()?)?),
        amount: words.next()?.parse().ok()?,
        target: words.next()?.parse().ok()?,
    };
    words.next().is_none().then_some(payout)
}

fn reward(line: &str) -> Option<CoveredReward> {
    let mut words = line.strip_prefix("reward ")?.split(' ');
    let reward = CoveredReward {
        fact_seq: number(words.next()?)?,
        leg: number(words.next()?)?,
        amount: words.next()?.parse().ok()?,
    };
    (words.next().is_none() && !reward.amount.is_zero()).then_some(reward)
}

fn hash(text: &str) -> Option<B256> {
    bytes(text).map(B256::from)
}

/// A canonical number: [`Amount`] reads no other.
fn number<T: TryFrom<u128>>(text: &str) -> Option<T> {
    let amount: Amount = text.parse().ok()?;
    T::try_from(amount.base_units()).ok()
}

/// `0x` and lower-case hexadecimal, exactly as many digits as are needed.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.strip_prefix("0x")?;
    if digits.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; N];
    // Other crates accept a second `0x`; 2N digits leave no room for one.
    let fits = digits.len() == N.checked_mul(2)? && !digits.starts_with("0x");
    (fits && hex::decode_to_slice(digits, &mut bytes).is_ok()).then_some(bytes)
}
