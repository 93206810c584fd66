//! Lines about what was held: maturity, forfeits, debts, refunds; and about reserves that are released.

use ledger::{Account, Beneficiary, BreakageCause, Leg, Reason};

use crate::intake::held_for;
use crate::share::{ShareRule, generation_rate, rule_name};
use crate::{Context, Line, Verdict, entry, note, said, verdict_of};
use plan::compiled::IntakeRule;
use plan::decision::{ReserveEnd, Rule, Why};
use plan::state::HeldShare;
use plan::{DepositId, DepositKind, Effect};

impl Context<'_> {
    /// Held money whose cooling-off time has ended: a sum for each pair of accounts.
    pub(crate) fn matured(&self, leg: &Leg) -> Line {
        let of_user = matches!(held_for(leg.debit), Some(Beneficiary::User(_)));
        let ended = "the cooling-off period of the underlying payments has ended".to_owned();
        match (leg.credit, of_user) {
            (Account::Breakage(cause @ BreakageCause::Refunded), true) => {
                let because = "rewards that depended on a payment refunded before they matured".to_owned();
                said(Verdict::NotPaid(cause), "escrow", "forfeited", because)
            }
            (Account::Reserve(user, tier), _) => {
                let because = format!("user {user} reserves the rewards of tier {tier} for the next tier");
                said(Verdict::Moved, "reserve", "matured", because).by("pool.reserve")
            }
            (Account::Wallet(user), _) => {
                let because = format!("{ended}; the amount is in user {user}'s wallet balance");
                said(Verdict::Moved, "escrow", "matured", because)
            }
            (Account::Available(_), _) => said(Verdict::Moved, "escrow", "matured", ended),
            (credit, _) => said(verdict_of(credit), "escrow", "matured", ended),
        }
    }

    /// What pays a debt before anything else.
    pub(crate) fn netting(&self, leg: &Leg, why: &Why) -> Line {
        let who = leg
            .recipient
            .map_or(String::new(), |user| format!(" user {user}"));
        let owed = self.shown(why.owed);
        let mut because =
            format!("after a correction{who} owed {owed}, which is deducted from rewards first");
        if let Some(reward) = why.reward() {
            because.push_str(&format!(": here {}", self.reward_name(reward)));
        }
        let mut line = said(Verdict::Moved, "escrow", "netting", because);
        if let Account::Wallet(_) = leg.debit {
            line.parameter = self.withdrawal_path();
        } else if let Some(Reason::PoolLayer { layer, .. }) = why.granted {
            line.parameter = Some(entry("pool.layers_bps", layer));
        }
        self.of_reward(line, why)
    }

    /// The deposit that the fact refunds.
    pub(crate) fn refunded_deposit(&self) -> Option<DepositId> {
        self.outcome.effects.iter().find_map(|effect| {
            let Effect::DepositRefunded { deposit } = *effect else {
                return None;
            };
            Some(deposit)
        })
    }

    /// A payment that is refunded, and what it had caused.
    pub(crate) fn refund(&self, number: u32, leg: &Leg) -> Line {
        let deposit = self.refunded_deposit();
        let what = deposit.map_or("a payment".to_owned(), |deposit| self.named(deposit));
        let because = match held_for(leg.debit) {
            Some(Beneficiary::User(user)) => {
                format!("{what} was refunded, and the rewards it had generated for user {user} were reversed")
            }
            Some(_) => format!("{what} was refunded, and the rewards it had generated were reversed"),
            None => format!("{what} was refunded"),
        };
        let mut line = said(Verdict::Returned, "escrow", "refund", because);
        if let Some((then, rule)) = deposit.and_then(|deposit| self.refunded_rule(deposit, number, leg)) {
            line.rule = format!("refund {}", rule.rule);
            line = line.by_any(rule.parameter).under(&then);
        }
        line
    }

    /// A reserve that its user gets.
    pub(crate) fn reserve_released(&self, leg: &Leg, why: &Why) -> Line {
        let name = crate::who(leg.recipient);
        let because = match why.rule {
            Some(Rule::ReserveEnd(ReserveEnd::Progressed)) => {
                let tier = if let Account::Reserve(_, tier) = leg.debit {
                    format!("tier {tier}")
                } else {
                    "the tier".to_owned()
                };
                format!("{name} moved on from {tier}, and this amount was left over")
            }
            Some(Rule::ReserveEnd(ReserveEnd::Refunded)) => {
                format!("{name}'s registration was refunded; the reserve had already matured")
            }
            Some(Rule::ReserveEnd(ReserveEnd::Chosen)) => format!("{name} opted out of reserving"),
            Some(_) | None => {
                format!("the tree that contains {name} was closed, so the reserve cannot grow any further")
            }
        };
        said(Verdict::Moved, "reserve", "reserve_released", because).by("pool.reserve")
    }

    /// A held reward that was forfeited.
    pub(crate) fn forfeited(&self, deposit: DepositId, leg: u32, why: &Why) -> Line {
        let shares: Vec<HeldShare> = self.before.held_shares(deposit).collect();
        let place = usize::try_from(leg).ok();
        let Some(share) = place.and_then(|place| shares.get(place)) else {
            let because = format!("a reward of {} was forfeited", self.named(deposit));
            return note("escrow", "forfeited", because);
        };
        let then = self.under(self.before.version_of_deposit(deposit));
        if self.plan.intake() == IntakeRule::Subscription {
            return then.forfeited_purchase(deposit, share, why);
        }
        let relied = if matches!(share.reason, Reason::Generation(_)) {
            "registration, or the retopup that made the reward possible,"
        } else {
            "registration"
        };
        let who = share
            .recipient
            .map_or(String::new(), |user| format!("user {user}'s own "));
        let because = format!(
            "{} of {}: {who}{relied} was refunded",
            self.shown(share.amount),
            self.named(deposit)
        );
        let rule = format!("forfeited {}", rule_name(share.reason));
        let mut line = note("escrow", rule, because).under(&then);
        line.user = share.recipient;
        line.by_any(then.share_rule(deposit, &shares, share).parameter)
    }

    /// A share of a purchase that was forfeited: whole with its recipient's registration, or what exceeds the cap of a
    /// recipient whose own purchase was refunded.
    fn forfeited_purchase(&self, deposit: DepositId, share: &HeldShare, why: &Why) -> Line {
        let who = share
            .recipient
            .map_or("its user".to_owned(), |user| format!("user {user}"));
        let is_over_cap = matches!(why.rule, Some(Rule::Forfeited { is_over_cap: true }));
        let (why, parameter, version) = if is_over_cap {
            let why = format!("{who} has exceeded the earnings cap since their own purchase was refunded");
            // The cap is that of today.
            (why, Some("cap.multiple".to_owned()), None)
        } else {
            let why = format!("{who}'s own registration was refunded");
            (why, generation_rate(share.reason), Some(self.version))
        };
        let because = format!("{} of {}: {why}", self.shown(share.amount), self.named(deposit));
        let rule = format!("forfeited {}", rule_name(share.reason));
        let mut line = note("escrow", rule, because).by_any(parameter);
        line.plan = version.unwrap_or_default();
        line.user = share.recipient;
        line
    }

    /// Which rule a share of a payment came from that goes back, and the version that divided the payment.
    fn refunded_rule(&self, deposit: DepositId, number: u32, leg: &Leg) -> Option<(Self, ShareRule)> {
        let shares: Vec<HeldShare> = self.before.held_shares(deposit).collect();
        let share = shares.get(usize::try_from(number).ok()?)?;
        if (share.amount, Account::Held(share.beneficiary)) != (leg.amount, leg.debit) {
            return None;
        }
        let then = self.under(self.before.version_of_deposit(deposit));
        Some((then, then.share_rule(deposit, &shares, share)))
    }

    /// `deposit 9 (retopup of user 4)`.
    pub(crate) fn named(&self, deposit: DepositId) -> String {
        let number = deposit.get();
        let Some((user, kind)) = self.before.deposit(deposit) else {
            return format!("deposit {number}");
        };
        let what = match (self.plan.intake(), kind) {
            (IntakeRule::AutoPool | IntakeRule::Joining { .. }, DepositKind::Registration) => "registration",
            (IntakeRule::AutoPool | IntakeRule::Joining { .. }, DepositKind::Retopup) => "retopup",
            (IntakeRule::Subscription, _) => "purchase",
            (IntakeRule::Booking, _) => "payment",
            (IntakeRule::Order, _) => "order",
        };
        format!("deposit {number} ({what} of user {user})")
    }
}
