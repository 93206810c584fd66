//! How many people join in each month.

use crate::parameters::Growth;

/// One, in fixed point.
const ONE: u128 = 1 << 64;
const BPS: u128 = 10_000;

/// Arrivals in each of the months: their sum is `users`. Month `m` ends when the floor of `users` times the share of
/// the form that lies up to its end have joined, so no rounding is lost.
pub fn arrivals(growth: Growth, users: u32, months: u32) -> Vec<u32> {
    let weights = weights(growth, months);
    // At most 600 weights of at most 2^64, times at most 2^32 users: far below 2^128.
    let total = weights
        .iter()
        .fold(0u128, |sum, weight| sum.saturating_add(*weight));
    let mut until = 0u128;
    let mut before = 0u32;
    weights
        .into_iter()
        .map(|weight| {
            until = until.saturating_add(weight);
            let joined = until
                .saturating_mul(u128::from(users))
                .checked_div(total)
                .and_then(|joined| u32::try_from(joined).ok())
                .unwrap_or(users);
            let arrivals = joined.saturating_sub(before);
            before = joined;
            arrivals
        })
        .collect()
}

/// The form of a growth: the weight of each month.
fn weights(growth: Growth, months: u32) -> Vec<u128> {
    let months = usize::try_from(months).unwrap_or(0);
    match growth {
        Growth::Constant => vec![ONE; months],
        Growth::Decline { rate_bps } => falling(months, BPS.saturating_sub(u128::from(rate_bps)), BPS),
        Growth::Exponential { rate_bps } => {
            // Counted back from the last month, so that nothing grows out of its integer.
            let mut weights = falling(months, BPS, BPS.saturating_add(u128::from(rate_bps)));
            weights.reverse();
            weights
        }
        Growth::Logistic { rate_bps } => logistic(months, u128::from(rate_bps)),
        Growth::Stop { after_months } => {
            let open = usize::try_from(after_months).unwrap_or(usize::MAX);
            (0..months)
                .map(|month| if month < open { ONE } else { 0 })
                .collect()
        }
    }
}

/// Each weight is the one before, times `numerator / denominator`.
fn falling(months: usize, numerator: u128, denominator: u128) -> Vec<u128> {
    let next = |weight: &u128| weight.saturating_mul(numerator).checked_div(denominator);
    std::iter::successors(Some(ONE), next).take(months).collect()
}

/// The steps of `x ← x + rate·x·(1 − x)` from one hundredth, in 32 fractional bits.
fn logistic(months: usize, rate_bps: u128) -> Vec<u128> {
    const WHOLE: u128 = 1 << 32;
    let mut joined = WHOLE.checked_div(100).unwrap_or(0);
    (0..months)
        .map(|_| {
            let open = WHOLE.saturating_sub(joined);
            let pace = joined.saturating_mul(open) >> 32;
            let step = pace.saturating_mul(rate_bps).checked_div(BPS).unwrap_or(0);
            joined = joined.saturating_add(step);
            step.saturating_add(1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_forms_are_these() {
        let of = |growth| arrivals(growth, 1_000, 6);
        assert_eq!(of(Growth::Constant), [166, 167, 167, 166, 167, 167]);
        assert_eq!(
            of(Growth::Exponential { rate_bps: 10_000 }),
            [15, 32, 64, 127, 254, 508]
        );
        assert_eq!(
            of(Growth::Decline { rate_bps: 5_000 }),
            [507, 254, 127, 64, 32, 16]
        );
        assert_eq!(of(Growth::Stop { after_months: 2 }), [500, 500, 0, 0, 0, 0]);
        let curve = arrivals(Growth::Logistic { rate_bps: 5_000 }, 1_000_000, 24);
        let peak = curve.iter().max().unwrap();
        let at = curve.iter().position(|month| month == peak).unwrap();
        assert!((8..16).contains(&at), "{curve:?}");
        assert!(curve[..at].is_sorted() && curve[at..].is_sorted_by(|left, right| left >= right));
    }

    proptest! {
        #[test]
        fn everybody_joins(users in 1u32..=20_000_000, months in 1u32..=600, rate_bps in 1u16..10_000, form in 0..5) {
            let growth = match form {
                0 => Growth::Constant,
                1 => Growth::Exponential { rate_bps },
                2 => Growth::Logistic { rate_bps },
                3 => Growth::Decline { rate_bps },
                _ => Growth::Stop { after_months: months.div_ceil(2) },
            };
            let arrivals = arrivals(growth, users, months);
            prop_assert_eq!(arrivals.len(), months as usize);
            prop_assert_eq!(arrivals.iter().map(|month| u64::from(*month)).sum::<u64>(), u64::from(users));
        }
    }
}
