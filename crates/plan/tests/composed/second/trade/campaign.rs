//! A referral campaign beside a small price for joining.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use naive::campaign::Paper;
use plan::Report;

use super::{Page, allocate};
use crate::second::Share;
use crate::second::desk::{Desk, Due};

#[derive(Debug)]
pub(in crate::second) struct Campaign {
    paper: Paper,
    price: u128,
    allocations: Vec<(usize, u128)>,
    fund: usize,
    /// In the order in which they came.
    conversions: Vec<B256>,
    referees: Vec<B256>,
    rewards: BTreeMap<usize, usize>,
}

impl Campaign {
    pub(super) fn new(page: &Page) -> Self {
        Self {
            paper: Paper::new(page.campaign()),
            price: page.units("joining.price").unwrap(),
            allocations: page.allocations(),
            fund: page.fund_at("campaign.fund").unwrap(),
            conversions: Vec::new(),
            referees: Vec::new(),
            rewards: BTreeMap::new(),
        }
    }

    pub(super) fn follow(&mut self, page: &Page) {
        self.paper.change(page.campaign());
    }

    pub(super) fn divide(&self, amount: u128, is_first: bool) -> Option<Vec<Share>> {
        let fits = is_first && amount == self.price;
        fits.then(|| allocate(&self.allocations, "joining", amount))
    }

    pub(super) fn report(&mut self, desk: &mut Desk, report: &Report) {
        match *report {
            Report::ConversionReported {
                conversion_ref,
                wallet,
                referee,
                amount,
                day,
            } => {
                let user = desk.find(wallet).filter(|user| desk.is_active(*user));
                let Some(user) = user else { return };
                let known = self.referees.iter().position(|known| *known == referee);
                let place = known.unwrap_or(self.referees.len());
                if known.is_none() {
                    self.referees.push(referee);
                }
                self.conversions.push(conversion_ref);
                let (granted, _) = self.paper.report(
                    u32::try_from(user).unwrap(),
                    u64::try_from(place).unwrap(),
                    referee == wallet.into_word(),
                    amount.base_units(),
                    day.get(),
                    desk.reach(self.fund),
                );
                let due = Due {
                    user,
                    rule: "campaign reward".to_owned(),
                    fund: self.fund,
                    amount: granted,
                    on: Some(day.get() + self.paper.rules.hold_days),
                };
                if let Some(reward) = desk.grant(due) {
                    self.rewards.insert(self.conversions.len() - 1, reward);
                }
            }
            Report::ConversionReversed {
                conversion_ref,
                amount,
            } => {
                let mut known = self.conversions.iter();
                let Some(number) = known.position(|known| *known == conversion_ref) else {
                    return;
                };
                let (amount, row) = (amount.base_units(), &self.paper.rows[number]);
                if amount == 0 || amount > row.amount - row.reversed {
                    return;
                }
                let lost = self.paper.reverse(number, Some(amount)).unwrap_or(0);
                if let Some(reward) = self.rewards.get(&number) {
                    desk.reverse(*reward, lost);
                }
            }
            _ => {}
        }
    }
}
