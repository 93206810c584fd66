//! The shipped plan of booking with pairs against the lists of its tree and of its tax.

use money::Asset;
use naive::binary::{Model, Terms};
use naive::withholding::{Book, Rule};
use plan::fact::ComponentFact;
use plan::{Day, Fact, compile};
use simulation::parameters::Withdrawals;

use crate::paper::{Paper, Sums};
use crate::{Replica, active, compare, number, parameters, play};

const TEXT: &str = include_str!("../../../../plans/binary-ev.toml");
const INR: u128 = 100;

struct Booking {
    paper: Paper,
    terms: Terms,
    tree: Model,
    tax: Book,
    /// What each deposit paid, and whether it was the first of its user.
    accepted: Vec<(u128, bool)>,
    /// Rewards of the pairs that stand, by user, in their order, with the entry of their tax.
    pairs: Vec<Vec<(usize, usize)>>,
}

impl Booking {
    fn new(full_pairs: usize, threshold: u128) -> Self {
        let rule = |date: &str, threshold: u128| Rule {
            policy: "IN-194H".to_owned(),
            at_payout: false,
            from_day: Day::of_date(date).unwrap().get(),
            rate_bps: 200,
            no_tax_id_rate_bps: 2_000,
            threshold: threshold * INR,
            only_above: false,
            ceiling: None,
            year_starts_month: 4,
            kinds: None,
        };
        Self {
            paper: Paper::new(1, false),
            terms: Terms {
                pair_value: 2_000 * INR,
                pairs_max: 10,
                flush: false,
                full_pairs,
                instalment_bps: 2_000,
                activation: 5_000 * INR,
                counts_from_first: false,
                directs_required: 0,
                pro_rata: false,
                price: 100_000 * INR,
                first_min: 500 * INR,
            },
            tree: Model::default(),
            tax: Book {
                rules: vec![rule("2024-10-01", 15_000), rule("2025-04-01", threshold)],
                ..Book::default()
            },
            accepted: Vec::new(),
            pairs: Vec::new(),
        }
    }

    fn pay(&mut self, user: usize, amount: i128, day: u32) {
        let units = u128::try_from(amount).unwrap();
        let accepted = self.tree.pay(&self.terms, user, units);
        assert_eq!(accepted.0, units, "nobody pays more than the price");
        self.accepted.push(accepted);
        self.paper
            .take(user, amount, day, vec![(0, amount * 2_000 / 10_000)]);
    }

    fn goes_back(&mut self, deposit: usize) {
        let (user, _, is_registration) = self.paper.refund(deposit);
        let (accepted, first) = self.accepted[deposit];
        for pair in self.tree.unpay(&self.terms, user, accepted, first) {
            let (reward, entry) = self.pairs[pair.user].remove(pair.number - 1);
            self.tax.reverse(entry, pair.value);
            self.paper.reverse(reward, i128::try_from(pair.value).unwrap());
        }
        if is_registration {
            self.paper.people[user].is_gone = true;
            self.tree.retire(user);
        }
    }

    fn close_month(&mut self, day: Day) {
        let budget = u128::try_from(self.paper.sums.funds[0]).unwrap();
        let first = self.tax.entries.len();
        let tax = &mut self.tax;
        let granted = self
            .tree
            .close(&self.terms, day.month().get(), budget, |user, value| {
                let user = u32::try_from(user + 1).unwrap();
                tax.pay(user, value, Some("pair"), day.get())
                    .iter()
                    .map(|(_, tax)| tax)
                    .sum()
            });
        for (pair, entry) in granted.iter().zip(first..) {
            let [value, tax, instalment] =
                [pair.value, pair.withheld, pair.instalment].map(|amount| i128::try_from(amount).unwrap());
            let due = Some(day.get() + 14);
            let reward = self
                .paper
                .grant_taxed(pair.user, 0, value, (tax, instalment), due);
            self.pairs[pair.user].push((reward, entry));
        }
    }
}

impl Replica for Booking {
    fn follow(&mut self, fact: &Fact) {
        let place = |user: &plan::UserId| usize::try_from(user.get()).unwrap() - 1;
        match fact {
            Fact::Registered {
                user,
                sponsor,
                amount,
                day,
                ..
            } => {
                self.tree.join(sponsor.as_ref().map(place), None);
                self.pairs.push(Vec::new());
                self.pay(place(user), number(*amount), day.get());
            }
            Fact::RetoppedUp {
                user, amount, day, ..
            } => self.pay(place(user), number(*amount), day.get()),
            Fact::Refunded { deposit, .. } => self.goes_back(usize::try_from(deposit.get()).unwrap() - 1),
            Fact::EscrowMatured { through, amount } => self.paper.mature(through.get(), number(*amount)),
            Fact::Funded { amount } => self.paper.funded(number(*amount)),
            Fact::Component(ComponentFact::DayEnded { day }) => {
                self.paper.end_day(day.get());
                if day.ends_month() {
                    self.close_month(*day);
                }
            }
            Fact::Component(ComponentFact::FundAllocated { fund, amount }) => {
                self.paper.allocated(usize::from(fund.get()) - 1, number(*amount));
            }
            Fact::Component(ComponentFact::TaxIdRecorded { user }) => self.tax.with_tax_id.push(user.get()),
            other => panic!("{other:?} is not of a booking"),
        }
    }

    fn sums(&self) -> Sums {
        self.paper.all()
    }

    fn waiting(&self) -> Option<Vec<(u64, i128)>> {
        let people = self.paper.people.iter().zip(self.tree.lots());
        let pairs: usize = people
            .filter(|(person, _)| !person.is_gone)
            .map(|(_, [left, right])| left.min(right))
            .sum();
        let value = i128::try_from(self.terms.pair_value).unwrap();
        Some(vec![(pairs as u64, i128::try_from(pairs).unwrap() * value)])
    }

    fn held_for_company(&self) -> Option<i128> {
        Some(self.paper.held_for_company())
    }

    fn people(&self) -> Vec<(i128, i128)> {
        self.paper.everybody()
    }
}

#[test]
fn a_simulated_booking_is_what_it_is_on_paper() {
    // Instalments and tax from early on, so that they are many.
    for (seed, full_pairs, threshold) in [(1, 5, 20_000), (2, 1, 3_000), (3, 0, 1)] {
        let text = TEXT
            .replace("full_pairs = 5", &format!("full_pairs = {full_pairs}"))
            .replace("\"20000\"", &format!("\"{threshold}\""));
        let plan = compile(&text).unwrap();
        let outside = if seed == 1 { "0" } else { "20000" };
        let mut parameters = parameters(300, seed, active(Asset::Inr, outside, Withdrawals::Never));
        if seed == 3 {
            // A first payment is refunded after its pairs were paid.
            parameters.behaviour.cooling_off_days = 60;
            parameters.behaviour.refund_after_days = 59;
        }
        let played = play(&plan, &parameters);
        compare(&played, &mut Booking::new(full_pairs, threshold));
        let last = played.report.months.last().unwrap();
        assert!(!last.available.is_zero());
        assert_eq!(seed == 3, !last.receivable.is_zero(), "{seed}");
        assert!(!last.other.is_zero(), "{seed}");
    }
}
