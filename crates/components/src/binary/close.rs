//! The closing of a month: new members are brought up to the sides above, matched into pairs, and pairs are granted as
//! far as the fund reaches. Each of the three is one pass over all users.

use ledger::UserId;
use money::Amount;

use super::tree::{line, split};
use super::{BinaryState, BinaryTerms, CumulativeShares, Pair, Parts, Side};
use crate::binary::table::{Excess, WhenShort};
use crate::sponsors::Sponsors;
use plan_file::calendar::Month;

/// Who takes the pairs of a closing, one by one, in the order of users and of their pairs.
pub trait PairSink {
    /// What is withheld of a pair of this value before anything else; more than the value counts as the value.
    /// Asked once for each pair that is granted, directly before [`PairSink::grant`].
    fn withhold(&mut self, user: UserId, value: Amount) -> Amount;

    /// The pair is granted.
    fn grant(&mut self, pair: &Pair);

    /// Whether pairs of this user are granted at all; if not, they wait. Must not change during a closing.
    fn may_earn(&self, _user: UserId) -> bool {
        true
    }
}

/// Collects pairs of which nothing is withheld.
impl PairSink for Vec<Pair> {
    fn withhold(&mut self, _user: UserId, _value: Amount) -> Amount {
        Amount::ZERO
    }

    fn grant(&mut self, pair: &Pair) {
        self.push(*pair);
    }
}

/// What a closing did, in sums. Counts are pairs, unless they say otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closing {
    /// The month under which it was granted: the one requested, or a later one if that was closed before.
    pub month: Month,
    /// Members who count since the last closing.
    pub members: u64,
    /// Within the limits of their users.
    pub payable: u64,
    /// What these are worth, at most `u128::MAX`.
    pub payable_value: Amount,
    /// Granted.
    pub granted: u64,
    /// What was granted; at most the budget.
    pub granted_value: Amount,
    /// Waiting, because the fund was short.
    pub short: u64,
    /// Waiting, because they are more than a user is paid in a month.
    pub capped: u64,
    /// Lost for the same reason.
    pub flushed: u64,
    /// Waiting for directs of their users, or because these may not earn.
    pub unqualified: u64,
}

/// What the pairs of a closing get, one after another.
#[derive(Default)]
struct Values {
    each: Amount,
    left: u64,
    shares: Option<CumulativeShares>,
}

/// A closing in progress.
struct Run<'a, S> {
    terms: &'a BinaryTerms,
    /// The month was closed before.
    again: bool,
    sink: &'a mut S,
    closing: Closing,
    values: Values,
    /// Users who begin to count because of an instalment.
    began: Vec<u32>,
}

/// Matched and payable pairs of a user.
#[derive(Default)]
struct Matched {
    /// On both sides.
    pairs: u32,
    /// Within the user's limit.
    payable: u32,
    qualified: bool,
}

impl Values {
    fn of(terms: &BinaryTerms, payable: u64, budget: Amount) -> Self {
        let each = terms.pair_value;
        let covered = budget
            .base_units()
            .checked_div(each.base_units())
            .map_or(u64::MAX, |pairs| u64::try_from(pairs).unwrap_or(u64::MAX));
        if covered >= payable {
            return Self {
                each,
                left: payable,
                shares: None,
            };
        }
        match terms.when_short {
            WhenShort::Queue => Self {
                each,
                left: covered,
                shares: None,
            },
            WhenShort::ProRata => {
                // Less than a base unit each: nobody gives up a pair for nothing.
                let some = budget.base_units() >= u128::from(payable);
                Self {
                    each,
                    left: if some { payable } else { 0 },
                    shares: Some(CumulativeShares::of(budget, u128::from(payable))),
                }
            }
        }
    }

    fn next(&mut self) -> Option<Amount> {
        self.left = self.left.checked_sub(1)?;
        Some(match &mut self.shares {
            Some(shares) => shares.next(1),
            None => self.each,
        })
    }
}

impl BinaryState {
    /// Closes a month: brings up who counts since the last closing, and grants pairs worth at most `budget`. A month may be
    /// closed again, say when its fund has received more; the limit of pairs holds for both together. A month before
    /// the last one that was closed is closed as that one.
    ///
    /// Users who begin to count by an instalment of this closing are brought up by the next one. Takes a few passes
    /// over all users, without a search.
    pub fn close_month(
        &mut self,
        sponsors: &Sponsors,
        terms: &BinaryTerms,
        month: Month,
        budget: Amount,
        sink: &mut impl PairSink,
    ) -> Closing {
        let month = self.month.map_or(month, |last| last.max(month));
        let mut run = Run {
            terms,
            again: self.month == Some(month),
            sink,
            closing: Closing {
                month,
                members: self.bring_up(),
                ..Closing::default()
            },
            values: Values::default(),
            began: Vec::new(),
        };
        self.month = Some(month);
        self.count_payable(&mut run);
        run.values = Values::of(terms, run.closing.payable, budget);
        for user in (1u32..).take(self.lots.len()) {
            let matched = self.matched(&run, user);
            if matched.pairs > 0 {
                self.close_user(&mut run, user, &matched);
            }
        }
        for user in run.began {
            self.begin_to_count(sponsors, user);
        }
        run.closing
    }

    /// Adds the lots of new members to every side above, and says how many members there are. Children stand behind their
    /// parents, so one pass from the end has seen all of a subtree when it comes to its top.
    fn bring_up(&mut self) -> u64 {
        let mut new = vec![[0u32; 2]; self.lots.len()];
        let mut members = 0u64;
        let lines = self.tree.above().iter().zip(&self.since).zip(&mut self.lots);
        for (index, ((above, since), lots)) in lines.enumerate().rev() {
            let [left, right] = new.get(index).copied().unwrap_or_default();
            let own = u32::from(*since > self.brought_up);
            members = members.saturating_add(u64::from(own));
            let sum = left.saturating_add(right).saturating_add(own);
            if sum == 0 {
                continue;
            }
            // Half of all users have nobody below: their lines are not touched.
            if left != 0 || right != 0 {
                *lots = [lots[0].saturating_add(left), lots[1].saturating_add(right)];
            }
            if let Some((parent, side)) = split(*above)
                && let Some([left, right]) = new.get_mut(line(parent))
            {
                let of_side = match side {
                    Side::Left => left,
                    Side::Right => right,
                };
                *of_side = of_side.saturating_add(sum);
            }
        }
        self.brought_up = self.since_last;
        members
    }

    fn count_payable(&self, run: &mut Run<'_, impl PairSink>) {
        let users = (1u32..).take(self.lots.len());
        let payable = users.fold(0u64, |sum, user| {
            sum.saturating_add(u64::from(self.matched(run, user).payable))
        });
        let value = run.terms.pair_value.checked_mul(u128::from(payable));
        run.closing.payable = payable;
        run.closing.payable_value = value.unwrap_or(Amount::new(u128::MAX));
    }

    fn matched(&self, run: &Run<'_, impl PairSink>, user: u32) -> Matched {
        let [left, right] = self.lots.get(line(user)).copied().unwrap_or_default();
        let pairs = left.min(right);
        if pairs == 0 {
            return Matched::default();
        }
        let directs = self.directs.get(line(user)).copied().unwrap_or(0);
        let may_earn = UserId::new(user).is_some_and(|user| run.sink.may_earn(user));
        let qualified = may_earn && directs >= run.terms.directs_required;
        // Only a month that is closed again can have pairs already.
        let before = if run.again {
            self.history.pairs_in(user, run.closing.month)
        } else {
            0
        };
        let room = run.terms.pairs_max.saturating_sub(before);
        Matched {
            pairs,
            payable: if qualified { pairs.min(room) } else { 0 },
            qualified,
        }
    }

    fn close_user(&mut self, run: &mut Run<'_, impl PairSink>, user: u32, matched: &Matched) {
        let granted = self.grant_pairs(run, user, matched.payable);
        let excess = matched.pairs.saturating_sub(matched.payable);
        let mut lost = 0;
        let counter = if matched.qualified {
            match run.terms.excess {
                Excess::Carry => &mut run.closing.capped,
                Excess::Flush => {
                    lost = excess;
                    &mut run.closing.flushed
                }
            }
        } else {
            &mut run.closing.unqualified
        };
        *counter = counter.saturating_add(u64::from(excess));
        let short = matched.payable.saturating_sub(granted);
        run.closing.short = run.closing.short.saturating_add(u64::from(short));
        self.history.lost(user, lost);
        let taken = granted.saturating_add(lost);
        if let Some(lots) = self.lots.get_mut(line(user)) {
            *lots = lots.map(|lots| lots.saturating_sub(taken));
        }
    }

    /// Grants up to `payable` pairs of a user, as long as there is money; says how many.
    fn grant_pairs(&mut self, run: &mut Run<'_, impl PairSink>, user: u32, payable: u32) -> u32 {
        let Some(id) = UserId::new(user) else {
            return 0;
        };
        let month = run.closing.month;
        let mut number = self.history.pairs(user);
        let (mut equal, mut latest, mut granted) = (0u32, Parts::default(), 0u32);
        while granted < payable
            && let Some(value) = run.values.next()
        {
            granted = granted.saturating_add(1);
            number = number.saturating_add(1);
            let pair = self.grant_pair(run, id, number, value);
            if pair.parts != latest {
                self.history.paid(user, month, latest, equal);
                (equal, latest) = (0, pair.parts);
            }
            equal = equal.saturating_add(1);
            let sum = run.closing.granted_value.checked_add(value);
            run.closing.granted_value = sum.unwrap_or(Amount::new(u128::MAX));
            run.sink.grant(&pair);
        }
        self.history.paid(user, month, latest, equal);
        run.closing.granted = run.closing.granted.saturating_add(u64::from(granted));
        granted
    }

    /// Divides one pair: what is withheld, then the instalment of what is left, then the wallet.
    fn grant_pair(
        &mut self,
        run: &mut Run<'_, impl PairSink>,
        user: UserId,
        number: u32,
        value: Amount,
    ) -> Pair {
        let withheld = run.sink.withhold(user, value).min(value);
        let before = self.paid(user);
        let net = value.saturating_sub(withheld);
        let owed = run.terms.instalment(number, net, before);
        let instalment = owed.unwrap_or_default();
        if !instalment.is_zero() && self.add_paid(run.terms, user.get(), instalment) {
            run.began.push(user.get());
        }
        Pair {
            user,
            number,
            parts: Parts {
                value,
                withheld,
                instalment,
            },
            paid: before,
            exempt: owed.err(),
            activates: !instalment.is_zero() && self.is_active_buyer(run.terms, user),
        }
    }
}
