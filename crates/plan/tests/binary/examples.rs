//! Worked examples, and those of the documentation.

use crate::scenario::check;

macro_rules! examples {
    ($($name:ident: $text:expr;)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name), $text.trim_start());
            }
        )*
    };
}

examples! {
    three_months_of_pairs_above_the_limit_are_carried: "
join A
pay A 500
    accepted 500 first
members A 14 11
close 2026-01
    A pairs 1-5: 2000 wallet 2000 each
    A pairs 6-10: 2000 instalment 400 wallet 1600 each
    granted 10: 20000 capped 1
lots A
    4 1
paid A
    2500
members A 0 5
close 2026-02
    A pairs 11-14: 2000 instalment 400 wallet 1600 each
    granted 4: 8000
lots A
    0 2
members A 3 12
close 2026-03
    A pairs 15-17: 2000 instalment 400 wallet 1600 each, active
    granted 3: 6000
lots A
    0 11
paid A
    5300 active
";
    pairs_above_the_limit_are_lost_with_flush: "
set excess \"flush\"
join A
pay A 500
    accepted 500 first
members A 14 11
close 2026-01
    A pairs 1-5: 2000 wallet 2000 each
    A pairs 6-10: 2000 instalment 400 wallet 1600 each
    granted 10: 20000 flushed 1
lots A
    3 0
members A 0 5
close 2026-02
    A pairs 11-13: 2000 instalment 400 wallet 1600 each
    granted 3: 6000
lots A
    0 2
";
    instalments_of_a_closing_make_an_active_buyer_before_its_last_pair: "
join A
pay A 3500
    accepted 3500 first
members A 12 12
close 2026-01
    A pairs 1-5: 2000 wallet 2000 each
    A pairs 6-9: 2000 instalment 400 wallet 1600 each, active
    A pairs 10-10: 2000 wallet 2000 each
    granted 10: 20000 capped 2
lots A
    2 2
paid A
    5100 active
";
    the_instalment_is_at_most_what_is_outstanding: "
set full_pairs 0
set price \"1000\"
set activation_amount \"1000\"
join A
pay A 700
    accepted 700 first
members A 2 2
close 2026-01
    A pairs 1-1: 2000 instalment 300 wallet 1700 each, active
    A pairs 2-2: 2000 wallet 2000 each
    granted 2: 4000
pay A 1
    accepted 0 refused 1
";
    tax_comes_before_the_instalment: "
set full_pairs 1
tax 500
join A
members A 2 2
close 2026-01
    A pairs 1-1: 2000 tax 100 wallet 1900 each
    A pairs 2-2: 2000 tax 100 instalment 380 wallet 1520 each
    granted 2: 4000
";
    the_wanted_side_is_taken_when_it_is_free: "
join A
join B by A right
    right of A
join C by A right
    left of A
join D by A right
    left of C
join E by B right
    right of B
join F by A
    right of C
join G by A
    left of B
join H by A
    left of D
";
    a_first_payment_has_a_minimum_and_the_price_a_maximum: "
join A
pay A 499
    accepted 0 refused 499
pay A 500
    accepted 500 first
pay A 1
    accepted 1
pay A 100000
    accepted 99499 refused 501 active counts
unpay A
unpay A
unpay A
pay A 499
    accepted 0 refused 499
";
    a_short_fund_pays_in_the_order_of_joining: "
set when_short \"queue\"
join A
join B by A left
    left of A
join C by A right
    right of A
members B 2 2
members C 2 2
close 2026-01 budget 7000
    A pairs 1-3: 2000 wallet 2000 each
    granted 3: 6000 short 5 coverage 3750
close 2026-01 budget 100000
    A pairs 4-4: 2000 wallet 2000 each
    B pairs 1-2: 2000 wallet 2000 each
    C pairs 1-2: 2000 wallet 2000 each
    granted 5: 10000
";
    a_short_fund_is_shared_to_the_last_unit: "
set when_short \"pro_rata\"
join A
members A 3 3
close 2026-01 budget 0.02
    granted 0: 0 short 3 coverage 0
close 2026-01 budget 1000
    A pairs 1-2: 333.33 wallet 333.33 each
    A pairs 3-3: 333.34 wallet 333.34 each
    granted 3: 1000 coverage 1666
";
    a_month_closed_twice_keeps_its_limit: "
set pairs_max_per_month 3
join A
members A 2 2
close 2026-01
    A pairs 1-2: 2000 wallet 2000 each
    granted 2: 4000
members A 2 2
close 2026-01
    A pairs 3-3: 2000 wallet 2000 each
    granted 1: 2000 capped 1
close 2025-12
    granted 0: 0 capped 1
close 2026-02
    A pairs 4-4: 2000 wallet 2000 each
    granted 1: 2000
";
    pairs_wait_for_the_directs_that_the_plan_asks_for: "
set directs_required 2
join A
join B by A left
    left of A
join C by A right
    right of A
members B 1 0
members C 1 0
close 2026-01
    granted 0: 0 unqualified 1
pay B 5000
    accepted 5000 first active counts
pay C 5000
    accepted 5000 first active counts
close 2026-02
    A pairs 1-2: 2000 wallet 2000 each
    granted 2: 4000
";
    a_member_can_count_from_the_first_payment: "
set counts_from \"first_payment\"
join A
join B by A
    left of A
join C by A
    right of A
pay B 500
    accepted 500 first counts
pay C 500
    accepted 500 first counts
close 2026-01
    A pairs 1-1: 2000 wallet 2000 each
    granted 1: 2000
";
    a_refund_undoes_the_pair_of_its_member_and_frees_the_other: "
set full_pairs 0
join A
join B by A left
    left of A
join C by A right
    right of A
join D by B left
    left of B
pay B 5000
    accepted 5000 first active counts
pay C 5000
    accepted 5000 first active counts
close 2026-01
    A pairs 1-1: 2000 instalment 400 wallet 1600 each
    granted 1: 2000
pay D 5000
    accepted 5000 first active counts
close 2026-02
    granted 0: 0
unpay D
lots A
    0 0
pay D 5000
    accepted 5000 first active counts
close 2026-03
    granted 0: 0
lots A
    1 0
unpay B
    undone A pair 1: 2000 instalment 400 wallet 1600
paid A
    0
lots A
    1 1
close 2026-03
    A pairs 1-1: 2000 instalment 400 wallet 1600 each
    granted 1: 2000
";
    an_instalment_that_goes_back_takes_its_user_out_of_pairs_above: "
set full_pairs 0
set activation_amount \"900\"
join T
join A by T left
    left of T
members T 0 7
join B by A left
    left of A
join C by A right
    right of A
pay B 500
    accepted 500 first
members B 1 1
pay C 900
    accepted 900 first active counts
close 2026-01
    T pairs 1-3: 2000 instalment 400 wallet 1600 each, active
    A pairs 1-1: 2000 instalment 400 wallet 1600 each
    B pairs 1-1: 2000 instalment 400 wallet 1600 each, active
    granted 5: 10000
members A 0 2
close 2026-02
    T pairs 4-6: 2000 wallet 2000 each
    A pairs 2-3: 2000 instalment 400 wallet 1600 each, active
    granted 5: 10000
close 2026-03
    T pairs 7-7: 2000 wallet 2000 each
    granted 1: 2000
unpay B
    undone A pair 3: 2000 instalment 400 wallet 1600
    undone T pair 4: 2000 wallet 2000
    undone T pair 6: 2000 wallet 2000
lots T
    0 2
lots A
    0 1
paid A
    800
";
}

#[test]
fn the_examples_of_the_documentation_hold() {
    let text = include_str!("../../../../docs/plan/binary.md");
    let blocks: Vec<&str> = text
        .split("```binary\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() >= 4, "{} examples", blocks.len());
    for (number, block) in blocks.into_iter().enumerate() {
        check(&format!("example {} of the documentation", number + 1), block);
    }
}
