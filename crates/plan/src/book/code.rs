//! A [`Book`] as bytes, for storage between runs.

use std::collections::HashMap;

use alloy_primitives::{Address, B256};
use ledger::UserId;
use thiserror::Error;

use super::{Book, FACT_LEGS_MAX, report};
use crate::code::{Code, Source};
use crate::compiled::CompiledPlan;
use crate::{DepositId, State};

/// Number of the format. Whatever changes what is written, or what it means, gets another one.
pub const BOOK_FORMAT: u32 = 1;

/// Bytes that are no book of this plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bytes are not a book of this plan in format {BOOK_FORMAT}")]
pub struct NotABook;

impl Book {
    /// The book as bytes; `None` of one that has no such form, because its plan has components or was changed, or of
    /// one in the middle of a fact that continues.
    pub fn encode(&self) -> Option<Vec<u8>> {
        if !self.former.is_empty() || !self.references.is_empty() || self.left.is_some() {
            return None;
        }
        let mut out = Vec::new();
        BOOK_FORMAT.put(&mut out);
        self.plan.hash().put(&mut out);
        self.wallets.put(&mut out);
        let mut deposits = vec![B256::ZERO; self.deposits.len()];
        for (deposit_ref, deposit) in &self.deposits {
            let place = usize::try_from(deposit.get()).ok()?.checked_sub(1)?;
            *deposits.get_mut(place)? = *deposit_ref;
        }
        deposits.put(&mut out);
        self.state.write(&self.plan, &mut out).then_some(out)
    }

    /// The book of these bytes, with the plan and the versions of this one.
    pub fn decode_as(&self, bytes: &[u8]) -> Result<Self, NotABook> {
        let book = Self::decode(self.plan.clone(), self.versions.clone(), bytes)?;
        Ok(book.with_legs_max(self.legs_max))
    }

    /// The book of these bytes, which may change to these versions of the plan.
    ///
    /// What comes back holds together, and is what the facts give only if someone compares it with them.
    pub fn decode(plan: CompiledPlan, versions: Vec<CompiledPlan>, bytes: &[u8]) -> Result<Self, NotABook> {
        let mut from = Source::new(bytes);
        let (wallets, deposits, state) = read(&plan, &mut from).ok_or(NotABook)?;
        let users: HashMap<Address, UserId> = (wallets.iter().copied())
            .zip((1..).filter_map(UserId::new))
            .collect();
        let count = deposits.len();
        let deposits: HashMap<B256, DepositId> = (deposits.into_iter())
            .zip((1..).filter_map(DepositId::new))
            .collect();
        // Nobody is there twice, and everyone is there.
        if users.len() != wallets.len() || deposits.len() != count || !state.counts(users.len(), count) {
            return Err(NotABook);
        }
        Ok(Self {
            plan,
            state,
            users,
            deposits,
            wallets,
            references: report::References::default(),
            versions,
            former: Vec::new(),
            legs_max: FACT_LEGS_MAX,
            left: None,
        })
    }
}

type Parts = (Vec<Address>, Vec<B256>, State);

fn read(plan: &CompiledPlan, from: &mut Source<'_>) -> Option<Parts> {
    if u32::take(from)? != BOOK_FORMAT || B256::take(from)? != plan.hash() {
        return None;
    }
    let parts = (Code::take(from)?, Code::take(from)?, State::read(plan, from)?);
    from.is_at_end().then_some(parts)
}
