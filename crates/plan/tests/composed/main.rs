//! Components of a plan together: random histories of plan files and their variants, checked after every fact.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod paper;
mod parts;
mod said;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "each model follows only the causes that it knows"
)]
mod second;
mod trading;
#[path = "../../../explain/tests/explain/witness.rs"]
mod witness;

use std::collections::BTreeMap;

use explain::explain;
use histories::steps::{any_busy_history, any_history, any_hostile_history};
use histories::variants::any_variant;
use histories::{Kind, Step, Variant, World};
use ledger::{Account, AccountKind, Fund};
use naive::Changes;
use naive::composed::Model;
use paper::{Paper, fold, signed};
use plan::{Book, Cause, ComponentEffect, Effect, Fact, Outcome, Report, compile};
use proptest::prelude::*;
use said::said;
use second::Second;
use trading::any_trading;
use witness::Witness;

/// Runs a history and checks everything after every fact. Returns its causes and what they did.
fn run(variant: &Variant, steps: &[Step]) -> Result<(World, Paper, Vec<Cause>, Vec<Outcome>), TestCaseError> {
    let mut world = World::new(variant);
    let mut witness = witness_of(variant);
    let mut paper = Paper::default();
    let (mut causes, mut outcomes) = (Vec::new(), Vec::new());
    let first = [world.beginning()].to_vec();
    let rest = steps.iter().map(Some);
    for step in std::iter::once(None).chain(rest) {
        let step = step.map_or_else(|| first.clone(), |step| world.causes(step));
        for cause in step {
            let out = apply(&mut world, Some(&mut witness), &cause)?;
            let context = |error: TestCaseError| {
                TestCaseError::fail(format!(
                    "after {cause:?} of fact {}: {error}\n{out:#?}",
                    causes.len() + 1
                ))
            };
            paper
                .follow(&world.book, &cause, &out, variant.multiple())
                .map_err(context)?;
            causes.push(cause);
            outcomes.push(out);
        }
    }
    Ok((world, paper, causes, outcomes))
}

fn witness_of(variant: &Variant) -> Witness {
    let (plans, texts) = (variant.plans(), variant.texts());
    Witness::new(&[(&plans[0], &texts[0]), (&plans[1], &texts[1])])
}

/// Applies a cause; what is ignored changes nothing.
fn apply(world: &mut World, witness: Option<&mut Witness>, cause: &Cause) -> Result<Outcome, TestCaseError> {
    let (book, state) = (world.book.clone(), world.book.state().clone());
    let out = world.apply(cause);
    explained(&book, &out, witness)?;
    let before = matches!(cause, Cause::Reported(_)).then_some(state);
    let is_ignored = matches!(out.effects[..], [Effect::CommandIgnored { .. }]);
    if let Some(mut state) = before.filter(|_| is_ignored) {
        state.apply(world.book.plan(), &Fact::Noted, &mut Outcome::default());
        prop_assert!(out.legs.is_empty());
        prop_assert!(
            state == *world.book.state(),
            "{:?} was ignored and did something",
            cause
        );
    }
    Ok(out)
}

/// Every leg has its line, and a decision of a component stands behind each that one made; `before` are the books before it.
fn explained(before: &Book, out: &Outcome, witness: Option<&mut Witness>) -> Result<(), TestCaseError> {
    const UNDECIDED: [&str; 6] = [
        "a subscription accrues for the day",
        "of an order",
        "a conversion qualifies",
        "a reward has waited",
        "its cause was reversed",
        "a member on the left and one on the right make a pair",
    ];
    let lines = explain(before.plans(), before.state(), out);
    if let Some(witness) = witness {
        witness
            .follow(before.state(), before.plan().hash(), out, &lines)
            .map_err(TestCaseError::fail)?;
    }
    for (leg, line) in out.legs.iter().zip(&lines) {
        let is_decided = UNDECIDED.iter().all(|words| !line.because.contains(words));
        prop_assert!(is_decided, "{:?}: {:?}", leg, line);
    }
    Ok(())
}

/// The same causes do the same, also when the book is copied on the way, and when nobody asks why.
fn replay(world: &World, causes: &[Cause], outcomes: &[Outcome], cut: usize) -> Result<(), TestCaseError> {
    let mut book = Book::new(world.versions[0].clone()).with_versions(world.versions.to_vec());
    let mut out = Outcome::default();
    for (number, (cause, expected)) in causes.iter().zip(outcomes).enumerate() {
        if number == cut {
            book = book.clone();
        }
        book.apply(cause, &mut out);
        prop_assert_eq!((&out.legs, &out.effects), (&expected.legs, &expected.effects));
    }
    prop_assert!(book.state() == world.book.state());
    Ok(())
}

/// Balances that are not zero. What a fund got from one behind it stays with it, so funds count together.
fn in_sum(balances: BTreeMap<Account, i128>) -> BTreeMap<Account, i128> {
    let mut sums = BTreeMap::new();
    for (account, balance) in balances.into_iter().filter(|(_, balance)| *balance != 0) {
        let is_fund = account.kind() == AccountKind::Revenue;
        let account = if is_fund {
            Account::Revenue(Fund::UNALLOCATED)
        } else {
            account
        };
        *sums.entry(account).or_default() += balance;
    }
    sums
}

/// A payment that is refunded at once leaves every balance as it was.
fn pay_and_refund(world: &mut World, paper: &Paper, pick: usize) -> Result<(), TestCaseError> {
    let amount = world.payment(pick);
    let wallet = world.wallet(pick);
    let intakes = [
        Cause::Registered(world.newcomer(pick, amount, 9)),
        Cause::RetoppedUp(world.intake(wallet, None, amount, 9)),
    ];
    let places = [world.deposits.len() - 2, world.deposits.len() - 1];
    for (intake, place) in intakes.into_iter().zip(places) {
        let mut book = world.book.clone();
        let mut balances = paper.balances.clone();
        let mut outs = Vec::new();
        for cause in [intake, world.refund(place)] {
            let mut out = Outcome::default();
            book.apply(&cause, &mut out);
            fold(&mut balances, &out.legs);
            outs.push(out);
        }
        let (mut balances, mut before) = (in_sum(balances), in_sum(paper.balances.clone()));
        let is_stranger = outs[0].effects.iter().any(|effect| {
            matches!(effect, Effect::Discrepancy { cause } if *cause == plan::DiscrepancyCause::UnexpectedIntake)
        });
        // The calendar may be ahead of the chain: then a reward was released at once, and is owed now.
        let is_owed = |out: &Outcome| {
            out.legs
                .iter()
                .any(|leg| leg.debit.kind() == AccountKind::Receivable)
        };
        if outs.iter().any(is_owed) {
            continue;
        }
        if is_stranger {
            // Nobody's money went into clearing, and what went back was in no deposit.
            balances.retain(|account, _| !matches!(account, Account::Clearing(_)));
            before.retain(|account, _| !matches!(account, Account::Clearing(_)));
        }
        prop_assert_eq!(&balances, &before, "{:?}", outs);
    }
    Ok(())
}

fn check(variant: &Variant, steps: &[Step], cut: usize) -> Result<(), TestCaseError> {
    let (mut world, paper, causes, outcomes) = run(variant, steps)?;
    replay(&world, &causes, &outcomes, cut)?;
    pay_and_refund(&mut world, &paper, cut)
}

/// The balances of a plan of subscriptions and the explanations of all legs are those of the model, after every fact.
fn agree(variant: &Variant, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut world = World::new(variant);
    let mut model = Model::new(variant.terms(0));
    let mut balances = BTreeMap::new();
    let mut out = Outcome::explained();
    let first = vec![world.beginning()];
    for step in std::iter::once(None).chain(steps.iter().map(Some)) {
        // Operators are not in the model.
        if matches!(step, Some(Step::Treasury { .. })) {
            continue;
        }
        for cause in step.map_or_else(|| first.clone(), |step| world.causes(step)) {
            let before = world.book.clone();
            world.book.apply(&cause, &mut out);
            fold(&mut balances, &out.legs);
            model.apply(&cause);
            // Money on its way out is not a matter of rules.
            if !matches!(cause, Cause::Claimed { .. }) {
                let lines = explain(before.plans(), before.state(), &out);
                prop_assert_eq!(
                    &said(&world.book, &lines),
                    &model.told,
                    "after {:?}\n{:#?}",
                    cause,
                    lines
                );
            }
            if let Some(Step::Change {
                version: version @ 0..=1,
            }) = step
            {
                model.change(variant.terms(*version));
            }
            let found: Changes = (balances.iter())
                .filter(|(_, balance)| **balance != 0)
                .map(|(account, balance)| (name(&world.book, *account), *balance))
                .collect();
            prop_assert_eq!(&found, &model.balances, "after {:?}\n{:#?}", cause, out);
            for wallet in &world.wallets {
                prop_assert_eq!(signed(world.book.entitled(*wallet)), model.entitled(*wallet));
            }
        }
    }
    Ok(())
}

/// The explanations of all legs of a plan of bookings, orders or a campaign are those of its second implementation.
fn explained_alike(variant: &Variant, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut world = World::new(variant);
    let (texts, asset) = (variant.texts(), world.versions[0].asset());
    let mut second = Second::new(&texts[0], asset);
    let mut out = Outcome::explained();
    let mut version = world.book.plan().version();
    // Operators are not in the models.
    let steps = steps.iter().filter(|step| !matches!(step, Step::Treasury { .. }));
    for step in std::iter::once(None).chain(steps.map(Some)) {
        let first = vec![world.beginning()];
        for cause in step.map_or(first, |step| world.causes(step)) {
            let before = world.book.clone();
            world.book.apply(&cause, &mut out);
            second.apply(&cause);
            if world.book.plan().version() != version {
                version = world.book.plan().version();
                second.follow(&texts[usize::from(version == 2)], asset);
            }
            // Money on its way out is not a matter of rules.
            if !matches!(cause, Cause::Claimed { .. }) {
                let lines = explain(before.plans(), before.state(), &out);
                let context = format!("after {cause:?}\n{lines:#?}");
                prop_assert_eq!(&said(&world.book, &lines), second.told(), "{}", context);
                prop_assert_eq!(withheld(&out), second.withheld(), "{}", context);
            }
            for fund in 0..second.fund_count() {
                let waiting = waiting(&world.book, fund);
                prop_assert_eq!(waiting, second.waiting(fund), "fund {} after {:?}", fund, cause);
            }
        }
    }
    Ok(())
}

/// What is said to be withheld: user from 0, what is taxed and the tax, in order.
fn withheld(out: &Outcome) -> Vec<(u32, u128, u128)> {
    let mut taxes = Vec::new();
    for effect in &out.effects {
        if let Effect::Component(ComponentEffect::Withheld {
            user, base, amount, ..
        }) = effect
        {
            taxes.push((user.get() - 1, base.base_units(), amount.base_units()));
        }
    }
    taxes.sort_unstable();
    taxes
}

/// What waits to be paid out of the fund with this number: how many rewards, and what they come to.
fn waiting(book: &Book, fund: usize) -> (u64, u128) {
    let fund = Fund::new(u8::try_from(fund).unwrap());
    let waiting = book.state().waiting(book.plan(), fund);
    (waiting.count, waiting.amount.base_units())
}

/// An account by wallet.
fn name(book: &Book, account: Account) -> String {
    let text = account.to_string();
    match account.user() {
        Some(user) => text.replace(
            &format!("({user})"),
            &format!("({})", book.wallet_of(user).unwrap()),
        ),
        None => text,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn subscriptions_keep_every_rule(
        variant in any_variant(Kind::Subscription),
        steps in any_history(1..200),
        cut in 0usize..200,
    ) {
        check(&variant, &steps, cut)?;
    }

    #[test]
    fn bookings_and_pairs_keep_every_rule(
        variant in any_variant(Kind::Binary),
        steps in any_history(1..200),
        cut in 0usize..200,
    ) {
        check(&variant, &steps, cut)?;
    }

    #[test]
    fn orders_and_commissions_keep_every_rule(
        variant in any_variant(Kind::Orders),
        steps in any_history(1..200),
        cut in 0usize..200,
    ) {
        check(&variant, &steps, cut)?;
    }

    #[test]
    fn campaigns_keep_every_rule(
        variant in any_variant(Kind::Campaign),
        steps in any_history(1..200),
        cut in 0usize..200,
    ) {
        check(&variant, &steps, cut)?;
    }

    #[test]
    fn hostile_causes_neither_panic_nor_take_long(
        kind in proptest::sample::select(vec![Kind::Subscription, Kind::Binary, Kind::Orders, Kind::Campaign]),
        bits: u32,
        steps in any_hostile_history(1..60),
    ) {
        let variant = Variant { kind, bits };
        let mut world = World::new(&variant);
        for step in &steps {
            for cause in world.causes(step) {
                // The witness adds up, and these amounts do not fit.
                let out = apply(&mut world, None, &cause)?;
                prop_assert!(out.legs.iter().all(|leg| !leg.amount.is_zero() && leg.debit != leg.credit));
            }
        }
    }
}

proptest! {
    // The model adds everything up anew all the time.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_second_implementation_of_a_whole_plan_agrees(
        variant in any_variant(Kind::Subscription),
        steps in any_busy_history(20..100),
    ) {
        agree(&variant.modelled(), &steps)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bookings_and_pairs_are_explained_as_a_second_implementation_does(
        variant in any_variant(Kind::Binary),
        steps in prop_oneof![any_history(1..150), any_trading(40..150)],
    ) {
        explained_alike(&variant, &steps)?;
    }

    #[test]
    fn orders_and_ranks_are_explained_as_a_second_implementation_does(
        variant in any_variant(Kind::Orders),
        steps in prop_oneof![any_history(1..150), any_trading(40..150)],
    ) {
        explained_alike(&variant, &steps)?;
    }

    #[test]
    fn campaigns_are_explained_as_a_second_implementation_does(
        variant in any_variant(Kind::Campaign),
        steps in prop_oneof![any_history(1..150), any_trading(40..150)],
    ) {
        explained_alike(&variant, &steps)?;
    }
}

/// Whether a book of a plan follows a version in which this was replaced.
fn follows(text: &str, from: &str, to: &str) -> bool {
    let other = text.replace("version = 1", "version = 2").replace(from, to);
    assert!(other.contains(to));
    let [first, second] = [text, &other].map(|text| compile(text).unwrap());
    let change = Cause::Reported(Report::PlanChanged {
        plan_hash: second.hash(),
    });
    let mut book = Book::new(first.clone()).with_versions(vec![first, second]);
    let mut out = Outcome::default();
    book.apply(&change, &mut out);
    book.plan().version() == 2
}

#[test]
fn what_users_agreed_to_with_a_first_payment_stays_when_the_plan_changes() {
    let text = include_str!("../../../../plans/binary-ev.toml");
    assert!(follows(text, "pair_value = \"2000\"", "pair_value = \"1500\""));
    assert!(!follows(text, "price = \"100000\"", "price = \"90000\""));
}

#[test]
fn commission_periods_keep_their_length_when_the_plan_changes() {
    let text = include_str!("../../../../plans/unilevel-orders.toml");
    assert!(follows(
        text,
        "generations_bps = [1000,",
        "generations_bps = [900,"
    ));
    assert!(!follows(text, "period = \"month\"", "period = \"week\""));
}
