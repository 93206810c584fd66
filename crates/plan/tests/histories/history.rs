//! Random plans and random histories: what a chain and users could send, including what they should not.

use alloy_primitives::{Address, B256, U256};
use money::Amount;
use naive::Terms;
use plan::{Book, Cause, CompiledPlan, Intake, Outcome, ReserveChoice, Tier};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::settlement::{Batches, Payment, any_payment};

const DAY_SECONDS: u64 = 86_400;

/// One random step; numbers pick among what exists.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// An eager newcomer reserves the rewards of the first tiers at once.
    Register {
        sponsor: usize,
        days: u32,
        eager: bool,
    },
    RegisterOddly {
        sponsor: usize,
        amount: u128,
        again: bool,
    },
    RetopUp {
        user: usize,
        days: u32,
    },
    RetopUpOddly {
        user: usize,
        amount: u128,
    },
    Refund {
        deposit: usize,
    },
    RefundUnknown {
        amount: u128,
    },
    Mature {
        days: u32,
        off_by: u128,
    },
    Reserve {
        user: usize,
        tier: u8,
        choice: bool,
    },
    Correct {
        user: usize,
        amount: u128,
    },
    Fund {
        amount: u128,
    },
    Freeze {
        user: usize,
    },
    Pay(Payment),
}

fn inr(paise: u128) -> String {
    format!("\"{}.{:02}\"", paise / 100, paise % 100)
}

/// The plan file with these parameters.
pub(crate) fn text(terms: &Terms) -> String {
    let trees_max = terms
        .trees_max
        .map_or(String::new(), |max| format!("trees_max = {max}"));
    let prices: Vec<String> = terms.tier_prices.iter().map(|price| inr(*price)).collect();
    format!(
        r#"
            name = "random"
            version = 1
            asset = "INR"
            [registration]
            price = {}
            direct_share = {}
            {}
            [retopup]
            price = {}
            company_share = {}
            generations_bps = {:?}
            [pool]
            geometry = "{}"
            tree_size = {}
            {trees_max}
            tier_prices = [{}]
            layers_bps = {:?}
            when_full = "direct"
            progression = "funded"
            {}
            "#,
        inr(terms.registration),
        inr(terms.direct),
        match terms.pool_bps {
            None => format!("pool_entry_ordinals = {:?}", terms.ordinals),
            Some(bps) => format!("pool_bps = {bps}"),
        },
        inr(terms.retopup),
        inr(terms.retopup_company),
        terms.generations_bps,
        if terms.rolling { "rolling" } else { "closed" },
        terms.tree_size,
        prices.join(", "),
        terms.layers_bps,
        match &terms.forced {
            None => "reserve = \"opt_in\"".into(),
            Some((nodes, layers)) =>
                format!("reserve = \"last_nodes\"\nreserve_nodes = {nodes}\nreserve_layers = {layers:?}"),
        },
    )
}

/// Plans with small trees and cheap tiers, so that a few hundred facts close trees and climb several tiers.
pub(crate) fn any_terms() -> impl Strategy<Value = Terms> {
    let pool = (
        select(vec![(3, 1u8), (7, 1), (7, 2), (15, 3)]),
        select(vec![None, Some(1), Some(2), Some(9)]),
        vec(1u128..700, 1..4),
        (
            select(vec![false, false, false, true]),
            option::weighted(0.3, 1u32..8),
            option::weighted(0.2, 3_333u16..9_999),
        ),
    );
    (
        1_500u128..3_000,
        0u128..1_500,
        1u32..5,
        vec(0u16..1_500, 0..6),
        pool,
    )
        .prop_map(|(registration, direct, entering, generations_bps, pool)| {
            let ((tree_size, layers), trees_max, higher, (rolling, nodes, pool_bps)) = pool;
            let brought = pool_bps.map_or(registration, |bps| registration * u128::from(bps) / 10_000);
            let first = 1 + u8::try_from(entering).unwrap() % 2;
            let kept: Vec<u8> = (first.min(layers)..=layers).collect();
            let chosen = Terms {
                registration,
                direct,
                // Every one, every second, …: the more enter, the more trees there are.
                ordinals: (1..60).step_by(entering as usize).collect(),
                pool_bps,
                retopup: 4_001,
                retopup_company: 399,
                generations_bps,
                tree_size,
                rolling,
                trees_max: trees_max.filter(|_| !rolling),
                tier_prices: std::iter::once(brought).chain(higher).collect(),
                layers_bps: [5_003, 2_501, 1_499][..usize::from(layers)].to_vec(),
                forced: None,
            };
            let forced = nodes.map(|nodes| Terms {
                forced: Some((nodes, kept)),
                ..chosen.clone()
            });
            // Of forced reserves only those that can reach the next price compile.
            forced
                .filter(|terms| plan::compile(&text(terms)).is_ok())
                .unwrap_or(chosen)
        })
}

pub(crate) fn any_history(facts: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let pick = 0usize..1_000;
    let days = 0u32..4;
    let step = prop_oneof![
        10 => (pick.clone(), days.clone(), any::<bool>())
            .prop_map(|(sponsor, days, eager)| Step::Register { sponsor, days, eager }),
        1 => (pick.clone(), 0u128..5_000, any::<bool>())
            .prop_map(|(sponsor, amount, again)| Step::RegisterOddly { sponsor, amount, again }),
        5 => (pick.clone(), days.clone()).prop_map(|(user, days)| Step::RetopUp { user, days }),
        1 => (pick.clone(), 0u128..5_000).prop_map(|(user, amount)| Step::RetopUpOddly { user, amount }),
        2 => pick.clone().prop_map(|deposit| Step::Refund { deposit }),
        1 => (0u128..50).prop_map(|amount| Step::RefundUnknown { amount }),
        5 => (days, select(vec![0, 0, 0, 1])).prop_map(|(days, off_by)| Step::Mature { days, off_by }),
        8 => (pick.clone(), 1u8..5, select(vec![true, true, true, false]))
            .prop_map(|(user, tier, choice)| Step::Reserve { user, tier, choice }),
        3 => (pick.clone(), 0u128..700).prop_map(|(user, amount)| Step::Correct { user, amount }),
        1 => (0u128..100).prop_map(|amount| Step::Fund { amount }),
        1 => pick.prop_map(|user| Step::Freeze { user }),
        14 => any_payment().prop_map(Step::Pay),
    ];
    vec(step, facts)
}

/// What the chain knows: enough to send causes that could really happen.
struct Chain<'a> {
    terms: &'a Terms,
    plan_hash: B256,
    today: u32,
    wallets: Vec<Address>,
    deposits: Vec<Sent>,
    batches: Batches,
    /// What the ledger would say so far: operators request what it says.
    book: Book,
    out: Outcome,
}

struct Sent {
    deposit_ref: B256,
    wallet: Address,
    amount: u128,
    day: u32,
    is_open: bool,
}

/// The causes of a history, and what each brings into custody or takes out of it.
pub(crate) fn causes(terms: &Terms, plan: &CompiledPlan, steps: &[Step]) -> Vec<Cause> {
    let mut chain = Chain {
        terms,
        plan_hash: plan.hash(),
        batches: Batches::default(),
        book: Book::new(plan.clone()),
        out: Outcome::default(),
        today: 100,
        wallets: Vec::new(),
        deposits: Vec::new(),
    };
    let mut causes = Vec::new();
    for step in steps {
        let cause = chain.cause(step);
        let newcomer = match (step, &cause) {
            (Step::Register { eager: true, .. }, Cause::Registered(intake)) => Some(intake.wallet),
            _ => None,
        };
        for cause in std::iter::once(cause).chain(newcomer.into_iter().flat_map(reserve_all)) {
            chain.book.apply(&cause, &mut chain.out);
            causes.push(cause);
        }
    }
    causes
}

impl Chain<'_> {
    fn cause(&mut self, step: &Step) -> Cause {
        match *step {
            Step::Register { sponsor, days, .. } => {
                let intake = self.newcomer(sponsor, self.terms.registration, days);
                Cause::Registered(intake)
            }
            Step::RegisterOddly {
                sponsor,
                amount,
                again,
            } => {
                let mut intake = self.newcomer(sponsor, amount, 1);
                if again {
                    intake.wallet = self.wallets[0];
                }
                Cause::Registered(intake)
            }
            Step::RetopUp { user, days } => {
                let wallet = self.wallet(user);
                Cause::RetoppedUp(self.intake(wallet, None, self.terms.retopup, days))
            }
            Step::RetopUpOddly { user, amount } => {
                let wallet = self.wallet(user);
                Cause::RetoppedUp(self.intake(wallet, None, amount, 0))
            }
            Step::Refund { deposit } => match self.deposits.len() {
                0 => Cause::Noted,
                // Any deposit, also one that is refunded or matured already.
                count => {
                    let sent = &mut self.deposits[deposit % count];
                    sent.is_open = false;
                    refund(sent.deposit_ref, sent.wallet, sent.amount)
                }
            },
            Step::RefundUnknown { amount } => refund(B256::repeat_byte(0xee), Address::ZERO, amount),
            Step::Mature { days, off_by } => {
                self.today += days;
                let mut amount = off_by;
                for sent in &mut self.deposits {
                    if sent.is_open && sent.day <= self.today {
                        sent.is_open = false;
                        amount += sent.amount;
                    }
                }
                Cause::EscrowMatured {
                    through_day: self.today,
                    amount: Amount::new(amount),
                }
            }
            Step::Reserve { user, tier, choice } => Cause::ReserveChosen {
                wallet: self.wallet(user),
                tier: Tier::new(tier).unwrap(),
                choice: if choice {
                    ReserveChoice::In
                } else {
                    ReserveChoice::Out
                },
            },
            Step::Correct { user, amount } => Cause::Corrected {
                wallet: self.wallet(user),
                amount: Amount::new(amount),
            },
            Step::Fund { amount } => Cause::Funded {
                from: Address::ZERO,
                amount: Amount::new(amount),
            },
            Step::Freeze { user } => Cause::UserFrozen {
                wallet: self.wallet(user),
                until: 1,
            },
            Step::Pay(ref payment) => {
                let mut batches = std::mem::take(&mut self.batches);
                let cause = batches.cause(payment, &self.book, |pick| self.wallet(pick));
                self.batches = batches;
                cause
            }
        }
    }

    /// Someone, or a stranger while nobody has registered; sometimes a stranger anyway.
    fn wallet(&self, pick: usize) -> Address {
        let stranger = Address::repeat_byte(0xaa);
        if pick.is_multiple_of(50) || self.wallets.is_empty() {
            return stranger;
        }
        self.wallets[pick % self.wallets.len()]
    }

    fn newcomer(&mut self, sponsor: usize, amount: u128, days: u32) -> Intake {
        let number = U256::from(self.wallets.len() + 1);
        let wallet = Address::from_word(B256::from(number));
        // Few sponsors, so that ordinals grow and chains are still deep.
        let sponsor = (!self.wallets.is_empty()).then(|| self.wallet(sponsor % (self.wallets.len() / 2 + 1)));
        self.wallets.push(wallet);
        self.intake(wallet, sponsor, amount, days)
    }

    fn intake(&mut self, wallet: Address, sponsor: Option<Address>, amount: u128, days: u32) -> Intake {
        let deposit_ref = B256::from(U256::from(self.deposits.len() + 1));
        let day = self.today + 1 + days;
        self.deposits.push(Sent {
            deposit_ref,
            wallet,
            amount,
            day,
            is_open: true,
        });
        Intake {
            deposit_ref,
            wallet,
            sponsor,
            amount: Amount::new(amount),
            refundable_until: u64::from(day) * DAY_SECONDS + 7,
            plan_hash: self.plan_hash,
            disclosure_hash: B256::ZERO,
        }
    }
}

/// Opts in to the reserves of the first three tiers.
fn reserve_all(wallet: Address) -> impl Iterator<Item = Cause> {
    (1..=3).map(move |tier| Cause::ReserveChosen {
        wallet,
        tier: Tier::new(tier).unwrap(),
        choice: ReserveChoice::In,
    })
}

fn refund(deposit_ref: B256, wallet: Address, amount: u128) -> Cause {
    Cause::Refunded {
        deposit_ref,
        wallet,
        to: wallet,
        amount: Amount::new(amount),
    }
}
