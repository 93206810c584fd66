//! [`Witness`]: what an explanation of any fact must say. Follows a history on its own and remembers under which version of
//! the plan everything was granted.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use explain::{Line, Values, Verdict};
use ledger::{Account, Leg, Reason, UserId};
use money::Amount;
use plan::{CompiledPlan, ComponentEffect, DepositId, DiscrepancyCause, Effect, Outcome, State};

/// Which version granted what.
#[derive(Clone)]
pub(crate) struct Witness {
    values: Vec<(B256, Values)>,
    deposits: BTreeMap<DepositId, B256>,
    /// Rewards by number: the version, and what stands of it.
    rewards: BTreeMap<u32, (B256, Amount)>,
    subscriptions: BTreeMap<u32, B256>,
    /// Lines whose parameter is of an older version than the one in force.
    pub(crate) old: usize,
    /// Lines with several parts.
    pub(crate) sums: usize,
}

impl Witness {
    /// Versions of a plan, with their texts.
    pub(crate) fn new(versions: &[(&CompiledPlan, &str)]) -> Self {
        let values = versions
            .iter()
            .map(|(plan, text)| (plan.hash(), Values::read(text).unwrap()));
        Self {
            values: values.collect(),
            deposits: BTreeMap::new(),
            rewards: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            old: 0,
            sums: 0,
        }
    }

    /// Checks the explanation of a fact, and remembers the fact. `now` is the version in force before it.
    pub(crate) fn follow(
        &mut self,
        before: &State,
        now: B256,
        out: &Outcome,
        lines: &[Line],
    ) -> Result<(), String> {
        self.remember(now, out);
        let released = self.released(out);
        let of_legs: Vec<&Line> = lines.iter().take_while(|line| line.leg.is_some()).collect();
        ensure(of_legs.len() == out.legs.len(), "a line for each leg", &of_legs)?;
        for (number, (leg, line)) in out.legs.iter().zip(&of_legs).enumerate() {
            let is_it = (line.amount, line.user, line.source) == (leg.amount, leg.recipient, leg.source);
            ensure(
                is_it && line.leg == u32::try_from(number).ok(),
                "of its leg",
                line,
            )?;
            ensure(
                line.because.len() > 10 && !line.rule.is_empty(),
                "rule and reason",
                line,
            )?;
            self.parameter_of(leg, line, out)?;
            if line.parts.is_empty() {
                // What a subscription accrues is fixed when it is sold.
                let sold = number_behind(line, "accrual of subscription ");
                let expected = match (sold, released.get(&number)) {
                    (Some(subscription), _) => self.subscriptions[&subscription],
                    (None, Some(version)) => *version,
                    (None, None) => self.version_of(leg, line, now, out),
                };
                let is_right = line.parameter.is_none() || line.plan == expected;
                ensure(is_right, "the right version", &(leg, line, expected))?;
            }
            self.old += usize::from(line.plan != now);
        }
        for line in &lines[of_legs.len()..] {
            ensure(
                line.leg.is_none() && line.verdict == Verdict::Note,
                "a note",
                line,
            )?;
            ensure(line.because.len() > 10, "a reason", line)?;
            // What was sold keeps its cap; all other notes are about what the version in force decides, or a payment.
            if line.component == "subscription" && line.rule == "ended" {
                let sold = number_behind(line, "subscription ").map(|id| self.subscriptions[&id]);
                ensure(Some(line.plan) == sold, "the version that sold it", line)?;
            } else if line.component != "escrow" {
                ensure(line.plan == now, "the version in force", line)?;
            }
        }
        for line in lines {
            self.value(line.plan, line.parameter.as_deref(), line)?;
            for part in &line.parts {
                self.value(part.plan, part.parameter.as_deref(), line)?;
            }
        }
        self.sums_of(before, out, &of_legs)
    }

    /// A parameter is named that the version of the line has.
    fn value(&self, plan: B256, path: Option<&str>, line: &Line) -> Result<(), String> {
        let Some(path) = path else { return Ok(()) };
        let values = self.values.iter().find(|(hash, _)| *hash == plan);
        let known = values.is_some_and(|(_, values)| values.at(path).is_some());
        ensure(known, "a parameter of its version", line)
    }

    /// Where a parameter decided the amount, it is named.
    fn parameter_of(&self, leg: &Leg, line: &Line, out: &Outcome) -> Result<(), String> {
        let of_operators = matches!(
            leg.reason,
            Reason::Funded
                | Reason::Correction
                | Reason::Payout
                | Reason::PayoutCredited
                | Reason::Claim
                | Reason::CreditWithdrawal
                | Reason::Treasury
                | Reason::Overpaid
        );
        let wrong_price = Effect::Discrepancy {
            cause: DiscrepancyCause::IntakeAmount,
        };
        let fits_nothing = leg.reason == Reason::Unexpected && !out.effects.contains(&wrong_price);
        let from_clearing = leg.reason == Reason::Refund && matches!(leg.debit, Account::Clearing(_));
        let sums = Amount::sum_of(line.parts.iter().map(|part| part.amount)).unwrap();
        // Who was refunded buys nothing any more, whatever the plan says.
        let of_refunded = leg.reason == Reason::Unexpected && line.because.contains("was refunded");
        if of_operators || fits_nothing || from_clearing || of_refunded {
            return Ok(());
        }
        ensure(
            line.parts.is_empty() || sums == leg.amount,
            "parts of it all",
            line,
        )?;
        let named = line.parameter.is_some() || !line.parts.is_empty();
        ensure(named, "a parameter", &(leg, line))?;
        let parts = line.parts.iter();
        let all = parts
            .clone()
            .all(|part| part.parameter.is_some() && part.shares > 0 && !part.rule.is_empty());
        ensure(all, "a parameter of each part", line)
    }

    /// The version of a leg that no release explains.
    fn version_of(&self, leg: &Leg, line: &Line, now: B256, out: &Outcome) -> B256 {
        if leg.reason == Reason::Refund {
            let refunded = out.effects.iter().find_map(|effect| {
                if let Effect::DepositRefunded { deposit } = effect {
                    Some(*deposit)
                } else {
                    None
                }
            });
            return refunded.map_or(now, |deposit| self.deposits[&deposit]);
        }
        if leg.reason == Reason::Accrual {
            number_behind(line, "subscription ").map_or(now, |id| self.subscriptions[&id])
        } else if leg.reason == Reason::Reversed {
            number_behind(line, "reward ").map_or(now, |id| self.rewards[&id].0)
        } else {
            now
        }
    }

    /// The versions of legs by which rewards become their users' own, by the place of the leg.
    fn released(&mut self, out: &Outcome) -> BTreeMap<usize, B256> {
        let mut versions = BTreeMap::new();
        for effect in &out.effects {
            let Effect::Component(effect) = effect else {
                continue;
            };
            if let ComponentEffect::RewardReleased { reward, user } = effect {
                let (version, mut left) = self.rewards[&reward.get()];
                for (place, leg) in out.legs.iter().enumerate() {
                    let is_part = leg.debit == Account::Deferred(*user) && leg.reason != Reason::Reversed;
                    if is_part && !left.is_zero() && !versions.contains_key(&place) {
                        versions.insert(place, version);
                        left = left.checked_sub(leg.amount).unwrap();
                    }
                }
            } else if let ComponentEffect::RewardReversed { reward, amount, .. } = effect {
                let (_, stands) = self.rewards.get_mut(&reward.get()).unwrap();
                *stands = stands.checked_sub(*amount).unwrap();
            }
        }
        versions
    }

    fn remember(&mut self, now: B256, out: &Outcome) {
        for effect in &out.effects {
            if let Effect::DepositTaken { deposit, .. } = effect {
                self.deposits.insert(*deposit, now);
            } else if let Effect::Component(ComponentEffect::RewardGranted { reward, amount, .. }) = effect {
                self.rewards.insert(reward.get(), (now, *amount));
            } else if let Effect::Component(ComponentEffect::SubscriptionBought { subscription, .. }) = effect
            {
                self.subscriptions.insert(*subscription, now);
            }
        }
    }

    /// The parts of a maturity are the shares of its deposits, each under the version that divided the deposit.
    fn sums_of(&mut self, before: &State, out: &Outcome, lines: &[&Line]) -> Result<(), String> {
        let mut expected: BTreeMap<B256, Amount> = BTreeMap::new();
        for effect in &out.effects {
            if let Effect::DepositMatured { deposit } = effect {
                let shares = before.held_shares(*deposit).map(|share| share.amount);
                let sum = expected.entry(self.deposits[deposit]).or_default();
                *sum = sum.checked_add(Amount::sum_of(shares).unwrap()).unwrap();
            }
        }
        let mut found: BTreeMap<B256, Amount> = BTreeMap::new();
        let mut taxed: BTreeMap<UserId, Amount> = BTreeMap::new();
        for (leg, line) in out.legs.iter().zip(lines) {
            if !matches!(leg.debit, Account::Held(_)) {
                continue;
            }
            if leg.reason == Reason::Withheld {
                taxed.insert(leg.recipient.unwrap(), leg.amount);
                continue;
            }
            self.sums += usize::from(line.parts.len() > 1);
            for part in &line.parts {
                let sum = found.entry(part.plan).or_default();
                *sum = sum.checked_add(part.amount).unwrap();
            }
        }
        let total = |sums: &BTreeMap<B256, Amount>| Amount::sum_of(sums.values().copied()).unwrap();
        if taxed.is_empty() {
            expected.retain(|_, sum| !sum.is_zero());
            return ensure(found == expected, "parts by version", &(found, expected, lines));
        }
        let tax = Amount::sum_of(taxed.into_values()).unwrap();
        let is_all = total(&found).checked_add(tax) == Ok(total(&expected));
        ensure(is_all, "parts and tax", &(found, expected, lines))
    }
}

/// The number that stands behind these words.
fn number_behind(line: &Line, words: &str) -> Option<u32> {
    let (_, behind) = line.because.split_once(words)?;
    let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn ensure(holds: bool, what: &str, of: &dyn std::fmt::Debug) -> Result<(), String> {
    if holds {
        return Ok(());
    }
    Err(format!("{what} is missing or wrong: {of:#?}"))
}
