//! Reports, with wallets and references turned into dense numbers, and changes of the plan.

use std::collections::HashMap;

use alloy_primitives::{Address, B256};

use super::{Book, unknown_user};
use crate::fact::ComponentFact;
use crate::{Effect, Fact, IgnoredCause, Outcome, Report, UserId};

/// References of shops and campaigns, numbered in the order in which they first appear.
#[derive(Clone, Debug, Default)]
pub(super) struct References {
    orders: HashMap<B256, u32>,
    customers: HashMap<B256, u32>,
    conversions: HashMap<B256, u32>,
    referees: HashMap<B256, u32>,
}

impl References {
    /// Whether no report named anything.
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            orders,
            customers,
            conversions,
            referees,
        } = self;
        orders.is_empty() && customers.is_empty() && conversions.is_empty() && referees.is_empty()
    }
}

impl Book {
    /// Applies a report.
    pub(super) fn report(&mut self, report: &Report, out: &mut Outcome) {
        match *report {
            Report::DayEnded { day } => self.component(ComponentFact::DayEnded { day }, out),
            Report::FundAllocated { fund, amount } => {
                self.component(ComponentFact::FundAllocated { fund, amount }, out);
            }
            Report::PlanChanged { plan_hash } => self.change_plan(plan_hash, out),
            Report::WithdrawalRequested { wallet, amount } => {
                self.of_user(
                    wallet,
                    |user| ComponentFact::WithdrawalRequested { user, amount },
                    out,
                );
            }
            Report::UserVerified { wallet } => {
                self.of_user(wallet, |user| ComponentFact::UserVerified { user }, out);
            }
            Report::TaxIdRecorded { wallet } => {
                self.of_user(wallet, |user| ComponentFact::TaxIdRecorded { user }, out);
            }
            Report::SideChosen { wallet, side } => {
                self.of_user(wallet, |user| ComponentFact::SideChosen { user, side }, out);
            }
            Report::OrderPlaced {
                order_ref, wallet, ..
            } => match self.user_of(wallet) {
                Some(user) => self.place_order(report, order_ref, user, out),
                None => self.ignore(unknown_user(), out),
            },
            Report::OrderRefunded { order_ref, amount } => match self.references.orders.get(&order_ref) {
                Some(order) => self.component(
                    ComponentFact::OrderRefunded {
                        order: *order,
                        amount,
                    },
                    out,
                ),
                None => self.ignore(ignored(IgnoredCause::ReferenceUnknown), out),
            },
            Report::PeriodFinalized { period } => {
                self.component(ComponentFact::PeriodFinalized { period }, out);
            }
            Report::PeriodReleased { period } => {
                self.component(ComponentFact::PeriodReleased { period }, out);
            }
            Report::ConversionReported {
                conversion_ref,
                wallet,
                ..
            } => match self.user_of(wallet) {
                Some(user) => self.record_conversion(report, conversion_ref, user, out),
                None => self.ignore(unknown_user(), out),
            },
            Report::ConversionReversed {
                conversion_ref,
                amount,
            } => match self.references.conversions.get(&conversion_ref) {
                Some(conversion) => {
                    let conversion = *conversion;
                    self.component(ComponentFact::ConversionReversed { conversion, amount }, out);
                }
                None => self.ignore(ignored(IgnoredCause::ReferenceUnknown), out),
            },
        }
    }

    fn place_order(&mut self, report: &Report, order_ref: B256, user: UserId, out: &mut Outcome) {
        let Report::OrderPlaced {
            customer,
            amount,
            volume,
            day,
            ..
        } = *report
        else {
            return;
        };
        if self.references.orders.contains_key(&order_ref) {
            return self.ignore(ignored(IgnoredCause::ReferenceKnown), out);
        }
        let order = self.state.next_order();
        let customer = customer.map(|reference| number(&mut self.references.customers, reference));
        let fact = ComponentFact::OrderPlaced {
            order,
            user,
            customer,
            amount,
            volume,
            day,
        };
        self.component(fact, out);
        if self.state.next_order() != order {
            self.references.orders.insert(order_ref, order);
        }
    }

    fn record_conversion(&mut self, report: &Report, reference: B256, user: UserId, out: &mut Outcome) {
        let Report::ConversionReported {
            referee, amount, day, ..
        } = *report
        else {
            return;
        };
        if self.references.conversions.contains_key(&reference) {
            return self.ignore(ignored(IgnoredCause::ReferenceKnown), out);
        }
        let conversion = self.state.next_conversion();
        // A referee's key that is a wallet names the user with it.
        let wallet = Address::from_word(referee);
        let referee_user = self.user_of(wallet).filter(|_| wallet.into_word() == referee);
        let fact = ComponentFact::ConversionReported {
            conversion,
            user,
            referee: number(&mut self.references.referees, referee),
            referee_user,
            amount,
            day,
        };
        self.component(fact, out);
        if self.state.next_conversion() != conversion {
            self.references.conversions.insert(reference, conversion);
        }
    }

    /// Follows another version of the plan from here on, if the ledger has it and it fits.
    fn change_plan(&mut self, plan_hash: B256, out: &mut Outcome) {
        let found = self
            .versions
            .iter()
            .find(|plan| plan.hash() == plan_hash)
            .cloned();
        match found {
            Some(plan) if self.state.change_plan(&self.plan, &plan, out) => {
                let former = std::mem::replace(&mut self.plan, plan);
                self.state.leave_version(&former);
                if self.former.iter().all(|known| known.hash() != former.hash()) {
                    self.former.push(former);
                }
            }
            Some(_) | None => self.ignore(ignored(IgnoredCause::PlanNotApplicable), out),
        }
    }

    fn of_user(&mut self, wallet: Address, fact: impl FnOnce(UserId) -> ComponentFact, out: &mut Outcome) {
        match self.user_of(wallet) {
            Some(user) => self.component(fact(user), out),
            None => self.ignore(unknown_user(), out),
        }
    }

    fn component(&mut self, fact: ComponentFact, out: &mut Outcome) {
        self.apply_fact(&Fact::Component(fact), out);
    }

    fn ignore(&mut self, effect: Effect, out: &mut Outcome) {
        self.apply_fact(&Fact::Noted, out);
        out.effects.push(effect);
    }
}

fn ignored(cause: IgnoredCause) -> Effect {
    Effect::CommandIgnored { cause }
}

/// The number of a reference, the next one if it is new.
fn number(known: &mut HashMap<B256, u32>, reference: B256) -> u32 {
    let next = u32::try_from(known.len()).unwrap_or(u32::MAX).saturating_add(1);
    *known.entry(reference).or_insert(next)
}
