//! Tests of `terms`.

use super::*;

fn said_by(text: &str) -> Vec<String> {
    terms(&plan::compile(text).unwrap())
}

#[test]
fn a_plan_of_subscriptions_says_what_a_payment_buys_and_what_may_stop() {
    let said = said_by(include_str!("../../../../plans/subscription.toml"));
    for expected in [
        "a payment may be 50 USDT or more",
        "of each payment, 31 % go to uplines",
        "1: 10 % (0 users ever referred); 2: 5 % (0 users ever referred); 3: 3 % (2 users ever referred)",
        "from 50 USDT 6 % a month, from 3001 USDT 8 % a month, from 5001 USDT 10 % a month; Monday to Friday it accrues 1/30",
        "accruals are paid only out of the fund `yield`, which the operator fills",
        "a subscription ends when it has accrued 3 times its amount",
        "all rewards of a user together are at most 3 times what the user paid in",
        "a user gets 10 USDT once the operator has verified the user",
        "Connector 50 USDT, Builder 200 USDT",
        "a withdrawal of at least 1 USDT costs 5 % of it",
    ] {
        assert!(
            said.iter().any(|sentence| sentence.contains(expected)),
            "{expected:?} is missing in {said:#?}"
        );
    }
}

#[test]
fn what_a_plan_does_not_have_is_not_said() {
    let said = said_by(
        "name = \"x\"\nversion = 1\nasset = \"BNB\"\n[[funds]]\nname = \"yield\"\n[subscription]\namount_max = \"9\"\n\
         accrual_days = \"all\"\nmonth_divisor = 30\nfund = \"yield\"\nwhen_short = \"queue\"\n\
         [[subscription.tiers]]\nfrom = \"2\"\nmonthly_bps = 100\n",
    );
    assert_eq!(said.len(), 4, "{said:#?}");
    assert_eq!(said[0], "a payment may be 2 BNB to 9 BNB");
    assert!(said[2].contains("older subscriptions come first"));
}

#[test]
fn pools_say_their_prices_and_when_they_are_full() {
    let said = said_by(include_str!("../../../../plans/auto-pool.toml"));
    assert_eq!(said[0], "a registration costs 20 BNB");
    assert!(
        said.iter()
            .any(|sentence| sentence.contains("(15 trees of 15 places)"))
    );
}
