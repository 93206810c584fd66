//! The component in a whole plan: compiled, in random histories beside plain counting, and explained.
#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

use components::component::RewardId;
use explain::{Line, explain};
use ledger::{DepositId, Fund, UserId};
use money::Amount;
use plan::effect::NotGranted;
use plan::fact::ComponentFact;
use plan::{CompiledPlan, ComponentEffect, Day, Effect, Fact, Outcome, State, compile};
use proptest::prelude::*;

const PLAN: &str = r#"
name = "thankful"
version = 1
asset = "USDT"

[[funds]]
name = "thanks"

[joining]
price = "100"

[[allocations]]
fund = "thanks"
bps = 400

[thanks]
bps = 333
fund = "thanks"
"#;

const PRICE: u128 = 100_000_000;
const ALLOCATED: u128 = PRICE * 400 / 10_000;
const THANKS: u128 = PRICE * 333 / 10_000;
const FUND: Fund = Fund::new(1);

fn plan() -> CompiledPlan {
    compile(PLAN).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn its_table_is_part_of_the_file_the_hash_the_findings_and_the_names() {
    let plan = plan();
    assert!(plan.component_names().eq(["thanks"]));
    assert!(plan.findings().iter().any(|finding| finding.code == "thanks"));
    let other = compile(&PLAN.replace("bps = 333", "bps = 334")).unwrap();
    assert_ne!(plan.hash(), other.hash());
    for (wrong, code, field) in [
        (("bps = 333", "bps = 10001"), "bps_above_whole", "thanks.bps"),
        (("bps = 333", "bps = 333\nbpt = 1"), "unknown_field", "thanks.bpt"),
        (
            ("bps = 333\nfund = \"thanks\"", "bps = 333\nfund = \"x\""),
            "unknown_reference",
            "thanks.fund",
        ),
    ] {
        let error = compile(&PLAN.replace(wrong.0, wrong.1)).unwrap_err();
        assert_eq!((error.code(), error.field().as_str()), (code, field));
    }
}

/// What people do.
#[derive(Clone, Copy, Debug)]
enum Step {
    Join { sponsor: u32, days: u32 },
    Refund { payment: usize },
    Mature,
    EndDay,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u32..8, 0u32..6).prop_map(|(sponsor, days)| Step::Join { sponsor, days }),
        2 => (0usize..12).prop_map(|payment| Step::Refund { payment }),
        2 => Just(Step::Mature),
        2 => Just(Step::EndDay),
    ]
}

/// The same by plain counting, from the words of the table alone.
#[derive(Default)]
struct Counted {
    today: u32,
    /// Sponsor, day, whether it is open, and whether it was refunded, of each payment; a user makes one.
    payments: Vec<(Option<usize>, u32, bool, bool)>,
    /// Payment, upline, granted, what stands, whether it was released.
    rewards: Vec<(usize, usize, u128, u128, bool)>,
    fund: u128,
    entitled: Vec<u128>,
    owed: Vec<u128>,
}

impl Counted {
    fn join(&mut self, sponsor: Option<usize>, day: u32) {
        self.payments.push((sponsor, day, true, false));
        self.entitled.push(0);
        self.owed.push(0);
        let Some(upline) = sponsor.and_then(|sponsor| self.payments[sponsor].0) else {
            return;
        };
        let granted = THANKS.min(self.fund);
        if !self.payments[upline].3 && granted > 0 {
            self.fund -= granted;
            self.rewards
                .push((self.payments.len() - 1, upline, granted, granted, false));
        }
    }

    fn refund(&mut self, payment: usize) {
        self.payments[payment].2 = false;
        self.payments[payment].3 = true;
        for (of, upline, _, stands, released) in &mut self.rewards {
            if *of == payment {
                self.fund += *stands;
                if *released {
                    self.owed[*upline] += *stands;
                }
                *stands = 0;
            }
        }
    }

    fn mature(&mut self) -> u128 {
        let open = self.payments.iter_mut().filter(|payment| payment.2);
        let ripe: Vec<_> = open.filter(|payment| payment.1 < self.today).collect();
        let count = ripe.len() as u128;
        ripe.into_iter().for_each(|payment| payment.2 = false);
        self.fund += count * ALLOCATED;
        count * PRICE
    }

    fn end_day(&mut self) {
        let mut due: Vec<usize> = (0..self.rewards.len()).collect();
        due.sort_by_key(|reward| self.payments[self.rewards[*reward].0].1);
        for reward in due {
            let (payment, upline, _, stands, released) = self.rewards[reward];
            if released || stands == 0 || self.payments[payment].1 > self.today {
                continue;
            }
            if self.payments[upline].3 {
                self.fund += stands;
                self.rewards[reward].3 = 0;
            } else {
                let netted = stands.min(self.owed[upline]);
                self.owed[upline] -= netted;
                self.entitled[upline] += stands - netted;
                self.rewards[reward].4 = true;
            }
        }
        self.today += 1;
    }
}

/// What a step is as a fact, and counted.
fn fact(step: Step, counted: &mut Counted) -> Fact {
    match step {
        Step::Join { sponsor, days } => {
            let count = u32::try_from(counted.payments.len()).unwrap();
            // Mostly chains, so that there is somebody above the sponsor.
            let sponsor = count
                .checked_sub(1 + sponsor % count.max(1))
                .filter(|_| count > 0);
            let day = counted.today + days;
            counted.join(sponsor.map(|place| place as usize), day);
            Fact::Registered {
                user: UserId::new(count + 1).unwrap(),
                sponsor: sponsor.and_then(|place| UserId::new(place + 1)),
                deposit: DepositId::new(count + 1).unwrap(),
                amount: Amount::new(PRICE),
                day: Day::new(day),
            }
        }
        Step::Refund { payment } => {
            let open: Vec<usize> = (0..counted.payments.len())
                .filter(|payment| counted.payments[*payment].2)
                .collect();
            if open.is_empty() {
                return Fact::Noted;
            }
            let payment = open[payment % open.len()];
            counted.refund(payment);
            Fact::Refunded {
                deposit: DepositId::from_index(payment).unwrap(),
                amount: Amount::new(PRICE),
            }
        }
        Step::Mature => Fact::EscrowMatured {
            through: Day::new(counted.today - 1),
            amount: Amount::new(counted.mature()),
        },
        Step::EndDay => {
            let day = Day::new(counted.today);
            counted.end_day();
            Fact::Component(ComponentFact::DayEnded { day })
        }
    }
}

/// Every line about a reward names the component and its parameter.
fn explained(plan: &CompiledPlan, before: &State, out: &Outcome) -> Result<(), TestCaseError> {
    let lines = explain(plan, before, out);
    let of = |number: usize| {
        lines
            .iter()
            .find(|line| line.leg == u32::try_from(number).ok())
            .unwrap()
    };
    for (number, leg) in out.legs.iter().enumerate() {
        let line: &Line = of(number);
        prop_assert_eq!(line.amount, leg.amount);
        let from_fund = matches!(leg.debit, ledger::Account::Revenue(_));
        if from_fund && leg.reason == ledger::Reason::Bonus {
            prop_assert_eq!(
                (line.component, line.parameter.as_deref()),
                ("thanks", Some("thanks.bps"))
            );
            prop_assert_eq!(&line.because, "3.33 % of 100 USDT, rounded down");
        } else if matches!(leg.debit, ledger::Account::Deferred(_)) {
            prop_assert_eq!(line.parameter.as_deref(), Some("thanks.bps"), "{}", line.because);
        }
    }
    for (number, effect) in out.effects.iter().enumerate() {
        let Effect::Component(ComponentEffect::NotGranted { cause, .. }) = effect else {
            continue;
        };
        prop_assert!(matches!(cause, NotGranted::FundShort | NotGranted::Refunded));
        let applied = out.decisions().of_effect(number).applied;
        prop_assert_eq!(applied.map(|applied| applied.parameter), Some("thanks.bps"));
        prop_assert!(
            lines
                .iter()
                .any(|line| line.component == "thanks" && line.leg.is_none())
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn histories_come_to_what_plain_counting_says(steps in prop::collection::vec(any_step(), 1..60)) {
        let plan = plan();
        let (mut state, mut counted) = (State::new(&plan), Counted { today: 20_000, ..Counted::default() });
        for step in steps {
            let before = state.clone();
            let mut out = Outcome::explained();
            state.apply(&plan, &fact(step, &mut counted), &mut out);
            explained(&plan, &before, &out)?;
            let in_fund = state.fund(FUND).base_units();
            prop_assert_eq!(in_fund, counted.fund, "{:?}: {:#?}", step, out);
            for place in 0..counted.payments.len() {
                let user = UserId::from_index(place).unwrap();
                prop_assert_eq!(state.entitled(user).base_units(), counted.entitled[place]);
                prop_assert_eq!(state.receivable(user).base_units(), counted.owed[place]);
            }
        }
    }
}

/// Numbers of rewards are those of the plan, whoever grants them.
#[test]
fn a_grant_has_the_next_number() {
    let plan = plan();
    let (mut state, mut counted) = (
        State::new(&plan),
        Counted {
            today: 20_000,
            ..Counted::default()
        },
    );
    let steps = [
        Step::Join { sponsor: 0, days: 0 },
        Step::Join { sponsor: 0, days: 0 },
        Step::EndDay,
        Step::Mature,
        Step::Join { sponsor: 0, days: 3 },
    ];
    let mut granted = Vec::new();
    for step in steps {
        let mut out = Outcome::default();
        state.apply(&plan, &fact(step, &mut counted), &mut out);
        granted.extend(out.effects.into_iter().filter_map(|effect| {
            let Effect::Component(ComponentEffect::RewardGranted { reward, amount, .. }) = effect else {
                return None;
            };
            Some((reward, amount.base_units()))
        }));
    }
    assert_eq!(granted, [(RewardId::new(1).unwrap(), THANKS)]);
}
