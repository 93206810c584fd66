//! Who received something can take at least half of it out.

use naive::withholding::{Book, Rule};

use crate::plans::Drawn;
use crate::{Case, for_each_plan};

/// What participants of these plans pay or more: nobody needs to have received more in order to leave.
const BALANCE: u128 = 100_000_000;

/// What a user has in hands of rewards that are withdrawn one by one.
fn taken_out(drawn: &Drawn, rewards: u32, reward: u128) -> u128 {
    let mut book = Book::default();
    book.rules.extend(drawn.taxes.iter().map(|tax| Rule {
        policy: tax.name.clone(),
        at_payout: tax.at_payout,
        from_day: 0,
        rate_bps: tax.rate_bps,
        no_tax_id_rate_bps: tax.rate_bps,
        threshold: 0,
        only_above: false,
        ceiling: None,
        year_starts_month: 4,
        kinds: None,
    }));
    let keeps_wallets =
        drawn.fee_bps > 0 || drawn.withdrawal_min > 0 || drawn.taxes.iter().any(|tax| tax.at_payout);
    let mut out = 0;
    for day in 0..rewards {
        let taxes = book.pay(1, reward, Some("pair"), 20_500 + day);
        let credited = reward - taxes.iter().map(|(_, amount)| amount).sum::<u128>();
        if !keeps_wallets {
            out += credited;
            continue;
        }
        if credited < drawn.withdrawal_min.min(BALANCE) {
            // Saved up for the next time.
            continue;
        }
        let taxes = book.pay(1, credited, None, 20_500 + day);
        let rest = credited - taxes.iter().map(|(_, amount)| amount).sum::<u128>();
        out += rest - rest * drawn.fee_bps / 10_000;
    }
    out
}

fn can_leave(case: &Case) -> bool {
    let is_reachable = case.drawn.withdrawal_min <= BALANCE;
    // Twice as much as must be reachable, so that taxes at credit leave a balance that may be withdrawn.
    is_reachable && taken_out(&case.drawn, 3, 2 * BALANCE) >= 3 * BALANCE - 6
}

#[test]
fn a_plan_that_runs_on_a_public_chain_can_be_left_with_half_of_what_was_received() {
    for_each_plan(|case| {
        if case.runs() {
            assert!(can_leave(case), "{}", case.text());
        }
    });
}

#[test]
fn a_plan_is_refused_for_its_exit_only_if_it_cannot_be_left() {
    for_each_plan(|case| {
        let is_closed = case.is_refused_for("kept_back") || case.is_refused_for("withdrawal_out_of_reach");
        assert_eq!(is_closed, !can_leave(case), "{}", case.text());
    });
}
