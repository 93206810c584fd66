//! Facts of a simulation as causes, as the inbox keeps them: what other tools of the plan designer read.

use alloy_primitives::Address;
use plan::{Cause, CompiledPlan, Fact, workload};

/// A fact as the outside would tell it. Wallets and references stand for ids, and a refund goes to no wallet in
/// particular: nothing depends on it. `None` for facts that simulations do not have.
#[must_use]
pub fn cause(plan: &CompiledPlan, fact: &Fact) -> Option<Cause> {
    if let Fact::Refunded { deposit, amount } = *fact {
        return Some(Cause::Refunded {
            deposit_ref: workload::deposit_ref(deposit),
            wallet: Address::ZERO,
            to: Address::ZERO,
            amount,
        });
    }
    workload::cause(plan, fact)
}
