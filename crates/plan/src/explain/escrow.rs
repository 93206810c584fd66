//! Lines about what was held: maturity, forfeits, debts, refunds; and about reserves that are released.

use ledger::{Account, Beneficiary, BreakageCause, Leg, Reason, Tier, UserId};

use super::intake::held_for;
use super::{Context, Line, Verdict, entry, said, verdict_of};
use crate::{DepositId, DepositKind, Effect};

impl Context<'_> {
    /// Held money whose cooling-off time is over: a sum for each pair of accounts.
    pub(super) fn matured(&self, leg: &Leg) -> Line {
        let of_user = matches!(held_for(leg.debit), Some(Beneficiary::User(_)));
        match (leg.credit, of_user) {
            (Account::Breakage(BreakageCause::Refunded), true) => {
                let because =
                    "rewards that relied on something that was refunded before they matured".to_owned();
                said(
                    Verdict::NotPaid(BreakageCause::Refunded),
                    "escrow",
                    "forfeited",
                    because,
                )
            }
            (Account::Reserve(user, tier), _) => {
                let because = format!("user {user} reserves the rewards of tier {tier} for the next");
                said(Verdict::Moved, "reserve", "matured", because).by("pool.reserve")
            }
            (Account::Available(_), _) => {
                let because = "the cooling-off time of the payments behind it is over".to_owned();
                said(Verdict::Moved, "escrow", "matured", because)
            }
            (credit, _) => {
                let because = "the cooling-off time of the payments behind it is over".to_owned();
                said(verdict_of(credit), "escrow", "matured", because)
            }
        }
    }

    /// What pays a debt before anything else.
    pub(super) fn netting(&self, leg: &Leg) -> Line {
        let who = leg
            .recipient
            .map_or(String::new(), |user| format!(" user {user}"));
        let owed = leg.recipient.map(|user| self.before.receivable(user));
        let owed = owed.map_or(String::new(), |owed| format!(" {}", self.shown(owed)));
        let because = format!("after a correction{who} owed{owed}, and rewards pay that first");
        said(Verdict::Moved, "escrow", "netting", because)
    }

    /// A payment that goes back, and what it had caused.
    pub(super) fn refund(&self, leg: &Leg) -> Line {
        let deposit = self.outcome.effects.iter().find_map(|effect| {
            if let Effect::DepositRefunded { deposit } = effect {
                Some(*deposit)
            } else {
                None
            }
        });
        let what = deposit.map_or("a payment".to_owned(), |deposit| self.named(deposit));
        let because = match held_for(leg.debit) {
            Some(Beneficiary::User(user)) => {
                format!("{what} went back, and with it what it had caused for user {user}")
            }
            Some(_) => format!("{what} went back, and with it what it had caused"),
            None => format!("{what} went back"),
        };
        said(Verdict::Returned, "escrow", "refund", because)
    }

    /// A reserve that its user gets.
    pub(super) fn reserve_released(&self, leg: &Leg) -> Line {
        let (who, tier) = if let Account::Reserve(user, tier) = leg.debit {
            (Some(user), Some(tier))
        } else {
            (leg.recipient, None)
        };
        let because = self.why_released(who, tier);
        said(Verdict::Moved, "reserve", "reserve_released", because).by("pool.reserve")
    }

    fn why_released(&self, who: Option<UserId>, tier: Option<Tier>) -> String {
        let name = who.map_or("the user".to_owned(), |user| format!("user {user}"));
        for effect in &self.outcome.effects {
            if let Effect::Progressed { user, from } = effect
                && (Some(*user), Some(*from)) == (who, tier)
            {
                return format!("{name} moved on from tier {from}, and this was left");
            }
            if let Effect::UserRefunded { user } = effect
                && Some(*user) == who
            {
                return format!("{name}'s registration was refunded; what was reserved had matured");
            }
            if let Effect::ReserveSet { user, .. } = effect
                && Some(*user) == who
            {
                return format!("{name} chose not to reserve any more");
            }
        }
        format!("the tree in which {name} sits was closed, so the reserve can grow no more")
    }

    /// A held reward that was forfeited.
    pub(super) fn forfeited(&self, deposit: DepositId, leg: u32) -> Line {
        let at = usize::try_from(leg).unwrap_or(usize::MAX);
        let Some(share) = self.before.held_shares(deposit).nth(at) else {
            let because = format!("a reward of {} was forfeited", self.named(deposit));
            return said(Verdict::Note, "escrow", "forfeited", because);
        };
        let registration = "registration";
        let (rule, parameter, relied) = if let Reason::Generation(generation) = share.reason {
            (
                format!("generation {generation}"),
                Some(entry("retopup.generations_bps", generation)),
                "registration, or the retopup that made the reward possible,",
            )
        } else if let Reason::PoolLayer { tier, layer } = share.reason {
            let rule = format!("tier {tier} layer {layer}");
            (rule, Some(entry("pool.layers_bps", layer)), registration)
        } else {
            let parameter = (share.reason == Reason::Direct).then(|| "registration.direct_share".to_owned());
            (share.reason.name().to_owned(), parameter, registration)
        };
        let who = share
            .recipient
            .map_or(String::new(), |user| format!("user {user}'s own "));
        let because = format!(
            "{} of {}: {who}{relied} was refunded",
            self.shown(share.amount),
            self.named(deposit)
        );
        let mut line = said(Verdict::Note, "escrow", format!("forfeited {rule}"), because);
        line.parameter = parameter;
        line.user = share.recipient;
        line
    }

    /// `deposit 9 (retopup of user 4)`.
    fn named(&self, deposit: DepositId) -> String {
        let number = deposit.get();
        match self.before.deposit(deposit) {
            Some((user, DepositKind::Registration)) => {
                format!("deposit {number} (registration of user {user})")
            }
            Some((user, DepositKind::Retopup)) => format!("deposit {number} (retopup of user {user})"),
            None => format!("deposit {number}"),
        }
    }
}
