//! [`Second`]: a whole plan of bookings, orders or a campaign, played by the models of `naive` and by a [`Desk`] that pays from
//! funds. It reads the plan file by itself, follows causes, and tells for every sum that moves why it does.

mod desk;
mod page;
mod trade;

use alloy_primitives::{Address, B256};
use money::{Amount, Asset};
use naive::Changes;
use naive::told::outcome;
use plan::{Cause, Day, Intake, Report};

use desk::Desk;
use page::Page;
use trade::Trade;

/// Everything on paper.
#[derive(Debug)]
pub(crate) struct Second {
    desk: Desk,
    trade: Trade,
    payments: Vec<Payment>,
    /// Payments in the tax book before the last cause.
    taxed_before: usize,
}

#[derive(Debug)]
struct Payment {
    reference: B256,
    user: usize,
    is_registration: bool,
    amount: u128,
    day: u32,
    is_open: bool,
    /// Rule, account and amount; none if the plan has no use for it.
    shares: Option<Vec<Share>>,
}

#[derive(Clone, Debug)]
struct Share {
    /// Component and rule.
    rule: String,
    /// A fund by its number, or the company.
    fund: Option<usize>,
    amount: u128,
}

impl Second {
    pub(crate) fn new(text: &str, asset: Asset) -> Self {
        let page = Page::read(text, asset);
        Self {
            desk: Desk::new(&page),
            trade: Trade::new(&page),
            payments: Vec::new(),
            taxed_before: 0,
        }
    }

    /// Another version of the plan file is in force from here on.
    pub(crate) fn follow(&mut self, text: &str, asset: Asset) {
        let page = Page::read(text, asset);
        self.desk.follow(&page);
        self.trade.follow(&page);
    }

    /// What the last cause moved, and why.
    pub(crate) const fn told(&self) -> &Changes {
        &self.desk.told
    }

    /// What the last cause withheld: user, what is taxed and the tax, in order.
    pub(crate) fn withheld(&self) -> Vec<(u32, u128, u128)> {
        let entries = self.desk.taxes.entries.iter().skip(self.taxed_before);
        let taxes =
            entries.flat_map(|entry| entry.taxes.iter().map(|tax| (entry.user, tax.base, tax.amount)));
        let mut taxes: Vec<_> = taxes.filter(|(_, _, tax)| *tax > 0).collect();
        taxes.sort_unstable();
        taxes
    }

    /// Funds have the numbers below this; 0 belongs to no fund.
    pub(crate) const fn fund_count(&self) -> usize {
        self.desk.funds.len()
    }

    /// What waits to be paid out of a fund: how many rewards, and what they come to.
    pub(crate) fn waiting(&self, fund: usize) -> (u64, u128) {
        self.trade.waiting(&self.desk, fund)
    }

    pub(crate) fn apply(&mut self, cause: &Cause) {
        self.desk.told.clear();
        self.taxed_before = self.desk.taxes.entries.len();
        match cause {
            Cause::Registered(intake) => self.registered(intake),
            Cause::RetoppedUp(intake) => match self.desk.find(intake.wallet) {
                Some(user) => self.paid(user, intake, false),
                None => self.unexpected("unexpected_intake", intake.amount),
            },
            Cause::Refunded {
                deposit_ref, amount, ..
            } => self.refunded(*deposit_ref, *amount),
            Cause::EscrowMatured { through_day, .. } => self.matured(*through_day),
            Cause::Funded { amount, .. } => {
                self.desk.funds[0] += amount.base_units();
                self.desk.tell("settlement funded moved -", amount.base_units());
            }
            Cause::Corrected { wallet, amount } => {
                if let Some(user) = self.desk.find(*wallet) {
                    self.desk.correct(user, amount.base_units());
                }
            }
            Cause::Reported(report) => self.reported(report),
            // Claims change nothing that is asked here.
            _ => {}
        }
    }

    fn registered(&mut self, intake: &Intake) {
        let sponsor = intake.sponsor.and_then(|sponsor| self.desk.find(sponsor));
        let user = self.desk.join(intake.wallet);
        self.trade.join(user, sponsor);
        self.paid(user, intake, true);
    }

    fn unexpected(&mut self, why: &str, amount: Amount) {
        self.desk
            .tell(&format!("settlement {why} waiting -"), amount.base_units());
    }

    fn paid(&mut self, user: usize, intake: &Intake, is_registration: bool) {
        let amount = intake.amount.base_units();
        let day = u32::try_from(intake.refundable_until / 86_400).unwrap();
        let (number, today) = (self.payments.len(), Day::new(self.desk.today()));
        let shares = self.trade.divide((user, number), amount, is_registration, today);
        match &shares {
            None => self.unexpected("intake_amount", intake.amount),
            Some(shares) => {
                for share in shares {
                    let what = format!("{} {} -", share.rule, share.outcome());
                    self.desk.tell(&what, share.amount);
                }
                self.trade.divided(&mut self.desk, (user, number), day);
            }
        }
        self.payments.push(Payment {
            reference: intake.deposit_ref,
            user,
            is_registration,
            amount,
            day,
            is_open: true,
            shares,
        });
    }

    fn refunded(&mut self, reference: B256, amount: Amount) {
        let mut payments = self.payments.iter();
        let found = payments.position(|payment| payment.reference == reference && payment.is_open);
        let Some(number) = found else {
            return self.unexpected("unexpected_refund", amount);
        };
        let payment = &mut self.payments[number];
        payment.is_open = false;
        match &payment.shares {
            None => self.desk.tell("escrow refund returned -", payment.amount),
            Some(shares) => {
                for share in shares {
                    let (_, rule) = share.rule.split_once(' ').unwrap();
                    self.desk
                        .tell(&format!("escrow refund {rule} returned -"), share.amount);
                }
            }
        }
        self.trade.refunded(&mut self.desk, number);
        if payment.is_registration {
            self.desk.retire(payment.user);
            self.trade.retire(payment.user);
        }
    }

    fn matured(&mut self, through: u32) {
        for number in 0..self.payments.len() {
            let payment = &mut self.payments[number];
            if !payment.is_open || payment.day > through {
                continue;
            }
            payment.is_open = false;
            for share in payment.shares.iter().flatten() {
                let rule = match share.fund {
                    Some(fund) => {
                        self.desk.funds[fund] += share.amount;
                        "funds allocated moved"
                    }
                    None => "escrow matured company",
                };
                self.desk
                    .tell(&format!("{rule} - = {}", share.rule), share.amount);
            }
            self.trade.matured(&mut self.desk, number);
        }
    }

    fn reported(&mut self, report: &Report) {
        let known = |wallet: Address| self.desk.find(wallet);
        match *report {
            Report::DayEnded { day } => self.days_ended(day.get()),
            Report::FundAllocated { fund, amount } => {
                let (fund, amount) = (usize::from(fund.get()), amount.base_units());
                let funds = &mut self.desk.funds;
                if fund != 0 && fund < funds.len() && amount <= funds[0] {
                    funds[0] -= amount;
                    funds[fund] += amount;
                    self.desk.tell("funds allocated moved -", amount);
                }
            }
            Report::WithdrawalRequested { wallet, amount } => {
                if let Some(user) = known(wallet) {
                    self.desk.withdraw(user, amount.base_units());
                }
            }
            Report::TaxIdRecorded { wallet } => {
                let user = known(wallet).map(|user| u32::try_from(user).unwrap());
                self.desk.taxes.with_tax_id.extend(user);
            }
            _ => {
                let open = |number: &usize| self.payments[*number].is_open;
                self.trade.report(&mut self.desk, report, open);
            }
        }
    }

    fn days_ended(&mut self, through: u32) {
        let first = self.desk.last_day.map_or(through, |last| last + 1);
        if through < first || through > first + 365 || through > Day::LAST.get() {
            return;
        }
        for day in first..=through {
            self.desk.begin_day(day);
            self.desk.release(day);
            self.trade.end_day(&mut self.desk, Day::new(day));
            self.desk.end_day();
        }
    }
}

impl Share {
    fn outcome(&self) -> String {
        let account = self
            .fund
            .map_or("company".to_owned(), |fund| format!("revenue:{fund}"));
        outcome(&account)
    }
}
