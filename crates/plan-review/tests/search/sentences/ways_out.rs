//! What is said of the way out: what taxes and the fee keep back together, and the smallest withdrawal.

use naive::withholding::{Book, withdrawal};
use plan::file::PlanFile;
use plan::withdrawal::{Request, WithdrawalRefused, WithdrawalTerms};
use plan::withholding::{Withholding, WithholdingTerms};
use plan::{ChainClass, Day, Severity, UserId};

use super::reading::{bps, compiled, figure, for_each_history, found, gaps, units};
use super::taxes::{DATES, Drawn, day};

pub(crate) const CHECKED: &[&str] = &[
    "withdrawal_out_of_reach",
    "kept_back",
    "withdrawal_fee",
    "withdrawal_minimum",
];

/// A user without a tax id receives rewards of a kind, all of the same amount, and takes out each at once: what was received,
/// what the user has of it, and the most that was kept of one at its credit.
fn take_out(drawn: &Drawn, kind: &str, first: u32, rewards: u32, reward: u128) -> (u128, u128, u128) {
    let mut book = Book {
        rules: drawn.rules.clone(),
        ..Book::default()
    };
    let (mut has, mut worst) = (0, 0);
    for number in 0..rewards {
        let mut pay = |gross, kind| -> u128 {
            let taxes = book.pay(1, gross, kind, first + number / 8);
            taxes.iter().map(|(_, amount)| amount).sum()
        };
        let at_credit = pay(reward, Some(kind));
        worst = worst.max(at_credit);
        let credited = reward - at_credit;
        if drawn.keeps_wallets() {
            let tax = pay(credited, None);
            has += withdrawal(credited, tax, drawn.fee_bps).1;
        } else {
            has += credited;
        }
    }
    (reward * u128::from(rewards), has, worst)
}

/// The most that is kept of rewards of any kind and time, in ten-thousandths: of many small ones, and of one that is huge beside
/// all thresholds, rounded up.
fn most_kept(drawn: &Drawn, with_ceilings: bool) -> u128 {
    let amounts = if with_ceilings {
        [40_000, 400_000]
    } else {
        [400_000, 1 << 90]
    };
    let mut most = 0;
    for kind in drawn.kinds {
        for date in DATES {
            for amount in amounts {
                let rewards = if amount > 1 << 80 { 1 } else { 40 };
                let (received, has, _) = take_out(drawn, kind, day(date), rewards, amount);
                most = most.max(((received - has) * 10_000).div_ceil(received));
            }
        }
    }
    most
}

#[test]
fn what_is_kept_back_in_all_is_what_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn {
            min: 0,
            ..Drawn::of(numbers)
        };
        let review = drawn.review(ChainClass::Public);
        let has_ceilings = drawn.rules.iter().any(|rule| rule.ceiling.is_some());
        let most = most_kept(&drawn, has_ceilings);
        let told = found(&review.findings, "kept_back");
        assert!(told.is_some() || most == 0, "{most}\n{}", drawn.text);
        let Some(told) = told else { return };
        let words = "Up to {} of a user's rewards is deducted before the user receives them: {} when they are credited, \
                     {} of the rest on withdrawal, and a fee of {} on what is left{}.";
        let said = gaps(told, words);
        let [kept, credit, payout, fee] = [said[0], said[1], said[2], said[3]].map(bps);
        for (name, value) in [
            ("kept_bps", kept),
            ("credit_bps", credit),
            ("payout_bps", payout),
            ("fee_bps", fee),
        ] {
            assert_eq!(figure(told, name), value);
        }
        // Rounding keeps less, and the stated share is of whole ten-thousandths.
        assert!(most <= kept + 1, "{most}\n{}", drawn.text);
        let has_thresholds = drawn.rules.iter().any(|rule| rule.threshold > 0);
        let is_simple = !has_ceilings && !has_thresholds;
        assert!(!is_simple || most + 1 >= kept, "{most}\n{}", drawn.text);
        assert_eq!(told.severity == Severity::Error, kept > 5_000, "{}", drawn.text);
        check_crossing(&drawn, said[4], credit);
    });
}

/// One reward can be withheld whole only where that is said.
fn check_crossing(drawn: &Drawn, said: &str, credit: u128) {
    let kinds = drawn.kinds.iter();
    // Below the threshold of 50 in all, and then a base unit above it.
    let worst = kinds.map(|kind| {
        let mut book = Book {
            rules: drawn.rules.clone(),
            ..Book::default()
        };
        book.pay(1, 50_000_000, Some(kind), day(DATES[2]));
        let taxes = book.pay(1, 100, Some(kind), day(DATES[2]));
        taxes.iter().map(|(_, amount)| amount).sum::<u128>()
    });
    let is_lost = worst.max() == Some(100) && credit < 10_000;
    match said {
        "; a reward that takes the year's total over a threshold can be withheld entirely" => {
            assert!(is_lost || credit == 10_000);
        }
        "" => assert!(!is_lost, "{}", drawn.text),
        other => panic!("{other}"),
    }
}

#[test]
fn the_fee_is_the_share_of_a_withdrawal_that_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let plan = compiled(&drawn.text);
        let gross = 1 + numbers.below(1_000_000_000) as u128;
        let tax = numbers.below(usize::try_from(gross).unwrap()) as u128;
        let (fee, _) = withdrawal(gross, tax, drawn.fee_bps);
        let told = found(plan.findings(), "withdrawal_fee");
        assert!(told.is_some() || fee == 0, "{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(told, "The operator's fee is {} of a withdrawal after tax.");
        assert_eq!(figure(told, "fee_bps"), bps(said[0]));
        assert_eq!(fee, (gross - tax) * bps(said[0]) / 10_000);
        assert!(withdrawal(1 << 40, 0, drawn.fee_bps).0 > 0);
    });
}

/// Whether someone with this balance can take all of it out.
fn can_take_out(drawn: &Drawn, balance: u128) -> bool {
    let file: PlanFile = toml::from_str(&drawn.text).expect("it was compiled");
    let Some(table) = file.withdrawal else {
        return true;
    };
    let terms = WithdrawalTerms::check(&table, money::Asset::Usdt).expect("it was compiled");
    let balance = money::Amount::new(balance);
    let request = Request {
        user: UserId::new(1).expect("it is a number"),
        gross: balance,
        wallet: balance,
        day: Day::new(20_500),
    };
    let preview = terms.preview(&WithholdingTerms::default(), &Withholding::default(), &request);
    !matches!(preview, Err(WithdrawalRefused::BelowMin { .. }))
}

#[test]
fn what_is_below_the_smallest_withdrawal_stays_and_who_paid_little_is_told_when_that_is_much() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let review = drawn.review(ChainClass::Public);
        let least = found(&review.findings, "withdrawal_minimum");
        assert_eq!(least.is_some(), !can_take_out(&drawn, 0), "{}", drawn.text);
        if let Some(told) = least {
            let said = gaps(
                told,
                "A wallet balance below {} USDT cannot be withdrawn: a user who stops before that receives none of it.",
            );
            let least = units(said[0]);
            assert_eq!(figure(told, "min_units"), least);
            assert!(
                can_take_out(&drawn, least) && !can_take_out(&drawn, least - 1),
                "{}",
                drawn.text
            );
        }
        // What everyone has in the pocket, or must pay at least.
        let balance = drawn.smallest_payment.max(100_000_000);
        let told = found(&review.findings, "withdrawal_out_of_reach");
        assert_eq!(told.is_some(), !can_take_out(&drawn, balance), "{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "The smallest withdrawal is {} USDT; a user who has received less, say {} USDT, cannot withdraw it.",
        );
        assert_eq!(
            [units(said[0]), units(said[1])],
            [drawn.min, balance],
            "{}",
            drawn.text
        );
        assert_eq!(
            (figure(told, "min_units"), figure(told, "plausible_units")),
            (drawn.min, balance)
        );
        assert_eq!(told.severity, Severity::Error);
        let local = drawn.review(ChainClass::Local);
        let local = found(&local.findings, "withdrawal_out_of_reach");
        assert_eq!(local.map(|told| told.severity), Some(Severity::Warning));
    });
}
