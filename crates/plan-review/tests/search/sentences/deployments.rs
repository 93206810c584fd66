//! What is said of a place: what joining takes, what nobody says, and which profile is requested.

use money::Amount;
use plan::{ChainClass, DiscrepancyCause, Effect, Fact, Outcome, State};
use plan::{CompiledPlan, Day};
use plan_review::jurisdiction::{Profile, SHIPPED};
use plan_review::review::{Asked, Review};

use super::reading::{compiled, figure, for_each_history, found, gaps, list, pick, units, usdt};
use crate::numbers::Numbers;

pub(crate) const CHECKED: &[&str] = &[
    "entry_fee",
    "not_stated",
    "jurisdiction_missing",
    "jurisdiction_elsewhere",
];

/// Finds nothing worse than it is.
pub(super) fn lenient(rules: &str) -> Profile {
    let text = format!(
        "name = \"OWN\"\nas_of = \"2026-01-01\"\nchains = \"any\"\nlegal_basis = \"none\"\nnotice = \"none\"\n{rules}"
    );
    Profile::parse(&text).unwrap_or_else(|refusal| panic!("{refusal:?}\n{text}"))
}

pub(super) fn public(plan: &CompiledPlan, profile: &Profile, cooling_off_days: Option<u32>) -> Review {
    let asked = Asked {
        chain: ChainClass::Public,
        jurisdiction: Some(profile),
        cooling_off_days,
    };
    Review::of(plan, [], asked)
}

/// A plan of which little is drawn: what a payment is, and at which least price.
fn intake(numbers: &mut Numbers) -> (&'static str, u128, String) {
    let price = 2 + numbers.below(1_000) as u128;
    let text = usdt(price);
    let head = "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n[[funds]]\nname = \"f\"\n";
    let (kind, price, table) = match numbers.below(4) {
        0 => ("joining", price, format!("[joining]\nprice = \"{text}\"\n")),
        1 => (
            "subscription",
            price,
            format!(
                "[subscription]\naccrual_days = \"all\"\nmonth_divisor = 30\nfund = \"f\"\nwhen_short = \"queue\"\n\
                 [[subscription.tiers]]\nfrom = \"{text}\"\nmonthly_bps = 1\n[[subscription.tiers]]\nfrom = \"9\"\nmonthly_bps = 2\n\
                 [bonus]\namount = \"1\"\ngrant = \"verified\"\nuse_bps_max = 5000\nfund = \"f\"\n"
            ),
        ),
        2 => (
            "booking",
            price,
            format!(
                "[booking]\nprice = \"9\"\nfirst_payment_min = \"{text}\"\n[binary]\npair_value = \"1\"\npairs_max_per_month = 5\n\
                 excess = \"carry\"\nfull_pairs = 1\ninstalment_bps = 1\nactivation_amount = \"{text}\"\nfund = \"f\"\n\
                 when_short = \"queue\"\nhold_days = 14\n"
            ),
        ),
        _ => (
            "orders",
            1,
            "[orders]\nperiod = \"month\"\npv_bps = 1\nfund = \"f\"\nfund_bps = 1\ngenerations_bps = [1]\ncompression = \"none\"\n\
             active_pv_min = \"0\"\nlate_orders = \"open_period\"\n"
                .to_owned(),
        ),
    };
    (kind, price, format!("{head}{table}"))
}

/// Whether someone joins with a payment of so much.
fn joins_with(plan: &CompiledPlan, amount: u128) -> bool {
    let (mut state, mut out) = (State::new(plan), Outcome::default());
    let joined = Fact::Registered {
        user: state.next_user().expect("there is room"),
        sponsor: None,
        deposit: state.next_deposit().expect("there is room"),
        amount: Amount::new(amount),
        day: Day::new(20_500),
    };
    state.apply(plan, &joined, &mut out);
    let is_unexpected = |effect: &Effect| {
        matches!(
            effect,
            Effect::Discrepancy {
                cause: DiscrepancyCause::IntakeAmount,
                ..
            }
        )
    };
    !out.effects.iter().any(is_unexpected)
}

#[test]
fn joining_takes_what_is_said_and_nobody_joins_with_less() {
    let profile = lenient("");
    for_each_history(|numbers| {
        let (kind, price, text) = intake(numbers);
        let plan = compiled(&text);
        let least = (1..=price + 1).find(|amount| joins_with(&plan, *amount));
        assert_eq!(least, Some(price), "{text}");
        let review = public(&plan, &profile, None);
        let told = found(&review.findings, "entry_fee").expect("it is always said");
        match kind {
            "orders" => {
                assert_eq!(
                    told.text,
                    "Joining requires a first payment for what the plan sells and no other fee."
                );
                assert_eq!(
                    (figure(told, "price_units"), figure(told, "first_payment_units")),
                    (0, 0)
                );
            }
            "booking" => {
                let words = "Joining requires a first payment of at least {} USDT for what the plan sells and no other fee.";
                assert_eq!(units(gaps(told, words)[0]), price, "{text}");
                assert_eq!(
                    (figure(told, "price_units"), figure(told, "first_payment_units")),
                    (0, price)
                );
            }
            _ => {
                let words = if kind == "joining" {
                    "Joining costs {} USDT."
                } else {
                    "Joining costs at least {} USDT."
                };
                assert_eq!(units(gaps(told, words)[0]), price, "{text}");
                assert_eq!(figure(told, "price_units"), price);
                // More is accepted only where the least is told.
                assert_eq!(joins_with(&plan, price + 1), kind == "subscription", "{text}");
            }
        }
    });
}

/// A profile asks about some things; what is missing is exactly what no finding says.
#[test]
fn exactly_what_a_profile_asks_about_and_nobody_says_is_not_stated() {
    const ASKED: [&str; 6] = [
        "payout_share",
        "entry_fee",
        "cooling_off",
        "sybil_profit",
        "withholding",
        "weather",
    ];
    for_each_history(|numbers| {
        let asked: Vec<&str> = ASKED.into_iter().filter(|_| numbers.below(2) == 0).collect();
        let severity = pick(numbers, &["warning", "error"]);
        let rules = asked.iter().map(|code| {
            format!(
                "[[rules]]\nfinding = \"{code}\"\nfigure = \"none\"\nabove = 1\nseverity = \"warning\"\nwhen_missing = \"{severity}\"\n\
                 reason = \"it matters\"\nsource = \"a book\"\nchecked = \"official\"\n"
            )
        });
        let profile = lenient(&rules.collect::<String>());
        let cooling_off = (numbers.below(2) == 0).then_some(14);
        let plan = compiled(&intake(numbers).2);
        let plain = public(&plan, &lenient(""), cooling_off);
        let is_said = |code: &&str| plain.findings.iter().any(|finding| finding.code == *code);
        let review = public(&plan, &profile, cooling_off);
        let told = review
            .findings
            .iter()
            .filter(|finding| finding.code == "not_stated");
        let told = told.filter(|finding| finding.text.starts_with("The plan makes no statement about"));
        let said = told.map(|told| {
            assert_eq!(told.severity.name(), severity);
            let words = "The plan makes no statement about {}. {} in the profile OWN of 2026-01-01: it matters (source: a book; not legal advice).";
            let said = gaps(told, words);
            assert_eq!(said[1], if severity == "error" { "An error" } else { "A warning" });
            said[0].trim_matches('"').to_owned()
        });
        let missing = asked.iter().filter(|code| !is_said(code));
        assert_eq!(
            said.collect::<Vec<_>>(),
            missing.map(|code| (*code).to_owned()).collect::<Vec<_>>()
        );
        let bars = review.refusals().any(|(code, _)| code == "not_stated");
        assert_eq!(bars, severity == "error" && !asked.iter().all(is_said));
    });
}

#[test]
fn a_public_chain_asks_for_a_profile_and_none_that_is_for_local_chains() {
    let plan = compiled("name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n[joining]\nprice = \"1\"\n");
    let texts = [
        include_str!("../../../../../profiles/local.toml"),
        include_str!("../../../../../profiles/EU.toml"),
        include_str!("../../../../../profiles/IN.toml"),
        include_str!("../../../../../profiles/US.toml"),
    ];
    let profiles: Vec<Profile> = texts
        .into_iter()
        .map(|text| Profile::parse(text).unwrap())
        .collect();
    assert_eq!(profiles.iter().map(Profile::name).collect::<Vec<_>>(), SHIPPED);
    let choices = || std::iter::once(None).chain(profiles.iter().map(Some));
    for chain in [ChainClass::Local, ChainClass::Public] {
        let mut admitted = vec![];
        for jurisdiction in choices() {
            let asked = Asked {
                chain,
                jurisdiction,
                cooling_off_days: Some(30),
            };
            let review = Review::of(&plan, [], asked);
            let told: Vec<_> = review
                .obstacles
                .iter()
                .map(|told| (told.code, told.text.as_str()))
                .collect();
            match (chain, jurisdiction.map(Profile::name)) {
                (ChainClass::Public, None) => {
                    let words = "on a public chain a plan runs only under a jurisdiction profile: ";
                    assert!(
                        told[0].0 == "jurisdiction_missing" && told[0].1.starts_with(words),
                        "{told:?}"
                    );
                    admitted.push(told[0].1.strip_prefix(words).unwrap().to_owned());
                }
                (ChainClass::Public, Some("local")) => {
                    assert_eq!(
                        told,
                        [(
                            "jurisdiction_elsewhere",
                            "the profile local is for local chains only"
                        )]
                    );
                }
                (ChainClass::Local, _) | (ChainClass::Public, Some(_)) => assert_eq!(told, []),
            }
        }
        // Those that are named are those that are admitted, besides an operator's own.
        if let [named] = admitted.as_slice() {
            let fit = profiles.iter().filter(|profile| profile.permits(chain));
            let fit = list(fit.map(|profile| profile.name().to_owned()));
            assert_eq!(
                format!("[{named}]"),
                fit.replace(']', " or the operator's own profile file]")
            );
        }
    }
}
