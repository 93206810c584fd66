//! Random histories of a whole plan against a second implementation of its fund: other rules draw on the fund of commissions,
//! payments are refunded or mature, the shop funds its orders or does not, and every period can be closed in the end.

use ledger::Fund;
use money::Amount;
use naive::commissions::Model;
use naive::orders::{self as model, Rules};
use plan::fact::ComponentFact;
use plan::orders::OrderError;
use plan::{CompiledPlan, Day, DepositId, Effect, Fact, IgnoredCause, Outcome, State, UserId, compile};
use proptest::prelude::*;

const FIRST: &str = "2026-12-01";
const COMMISSIONS: Fund = Fund::new(1);
/// What a conversion is worth.
const REWARD: u128 = 700;
/// A reward matures after so many days, unless its user's registration was refunded meanwhile.
const HOLD_DAYS: u32 = 5;

#[derive(Clone, Debug)]
enum Step {
    Join(usize, u128, u32),
    Pay(usize, u128, u32),
    Refund(usize),
    /// Who, for a customer or not, how much, the volume's part of it, how long ago, how much of its share the shop pays.
    Sell(usize, bool, u128, Option<u128>, u32, u128),
    Return(usize, u128),
    Reward(usize),
    Allocate(u128),
    Days(u32),
    Mature(u32),
    Finalize(u32),
    Release(u32),
}

fn any_step() -> impl Strategy<Value = Step> {
    let (who, units, until) = (0..20usize, 1..5_000u128, 0..25u32);
    prop_oneof![
        3 => (who.clone(), units.clone(), until.clone()).prop_map(|(who, units, until)| Step::Join(who, units, until)),
        4 => (who.clone(), units.clone(), until).prop_map(|(who, units, until)| Step::Pay(who, units, until)),
        2 => who.clone().prop_map(Step::Refund),
        6 => (
            (who.clone(), any::<bool>(), units.clone()),
            (proptest::option::of(0..9_000u128), 0..40u32, prop_oneof![3 => Just(10_000u128), 1 => 0..10_000u128]),
        )
            .prop_map(|((who, customer, units), (volume, ago, funded))| {
                Step::Sell(who, customer, units, volume, ago, funded)
            }),
        3 => (who.clone(), 0..12_000u128).prop_map(|(order, share)| Step::Return(order, share)),
        4 => who.prop_map(Step::Reward),
        1 => units.prop_map(Step::Allocate),
        5 => (1..20u32).prop_map(Step::Days),
        2 => (0..25u32).prop_map(Step::Mature),
        4 => (0..4u32).prop_map(Step::Finalize),
        1 => (0..4u32).prop_map(Step::Release),
    ]
}

/// Whether commissions are cut, promising more than orders bring; and whether the campaign has a fund of its own in front.
fn plan(paycut: bool, behind: bool) -> (CompiledPlan, Rules) {
    let (cut, fund_bps) = if paycut {
        ("paycut = \"pro_rata\"", 1_000)
    } else {
        ("", 1_440)
    };
    let (fund, fallback) = if behind {
        ("campaign", "fallback = \"commissions\"")
    } else {
        ("commissions", "")
    };
    let text = format!(
        "name = \"shop\"\nversion = 1\nasset = \"USDT\"\n[[funds]]\nname = \"commissions\"\n\
         [[funds]]\nname = \"campaign\"\n{fallback}\n\
         [orders]\nperiod = \"month\"\npv_bps = 8000\nfund = \"commissions\"\nfund_bps = {fund_bps}\n\
         generations_bps = [1000, 500, 300]\ncompression = \"standard\"\nactive_pv_min = \"0\"\n{cut}\nhold_days = 10\n\
         late_orders = \"open_period\"\n\
         [campaign]\nfund = {fund:?}\nreward = \"0.0007\"\nhold_days = {HOLD_DAYS}\nbudget = \"1000\"\nstarts = \"2026-12-01\"\n\
         ends = \"2030-11-30\"\n\
         [campaign.qualifies]\nconversion_min = \"0.000001\"\nself_referral = \"refuse\"\nper_referee = \"one\"\n"
    );
    let generation = |bps| model::Generation {
        bps,
        own_pv_min: 0,
        group_pv_min: 0,
    };
    let rules = Rules {
        by_month: true,
        pv_bps: 8_000,
        fund_bps,
        generations: [1_000, 500, 300].map(generation).to_vec(),
        passes: model::Passes::Inactive,
        active_pv_min: 0,
        customers_count: false,
        customers_min: 0,
        retail_share_min_bps: 0,
        retail_rule: model::RetailRule::Nothing,
        paycut,
        hold_days: 10,
    };
    (compile(&text).unwrap(), rules)
}

struct Both {
    plan: CompiledPlan,
    state: State,
    out: Outcome,
    model: Model,
    ended: Day,
    /// By user, from 0: whether the registration stands.
    stand: Vec<bool>,
    /// By deposit, from 0: its order, its user and amount, and whether it is the registration.
    deposits: Vec<(usize, usize, u128, bool)>,
    /// The amount of each order.
    orders: Vec<u128>,
    customers: u32,
    conversions: u32,
    /// Rewards that were drawn from commissions and are deferred: until which day, for which user, and how much.
    deferred: Vec<(Day, usize, i128)>,
    /// Rewards come from another fund, which commissions fill when it is empty.
    behind: bool,
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap()
}

impl Both {
    fn new(paycut: bool, behind: bool) -> Self {
        let (plan, rules) = plan(paycut, behind);
        let mut both = Self {
            state: State::new(&plan),
            plan,
            out: Outcome::default(),
            model: Model::new(rules),
            ended: Day::of_date("2026-11-29").unwrap(),
            stand: vec![],
            deposits: vec![],
            orders: vec![],
            customers: 0,
            conversions: 0,
            deferred: vec![],
            behind,
        };
        both.days(1);
        both.join(0, 1_000, 3);
        both
    }

    fn apply(&mut self, fact: &Fact) {
        self.state.apply(&self.plan, fact, &mut self.out);
    }

    /// The broken rule of the last fact, and the day that it names.
    fn refused(&self) -> Option<(&'static str, Option<u32>)> {
        let [Effect::CommandIgnored { cause }] = self.out.effects[..] else {
            return None;
        };
        let day = if let IgnoredCause::Order(OrderError::OrdersInEscrow { through, .. }) = cause {
            Some(through.get())
        } else {
            None
        };
        Some((cause.name(), day))
    }

    fn paid(&mut self, user: usize, units: u128, until: u32, is_registration: bool) -> (DepositId, Day) {
        let today = self.ended.next();
        let day = today.plus(until);
        self.model.paid(user + 1, units, today, day.get());
        self.orders.push(units);
        self.deposits
            .push((self.orders.len(), user, units, is_registration));
        (DepositId::new(number(self.deposits.len())).unwrap(), day)
    }

    fn join(&mut self, sponsor: usize, units: u128, until: u32) {
        let sponsor = (!self.stand.is_empty()).then(|| sponsor % self.stand.len());
        self.model.shop().join(sponsor.map(|sponsor| sponsor + 1));
        self.stand.push(true);
        let (deposit, day) = self.paid(self.stand.len() - 1, units, until, true);
        self.apply(&Fact::Registered {
            user: UserId::new(number(self.stand.len())).unwrap(),
            sponsor: sponsor.and_then(|sponsor| UserId::new(number(sponsor + 1))),
            deposit,
            amount: Amount::new(units),
            day,
        });
    }

    fn days(&mut self, days: u32) {
        for _ in 0..days {
            self.ended = self.ended.next();
            if self.ended.ends_month() {
                self.model.shop().close(self.ended.month().get()).unwrap();
            }
            let day = self.ended;
            self.apply(&Fact::Component(ComponentFact::DayEnded { day }));
            for (_, user, amount) in self.deferred.extract_if(.., |(until, _, _)| *until == day) {
                if !self.stand[user] && !self.behind {
                    self.model.gave_back(amount);
                }
            }
        }
    }

    fn refund(&mut self, which: usize) {
        let which = which % self.deposits.len();
        let (order, user, units, is_registration) = self.deposits[which];
        let was = self.model.clone();
        self.model.refunded(order);
        if is_registration && format!("{was:?}") != format!("{:?}", self.model) {
            self.model.shop().retire(user + 1);
            self.stand[user] = false;
        }
        self.apply(&Fact::Refunded {
            deposit: DepositId::new(number(which + 1)).unwrap(),
            amount: Amount::new(units),
        });
    }

    fn sell(
        &mut self,
        who: usize,
        customer: bool,
        units: u128,
        volume: Option<u128>,
        ago: u32,
        funded: u128,
    ) {
        let who = who % self.stand.len();
        if !self.stand[who] {
            return;
        }
        let share = self.plan.orders().unwrap().fund_of(Amount::new(units));
        let share = share.base_units() * funded / 10_000;
        self.model.revenue += i128::try_from(share).unwrap();
        self.apply(&Fact::Funded {
            amount: Amount::new(share),
        });
        let volume = volume.map(|volume| units * volume / 10_000);
        let day = Day::new(self.ended.get() + 1 - ago);
        let user = UserId::new(number(who + 1)).unwrap();
        let known = self.model.clone();
        let buyer = if customer {
            self.model.shop().serve(who + 1);
            model::Buyer::Customer(usize::try_from(self.customers + 1).unwrap())
        } else {
            model::Buyer::User(who + 1)
        };
        let expected = self.model.sold(buyer, units, volume, day);
        let order = self.state.next_order();
        let customer = customer.then_some(self.customers + 1);
        self.apply(&Fact::Component(ComponentFact::OrderPlaced {
            order,
            user,
            customer,
            amount: Amount::new(units),
            volume: volume.map(Amount::new),
            day,
        }));
        assert_eq!(self.refused(), expected.err().map(|code| (code, None)));
        if expected.is_ok() {
            self.orders.push(units);
            self.customers = customer.unwrap_or(self.customers);
        } else {
            self.model = known;
        }
    }

    fn give_back(&mut self, which: usize, share: u128) {
        let order = which % self.orders.len() + 1;
        let amount = self.orders[order - 1] * share / 10_000;
        let expected = self.model.returned(order, amount);
        self.apply(&Fact::Component(ComponentFact::OrderRefunded {
            order: number(order),
            amount: Amount::new(amount),
        }));
        assert_eq!(self.refused(), expected.err().map(|code| (code, None)));
    }

    fn reward(&mut self, who: usize) {
        let who = who % self.stand.len();
        if !self.stand[who] {
            return;
        }
        self.conversions += 1;
        let drawn = self.model.drawn(REWARD);
        self.deferred
            .push((self.ended.next().plus(HOLD_DAYS), who, drawn));
        self.apply(&Fact::Component(ComponentFact::ConversionReported {
            conversion: self.conversions,
            user: UserId::new(number(who + 1)).unwrap(),
            referee: self.conversions,
            referee_user: None,
            amount: Amount::new(10_000),
            day: self.ended.next(),
        }));
    }

    fn finalize(&mut self, period: u32) -> Option<(&'static str, Option<u32>)> {
        let expected = self.model.finalized(period);
        self.apply(&Fact::Component(ComponentFact::PeriodFinalized { period }));
        assert_eq!(self.refused(), expected.err());
        expected.err()
    }

    fn step(&mut self, step: &Step) {
        let month = self.ended.month().get();
        match *step {
            Step::Join(sponsor, units, until) => self.join(sponsor, units, until),
            Step::Pay(who, units, until) => {
                let who = who % self.stand.len();
                if self.stand[who] {
                    let (deposit, day) = self.paid(who, units, until, false);
                    self.apply(&Fact::RetoppedUp {
                        user: UserId::new(number(who + 1)).unwrap(),
                        deposit,
                        amount: Amount::new(units),
                        day,
                    });
                }
            }
            Step::Refund(which) => self.refund(which),
            Step::Sell(who, customer, units, volume, ago, funded) => {
                self.sell(who, customer, units, volume, ago, funded);
            }
            Step::Return(which, share) => self.give_back(which, share),
            Step::Reward(who) => self.reward(who),
            Step::Allocate(units) => {
                self.model.allocated(units);
                self.apply(&Fact::Component(ComponentFact::FundAllocated {
                    fund: COMMISSIONS,
                    amount: Amount::new(units),
                }));
            }
            Step::Days(days) => self.days(days),
            Step::Mature(ago) => {
                let through = Day::new(self.ended.get() - ago);
                self.model.matured(through.get());
                let amount = Amount::ZERO;
                self.apply(&Fact::EscrowMatured { through, amount });
            }
            Step::Finalize(back) => {
                self.finalize(month - back);
            }
            Step::Release(back) => {
                let (period, today) = (month - back, self.ended.next());
                let expected = self.model.shop().release(period, today);
                self.apply(&Fact::Component(ComponentFact::PeriodReleased { period }));
                assert_eq!(self.refused(), expected.err().map(|code| (code, None)));
            }
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let signed = |fund| i128::try_from(self.state.fund(fund).base_units()).unwrap();
        prop_assert_eq!(signed(COMMISSIONS), self.model.fund());
        prop_assert_eq!(signed(Fund::UNALLOCATED), self.model.revenue);
        prop_assert!(
            self.model.free() >= 0,
            "commissions have lost {}",
            self.model.free()
        );
        Ok(())
    }

    /// Time passes, every payment matures, operators put in what shops did not: then every period is finalized.
    fn end(&mut self) -> Result<(), TestCaseError> {
        let (first, last) = (
            Day::of_date(FIRST).unwrap().month().get(),
            self.ended.month().get(),
        );
        self.days(60);
        let through = self.ended;
        self.model.matured(through.get());
        self.apply(&Fact::EscrowMatured {
            through,
            amount: Amount::ZERO,
        });
        for period in first..=last {
            let refusal = self.finalize(period);
            if refusal.is_some_and(|(code, _)| code == "commissions_exceed_budget") {
                prop_assert!(!self.plan_cuts());
                let amount = Amount::new(1_000_000);
                self.model.revenue += 1_000_000;
                self.model.allocated(1_000_000);
                self.apply(&Fact::Funded { amount });
                let fund = COMMISSIONS;
                self.apply(&Fact::Component(ComponentFact::FundAllocated { fund, amount }));
                self.finalize(period);
            }
            let again = self.finalize(period);
            prop_assert_eq!(again, Some(("period_already_finalized", None)));
            self.check()?;
        }
        Ok(())
    }

    fn plan_cuts(&self) -> bool {
        self.plan
            .findings()
            .iter()
            .any(|finding| finding.code == "paycut_expected")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_fund_of_commissions_is_what_it_is_on_paper(
        paycut: bool,
        behind: bool,
        steps in proptest::collection::vec(any_step(), 1..60),
    ) {
        let mut both = Both::new(paycut, behind);
        for step in &steps {
            both.step(step);
            both.check()?;
        }
        both.end()?;
    }
}
