//! Tests of the text, of what is covered, and of what is refused.

use alloy_primitives::Address;
use proptest::prelude::*;

use super::*;
use crate::batch::{SealError, seal};

const fn maturity(fact_seq: u64, leg: u32, amount: u128) -> Maturity {
    Maturity {
        fact_seq,
        leg,
        amount: Amount::new(amount),
    }
}

fn covered(matured: &[Maturity], paid: u128, target: u128) -> Vec<CoveredReward> {
    cover(matured.iter().copied(), Amount::new(paid), Amount::new(target)).unwrap()
}

fn manifest() -> Manifest {
    let one = |wallet: u8, matured: &[Maturity], paid: u128, target: u128| CoveredPayout {
        payout: SealedPayout {
            wallet: Address::repeat_byte(wallet),
            amount: Amount::new(target - paid),
            target: Amount::new(target),
        },
        rewards: covered(matured, paid, target),
    };
    Manifest {
        batch_id: B256::repeat_byte(0xba),
        plan_hash: B256::repeat_byte(0x1a),
        through_fact: 812,
        payouts: vec![
            one(
                0x0a,
                &[maturity(3, 0, 20), maturity(12, 3, 10), maturity(40, 0, 30)],
                20,
                50,
            ),
            one(0x0b, &[maturity(12, 4, 7)], 0, 7),
        ],
    }
}

fn text() -> String {
    format!(
        "trellis-manifest 1\nbatch 0x{}\nplan 0x{}\nthrough_fact 812\npayout 0x{} 30 50\nreward 12 3 10\n\
         reward 40 0 20\npayout 0x{} 7 7\nreward 12 4 7\n",
        "ba".repeat(32),
        "1a".repeat(32),
        "0a".repeat(20),
        "0b".repeat(20)
    )
}

#[test]
fn a_manifest_has_one_text_and_is_read_back_from_it() {
    assert_eq!(manifest().to_string(), text());
    assert_eq!(text().parse(), Ok(manifest()));
    assert_eq!(manifest().hash(), keccak256(text()));
}

#[test]
fn a_manifest_is_of_one_list_only() {
    let payouts: Vec<SealedPayout> = (manifest().payouts.iter())
        .map(|covered| covered.payout)
        .collect();
    assert!(manifest().is_of(&seal(payouts.clone()).unwrap()));
    assert!(!manifest().is_of(&seal(payouts[..1].to_vec()).unwrap()));
    let mut other = payouts;
    other[0].target = Amount::new(51);
    assert!(!manifest().is_of(&seal(other).unwrap()));
}

#[test]
fn rewards_fill_the_interval_from_paid_to_target_oldest_first() {
    let matured = [maturity(1, 0, 10), maturity(1, 1, 10), maturity(2, 0, 10)];
    let parts = |paid, target| -> Vec<(u64, u32, u128)> {
        covered(&matured, paid, target)
            .into_iter()
            .map(|part| (part.fact_seq, part.leg, part.amount.base_units()))
            .collect()
    };
    assert_eq!(parts(0, 30), [(1, 0, 10), (1, 1, 10), (2, 0, 10)]);
    assert_eq!(parts(5, 15), [(1, 0, 5), (1, 1, 5)]);
    assert_eq!(parts(10, 20), [(1, 1, 10)]);
    assert_eq!(parts(22, 23), [(2, 0, 1)]);
    assert_eq!(parts(7, 7), []);

    let refused = |matured: &[Maturity], paid, target| {
        cover(matured.iter().copied(), Amount::new(paid), Amount::new(target)).unwrap_err()
    };
    assert_eq!(
        refused(&matured, 0, 31),
        CoverError::NotCovered {
            missing: Amount::new(1)
        }
    );
    assert_eq!(
        refused(&matured, 2, 1),
        CoverError::TargetBelowPaid {
            paid: Amount::new(2),
            target: Amount::new(1)
        }
    );
    let twice = [maturity(1, 1, 1), maturity(1, 1, 1)];
    assert_eq!(
        refused(&twice, 0, 2),
        CoverError::OutOfOrder { fact_seq: 1, leg: 1 }
    );
}

#[test]
fn a_text_that_differs_in_form_or_does_not_add_up_is_refused() {
    use ManifestError::{BadLine, Incomplete, OutOfOrder, Payouts, PayoutsUnsorted, SumDiffers};
    let a = "0a".repeat(20);
    let table: [(&str, &str, ManifestError); 17] = [
        ("trellis-manifest 1\n", "trellis-manifest 2\n", BadLine(1)),
        ("trellis-manifest 1\n", "trellis-manifest 1\r\n", BadLine(1)),
        ("batch 0xba", "batch 0xBA", BadLine(2)),
        ("batch 0xba", "batch 0x0xba", BadLine(2)),
        ("batch 0xba", "batch 0x", BadLine(2)),
        ("plan 0x", "plan  0x", BadLine(3)),
        ("through_fact 812", "through_fact 0812", BadLine(4)),
        (
            "through_fact 812",
            "through_fact 18446744073709551616",
            BadLine(4),
        ),
        (" 30 50\n", " 30 50 \n", BadLine(5)),
        (" 30 50\n", " 30\n", BadLine(5)),
        ("reward 12 3 10", "reward 12 3 11", SumDiffers(5)),
        ("reward 12 3 10\n", "", SumDiffers(5)),
        ("reward 12 3 10", "reward 41 3 10", OutOfOrder(7)),
        ("reward 12 3 10", "reward 12 4294967296 10", BadLine(6)),
        ("reward 12 4 7\n", "reward 12 4 7", BadLine(9)),
        ("reward 12 4 7\n", "reward 12 4 7\n\n", BadLine(10)),
        (a.as_str(), &"0c".repeat(20), PayoutsUnsorted),
    ];
    for (from, to, error) in table {
        let changed = text().replacen(from, to, 1);
        assert_ne!(changed, text());
        assert_eq!(changed.parse::<Manifest>(), Err(error), "{from:?} to {to:?}");
    }
    let head: String = text().split_inclusive('\n').take(4).collect();
    assert_eq!(head.parse::<Manifest>(), Err(Payouts(SealError::Empty)));
    assert_eq!("trellis-manifest 1\n".parse::<Manifest>(), Err(Incomplete(2)));
    assert_eq!("".parse::<Manifest>(), Err(Incomplete(1)));
}

proptest! {
    #[test]
    fn what_is_covered_sums_to_the_payout_and_payouts_in_turn_cover_everything_once(
        amounts in proptest::collection::vec(0u128..50, 1..20),
        cut in 0u128..1_000,
    ) {
        let matured: Vec<Maturity> = (1u64..).zip(&amounts).map(|(fact, amount)| maturity(fact, 0, *amount)).collect();
        let all: u128 = amounts.iter().sum();
        let cut = cut.min(all);
        let sum = |parts: &[CoveredReward]| parts.iter().map(|part| part.amount.base_units()).sum::<u128>();
        let (first, second) = (covered(&matured, 0, cut), covered(&matured, cut, all));
        prop_assert_eq!(sum(&first), cut);
        prop_assert_eq!(sum(&second), all - cut);
        for reward in &matured {
            let parts = first.iter().chain(&second).filter(|part| part.fact_seq == reward.fact_seq);
            prop_assert_eq!(parts.map(|part| part.amount.base_units()).sum::<u128>(), reward.amount.base_units());
        }
    }

    #[test]
    fn a_text_with_one_byte_changed_is_refused_or_is_the_text_of_another_manifest(at in 0usize..400, byte in 0u8..128) {
        let mut bytes = text().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        if let Ok(read) = changed.parse::<Manifest>() {
            prop_assert_eq!(read.to_string(), changed);
        }
    }
}
