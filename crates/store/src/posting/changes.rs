//! What a batch does to the projections: effects and legs, folded into at most one row for each key.

mod settlement;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use ledger::{Account, AccountKind, Beneficiary, Leg, Reason};
use money::Amount;
use plan::{ComponentEffect, DepositKind, Effect, Funding, Outcome, ReserveChoice};

use super::write_components::{AccrualRow, ComponentEffectRow};
use super::write_continued::ContinuedRow;
use super::write_records::RecordChanges;
use super::{DepositIndex, PostingError};
use crate::authorization::kind_name;
use crate::column::int;

pub(super) use settlement::{ClaimRow, SettlementChanges};

/// Changes of projections. Numbers have SQL's types already.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) users: BTreeMap<i32, UserChange>,
    pub(super) deposits: BTreeMap<i32, DepositChange>,
    pub(super) trees: BTreeMap<(i16, i32), TreeChange>,
    pub(super) nodes: Vec<NodeRow>,
    pub(super) rewards: Vec<RewardRow>,
    pub(super) forfeited: Vec<ForfeitedRow>,
    pub(super) incomes: BTreeMap<i32, Income>,
    /// Users to whose available money something was added, and when the first of it was, in seconds.
    pub(super) due: BTreeMap<i32, i64>,
    pub(super) choices: BTreeMap<(i32, i16), (&'static str, i64)>,
    pub(super) discrepancies: Vec<(i64, i16, String)>,
    pub(super) components: Vec<ComponentEffectRow>,
    pub(super) accruals: Vec<AccrualRow>,
    pub(super) continued: Vec<ContinuedRow>,
    pub(super) records: RecordChanges,
    pub(super) settlement: SettlementChanges,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UserChange {
    pub(super) joined: Option<Joined>,
    pub(super) directs: i32,
    pub(super) retopups: i32,
    pub(super) refunded: bool,
    /// The end of the freeze, if it changes.
    pub(super) frozen: Option<Option<i64>>,
    /// What the chain paid.
    pub(super) paid: Amount,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Joined {
    pub(super) wallet: Address,
    pub(super) sponsor: Option<i32>,
    pub(super) ordinal: i32,
    pub(super) fact_seq: i64,
    pub(super) at: i64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DepositChange {
    pub(super) taken: Option<Taken>,
    /// New state and the fact that closes it.
    pub(super) closed: Option<(&'static str, i64)>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) deposit_ref: B256,
    pub(super) kind: &'static str,
    pub(super) user: i32,
    pub(super) amount: Amount,
    pub(super) refundable_until: i64,
    pub(super) fact_seq: i64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TreeChange {
    pub(super) opened: Option<i64>,
    pub(super) nodes: i32,
    pub(super) closed: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct NodeRow {
    pub(super) tier: i16,
    pub(super) tree: i32,
    pub(super) index: i32,
    pub(super) user: i32,
    pub(super) funding: &'static str,
    pub(super) fact_seq: i64,
}

/// A row of `reward`.
#[derive(Clone, Copy, Debug)]
pub(super) struct RewardRow {
    /// The fact.
    pub(super) fact_seq: i64,
    /// Position of the transfer.
    pub(super) leg: i32,
    /// Whom the rule speaks of.
    pub(super) user: i32,
    /// Whose payment or placement is split.
    pub(super) source: i32,
    /// Name of the rule.
    pub(super) kind: &'static str,
    /// Tier of the pool.
    pub(super) tier: Option<i16>,
    /// Generation or layer.
    pub(super) distance: i16,
    /// How much.
    pub(super) amount: Amount,
    /// The deposit that caused it, if one did.
    pub(super) deposit: Option<i32>,
    /// Why it was not paid.
    pub(super) withheld: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ForfeitedRow {
    pub(super) fact_seq: i64,
    pub(super) leg: i32,
    pub(super) forfeited_fact: i64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Income {
    pub(super) direct: Amount,
    pub(super) pool_layer: Amount,
    pub(super) generation: Amount,
    /// What funds granted.
    pub(super) funded: Amount,
}

impl RewardRow {
    /// The row of a leg; `None` when its rule grants no reward or speaks of nobody, and when a fund pays it: what becomes
    /// of those is said by effects of components.
    fn of(fact_seq: u64, number: u32, leg: &Leg, deposit: Option<u32>) -> Option<Self> {
        if leg.debit.kind() == AccountKind::Revenue {
            return None;
        }
        let (kind, tier, distance) = if leg.reason == Reason::Direct {
            ("direct", None, 1)
        } else if let Reason::PoolLayer { tier, layer } = leg.reason {
            ("pool_layer", Some(i16::from(tier.get())), i16::from(layer))
        } else if let Reason::Generation(generation) = leg.reason {
            ("generation", None, i16::from(generation))
        } else {
            return None;
        };
        let (Some(user), Some(source)) = (leg.recipient, leg.source) else {
            return None;
        };
        let withheld =
            if let Account::Held(Beneficiary::Breakage(cause)) | Account::Breakage(cause) = leg.credit {
                Some(cause.name())
            } else {
                let is_residual = matches!(
                    leg.credit,
                    Account::Held(Beneficiary::Residual(..)) | Account::Residual(..)
                );
                is_residual.then_some("residual")
            };
        Some(Self {
            fact_seq: big(fact_seq),
            leg: int(number),
            user: int(user.get()),
            source: int(source.get()),
            kind,
            tier,
            distance,
            amount: leg.amount,
            // What a move pays comes from a reserve; only what comes from custody is a deposit's.
            deposit: deposit.filter(|_| leg.debit == Account::Custody).map(int),
            withheld,
        })
    }
}

impl Changes {
    /// Takes what one fact does.
    pub(super) fn add(
        &mut self,
        deposits: &DepositIndex,
        fact_seq: u64,
        effective_at: u64,
        outcome: &Outcome,
    ) -> Result<(), PostingError> {
        let mut deposit = None;
        for effect in &outcome.effects {
            if let Effect::DepositTaken { deposit: taken, .. } = effect {
                deposit = Some(taken.get());
            }
            self.add_effect(deposits, fact_seq, effective_at, effect)?;
        }
        for (number, leg) in (0u32..).zip(&outcome.legs) {
            if let Account::Available(user) = leg.credit {
                self.due.entry(int(user.get())).or_insert(big(effective_at));
            }
            if let Some(row) = RewardRow::of(fact_seq, number, leg, deposit) {
                self.add_reward(row);
            }
        }
        Ok(())
    }

    fn add_reward(&mut self, row: RewardRow) {
        if row.withheld.is_none() {
            let income = self.incomes.entry(row.user).or_default();
            let counter = match row.kind {
                "direct" => &mut income.direct,
                "pool_layer" => &mut income.pool_layer,
                _ => &mut income.generation,
            };
            // A counter for people that no transfer depends on: it stops at the top instead of stopping posting.
            *counter = counter.checked_add(row.amount).unwrap_or(Amount::new(u128::MAX));
        }
        self.rewards.push(row);
    }

    fn add_effect(
        &mut self,
        deposits: &DepositIndex,
        fact_seq: u64,
        effective_at: u64,
        effect: &Effect,
    ) -> Result<(), PostingError> {
        let fact = big(fact_seq);
        let known = |deposit| {
            deposits
                .find(deposit)
                .ok_or(PostingError::UnknownDeposit { fact_seq })
        };
        match effect {
            Effect::Joined { .. } => self.join(fact, effective_at, effect),
            Effect::DepositTaken { kind, user, .. } => {
                self.take(fact, effect);
                if *kind == DepositKind::Retopup {
                    self.user(user.get()).retopups += 1;
                }
            }
            Effect::DepositRefunded { deposit } => {
                let line = known(*deposit)?;
                self.deposits.entry(int(deposit.get())).or_default().closed = Some(("refunded", fact));
                if line.kind == DepositKind::Retopup {
                    self.user(line.user.get()).retopups -= 1;
                }
            }
            Effect::DepositMatured { deposit } => {
                self.deposits.entry(int(deposit.get())).or_default().closed = Some(("matured", fact));
            }
            Effect::UserRefunded { user } => self.user(user.get()).refunded = true,
            Effect::RewardForfeited { deposit, leg } => self.forfeited.push(ForfeitedRow {
                fact_seq: big(known(*deposit)?.fact_seq),
                leg: int(*leg),
                forfeited_fact: fact,
            }),
            Effect::ReserveSet { user, tier, choice } => {
                let key = (int(user.get()), i16::from(tier.get()));
                self.choices.insert(key, (choice_name(*choice), fact));
            }
            Effect::Frozen { user, until } => self.user(user.get()).frozen = Some(Some(big(*until))),
            Effect::Unfrozen { user } => self.user(user.get()).frozen = Some(None),
            Effect::CommandIgnored { cause } => self.note(fact, format!("ignored:{}", cause.name())),
            Effect::Discrepancy { cause } => self.note(fact, cause.name().to_owned()),
            Effect::TreeOpened { .. } | Effect::Placed { .. } | Effect::TreeClosed { .. } => {
                self.add_place(fact, effect);
            }
            Effect::Component(effect) => self.add_component(fact, effect),
            Effect::Continues { .. } => self.continued.extend(ContinuedRow::of(fact, effect)),
            Effect::Progressed { .. } => {} // The node that a move took says it already.
            Effect::Paid { user, amount } => {
                let paid = &mut self.user(user.get()).paid;
                // Above `u128` only if a chain paid more than there is; the balances refuse that.
                *paid = paid.checked_add(*amount).unwrap_or(Amount::new(u128::MAX));
            }
            Effect::PayoutHeld { .. }
            | Effect::PayoutRefused { .. }
            | Effect::PayoutReduced { .. }
            | Effect::PayoutSettled { .. }
            | Effect::PayoutReleased { .. }
            | Effect::BatchHeld { .. }
            | Effect::BatchExecuted { .. }
            | Effect::BatchEnded { .. }
            | Effect::Claimed { .. }
            | Effect::RootPublished { .. }
            | Effect::RootVetoed { .. } => self.settlement.add(fact, effect),
        }
        Ok(())
    }

    fn add_component(&mut self, fact: i64, effect: &ComponentEffect) {
        if let Some((user, amount)) = effect.granted() {
            let income = self.incomes.entry(int(user.get())).or_default();
            income.funded = income
                .funded
                .checked_add(amount)
                .unwrap_or(Amount::new(u128::MAX));
        }
        if let ComponentEffect::Recorded(record) = effect {
            self.records.add(fact, record);
        }
        if let ComponentEffect::Accrued {
            subscription,
            user,
            amount,
            reward,
        } = *effect
        {
            let of_fact = self.accruals.last().filter(|row| row.fact_seq == fact);
            self.accruals.push(AccrualRow {
                fact_seq: fact,
                position: of_fact.map_or(0, |row| row.position.saturating_add(1)),
                subscription: int(subscription),
                user: int(user.get()),
                amount,
                reward: reward.map(|reward| int(reward.get())),
            });
        }
        let last = self.components.last();
        let position = last.map_or(0, |row| row.position_after(fact));
        self.components
            .extend(ComponentEffectRow::new(fact, position, effect));
    }

    fn join(&mut self, fact: i64, effective_at: u64, effect: &Effect) {
        if let Effect::Joined {
            user,
            wallet,
            sponsor,
            ordinal,
            ..
        } = effect
        {
            self.user(user.get()).joined = Some(Joined {
                wallet: *wallet,
                sponsor: sponsor.map(|sponsor| int(sponsor.get())),
                ordinal: int(*ordinal),
                fact_seq: fact,
                at: big(effective_at),
            });
            if let Some(sponsor) = sponsor {
                self.user(sponsor.get()).directs += 1;
            }
        }
    }

    fn take(&mut self, fact: i64, effect: &Effect) {
        if let Effect::DepositTaken {
            deposit,
            deposit_ref,
            kind,
            user,
            amount,
            refundable_until,
        } = effect
        {
            self.deposits.entry(int(deposit.get())).or_default().taken = Some(Taken {
                deposit_ref: *deposit_ref,
                kind: kind_name(*kind),
                user: int(user.get()),
                amount: *amount,
                refundable_until: big(*refundable_until),
                fact_seq: fact,
            });
        }
    }

    fn add_place(&mut self, fact: i64, effect: &Effect) {
        if let Effect::TreeOpened { tier, tree } = effect {
            self.tree(tier.get(), tree.get()).opened = Some(fact);
        } else if let Effect::TreeClosed { tier, tree } = effect {
            self.tree(tier.get(), tree.get()).closed = Some(fact);
        } else if let Effect::Placed {
            tier,
            tree,
            index,
            user,
            funding,
        } = effect
        {
            self.tree(tier.get(), tree.get()).nodes += 1;
            self.nodes.push(NodeRow {
                tier: i16::from(tier.get()),
                tree: int(tree.get()),
                index: int(*index),
                user: int(user.get()),
                funding: match funding {
                    Funding::Registration => "registration",
                    Funding::Progression => "progression",
                },
                fact_seq: fact,
            });
        }
    }

    fn user(&mut self, number: u32) -> &mut UserChange {
        self.users.entry(int(number)).or_default()
    }

    fn tree(&mut self, tier: u8, tree: u32) -> &mut TreeChange {
        self.trees.entry((i16::from(tier), int(tree))).or_default()
    }

    fn note(&mut self, fact: i64, cause: String) {
        let same = self
            .discrepancies
            .iter()
            .rev()
            .take_while(|(seq, ..)| *seq == fact);
        let ordinal = i16::try_from(same.count()).unwrap_or(i16::MAX);
        self.discrepancies.push((fact, ordinal, cause));
    }
}

/// SQL's `bigint`. Only a time that a chain reports can exceed it; later than that is as good as never.
fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

const fn choice_name(choice: ReserveChoice) -> &'static str {
    match choice {
        ReserveChoice::In => "in",
        ReserveChoice::Out => "out",
    }
}
