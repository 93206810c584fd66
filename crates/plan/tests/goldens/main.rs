//! Worked examples of the plan's rules as text tables.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod book;
mod explained;
mod scenario;
mod state;
mod versions;
#[path = "../../../explain/tests/explain/witness.rs"]
mod witness;
#[path = "../../../explain/tests/explain/written.rs"]
mod written;

use ledger::Reason;
use plan::{
    CompiledPlan, Day, DepositId, Effect, Fact, Outcome, Place, State, Tier, TreeNumber, UserId, compile,
};

fn auto_pool() -> CompiledPlan {
    compile(include_str!("../../../../plans/auto-pool.toml")).unwrap()
}

/// The same plan in which every direct enters the pool: trees fill without other rewards between.
fn all_enter(trees_max: u32) -> CompiledPlan {
    let ordinals: Vec<String> = (1..=40).map(|ordinal| ordinal.to_string()).collect();
    let text = include_str!("../../../../plans/auto-pool.toml")
        .replace("[2]", &format!("[{}]", ordinals.join(", ")))
        .replace("trees_max = 15", &format!("trees_max = {trees_max}"));
    compile(&text).unwrap()
}

/// The same with a third tier as cheap as the first.
fn cheap_third_tier() -> CompiledPlan {
    let text = include_str!("../../../../plans/auto-pool.toml")
        .replace("[2]", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]")
        .replace("\"40\", \"80\"", "\"40\", \"20\"");
    compile(&text).unwrap()
}

/// Trees of three places at 20, 10 and 10.
fn trees_of_three() -> CompiledPlan {
    let text = include_str!("../../../../plans/auto-pool.toml")
        .replace("[2]", "[1, 2, 3, 4, 5, 6, 7, 8, 9]")
        .replace("tree_size = 15", "tree_size = 3")
        .replace("[5000, 2500, 1500]", "[5000]")
        .replace(
            "\"20\", \"40\", \"80\", \"160\", \"320\", \"640\"",
            "\"20\", \"10\", \"10\"",
        );
    compile(&text).unwrap()
}

/// Half of every registration enters a pool with one tree of seven places.
fn half_enters() -> CompiledPlan {
    let text = include_str!("../../../../plans/auto-pool.toml")
        .replace("pool_entry_ordinals = [2]", "pool_bps = 5000")
        .replace("tree_size = 15", "tree_size = 7")
        .replace("trees_max = 15", "trees_max = 1")
        .replace("[5000, 2500, 1500]", "[5000, 2500]")
        .replace(
            "\"20\", \"40\", \"80\", \"160\", \"320\", \"640\"",
            "\"10\", \"20\"",
        );
    compile(&text).unwrap()
}

fn subscription() -> CompiledPlan {
    compile(include_str!("../../../../plans/subscription.toml")).unwrap()
}

/// The same with purchases of at most 100, of which a bonus may pay half.
fn small_subscription() -> CompiledPlan {
    let text = include_str!("../../../../plans/subscription.toml")
        .replace("name = \"subscription\"", "name = \"subscription-small\"")
        .replace("use_bps_max = 1000\nuse_max = \"1\"", "use_bps_max = 5000")
        .replace("cap_multiple", "amount_max = \"100\"\ncap_multiple")
        .replace("\"3001\"", "\"60\"")
        .replace("\"5001\"", "\"70\"");
    compile(&text).unwrap()
}

/// The same with a tenth withheld of a calendar year's rewards above 1.
fn taxed_subscription() -> CompiledPlan {
    let text = include_str!("../../../../plans/subscription.toml");
    let policy = "\n[[withholding]]\nname = \"X\"\nvalid_from = \"2020-01-01\"\nbasis = \"credit\"\nrate_bps = 1000\n\
                  threshold = \"1\"\nthreshold_scope = \"financial_year\"\nfinancial_year_starts_month = 1\non = \"gross\"\n";
    compile(&format!("{text}{policy}")).unwrap()
}

/// The same with a bonus for the first purchase.
fn bonus_for_a_purchase() -> CompiledPlan {
    let text = include_str!("../../../../plans/subscription.toml")
        .replace("grant = \"verified\"", "grant = \"first_purchase\"");
    compile(&text).unwrap()
}

/// The same with subscriptions that end after 29 days and directs that count as long as they have one.
fn short_subscription() -> CompiledPlan {
    let text = include_str!("../../../../plans/subscription.toml")
        .replace("cap_multiple = 3", "cap_multiple = 1")
        .replace("\"working\"\nmonth_divisor = 30", "\"all\"\nmonth_divisor = 28")
        .replace("monthly_bps = 600", "monthly_bps = 10000")
        .replace("\"all_time\"", "\"active\"");
    compile(&text).unwrap()
}

/// The same that passes over uplines without a subscription.
fn active_only_subscription() -> CompiledPlan {
    let text = include_str!("../../../../plans/subscription.toml")
        .replace("name = \"subscription\"", "name = \"subscription-active-only\"")
        .replace("cap_multiple = 3", "cap_multiple = 1")
        .replace("\"working\"\nmonth_divisor = 30", "\"all\"\nmonth_divisor = 28")
        .replace("monthly_bps = 600", "monthly_bps = 10000")
        .replace("\"all_time\"", "\"active\"")
        .replace("\"physical\"", "\"active_only\"");
    compile(&text).unwrap()
}

fn binary_ev() -> CompiledPlan {
    compile(include_str!("../../../../plans/binary-ev.toml")).unwrap()
}

/// The same with tax from 3,000 a year on.
fn binary_taxed() -> CompiledPlan {
    let text = include_str!("../../../../plans/binary-ev.toml").replace("\"20000\"", "\"3000\"");
    compile(&text).unwrap()
}

/// The same with 1,000 for the sponsor of someone's first payment.
fn binary_with_direct_bonus() -> CompiledPlan {
    let text = include_str!("../../../../plans/binary-ev.toml");
    let text = text.replace("name = \"binary-ev\"", "name = \"binary-ev-direct\"");
    compile(&text.replace("[binary]", "[binary]\ndirect_bonus = \"1000\"")).unwrap()
}

fn unilevel_orders() -> CompiledPlan {
    compile(include_str!("../../../../plans/unilevel-orders.toml")).unwrap()
}

/// Orders of which every one pays for its own commissions, whoever buys, and ranks that are paid out of the same fund.
fn orders_and_ranks_of_one_fund() -> CompiledPlan {
    compile(&orders_and_ranks("commissions")).unwrap()
}

/// The same with a fund for ranks, behind which the fund of commissions stands.
fn orders_behind_ranks() -> CompiledPlan {
    let text = orders_and_ranks("ranks").replace(
        "[[funds]]\nname = \"ranks\"",
        "[[funds]]\nname = \"ranks\"\nfallback = \"commissions\"",
    );
    compile(&text).unwrap()
}

fn orders_and_ranks(fund_of_ranks: &str) -> String {
    let text = include_str!("../../../../plans/unilevel-orders.toml")
        .replace(
            "name = \"unilevel-orders\"",
            "name = \"unilevel-orders-and-ranks\"",
        )
        .replace("customers_min = 2", "customers_min = 0")
        .replace(
            "retail_share_min_bps = 3333\nretail_rule = \"scale\"\npaycut = \"pro_rata\"\n",
            "",
        )
        .replace(
            "main_min = \"1000\"\nother_min = \"500\"",
            "main_min = \"100\"\nother_min = \"0\"",
        )
        .replace("weekly_bonus = \"10\"", "weekly_bonus = \"20\"")
        .replace("fund = \"ranks\"", &format!("fund = {fund_of_ranks:?}"));
    assert!(!text.contains("pro_rata") && text.contains("other_min = \"0\""));
    text
}

fn referral_campaign() -> CompiledPlan {
    compile(include_str!("../../../../plans/referral-campaign.toml")).unwrap()
}

macro_rules! scenarios {
    ($($name:ident: $plan:expr;)*) => {
        $(
            #[test]
            fn $name() {
                scenario::check($plan, include_str!(concat!("scenarios/", stringify!($name), ".txt")));
            }
        )*

        /// Every scenario with its plan.
        pub(crate) fn all_scenarios() -> Vec<(&'static str, CompiledPlan, &'static str)> {
            vec![$((stringify!($name), $plan, include_str!(concat!("scenarios/", stringify!($name), ".txt")))),*]
        }
    };
}

scenarios! {
    a_batch_holds_back_pays_credits_and_lets_go: auto_pool();
    a_claim_takes_from_what_is_held_back_first: auto_pool();
    settled_leaves_are_claims_that_never_fail: auto_pool();
    the_operator_takes_only_what_is_the_operators: auto_pool();
    payouts_that_nobody_asked_for_are_posted: auto_pool();
    a_closed_tree_of_fifteen_pays_224_company_30_and_residual_46: all_enter(15);
    a_reserve_of_forty_pays_for_the_next_tier: all_enter(15);
    a_tree_that_closes_releases_its_reserves: all_enter(15);
    a_progression_causes_the_next: cheap_third_tier();
    a_retopup_is_shared_by_ten_generations: auto_pool();
    only_the_second_direct_enters_the_pool: auto_pool();
    a_split_registration_pays_its_sponsor_and_a_place: half_enters();
    a_full_tier_falls_back_to_the_direct_share: all_enter(1);
    a_refund_reverses_exactly_what_the_deposit_caused: auto_pool();
    a_full_tree_lets_its_last_node_pay_for_a_move_first: trees_of_three();
    a_refunded_user_keeps_what_had_matured: all_enter(15);
    a_refunded_position_earns_nothing_more: all_enter(15);
    rewards_are_checked_again_at_maturity: auto_pool();
    what_a_user_owes_is_paid_before_anything_else: all_enter(15);
    money_that_fits_nothing_waits_in_clearing: auto_pool();
    choices_that_do_not_fit_are_ignored: all_enter(1);
    a_subscription_pays_uplines_accrues_and_is_withdrawn: subscription();
    a_refunded_subscription_takes_everything_back: subscription();
    pairs_pay_tax_then_instalments_then_their_user: binary_taxed();
    a_refunded_booking_undoes_its_pairs: binary_ev();
    commissions_are_paid_by_orders_and_taken_back_with_them: unilevel_orders();
    a_bonus_never_makes_a_purchase_too_large: small_subscription();
    a_bonus_goes_with_the_first_purchase: bonus_for_a_purchase();
    subscriptions_that_end_together_are_one_direct_less: short_subscription();
    an_upline_without_a_subscription_is_passed_over: active_only_subscription();
    periods_before_the_calendar_began_close_too: unilevel_orders();
    an_order_of_nothing_serves_nobody: unilevel_orders();
    what_operators_took_out_cannot_come_back: unilevel_orders();
    what_a_day_credits_is_taxed_in_its_year: taxed_subscription();
    a_campaign_pays_out_of_its_budget: referral_campaign();
    a_chosen_side_is_where_the_next_direct_joins: binary_ev();
    a_reward_that_is_lost_makes_room_under_the_cap_again: subscription();
    who_has_left_earns_no_commission: unilevel_orders();
    a_rank_bonus_leaves_commissions_their_money: orders_and_ranks_of_one_fund();
    a_refund_takes_no_money_of_other_periods: orders_and_ranks_of_one_fund();
    a_period_waits_for_the_payments_of_its_orders: orders_and_ranks_of_one_fund();
    a_period_that_the_shop_did_not_fund_waits_for_money: orders_and_ranks_of_one_fund();
    a_pay_cut_shares_what_the_period_has: unilevel_orders();
    an_order_may_bring_less_volume: orders_and_ranks_of_one_fund();
    a_sponsor_has_a_bonus_once_and_gives_it_back: binary_with_direct_bonus();
    a_rank_bonus_goes_back_while_it_is_held: subscription();
    a_cap_that_is_used_up_leaves_nothing_for_a_bonus: subscription();
    a_bonus_pays_no_more_than_its_fund_has: small_subscription();
    what_a_bonus_paid_comes_back_only_as_far_as_the_company_has_it: subscription();
    a_reversed_conversion_takes_back_what_is_held: referral_campaign();
}

/// The fund of commissions is no other where another fund has it behind itself.
#[test]
fn a_fund_behind_another_keeps_its_commissions_too() {
    let text = include_str!("scenarios/a_rank_bonus_leaves_commissions_their_money.txt");
    scenario::check(orders_behind_ranks(), text);
}

/// From one fact on the rules are another version's; what was granted before stays as it was.
#[test]
fn a_change_of_the_plan_is_a_fact() {
    let text = include_str!("../../../../plans/subscription.toml");
    let lower = text
        .replace("version = 1", "version = 2")
        .replace("rates_bps = [1000,", "rates_bps = [500,");
    let changed = compile(&lower).unwrap();
    let scenario = include_str!("scenarios/a_change_of_the_plan_is_a_fact.txt");
    scenario::check_change(subscription(), changed, scenario);
    // Pools cannot appear in a ledger of subscriptions.
    let stays = "register A paying 500\nchange\n    nothing\n    ! ignored PlanNotApplicable\n";
    scenario::check_change(subscription(), auto_pool(), stays);
    // Ranks count volumes from the first user on, so they do not begin later.
    let (before, ranks) = text.split_once("[ranks]").unwrap();
    let (_, withdrawal) = ranks.split_once("[withdrawal]").unwrap();
    let without = compile(&format!("{before}[withdrawal]{withdrawal}")).unwrap();
    scenario::check_change(without, subscription(), stays);
}

/// The reference's table: in an endless tree the places 11 to 14 reach the next price of 40 with 41 in reserve, and do so
/// by the entrants 102, 110, 118 and 126. Each entrant is the first direct of the one before, and matures at once.
#[test]
fn the_last_four_of_fifteen_move_on_at_entrants_102_110_118_and_126() {
    let text = include_str!("../../../../plans/auto-pool-rolling.toml").replace("[2]", "[1]");
    let plan = compile(&text).unwrap();
    let (bnb, price) = (plan.asset(), plan.registration_price());
    let (mut state, mut out) = (State::new(&plan), Outcome::default());
    let mut moves = Vec::new();
    // User 1 has no sponsor and enters nothing: entrant n is user n + 1.
    for number in 1..=127 {
        let registered = Fact::Registered {
            user: UserId::new(number).unwrap(),
            sponsor: UserId::new(number - 1),
            deposit: DepositId::new(number).unwrap(),
            amount: price,
            day: Day::new(number),
        };
        state.apply(&plan, &registered, &mut out);
        let through = Day::new(number);
        state.apply(
            &plan,
            &Fact::EscrowMatured {
                through,
                amount: price,
            },
            &mut out,
        );
        for effect in &out.effects {
            let Effect::Progressed { user, from } = *effect else {
                continue;
            };
            let left = out
                .legs
                .iter()
                .filter(|leg| leg.reason == Reason::ReserveReleased);
            let left: Vec<_> = left.map(|leg| bnb.display_amount(leg.amount)).collect();
            let index = state.place(&plan, user, from).unwrap().index;
            moves.push((number - 1, index, from, left));
        }
    }
    let one = || vec!["1".to_owned()];
    let first = Tier::FIRST;
    assert_eq!(
        moves,
        [
            (102, 11, first, one()),
            (110, 12, first, one()),
            (118, 13, first, one()),
            (126, 14, first, one())
        ]
    );
    let mover = |index| {
        state.occupant(
            &plan,
            first,
            Place {
                tree: TreeNumber::new(1).unwrap(),
                index,
            },
        )
    };
    // In cash: 20 of layer 1, 1 that was left, 3 of the last of layer 3 (it comes to the fourth with the next entrant), and in
    // tier 2 the shares of the places below: 20 + 20 + 10 for the first mover, 20 for the second.
    let entitled = |index| bnb.display_amount(state.entitled(mover(index).unwrap()));
    let cash: Vec<_> = (11..15).map(entitled).collect();
    assert_eq!(cash, ["74", "44", "24", "21"]);
}

#[test]
fn the_examples_of_the_documentation_hold() {
    let text = include_str!("../../../../docs/plan.md");
    let mut examples = 0;
    for block in text.split("\n```scenario").skip(1) {
        let (kind, rest) = block.split_once('\n').unwrap();
        let (example, _) = rest.split_once("\n```").unwrap();
        let plan = match kind.trim() {
            "" => auto_pool(),
            "all-enter" => all_enter(15),
            other => panic!("no plan {other}"),
        };
        scenario::check(plan, example);
        examples += 1;
    }
    assert_eq!(examples, 4);
}
