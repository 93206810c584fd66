//! Facts of a simulation as causes, as the inbox keeps them: what other tools of the plan designer read.

use alloy_primitives::{Address, B256, U256};
use plan::fact::ComponentFact;
use plan::{Cause, CompiledPlan, Fact, Report, UserId, workload};

/// All facts of a simulation, in their order, as the outside would tell them; a refund goes to the wallet that paid. See
/// [`cause`].
pub fn causes<'a>(
    plan: &'a CompiledPlan,
    facts: impl IntoIterator<Item = &'a Fact> + 'a,
) -> impl Iterator<Item = Option<Cause>> + 'a {
    // Deposits are counted from 1.
    let mut payers: Vec<UserId> = Vec::new();
    facts.into_iter().map(move |fact| {
        if let Fact::Registered { user, .. } | Fact::RetoppedUp { user, .. } = fact {
            payers.push(*user);
        }
        let mut cause = cause(plan, fact);
        if let (Some(Cause::Refunded { wallet, to, .. }), Fact::Refunded { deposit, .. }) = (&mut cause, fact)
        {
            let position = usize::try_from(deposit.get())
                .ok()
                .and_then(|number| number.checked_sub(1));
            let payer = position.and_then(|position| payers.get(position)).copied();
            *wallet = payer.map_or(Address::ZERO, workload::wallet);
            *to = *wallet;
        }
        cause
    })
}

/// A fact as the outside would tell it. Wallets and references stand for ids, and a refund goes to no wallet in
/// particular, as a single fact does not say who paid: [`causes`] knows it. `None` for facts that simulations do not have.
pub fn cause(plan: &CompiledPlan, fact: &Fact) -> Option<Cause> {
    if let Fact::Refunded { deposit, amount } = *fact {
        return Some(Cause::Refunded {
            deposit_ref: workload::deposit_ref(deposit),
            wallet: Address::ZERO,
            to: Address::ZERO,
            amount,
        });
    }
    if let Fact::Funded { amount } = *fact {
        let from = Address::ZERO;
        return Some(Cause::Funded { from, amount });
    }
    if let Fact::Component(fact) = fact {
        return Some(Cause::Reported(report(fact)));
    }
    workload::cause(plan, fact)
}

/// What the outside would report.
fn report(fact: &ComponentFact) -> Report {
    match *fact {
        ComponentFact::DayEnded { day } => Report::DayEnded { day },
        ComponentFact::FundAllocated { fund, amount } => Report::FundAllocated { fund, amount },
        ComponentFact::WithdrawalRequested { user, amount } => Report::WithdrawalRequested {
            wallet: workload::wallet(user),
            amount,
        },
        ComponentFact::UserVerified { user } => Report::UserVerified {
            wallet: workload::wallet(user),
        },
        ComponentFact::TaxIdRecorded { user } => Report::TaxIdRecorded {
            wallet: workload::wallet(user),
        },
        ComponentFact::SideChosen { user, side } => Report::SideChosen {
            wallet: workload::wallet(user),
            side,
        },
        ComponentFact::OrderPlaced {
            order,
            user,
            customer,
            amount,
            volume,
            day,
        } => Report::OrderPlaced {
            order_ref: reference(order),
            wallet: workload::wallet(user),
            customer: customer.map(reference),
            amount,
            volume,
            day,
        },
        ComponentFact::OrderRefunded { order, amount } => Report::OrderRefunded {
            order_ref: reference(order),
            amount,
        },
        ComponentFact::PeriodFinalized { period } => Report::PeriodFinalized { period },
        ComponentFact::PeriodReleased { period } => Report::PeriodReleased { period },
        ComponentFact::ConversionReported {
            conversion,
            user,
            referee,
            amount,
            day,
            ..
        } => Report::ConversionReported {
            conversion_ref: reference(conversion),
            wallet: workload::wallet(user),
            referee: person(referee),
            amount,
            day,
        },
        ComponentFact::ConversionReversed { conversion, amount } => Report::ConversionReversed {
            conversion_ref: reference(conversion),
            amount,
        },
    }
}

/// The reference that stands for a number.
fn reference(number: u32) -> B256 {
    B256::from(U256::from(number))
}

/// The key of a person who is no user: longer than any wallet.
fn person(number: u32) -> B256 {
    let mut key = reference(number);
    if let Some(first) = key.0.first_mut() {
        *first = 1;
    }
    key
}
