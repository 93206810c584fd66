//! The tables of the reference, and a small world of subscriptions with a line of sponsors.

use ledger::UserId;
use money::{Amount, Asset};
use plan::Day;
use plan::cap::table::CapTable;
use plan::cap::{CapTerms, Caps};
use plan::generation::{DirectsCounted, GenerationTable, GenerationTerms, Mode, Uplines};
use plan::subscription::table::{
    AccrualDays, AllocationTable, BonusGrant, MonthDivisor, SubscriptionTierTable, WhenShort,
};
use plan::subscription::{
    Accrual, BonusTable, BonusTerms, Coverage, PurchaseLines, SubscriptionId, SubscriptionTable,
    SubscriptionTerms, Subscriptions,
};

pub(crate) const ASSET: Asset = Asset::Usdt;

pub(crate) fn of(text: &str) -> Amount {
    ASSET.parse_amount(text).unwrap()
}

pub(crate) fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

pub(crate) fn id(number: u32) -> SubscriptionId {
    SubscriptionId::new(number).unwrap()
}

pub(crate) fn day(date: &str) -> Day {
    Day::of_date(date).unwrap()
}

pub(crate) fn tier(from: &str, monthly_bps: u16) -> SubscriptionTierTable {
    SubscriptionTierTable {
        from: from.to_owned(),
        monthly_bps,
    }
}

pub(crate) fn allocation(fund: &str, bps: u16) -> AllocationTable {
    AllocationTable {
        fund: fund.to_owned(),
        bps,
    }
}

/// 6 % from 50, 8 % from 3001, 10 % from 5001; a thirtieth on working days; threefold cap.
pub(crate) fn table() -> SubscriptionTable {
    SubscriptionTable {
        tiers: vec![tier("50", 600), tier("3001", 800), tier("5001", 1_000)],
        amount_max: None,
        accrual_days: AccrualDays::Working,
        month_divisor: MonthDivisor::Days(30),
        fund: "yield".to_owned(),
        when_short: WhenShort::ProRata,
        cap_multiple: Some(3),
        allocations: Vec::new(),
    }
}

pub(crate) fn check(table: &SubscriptionTable) -> SubscriptionTerms {
    SubscriptionTerms::check(table, ASSET).unwrap()
}

pub(crate) fn bonus_table() -> BonusTable {
    BonusTable {
        amount: "10".to_owned(),
        grant: BonusGrant::FirstPurchase,
        use_bps_max: 1_000,
        use_max: Some("1".to_owned()),
        fund: "marketing".to_owned(),
    }
}

pub(crate) fn bonus_terms() -> BonusTerms {
    BonusTerms::check(&bonus_table(), ASSET).unwrap()
}

/// The generations of the reference: 31 % in twenty generations.
pub(crate) fn generations(mode: Mode) -> GenerationTerms {
    let rates = [
        1000, 500, 300, 200, 200, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 30, 30, 30, 30, 30,
    ];
    let directs = [0, 0, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10];
    GenerationTerms::check(&GenerationTable {
        rates_bps: rates.to_vec(),
        directs_required: directs.to_vec(),
        mode,
        directs_counted: DirectsCounted::AllTime,
    })
    .unwrap()
}

/// Everyone was referred by the user before, who has as many directs as anyone requests.
pub(crate) struct OneLine;

impl Uplines for OneLine {
    fn above(&self, user: UserId, into: &mut [Option<UserId>]) {
        for (slot, number) in into
            .iter_mut()
            .zip((0..user.get()).rev().chain(std::iter::repeat(0)))
        {
            *slot = UserId::new(number);
        }
    }

    fn directs(&self, _: UserId) -> u32 {
        10
    }

    fn is_active(&self, _: UserId) -> bool {
        true
    }

    fn is_refunded(&self, _: UserId) -> bool {
        false
    }
}

/// Subscriptions, caps and terms together, with amounts as texts.
pub(crate) struct World {
    pub(crate) terms: SubscriptionTerms,
    pub(crate) generations: GenerationTerms,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) caps: Caps,
    pub(crate) lines: PurchaseLines,
    pub(crate) accruals: Vec<Accrual>,
}

impl World {
    pub(crate) fn new(table: &SubscriptionTable) -> Self {
        Self {
            terms: check(table),
            generations: generations(Mode::Physical),
            subscriptions: Subscriptions::default(),
            caps: Caps::new(Some(CapTerms::check(&CapTable { multiple: 3 }).unwrap())),
            lines: PurchaseLines::default(),
            accruals: Vec::new(),
        }
    }

    /// Buys, and divides what was paid.
    pub(crate) fn buy(&mut self, who: u32, cash: &str) -> SubscriptionId {
        self.buy_with_bonus(who, cash, "0")
    }

    pub(crate) fn buy_with_bonus(&mut self, who: u32, cash: &str, bonus: &str) -> SubscriptionId {
        let (cash, bonus, buyer) = (of(cash), of(bonus), user(who));
        let bought = self
            .subscriptions
            .buy(&self.terms, buyer, cash, bonus, &mut self.caps)
            .unwrap();
        self.terms.divide(
            Some(&self.generations),
            cash,
            buyer,
            &OneLine,
            &mut self.caps,
            &mut self.lines,
        );
        bought
    }

    pub(crate) fn accrue(&mut self, date: &str, in_fund: &str) -> Coverage {
        self.subscriptions.accrue(
            &self.terms,
            day(date),
            of(in_fund),
            &mut self.caps,
            &mut self.accruals,
        )
    }

    /// The accruals of the last day: subscription and amount.
    pub(crate) fn accrued(&self) -> Vec<(u32, String)> {
        let line = |accrual: &Accrual| (accrual.subscription.get(), ASSET.display_amount(accrual.amount));
        self.accruals.iter().map(line).collect()
    }
}
