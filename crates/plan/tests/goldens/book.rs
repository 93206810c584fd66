//! What a book adds to a state: wallets and references of the chain, and what components answer about users.

use alloy_primitives::{Address, B256};
use money::Amount;
use plan::{
    Book, Cause, ClaimEnd, CompiledPlan, Day, DepositKind, DiscrepancyCause, Effect, Intake, NotABook,
    Outcome, RefusedCause, Report, UserId, compile,
};
use plan_file::PRICE_MAX;

use crate::{auto_pool, binary_ev, referral_campaign, unilevel_orders};

fn wallet(number: u8) -> Address {
    Address::repeat_byte(number)
}

fn intake(number: u8, amount: Amount) -> Intake {
    Intake {
        deposit_ref: B256::repeat_byte(number),
        wallet: wallet(number),
        sponsor: None,
        amount,
        refundable_until: 864_123,
        plan_hash: B256::ZERO,
        disclosure_hash: B256::ZERO,
    }
}

fn registered(plan: CompiledPlan, amount: Amount) -> (Book, Outcome) {
    let (mut book, mut out) = (Book::new(plan), Outcome::default());
    book.apply(&Cause::Registered(intake(1, amount)), &mut out);
    (book, out)
}

fn first() -> UserId {
    UserId::new(1).unwrap()
}

#[test]
fn effects_of_an_intake_name_wallet_reference_and_second() {
    let plan = auto_pool();
    let price = plan.registration_price();
    let (mut book, mut out) = registered(plan, price);
    let deposit = book.deposit_of(B256::repeat_byte(1)).unwrap();
    assert_eq!(book.deposit_of(B256::repeat_byte(2)), None);
    let joined = Effect::Joined {
        user: first(),
        wallet: wallet(1),
        sponsor: None,
        ordinal: 0,
        deposit,
    };
    assert!(out.effects.contains(&joined), "{:?}", out.effects);
    let taken = |deposit, number, kind, amount| Effect::DepositTaken {
        deposit,
        deposit_ref: B256::repeat_byte(number),
        kind,
        user: first(),
        amount,
        refundable_until: 864_123,
    };
    let expected = taken(deposit, 1, DepositKind::Registration, price);
    assert!(out.effects.contains(&expected), "{:?}", out.effects);

    let price = book.plan().retopup_price();
    let again = Intake {
        wallet: wallet(1),
        ..intake(2, price)
    };
    book.apply(&Cause::RetoppedUp(again), &mut out);
    let deposit = book.deposit_of(B256::repeat_byte(2)).unwrap();
    let expected = taken(deposit, 2, DepositKind::Retopup, price);
    assert!(out.effects.contains(&expected), "{:?}", out.effects);
}

#[test]
fn what_is_outstanding_of_a_booking_is_its_price_less_what_was_paid() {
    let plan = binary_ev();
    let units = |text: &str| plan.asset().parse_amount(text).unwrap();
    let (book, _) = registered(plan.clone(), units("600"));
    assert_eq!(book.state().outstanding(&plan, first()), units("99400"));
    assert_eq!(book.state().outstanding(&auto_pool(), first()), Amount::ZERO);
}

#[test]
fn an_order_may_cost_the_greatest_price_and_not_a_unit_more() {
    let plan = unilevel_orders();
    let (mut book, mut out) = registered(plan.clone(), plan.asset().parse_amount("100").unwrap());
    let mut order = |number, amount| {
        let order = Report::OrderPlaced {
            order_ref: B256::repeat_byte(number),
            wallet: wallet(1),
            customer: None,
            amount,
            volume: None,
            day: Day::of_date("2026-12-01").unwrap(),
        };
        book.apply(&Cause::Reported(order), &mut out);
        !matches!(out.effects[..], [Effect::CommandIgnored { .. }])
    };
    assert!(order(7, PRICE_MAX));
    assert!(!order(8, PRICE_MAX.checked_add(Amount::new(1)).unwrap()));
    assert!(!order(9, Amount::ZERO));
}

#[test]
fn the_leaderboard_of_a_campaign_knows_who_referred() {
    let plan = referral_campaign();
    let units = |text: &str| plan.asset().parse_amount(text).unwrap();
    let (mut book, mut out) = registered(plan.clone(), units("1"));
    let conversion = Report::ConversionReported {
        conversion_ref: B256::repeat_byte(7),
        wallet: wallet(1),
        referee: B256::repeat_byte(8),
        amount: units("100"),
        day: Day::of_date("2026-12-05").unwrap(),
    };
    let mut apply = |cause| book.apply(&cause, &mut out);
    apply(Cause::Funded {
        from: wallet(9),
        amount: units("100"),
    });
    apply(Cause::Reported(Report::FundAllocated {
        fund: ledger::Fund::new(1),
        amount: units("100"),
    }));
    apply(Cause::Reported(conversion));
    let board = book.state().campaign().leaderboard(5);
    let lines: Vec<_> = board
        .iter()
        .map(|line| (line.position, line.user, line.conversions))
        .collect();
    assert_eq!(lines, [(1, first(), 1)]);
}

/// Tables and reports have these names.
#[test]
fn the_names_of_ends_and_refusals_are_stable() {
    assert_eq!(
        [ClaimEnd::Paid, ClaimEnd::Credited].map(ClaimEnd::name),
        ["paid", "credited"]
    );
    let refused = [
        RefusedCause::AlreadyLive,
        RefusedCause::ExceedsAvailable,
        RefusedCause::TargetTooLarge,
    ];
    assert_eq!(
        refused.map(RefusedCause::name),
        ["already_live", "exceeds_available", "target_too_large"]
    );
}

#[test]
fn a_payment_under_another_plan_is_noted() {
    let plan = auto_pool();
    let noted = Effect::Discrepancy {
        cause: DiscrepancyCause::IntakePlan,
    };
    for (plan_hash, is_noted) in [(plan.hash(), false), (B256::ZERO, true)] {
        let (mut book, mut out) = (Book::new(plan.clone()), Outcome::default());
        let intake = Intake {
            plan_hash,
            ..intake(1, plan.registration_price())
        };
        book.apply(&Cause::Registered(intake), &mut out);
        assert_eq!(out.effects.contains(&noted), is_noted);
    }
}

#[test]
fn what_people_say_is_a_command_and_what_the_chain_says_is_none() {
    let plan = auto_pool();
    assert!(Cause::Reported(Report::DayEnded { day: Day::new(1) }).is_command());
    assert!(!Cause::Registered(intake(1, plan.registration_price())).is_command());
}

#[test]
fn a_book_that_numbered_references_or_changed_its_plan_has_no_form_in_bytes() {
    let text = include_str!("../../../../plans/auto-pool.toml");
    let next = compile(&text.replace("version = 1", "version = 2")).unwrap();
    let said = [
        Report::OrderPlaced {
            order_ref: B256::repeat_byte(1),
            wallet: wallet(1),
            customer: Some(B256::repeat_byte(2)),
            amount: Amount::new(1),
            volume: None,
            day: Day::new(1),
        },
        Report::PlanChanged {
            plan_hash: next.hash(),
        },
    ];
    for report in said {
        let mut book = Book::new(auto_pool()).with_versions(vec![next.clone()]);
        let mut out = Outcome::default();
        book.apply(
            &Cause::Registered(intake(1, book.plan().registration_price())),
            &mut out,
        );
        assert!(book.encode().is_some());
        book.apply(&Cause::Reported(report), &mut out);
        assert_eq!(book.encode(), None, "{report:?}");
    }
}

#[test]
fn bytes_in_which_somebody_or_a_deposit_is_there_twice_are_no_book() {
    let plan = auto_pool();
    let mut out = Outcome::default();
    let mut book = Book::new(plan.clone());
    for number in [0xa1, 0xa2] {
        book.apply(
            &Cause::Registered(intake(number, plan.registration_price())),
            &mut out,
        );
    }
    let bytes = book.encode().unwrap();
    for length in [Address::len_bytes(), B256::len_bytes()] {
        let place = bytes
            .windows(length)
            .position(|part| part.iter().all(|byte| *byte == 0xa2))
            .unwrap();
        let mut changed = bytes.clone();
        changed[place..place + length].fill(0xa1);
        assert_eq!(
            Book::decode(plan.clone(), Vec::new(), &changed).unwrap_err(),
            NotABook
        );
    }
}
