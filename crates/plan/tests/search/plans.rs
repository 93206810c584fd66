//! Random plans over all components: the file, and what it says in plain numbers.

pub(crate) mod purchases;

use std::fmt::Write as _;

use crate::numbers::Numbers;

/// What a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    Joining,
    Booking,
    Subscription,
    Orders,
}

/// A tax.
#[derive(Clone, Debug)]
pub(crate) struct Tax {
    pub(crate) name: String,
    pub(crate) at_payout: bool,
    pub(crate) rate_bps: u128,
}

/// A plan, in units of a millionth.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) intake: Intake,
    pub(crate) text: String,
    /// Funds, each with the one behind it.
    pub(crate) behind: Vec<Option<usize>>,
    /// Shares of a payment, or of what generations leave of it.
    pub(crate) allocations: Vec<(usize, u128)>,
    pub(crate) generations: Vec<u128>,
    /// The funds that rules other than commissions ask first.
    pub(crate) asked: Vec<usize>,
    pub(crate) pv_bps: u128,
    pub(crate) fund_bps: u128,
    pub(crate) order_fund: usize,
    pub(crate) taxes: Vec<Tax>,
    pub(crate) fee_bps: u128,
    /// Millionths.
    pub(crate) withdrawal_min: u128,
}

const UNIT: u128 = 1_000_000;

impl Drawn {
    /// The plan with this number of a seed.
    pub(crate) fn of(numbers: &mut Numbers) -> Self {
        let intake = [
            Intake::Joining,
            Intake::Booking,
            Intake::Subscription,
            Intake::Orders,
        ][numbers.below(4)];
        let funds = 1 + numbers.below(4);
        let mut drawn = Self {
            intake,
            text: "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n".to_owned(),
            // A fund stands before those behind it, so there are no circles.
            behind: (0..funds)
                .map(|fund| Some(fund + 1 + numbers.below(3)).filter(|behind| *behind < funds))
                .collect(),
            allocations: Vec::new(),
            generations: Vec::new(),
            asked: Vec::new(),
            pv_bps: 0,
            fund_bps: 0,
            order_fund: 0,
            taxes: Vec::new(),
            fee_bps: 0,
            withdrawal_min: 0,
        };
        for (fund, behind) in drawn.behind.clone().into_iter().enumerate() {
            drawn.write(&format!("\n[[funds]]\nname = \"f{fund}\"\n"));
            if let Some(behind) = behind {
                drawn.write(&format!("fallback = \"f{behind}\"\n"));
            }
        }
        match intake {
            Intake::Joining => drawn.join(numbers),
            Intake::Booking => drawn.book(numbers),
            Intake::Subscription => drawn.subscribe(numbers),
            Intake::Orders => drawn.order(numbers),
        }
        if matches!(intake, Intake::Subscription | Intake::Orders) && numbers.below(2) == 0 {
            drawn.rank(numbers);
        }
        if numbers.below(3) == 0 {
            drawn.campaign(numbers);
        }
        drawn.tax(numbers);
        drawn
    }

    fn write(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn any_fund(&self, numbers: &mut Numbers) -> usize {
        numbers.below(self.behind.len())
    }

    fn hold(numbers: &mut Numbers) -> usize {
        [0, 1, 13, 14, 29, 30][numbers.below(6)]
    }

    fn allocate(&mut self, numbers: &mut Numbers, table: &str) {
        let mut left = 10_000;
        for fund in 0..self.behind.len() {
            if numbers.below(2) == 0 {
                continue;
            }
            let bps = match numbers.below(4) {
                0 => left,
                1 => 0,
                _ => numbers.below(left + 1),
            };
            left -= bps;
            self.allocations.push((fund, bps as u128));
            self.write(&format!("\n[[{table}]]\nfund = \"f{fund}\"\nbps = {bps}\n"));
        }
    }

    fn join(&mut self, numbers: &mut Numbers) {
        self.allocate(numbers, "allocations");
        self.write("\n[joining]\nprice = \"100\"\n");
    }

    fn book(&mut self, numbers: &mut Numbers) {
        self.allocate(numbers, "allocations");
        let (fund, hold) = (self.any_fund(numbers), Self::hold(numbers));
        let bonus = if numbers.below(2) == 0 {
            "direct_bonus = \"5\"\n"
        } else {
            ""
        };
        let short = numbers.one_of(&["queue", "pro_rata"]);
        let text = format!(
            "\n[booking]\nprice = \"100\"\nfirst_payment_min = \"100\"\n\n[binary]\npair_value = \"{}\"\npairs_max_per_month = 50\n\
             excess = \"carry\"\nfull_pairs = 1\ninstalment_bps = 2000\nactivation_amount = \"100\"\nfund = \"f{fund}\"\n\
             when_short = \"{short}\"\nhold_days = {hold}\n{bonus}",
            1 + numbers.below(200),
        );
        self.asked.push(fund);
        self.write(&text);
    }

    fn subscribe(&mut self, numbers: &mut Numbers) {
        let fund = self.any_fund(numbers);
        self.asked.push(fund);
        self.write(&format!(
            "\n[subscription]\naccrual_days = \"all\"\nmonth_divisor = 30\nfund = \"f{fund}\"\nwhen_short = \"pro_rata\"\n\
             cap_multiple = 3\n\n[[subscription.tiers]]\nfrom = \"50\"\nmonthly_bps = {}\n",
            1 + numbers.below(10_000),
        ));
        self.allocate(numbers, "subscription.allocations");
        if numbers.below(3) > 0 {
            self.draw_generations(numbers);
            let rates = list(&self.generations);
            let directs = list(&vec![0; self.generations.len()]);
            self.write(&format!(
                "\n[generation]\nrates_bps = {rates}\ndirects_required = {directs}\nmode = \"physical\"\n"
            ));
        }
    }

    fn draw_generations(&mut self, numbers: &mut Numbers) {
        let mut left = 10_000;
        for _ in 0..=numbers.below(5) {
            let rate = match numbers.below(4) {
                0 => left,
                _ => numbers.below(left / 2 + 1),
            };
            left -= rate;
            self.generations.push(rate as u128);
        }
    }

    fn order(&mut self, numbers: &mut Numbers) {
        self.draw_generations(numbers);
        self.order_fund = self.any_fund(numbers);
        self.pv_bps = [10_000, 8_000, 0, 5_000][numbers.below(4)];
        self.fund_bps = [10_000, 5_000, 3_000, 0, 7_500][numbers.below(5)];
        let period = numbers.one_of(&["month", "week"]);
        self.write(&format!(
            "\n[orders]\nperiod = \"{period}\"\npv_bps = {}\nfund = \"f{}\"\nfund_bps = {}\ngenerations_bps = {}\n\
             compression = \"none\"\nactive_pv_min = \"0\"\ncustomers_min = 0\nretail_share_min_bps = 0\n\
             paycut = \"pro_rata\"\nhold_days = {}\nlate_orders = \"open_period\"\n",
            self.pv_bps,
            self.order_fund,
            self.fund_bps,
            list(&self.generations),
            Self::hold(numbers),
        ));
    }

    fn rank(&mut self, numbers: &mut Numbers) {
        let (fund, hold) = (self.any_fund(numbers), Self::hold(numbers));
        self.asked.push(fund);
        self.write(&format!(
            "\n[ranks]\nwindow = \"lifetime\"\nbonus_weeks = 52\nfund = \"f{fund}\"\nwhen_short = \"queue\"\nhold_days = {hold}\n\n\
             [[ranks.ladder]]\nname = \"First\"\nmain_min = \"10\"\nother_min = \"0\"\nweekly_bonus = \"7\"\n"
        ));
    }

    fn campaign(&mut self, numbers: &mut Numbers) {
        let (fund, hold) = (self.any_fund(numbers), Self::hold(numbers));
        self.asked.push(fund);
        self.write(&format!(
            "\n[campaign]\nfund = \"f{fund}\"\nreward = \"10\"\nhold_days = {hold}\nbudget = \"1000000\"\nstarts = \"2026-01-01\"\n\
             ends = \"2027-12-31\"\n\n[campaign.qualifies]\nconversion_min = \"10\"\nself_referral = \"refuse\"\nper_referee = \"one\"\n"
        ));
    }

    fn tax(&mut self, numbers: &mut Numbers) {
        for name in ["A", "B", "C"] {
            if numbers.below(3) > 0 {
                continue;
            }
            let rate = [0, 500, 2_500, 5_000, 9_900, 10_000][numbers.below(6)];
            let at_payout = numbers.below(2) == 0;
            let basis = if at_payout { "payout" } else { "credit" };
            self.write(&format!(
                "\n[[withholding]]\nname = \"{name}\"\nvalid_from = \"2025-01-01\"\nbasis = \"{basis}\"\nrate_bps = {rate}\n\
                 financial_year_starts_month = 4\non = \"gross\"\n"
            ));
            self.taxes.push(Tax {
                name: name.to_owned(),
                at_payout,
                rate_bps: rate,
            });
        }
        if numbers.below(2) == 0 {
            self.fee_bps = [0, 100, 2_500, 5_000][numbers.below(4)];
            let min = [1, 50, 100, 101, 10_000_000_000][numbers.below(5)];
            self.withdrawal_min = min * UNIT;
            self.write(&format!(
                "\n[withdrawal]\nfee_bps = {}\nmin = \"{min}\"\n",
                self.fee_bps
            ));
        }
    }
}

fn list(numbers: &[u128]) -> String {
    let mut text = String::from("[");
    for number in numbers {
        write!(text, "{number}, ").expect("a string takes everything");
    }
    text.trim_end_matches(", ").to_owned() + "]"
}
