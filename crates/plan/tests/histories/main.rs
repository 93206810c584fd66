//! Random histories: invariants that hold after every fact, and agreement with a second implementation.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod explained;
mod facts;
mod history;
mod holds;
mod kept;
#[path = "../composed/said.rs"]
mod said;
mod settlement;
#[path = "../../../explain/tests/explain/witness.rs"]
mod witness;

use std::collections::BTreeMap;

use facts::any_fact;
use history::{Step, any_history, any_terms, causes};
use ledger::{Account, AccountKind, Beneficiary, BreakageCause, Leg, Phase, Reason, Side};
use money::Amount;
use naive::{Changes, Model, Terms};
use plan::{
    Book, Cause, CompiledPlan, DepositId, Effect, Fact, Funding, Outcome, PayoutOutcome, Report, State, Tier,
    UserId, compile,
};
use proptest::prelude::*;

fn compiled(terms: &Terms) -> CompiledPlan {
    compile(&history::text(terms)).unwrap()
}

fn signed(amount: Amount) -> i128 {
    i128::try_from(amount.base_units()).unwrap()
}

/// Adds legs to balances by account, each positive on the side on which the account grows.
/// What is only held back moves nothing yet.
fn fold(balances: &mut BTreeMap<Account, i128>, legs: &[Leg]) {
    let moves = |leg: &&Leg| matches!(leg.movement.phase(), Phase::Single | Phase::Post);
    for leg in legs.iter().filter(moves) {
        for (account, sign) in [(leg.debit, 1), (leg.credit, -1)] {
            let sign = match account.kind().side() {
                Side::Debit => sign,
                Side::Credit => -sign,
            };
            *balances.entry(account).or_default() += sign * signed(leg.amount);
        }
    }
}

/// What a cause brings into custody, less what it takes out.
fn flow(cause: &Cause) -> i128 {
    match cause {
        Cause::Registered(intake) | Cause::RetoppedUp(intake) => signed(intake.amount),
        Cause::Refunded { amount, .. } => -signed(*amount),
        Cause::Funded { amount, .. } => signed(*amount),
        Cause::BatchSettled { payouts, .. } | Cause::LeavesSettled { payouts, .. } => -payouts
            .iter()
            .map(|line| match line.outcome {
                PayoutOutcome::Executed(amount) => signed(amount),
                PayoutOutcome::Credited { .. } | PayoutOutcome::Skipped => 0,
            })
            .sum::<i128>(),
        Cause::Claimed { amount, .. }
        | Cause::CreditWithdrawn { amount, .. }
        | Cause::TreasuryPaid { amount, .. } => -signed(*amount),
        Cause::EscrowMatured { .. }
        | Cause::UserFrozen { .. }
        | Cause::UserUnfrozen { .. }
        | Cause::Noted
        | Cause::Continued { .. }
        | Cause::Reported(_)
        | Cause::ReserveChosen { .. }
        | Cause::Corrected { .. }
        | Cause::BatchRequested { .. }
        | Cause::BatchReleased { .. }
        | Cause::BatchCancelled { .. }
        | Cause::RootPublished { .. }
        | Cause::RootVetoed { .. } => 0,
    }
}

/// Runs a history and calls `each` after every cause, with the balances so far.
fn run(
    terms: &Terms,
    steps: &[Step],
    mut each: impl FnMut(&Book, &Cause, &Outcome, &BTreeMap<Account, i128>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let plan = compiled(terms);
    let causes = causes(terms, &plan, steps);
    let mut book = Book::new(plan);
    let mut out = Outcome::default();
    let mut balances = BTreeMap::new();
    for cause in &causes {
        book.apply(cause, &mut out);
        fold(&mut balances, &out.legs);
        each(&book, cause, &out, &balances)?;
    }
    Ok(())
}

fn name(book: &Book, account: Account) -> String {
    let text = account.to_string();
    match account.user() {
        Some(user) => {
            let wallet = book.wallet_of(user).unwrap();
            text.replacen(&format!("({user}"), &format!("({wallet}"), 1)
        }
        None => text,
    }
}

fn notes(out: &Outcome) -> Vec<String> {
    let mut notes: Vec<String> = out
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::CommandIgnored { cause } => Some(format!("{cause:?}")),
            Effect::Discrepancy { cause } => Some(format!("{cause:?}")),
            Effect::RewardForfeited { .. } => Some("forfeited".into()),
            Effect::Progressed { .. } => Some("progressed".into()),
            Effect::PayoutRefused { cause, .. } => Some(format!("{cause:?}")),
            Effect::Joined { .. }
            | Effect::Component(_)
            | Effect::Continues { .. }
            | Effect::DepositTaken { .. }
            | Effect::DepositRefunded { .. }
            | Effect::DepositMatured { .. }
            | Effect::UserRefunded { .. }
            | Effect::TreeOpened { .. }
            | Effect::Placed { .. }
            | Effect::TreeClosed { .. }
            | Effect::ReserveSet { .. }
            | Effect::Frozen { .. }
            | Effect::Unfrozen { .. }
            | Effect::PayoutHeld { .. }
            | Effect::BatchHeld { .. }
            | Effect::PayoutReduced { .. }
            | Effect::PayoutSettled { .. }
            | Effect::BatchExecuted { .. }
            | Effect::PayoutReleased { .. }
            | Effect::BatchEnded { .. }
            | Effect::Paid { .. }
            | Effect::Claimed { .. }
            | Effect::RootPublished { .. }
            | Effect::RootVetoed { .. } => None,
        })
        .collect();
    notes.sort();
    notes
}

/// A version that can follow, with splits of another plan and a tier more.
fn following(terms: &Terms, other: &Terms) -> Terms {
    let mut tier_prices = terms.tier_prices.clone();
    // A forced reserve must be able to reach every price.
    let last = terms.tier_prices.last().filter(|_| terms.forced.is_none());
    tier_prices.extend(last.map(|price| price + 1));
    Terms {
        direct: terms.direct.min(other.direct),
        ordinals: other.ordinals.clone(),
        retopup_company: terms.retopup_company / 2,
        generations_bps: other.generations_bps.clone(),
        tier_prices,
        ..terms.clone()
    }
}

/// Balances, notes and what users may have are those of the model.
fn agree(
    model: &Model,
    book: &Book,
    cause: &Cause,
    out: &Outcome,
    balances: &BTreeMap<Account, i128>,
) -> Result<(), TestCaseError> {
    let found: Changes = balances
        .iter()
        .filter(|(_, amount)| **amount != 0)
        .map(|(account, amount)| (name(book, *account), *amount))
        .collect();
    prop_assert_eq!(&found, &model.balances, "after {:?}", cause);
    let mut expected = model.notes.clone();
    expected.sort();
    prop_assert_eq!(notes(out), expected, "after {:?}", cause);
    for (wallet, entitled) in &model.entitled {
        prop_assert_eq!(signed(book.entitled(*wallet)), *entitled);
        let payments = book.state().payments(book.user_of(*wallet).unwrap());
        prop_assert_eq!(signed(payments.paid), model.paid_to(*wallet));
        let held: i128 = model
            .holds
            .iter()
            .filter(|hold| hold.wallet == *wallet)
            .map(|hold| hold.amount)
            .sum();
        prop_assert_eq!(signed(payments.held), held, "after {:?}", cause);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_second_implementation_agrees(terms in any_terms(), steps in any_history(200..320)) {
        let mut model = Model::new(&terms);
        run(&terms, &steps, |book, cause, out, balances| {
            model.apply(cause);
            agree(&model, book, cause, out, balances)
        })?;
    }

    #[test]
    fn a_second_implementation_agrees_when_the_plan_changes(
        terms in any_terms(),
        other in any_terms(),
        steps in any_history(100..200),
        at in 0usize..200,
    ) {
        let next = following(&terms, &other);
        let [first, second] = [(&terms, 1), (&next, 2)].map(|(terms, version)| {
            let text = history::text(terms).replace("version = 1", &format!("version = {version}"));
            compile(&text).unwrap()
        });
        let mut causes = causes(&terms, &first, &steps);
        let at = at.min(causes.len());
        for cause in causes.iter_mut().skip(at) {
            if let Cause::Registered(intake) | Cause::RetoppedUp(intake) = cause {
                intake.plan_hash = second.hash();
            }
        }
        causes.insert(at, Cause::Reported(Report::PlanChanged { plan_hash: second.hash() }));
        let mut book = Book::new(first.clone()).with_versions(vec![first, second]);
        let (mut model, mut out, mut balances) = (Model::new(&terms), Outcome::default(), BTreeMap::new());
        for (number, cause) in causes.iter().enumerate() {
            book.apply(cause, &mut out);
            fold(&mut balances, &out.legs);
            model.apply(cause);
            if number == at {
                prop_assert_eq!(book.plan().version(), 2);
                model.change(&next);
            }
            agree(&model, &book, cause, &out, &balances)?;
        }
    }

    #[test]
    fn every_fact_conserves_money(terms in any_terms(), steps in any_history(1..200)) {
        let mut custody = 0;
        run(&terms, &steps, |book, cause, out, balances| {
            custody += flow(cause);
            prop_assert!(out.legs.iter().all(|leg| !leg.amount.is_zero() && leg.debit != leg.credit));
            prop_assert_eq!(balances.get(&Account::Custody).copied().unwrap_or(0), custody);
            for (account, balance) in balances {
                prop_assert!(!account.kind().is_guarded() || *balance >= 0, "{} has {}", account, balance);
            }
            let owed: i128 = balances
                .iter()
                .map(|(account, balance)| match account.kind().side() {
                    Side::Debit => -balance,
                    Side::Credit => *balance,
                })
                .sum();
            prop_assert_eq!(owed, 0);
            for (account, balance) in balances {
                if let Account::Reserve(user, tier) = account {
                    prop_assert_eq!(signed(book.state().reserved(*user, *tier)), *balance);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_is_held_belongs_to_deposits_that_are_held(terms in any_terms(), steps in any_history(1..200)) {
        let mut open: BTreeMap<DepositId, i128> = BTreeMap::new();
        run(&terms, &steps, |_, _, out, balances| {
            for effect in &out.effects {
                if let Effect::DepositTaken { deposit, amount, .. } = effect {
                    let routed = out.legs.iter().any(|leg| leg.credit.kind() == AccountKind::Held);
                    open.insert(*deposit, if routed { signed(*amount) } else { 0 });
                }
                if let Effect::DepositRefunded { deposit } | Effect::DepositMatured { deposit } = effect {
                    prop_assert!(open.remove(deposit).is_some());
                }
            }
            let matured = out.effects.iter().filter_map(|effect| {
                let Effect::DepositMatured { deposit } = effect else {
                    return None;
                };
                Some(*deposit)
            });
            prop_assert!(matured.is_sorted(), "deposits mature in their order");
            let held: i128 = balances
                .iter()
                .filter(|(account, _)| account.kind() == AccountKind::Held)
                .map(|(_, balance)| balance)
                .sum();
            prop_assert_eq!(held, open.values().sum::<i128>());
            Ok(())
        })?;
    }

    #[test]
    fn entitlement_never_falls_and_is_what_was_ever_credited(
        terms in any_terms(),
        steps in any_history(1..200),
    ) {
        let mut entitled: BTreeMap<UserId, (i128, i128)> = BTreeMap::new();
        run(&terms, &steps, |book, _, _, balances| {
            for (account, balance) in balances {
                if let Account::Available(user) = account {
                    let payments = book.state().payments(*user);
                    prop_assert_eq!(signed(payments.available), *balance);
                    let now = signed(book.state().entitled(*user));
                    // What a proof entitles to: with it, the roots of liabilities grow only.
                    let proven = signed(payments.paid) + signed(payments.available);
                    prop_assert!(proven >= now);
                    let (before, proven_before) = entitled.insert(*user, (now, proven)).unwrap_or_default();
                    prop_assert!(now >= before && proven >= proven_before);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn every_place_above_tier_one_is_paid_by_one_debit_of_its_price(
        terms in any_terms(),
        steps in any_history(1..320),
    ) {
        run(&terms, &steps, |book, _, out, _| {
            for effect in &out.effects {
                if let Effect::Placed { tier, user, funding, .. } = effect {
                    prop_assert_eq!(*funding == Funding::Progression, *tier != Tier::FIRST);
                    if *funding == Funding::Registration {
                        continue;
                    }
                    let below = Tier::new(tier.get() - 1).unwrap();
                    let moves = out.effects.iter().filter(|other| {
                        **other == Effect::Progressed { user: *user, from: below }
                    });
                    prop_assert_eq!(moves.count(), 1);
                    let paid = out.legs.iter().filter(|leg| {
                        leg.debit == Account::Reserve(*user, below) && leg.reason != Reason::ReserveReleased
                    });
                    let paid = Amount::sum_of(paid.map(|leg| leg.amount)).unwrap();
                    prop_assert_eq!(Some(paid), book.plan().price(*tier));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_replay_gives_the_same_state_and_outcomes(
        terms in any_terms(),
        steps in any_history(1..200),
        cut in 0usize..200,
    ) {
        let plan = compiled(&terms);
        let causes = causes(&terms, &plan, &steps);
        let (prefix, suffix) = causes.split_at(cut.min(causes.len()));
        let mut whole = Book::new(plan.clone());
        let mut reused = Outcome::default();
        let outcomes: Vec<Outcome> = causes
            .iter()
            .map(|cause| {
                whole.apply(cause, &mut reused);
                reused.clone()
            })
            .collect();
        let mut parts = Book::new(plan);
        let mut replayed = Vec::new();
        for cause in prefix {
            let mut fresh = Outcome::default();
            parts.apply(cause, &mut fresh);
            replayed.push(fresh);
        }
        let mut resumed = parts.clone();
        for cause in suffix {
            let mut fresh = Outcome::default();
            resumed.apply(cause, &mut fresh);
            replayed.push(fresh);
        }
        prop_assert_eq!(replayed, outcomes);
        prop_assert_eq!(resumed.state(), whole.state());
    }

    #[test]
    fn no_fact_panics_or_creates_money(facts in proptest::collection::vec(any_fact(), 1..80)) {
        let plan = compile(include_str!("../../../../plans/auto-pool.toml")).unwrap();
        let mut state = State::new(&plan);
        let mut out = Outcome::default();
        for fact in &facts {
            state.apply(&plan, fact, &mut out);
            let mut into = Amount::ZERO;
            let mut from = Amount::ZERO;
            for leg in &out.legs {
                prop_assert!(!leg.amount.is_zero());
                if leg.debit == Account::Custody {
                    into = into.checked_add(leg.amount).unwrap();
                }
                if leg.credit == Account::Custody {
                    from = from.checked_add(leg.amount).unwrap();
                }
            }
            let (taken, sent) = match fact {
                Fact::Registered { amount, .. }
                | Fact::RetoppedUp { amount, .. }
                | Fact::UnexpectedIntake { amount }
                | Fact::Funded { amount } => (*amount, Amount::ZERO),
                Fact::Refunded { amount, .. } | Fact::UnexpectedRefund { amount } => (Amount::ZERO, *amount),
                Fact::EscrowMatured { .. }
                | Fact::Frozen { .. }
                | Fact::Unfrozen { .. }
                | Fact::ReserveChosen { .. }
                | Fact::Corrected { .. }
                | Fact::Component(_)
                | Fact::Noted => (Amount::ZERO, Amount::ZERO),
            };
            prop_assert_eq!(taken.checked_add(from), sent.checked_add(into), "{:?}", fact);
        }
    }
}

/// The random histories are worth something only if they reach what they are meant to test.
#[test]
fn random_histories_reach_every_rule() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeMap::<&str, u32>::new();
    for _ in 0..140 {
        let terms = any_terms().new_tree(&mut runner).unwrap().current();
        let steps = any_history(200..320).new_tree(&mut runner).unwrap().current();
        run(&terms, &steps, |_, _, out, _| {
            for effect in &out.effects {
                let key = if let Effect::Placed { tier, .. } = effect {
                    if terms.rolling && *tier != Tier::FIRST {
                        "placed above tier 1 of an endless tree"
                    } else if terms.forced.is_some() && *tier != Tier::FIRST {
                        "placed by a forced reserve in closed trees"
                    } else if tier.get() > 2 {
                        "placed in tier 3"
                    } else {
                        "placed"
                    }
                } else if let Effect::TreeClosed { tier, .. } = effect {
                    if *tier == Tier::FIRST {
                        "closed"
                    } else {
                        "closed above tier 1"
                    }
                } else if matches!(effect, Effect::Progressed { .. }) {
                    "progressed"
                } else if matches!(effect, Effect::RewardForfeited { .. }) {
                    "forfeited"
                } else {
                    settlement::rule_of(effect).unwrap_or("other")
                };
                *seen.entry(key).or_default() += 1;
            }
            for leg in &out.legs {
                let key = match (leg.reason, leg.credit) {
                    (Reason::Netting, _) if leg.debit.kind() == AccountKind::Reserve => "netted from a move",
                    (Reason::Netting, _) => "netted",
                    (Reason::ReserveReleased, _) => "released",
                    (_, Account::Reserve(..)) if terms.rolling && terms.forced.is_some() => {
                        "forced in an endless tree"
                    }
                    (_, Account::Held(Beneficiary::Breakage(BreakageCause::Refunded))) => "refunded upline",
                    _ => continue,
                };
                *seen.entry(key).or_default() += 1;
            }
            Ok(())
        })
        .unwrap();
    }
    for key in [
        "progressed",
        "forfeited",
        "closed",
        "closed above tier 1",
        "placed in tier 3",
        "placed above tier 1 of an endless tree",
        "placed by a forced reserve in closed trees",
        "forced in an endless tree",
        "netted",
        "netted from a move",
        "released",
        "refunded upline",
    ]
    .into_iter()
    .chain(settlement::RULES)
    {
        assert!(seen.contains_key(key), "{key}: {seen:?}");
    }
}
