//! Which version of a plan can follow which: one difference at a time.

use plan::{CompiledPlan, compile};

use crate::scenario;

const AUTO_POOL: &str = include_str!("../../../../plans/auto-pool.toml");
const ROLLING: &str = include_str!("../../../../plans/auto-pool-rolling.toml");
const SUBSCRIPTION: &str = include_str!("../../../../plans/subscription.toml");
const CAMPAIGN: &str = include_str!("../../../../plans/referral-campaign.toml");

const BINARY: &str = include_str!("../../../../plans/binary-ev.toml");
const ORDERS: &str = include_str!("../../../../plans/unilevel-orders.toml");

const POLICY: &str = "\n[[withholding]]\nname = \"X\"\nvalid_from = \"2020-01-01\"\nbasis = \"credit\"\nrate_bps = 1000\n\
                      financial_year_starts_month = 1\non = \"gross\"\n";

/// The plan with other words in some places.
fn changed(text: &str, changes: &[(&str, &str)]) -> CompiledPlan {
    let text = changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from:?} is not in the plan");
        text.replace(from, to)
    });
    compile(&text).unwrap()
}

/// The plan without one of its tables; the last one goes on to the end of the file.
fn without(text: &str, table: &str) -> CompiledPlan {
    let mut is_kept = true;
    let lines = text.lines().filter(|line| {
        if line.starts_with('[') {
            is_kept = line.trim_matches(['[', ']']) != table;
        }
        is_kept
    });
    compile(&lines.collect::<Vec<_>>().join("\n")).unwrap()
}

fn follows(old: CompiledPlan, new: CompiledPlan) {
    let version = new.version();
    let said = format!("change\n    nothing\n    ! plan_changed {version}\n");
    scenario::check_change(old, new, &said);
}

fn stays(old: CompiledPlan, new: CompiledPlan) {
    scenario::check_change(old, new, "change\n    nothing\n    ! ignored PlanNotApplicable\n");
}

#[test]
fn a_version_with_more_of_everything_follows() {
    let subscription = || changed(SUBSCRIPTION, &[]);
    let second = ("version = 1", "version = 2");
    follows(subscription(), changed(SUBSCRIPTION, &[second]));
    let funds = (
        "name = \"welcome\"\n",
        "name = \"welcome\"\n\n[[funds]]\nname = \"more\"\n",
    );
    follows(subscription(), changed(SUBSCRIPTION, &[second, funds]));
    let taxed = format!("{SUBSCRIPTION}{POLICY}");
    follows(subscription(), changed(&taxed, &[]));
    follows(
        changed(&taxed, &[]),
        changed(&taxed, &[("= 1000\nfin", "= 999\nfin")]),
    );
    follows(without(SUBSCRIPTION, "cap"), subscription());
    let five = changed(AUTO_POOL, &[(", \"640\"]", "]")]);
    follows(five, changed(AUTO_POOL, &[]));
    // Ranks begin with the first user.
    let unranked = SUBSCRIPTION.split_once("[ranks]").unwrap().0;
    let (_, withdrawal) = SUBSCRIPTION.split_once("[withdrawal]").unwrap();
    let unranked = compile(&format!("{unranked}[withdrawal]{withdrawal}")).unwrap();
    follows(unranked, subscription());
}

#[test]
fn a_version_that_differs_in_what_the_state_relies_on_does_not_follow() {
    let subscription = || changed(SUBSCRIPTION, &[]);
    let auto_pool = || changed(AUTO_POOL, &[]);
    let taxed = format!("{SUBSCRIPTION}{POLICY}");
    stays(subscription(), changed(SUBSCRIPTION, &[("\"USDT\"", "\"INR\"")]));
    stays(changed(&taxed, &[]), subscription());
    stays(changed(&taxed, &[]), changed(&taxed, &[("\"X\"", "\"Y\"")]));
    stays(
        subscription(),
        changed(SUBSCRIPTION, &[("\"welcome\"", "\"hello\"")]),
    );
    stays(auto_pool(), changed(AUTO_POOL, &[(", \"640\"]", "]")]));
    let smaller = [("tree_size = 15", "tree_size = 31")];
    stays(auto_pool(), changed(AUTO_POOL, &smaller));
    stays(subscription(), without(SUBSCRIPTION, "cap"));
    stays(without(SUBSCRIPTION, "withdrawal"), subscription());
    let window = [("window = \"lifetime\"", "window_weeks = 4")];
    stays(subscription(), changed(SUBSCRIPTION, &window));
    // The same campaign, but registrations enter pools.
    let (_, campaign) = CAMPAIGN.split_once("[campaign]").unwrap();
    let pools = format!("{ROLLING}\n[[funds]]\nname = \"campaign\"\n\n[campaign]{campaign}");
    let asset = [("asset = \"USDT\"", "asset = \"BNB\"")];
    stays(changed(CAMPAIGN, &asset), changed(&pools, &[]));
}

/// Whoever has paid a part agreed to the rest, and an order belongs to its period and fund for good.
#[test]
fn a_version_keeps_what_buyers_agreed_to() {
    let binary = || changed(BINARY, &[]);
    follows(
        binary(),
        changed(BINARY, &[("pair_value = \"2000\"", "pair_value = \"1999\"")]),
    );
    for agreed in [
        ("price = \"100000\"", "price = \"100001\""),
        ("first_payment_min = \"500\"", "first_payment_min = \"501\""),
        ("activation_amount = \"5000\"", "activation_amount = \"5001\""),
        ("[binary]", "[binary]\ncounts_from = \"first_payment\""),
    ] {
        stays(binary(), changed(BINARY, &[agreed]));
    }
    let orders = || changed(ORDERS, &[]);
    follows(orders(), changed(ORDERS, &[("hold_days = 30", "hold_days = 31")]));
    stays(
        orders(),
        changed(ORDERS, &[("period = \"month\"", "period = \"week\"")]),
    );
    let fund = ("fund = \"commissions\"", "fund = \"ranks\"");
    stays(orders(), changed(ORDERS, &[fund]));
}
