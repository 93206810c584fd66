//! People in an auto-pool: they register, some request their money back, some buy a retopup, some choose to reserve.

use std::collections::VecDeque;

use money::Amount;
use plan::{CompiledPlan, Day, DepositId, Fact, ReserveChoice, Tier, UserId};

use super::Driver;
use super::escrow::Escrow;
use crate::Books;
use crate::chance::{Chance, Stream};
use crate::parameters::{Behaviour, Parameters};

/// Drives plans of registrations, pools and retopups.
#[derive(Clone, Debug)]
pub struct AutoPool {
    behaviour: Behaviour,
    registration: Amount,
    retopup: Amount,
    asks_to_reserve: bool,
    chance: Chance,
    escrow: Escrow,
    /// Who requests a refund, when, and of which deposit; in order, because everyone waits as long.
    refunds: VecDeque<(Day, UserId, DepositId)>,
    /// Who buys a retopup, and when.
    retopups: VecDeque<(Day, UserId)>,
    /// Users whose payments are read ahead together; working memory.
    paying: Vec<UserId>,
}

/// Payments that are read ahead together, so that memory is waited for once.
const TOGETHER: usize = 16;

impl AutoPool {
    /// A driver for a plan.
    pub fn new(plan: &CompiledPlan, parameters: &Parameters) -> Self {
        Self {
            behaviour: parameters.behaviour,
            registration: plan.registration_price(),
            retopup: plan.retopup_price(),
            asks_to_reserve: plan.reserve_is_chosen(),
            chance: Chance::new(parameters.seed, Stream::Behaviour),
            escrow: Escrow::new(parameters.start),
            refunds: VecDeque::new(),
            retopups: VecDeque::new(),
            paying: Vec::new(),
        }
    }

    /// The day on which a payment of today matures.
    fn maturity(&self, today: Day) -> Day {
        today.plus(self.behaviour.cooling_off_days)
    }

    fn refund_due(&mut self, today: Day, books: &mut Books<'_>) {
        while let Some((_, _, deposit)) = self.refunds.pop_front_if(|(day, ..)| *day <= today) {
            // Everyone waits for the same time, so the deposit's day follows from today.
            let left = self
                .behaviour
                .cooling_off_days
                .saturating_sub(self.behaviour.refund_after_days);
            self.escrow.give_back(today.plus(left), self.registration);
            books.apply(&Fact::Refunded {
                deposit,
                amount: self.registration,
            });
        }
    }

    fn retop_up_due(&mut self, today: Day, books: &mut Books<'_>) {
        let mut ahead = 0usize;
        while let Some((_, user)) = self.retopups.pop_front_if(|(day, _)| *day <= today) {
            if ahead == 0 {
                ahead = TOGETHER;
                let next = self.retopups.iter().take(TOGETHER.saturating_sub(1));
                let next = next.filter(|(day, _)| *day <= today).map(|(_, user)| *user);
                self.paying.clear();
                self.paying.push(user);
                self.paying.extend(next);
                books.prefetch_paying(&self.paying);
            }
            ahead = ahead.saturating_sub(1);
            let deposit = books
                .state()
                .next_deposit()
                .filter(|_| books.state().is_active(user));
            let Some(deposit) = deposit else { continue };
            let day = self.maturity(today);
            self.escrow.take(day, self.retopup);
            books.apply(&Fact::RetoppedUp {
                user,
                deposit,
                amount: self.retopup,
                day,
            });
            if self.chance.happens(self.behaviour.retopup_again_bps) {
                self.retopups
                    .push_back((today.plus(self.behaviour.retopup_after_days), user));
            }
        }
    }
}

impl Driver for AutoPool {
    fn assumptions(&self) -> Vec<String> {
        let behaviour = &self.behaviour;
        let mut sentences = vec![
            format!(
                "Every payment has a cooling-off time of {} days; the rewards it generates are held until then.",
                behaviour.cooling_off_days
            ),
            format!(
                "Of 10,000 newcomers {} request a refund of their registration after {} days. The very first user never does.",
                behaviour.refund_bps, behaviour.refund_after_days
            ),
            format!(
                "Of 10,000 users {} buy a retopup {} days after joining; of 10,000 who have done so {} do it again after as \
                 long, and so on.",
                behaviour.retopup_bps, behaviour.retopup_after_days, behaviour.retopup_again_bps
            ),
        ];
        if self.asks_to_reserve {
            sentences.push(format!(
                "Of 10,000 newcomers {} immediately choose to reserve their first-tier pool rewards for the next tier.",
                behaviour.reserve_bps
            ));
        }
        sentences.push("Nobody withdraws: rewards stay in the books and count as received.".to_owned());
        sentences
    }

    fn open_day(&mut self, today: Day, books: &mut Books<'_>) {
        if let Some(through) = today.get().checked_sub(1).map(Day::new) {
            let amount = self.escrow.mature(through);
            if !amount.is_zero() {
                books.apply(&Fact::EscrowMatured { through, amount });
            }
        }
        self.refund_due(today, books);
        self.retop_up_due(today, books);
    }

    fn join(&mut self, today: Day, sponsor: Option<UserId>, books: &mut Books<'_>) {
        let state = books.state();
        let (Some(user), Some(deposit)) = (state.next_user(), state.next_deposit()) else {
            return;
        };
        let day = self.maturity(today);
        self.escrow.take(day, self.registration);
        books.apply(&Fact::Registered {
            user,
            sponsor,
            deposit,
            amount: self.registration,
            day,
        });
        if self.asks_to_reserve && self.chance.happens(self.behaviour.reserve_bps) {
            books.apply(&Fact::ReserveChosen {
                user,
                tier: Tier::FIRST,
                choice: ReserveChoice::In,
            });
        }
        if self.chance.happens(self.behaviour.refund_bps) && sponsor.is_some() {
            self.refunds
                .push_back((today.plus(self.behaviour.refund_after_days), user, deposit));
        }
        if self.chance.happens(self.behaviour.retopup_bps) {
            self.retopups
                .push_back((today.plus(self.behaviour.retopup_after_days), user));
        }
    }
}
