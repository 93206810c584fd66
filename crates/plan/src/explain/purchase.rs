//! Lines about purchases of subscriptions: generations, who was passed over, funds, the company's rest.

use ledger::{BreakageCause, Leg, UserId};
use money::Amount;

use super::{Context, Line, Verdict, entry, said, verdict_of};
use crate::generation::{self, DirectsCounted, Fate, GenerationTerms, Mode, Share, Skip, Uplines};
use crate::{CompiledPlan, ComponentEffect, Effect, Outcome, State};

/// A purchase, divided again.
pub(super) struct Purchase {
    pub(super) shares: Vec<Share>,
    pub(super) skips: Vec<Skip>,
    pub(super) user: UserId,
    /// Sponsor of a purchaser who joined with it.
    sponsor: Option<UserId>,
    has_joined: bool,
}

/// Users at the moment at which a purchase is divided: the purchaser has joined and bought.
struct Moment<'a> {
    before: &'a State,
    terms: &'a GenerationTerms,
    purchase: (UserId, Option<UserId>, bool),
}

impl Purchase {
    pub(super) fn of(plan: &CompiledPlan, before: &State, outcome: &Outcome) -> Option<Self> {
        let terms = plan.terms.components.generation.as_ref()?;
        let user = outcome.effects.iter().find_map(|effect| {
            if let Effect::Component(ComponentEffect::SubscriptionBought { user, .. }) = effect {
                Some(*user)
            } else {
                None
            }
        })?;
        let joined = super::joined(outcome).filter(|(newcomer, ..)| *newcomer == user);
        let sponsor = joined.and_then(|(_, sponsor, _)| sponsor);
        let paid = outcome
            .legs
            .iter()
            .filter(|leg| leg.debit == ledger::Account::Custody);
        let cash = Amount::sum_of(paid.map(|leg| leg.amount)).ok()?;
        let moment = Moment {
            before,
            terms,
            purchase: (user, sponsor, joined.is_some()),
        };
        let (mut shares, mut skips) = (Vec::new(), Vec::new());
        let caps = before.caps();
        generation::explain(terms, cash, user, &moment, caps, &mut shares, &mut skips);
        Some(Self {
            shares,
            skips,
            user,
            sponsor,
            has_joined: joined.is_some(),
        })
    }
}

impl Uplines for Moment<'_> {
    fn sponsor(&self, user: UserId) -> Option<UserId> {
        let (purchaser, sponsor, has_joined) = self.purchase;
        if has_joined && user == purchaser {
            return sponsor;
        }
        self.before.sponsor(user)
    }

    fn directs(&self, user: UserId) -> u32 {
        let (purchaser, _, has_joined) = self.purchase;
        let is_sponsor = self.sponsor(purchaser) == Some(user);
        let (known, is_new) = match self.terms.directs_counted() {
            DirectsCounted::AllTime => (self.before.directs(user), has_joined),
            DirectsCounted::Active => {
                let has_one = self.before.subscriptions().is_active(purchaser);
                (self.before.active_directs_of(user), !has_one)
            }
        };
        known.saturating_add(u32::from(is_sponsor && is_new))
    }

    fn is_active(&self, user: UserId) -> bool {
        self.before.subscriptions().is_active(user)
    }

    fn is_refunded(&self, user: UserId) -> bool {
        !self.before.is_active(user)
    }
}

impl Context<'_> {
    /// An upline's share of a purchase.
    pub(super) fn purchase_share(&self, leg: &Leg, generation: u8, place: Option<usize>) -> Line {
        let verdict = verdict_of(leg.credit);
        let share = self.decided.purchase.as_ref().zip(place);
        let share = share.and_then(|(purchase, place)| purchase.shares.get(place));
        let of = leg
            .source
            .map_or(String::new(), |user| format!(" of user {user}"));
        let rates = entry("generation.rates_bps", generation);
        let (because, parameter) = match (verdict, leg.recipient) {
            (Verdict::NotPaid(cause), Some(upline)) => (
                self.refused(upline, generation, cause),
                self.refusing(generation, cause),
            ),
            (_, Some(upline)) => {
                let distance = share.map_or(u32::from(generation), |share| share.distance);
                let who = format!("upline {upline}, {distance} above the purchaser");
                let because = match self.capped_of(generation) {
                    Some(_) => format!("{who}, {}", self.room(upline)),
                    None => format!("{who}, has {}", self.directs_of(upline, generation)),
                };
                let capped = self.capped_of(generation).map(|_| "cap.multiple".to_owned());
                (because, capped.unwrap_or(rates))
            }
            (_, None) => (
                format!("the sponsor line{of} ends before generation {generation}"),
                rates,
            ),
        };
        said(verdict, "generation", format!("generation {generation}"), because).by(parameter)
    }

    /// What the cap holds back of a generation of this purchase.
    fn capped_of(&self, generation: u8) -> Option<Amount> {
        let shares = self.decided.purchase.iter().flat_map(|purchase| &purchase.shares);
        let mut capped = shares.filter(|share| {
            share.generation == generation && share.fate == Fate::Breakage(BreakageCause::Capped)
        });
        capped.next().map(|share| share.amount)
    }

    /// Why an upline does not get a share.
    fn refused(&self, upline: UserId, generation: u8, cause: BreakageCause) -> String {
        match cause {
            BreakageCause::Unqualified => {
                format!("upline {upline} has {}", self.directs_of(upline, generation))
            }
            BreakageCause::Capped => format!("upline {upline} {}", self.room(upline)),
            BreakageCause::Inactive => match self.generation_mode() {
                Some(Mode::ActiveOnly) => format!("upline {upline} has no active subscription"),
                Some(Mode::Physical | Mode::Compressed) | None => {
                    format!("upline {upline} has nothing paid in that stands, so the cap is nothing")
                }
            },
            BreakageCause::Refunded => format!("upline {upline}'s own registration was refunded"),
            BreakageCause::NoUpline => format!("nobody stands at generation {generation}"),
            BreakageCause::NotRetopped => format!("upline {upline} has no retopup that stands"),
            BreakageCause::Flushed => format!("upline {upline}'s share is let go"),
        }
    }

    pub(super) fn refusing(&self, generation: u8, cause: BreakageCause) -> String {
        match cause {
            BreakageCause::Unqualified => entry("generation.directs_required", generation),
            BreakageCause::Capped => "cap.multiple".to_owned(),
            BreakageCause::Inactive if self.generation_mode() != Some(Mode::ActiveOnly) => {
                "cap.multiple".to_owned()
            }
            BreakageCause::Inactive => "generation.mode".to_owned(),
            BreakageCause::Refunded
            | BreakageCause::NoUpline
            | BreakageCause::NotRetopped
            | BreakageCause::Flushed => entry("generation.rates_bps", generation),
        }
    }

    fn generation_mode(&self) -> Option<Mode> {
        let terms = self.plan.terms.components.generation.as_ref();
        terms.map(|terms| terms.mode())
    }

    /// `3 directs, 2 required`.
    fn directs_of(&self, upline: UserId, generation: u8) -> String {
        let (Some(terms), Some(purchase)) = (
            &self.plan.terms.components.generation,
            self.decided.purchase.as_ref(),
        ) else {
            return "the directs that are required".to_owned();
        };
        let moment = Moment {
            before: self.before,
            terms,
            purchase: (purchase.user, purchase.sponsor, purchase.has_joined),
        };
        let has = moment.directs(upline);
        let place = usize::from(generation.saturating_sub(1));
        let needs = terms.steps().get(place).map_or(0, |step| step.directs_required);
        let kind = match terms.directs_counted() {
            DirectsCounted::AllTime => "",
            DirectsCounted::Active => "active ",
        };
        format!("{has} {kind}directs, {needs} required")
    }

    /// `had 50 USDT of room under the cap of 3 × 500 USDT`.
    pub(super) fn room(&self, user: UserId) -> String {
        let caps = self.before.caps();
        let multiple = self.plan.terms.components.cap.map_or(0, |cap| cap.multiple());
        let (room, invested) = (caps.room(user), caps.invested(user));
        format!(
            "had {} of room under the cap of {multiple} × {}",
            self.shown(room),
            self.shown(invested)
        )
    }

    /// Uplines who were passed over without a share.
    pub(super) fn skipped(&self) -> Vec<Line> {
        let skips = self.decided.purchase.iter().flat_map(|purchase| &purchase.skips);
        skips
            .map(|skip| {
                let why = self.refused(skip.upline, skip.generation, skip.cause);
                let because = format!(
                    "{why}, and the next upline was offered the share ({})",
                    skip.cause.name()
                );
                let rule = format!("skipped generation {}", skip.generation);
                let mut line = said(Verdict::Note, "generation", rule, because);
                line.parameter = Some(self.refusing(skip.generation, skip.cause));
                line.user = Some(skip.upline);
                line.source = self.decided.purchase.as_ref().map(|purchase| purchase.user);
                line
            })
            .collect()
    }
}
