//! Lines about purchases of subscriptions: the generations of a purchase, and who was passed over.

use ledger::{BreakageCause, Leg, UserId};

use crate::{Context, Line, Verdict, entry, note, of_user, said, verdict_of};
use plan::decision::{CapStanding, Rule, UplineStanding, Why};
use plan::generation::{DirectsCounted, Mode, Skip};

impl Context<'_> {
    /// An upline's share of a purchase.
    pub(crate) fn purchase_share(&self, leg: &Leg, generation: u8, why: &Why) -> Line {
        let verdict = verdict_of(leg.credit);
        let of = of_user(leg.source);
        let rates = entry("generation.rates_bps", generation);
        let (because, parameter) = if let Some(Rule::Share {
            share,
            is_capped,
            upline: Some(standing),
        }) = &why.rule
        {
            let name = upline_name(share.upline);
            if let Verdict::NotPaid(cause) = verdict {
                let because = self.refused(share.upline, generation, cause, standing);
                (because, self.refusing(generation, cause))
            } else if *is_capped {
                let room = self.room(&standing.cap);
                let because = format!("{name}, {} above the purchaser, {room}", share.distance);
                (because, "cap.multiple".to_owned())
            } else {
                let directs = self.directs_of(standing, generation);
                let because = format!("{name}, {} above the purchaser, has {directs}", share.distance);
                (because, rates)
            }
        } else {
            let because = format!("the sponsor line{of} ends before generation {generation}");
            (because, rates)
        };
        said(verdict, "generation", format!("generation {generation}"), because).by(parameter)
    }

    /// Why an upline does not get a share.
    fn refused(
        &self,
        upline: Option<UserId>,
        generation: u8,
        cause: BreakageCause,
        standing: &UplineStanding,
    ) -> String {
        let upline = upline_name(upline);
        match cause {
            BreakageCause::Unqualified => {
                format!("{upline} has {}", self.directs_of(standing, generation))
            }
            BreakageCause::Capped => format!("{upline} {}", self.room(&standing.cap)),
            BreakageCause::Inactive => match self.generation_mode() {
                Some(Mode::ActiveOnly) => format!("{upline} has no active subscription"),
                Some(Mode::Physical | Mode::Compressed) | None => {
                    format!("{upline} has no unrefunded payment, so the cap is zero")
                }
            },
            BreakageCause::Refunded => format!("{upline}'s own registration was refunded"),
            BreakageCause::NoUpline => format!("there is no user at generation {generation}"),
            BreakageCause::NotRetopped => format!("{upline} has no valid retopup"),
            BreakageCause::Flushed => format!("{upline}'s share is released"),
        }
    }

    pub(crate) fn refusing(&self, generation: u8, cause: BreakageCause) -> String {
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
        let terms = self.plan.components().generation.as_ref();
        terms.map(|terms| terms.mode())
    }

    /// `3 directs, 2 required`.
    fn directs_of(&self, standing: &UplineStanding, generation: u8) -> String {
        let Some(terms) = &self.plan.components().generation else {
            return "the required number of directs".to_owned();
        };
        let place = usize::from(generation.saturating_sub(1));
        let needs = terms.steps().get(place).map_or(0, |step| step.directs_required);
        let kind = match terms.directs_counted() {
            DirectsCounted::AllTime => "",
            DirectsCounted::Active => "active ",
        };
        format!("{} {kind}directs, {needs} required", standing.directs)
    }

    /// `had 50 USDT left under the cap of 3 × 500 USDT`.
    pub(crate) fn room(&self, cap: &CapStanding) -> String {
        let multiple = self.plan.components().cap.map_or(0, |cap| cap.multiple());
        format!(
            "had {} left under the cap of {multiple} × {}",
            self.shown(cap.room),
            self.shown(cap.invested)
        )
    }

    /// An upline who was passed over in a purchase.
    pub(crate) fn skipped(&self, skip: &Skip, purchaser: UserId, standing: &UplineStanding) -> Line {
        let why = self.refused(Some(skip.upline), skip.generation, skip.cause, standing);
        let because = format!(
            "{why}, and the share was offered to the next upline ({})",
            skip.cause.name()
        );
        let rule = format!("skipped generation {}", skip.generation);
        let path = self.refusing(skip.generation, skip.cause);
        let mut line = note("generation", rule, because).by(path).of(skip.upline);
        line.source = Some(purchaser);
        line
    }
}

fn upline_name(upline: Option<UserId>) -> String {
    upline.map_or_else(String::new, |upline| format!("upline {upline}"))
}
