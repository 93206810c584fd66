//! The plan files of the repository, and variants of them that reach limits within a few hundred facts.

use naive::composed::{Bonus, Terms};
use plan::{CompiledPlan, compile};
use proptest::prelude::*;

const SUBSCRIPTION: &str = include_str!("../../../plans/subscription.toml");
const BINARY: &str = include_str!("../../../plans/binary-ev.toml");
const ORDERS: &str = include_str!("../../../plans/unilevel-orders.toml");
const CAMPAIGN: &str = include_str!("../../../plans/referral-campaign.toml");

const WITHDRAWAL: &str = "\n[withdrawal]\nfee_bps = 333\nmin = \"0.03\"\n";

/// One of the four kinds of plans, and which of its variations are in force, a bit each.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Which plan file.
    pub kind: Kind,
    /// Which of its variations; 0 for the file as it is.
    pub bits: u32,
}

/// The plan files with components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Subscription,
    Binary,
    Orders,
    Campaign,
}

/// A plan file as it is, or any of its variations.
pub fn any_variant(kind: Kind) -> impl Strategy<Value = Variant> {
    // The file as it is, and everything else.
    prop_oneof![1 => Just(0), 9 => any::<u32>()].prop_map(move |bits| Variant { kind, bits })
}

impl Variant {
    /// The plan, and another version that can follow it.
    pub fn plans(&self) -> [CompiledPlan; 2] {
        self.texts()
            .map(|text| compile(&text).unwrap_or_else(|error| panic!("{error}\n{text}")))
    }

    /// The files of both.
    pub fn texts(&self) -> [String; 2] {
        let first = self.text();
        let second = first.replace("version = 1", "version = 2");
        let second = match self.kind {
            Kind::Subscription => second
                .replace("rates_bps = [1000,", "rates_bps = [700,")
                .replace("monthly_bps = 600", "monthly_bps = 599")
                .replace("cap_multiple = 3", "cap_multiple = 2")
                .replace("fee_bps = 500", "fee_bps = 700"),
            Kind::Binary => second.replace("pair_value = \"2000\"", "pair_value = \"1500\""),
            Kind::Orders => second.replace("generations_bps = [1000,", "generations_bps = [900,"),
            Kind::Campaign => second.replace("reward = \"10\"", "reward_bps = 700"),
        };
        [first, second]
    }

    /// The same without what the model of a whole plan leaves out: ranks, taxes, funds behind funds.
    pub const fn modelled(&self) -> Self {
        let out = 1 << 10 | 1 << 16 | 1 << 17;
        Self {
            kind: self.kind,
            // Mostly rates and caps that let subscriptions end.
            bits: (self.bits & !out) | 1 << 22 | (self.bits >> 24 & 3),
        }
    }

    /// What the file of subscriptions says, in the words of the model: the first version, or the one that follows it.
    pub fn terms(&self, version: usize) -> Terms {
        let follows = version == 1;
        let (first, second) = match (self.has(0), follows) {
            (true, _) => (9_000, 10_000),
            (false, false) => (600, 800),
            (false, true) => (599, 800),
        };
        let usdt = |amount: i128| amount * 1_000_000;
        let mut tiers = vec![(usdt(50), first), (usdt(3_001), second), (usdt(5_001), 1_000)];
        tiers.truncate(if self.has(8) { 1 } else { 3 });
        let mut rates = [
            1000, 500, 300, 200, 200, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 30, 30, 30, 30, 30,
        ];
        if follows {
            rates[0] = 700;
        }
        let mut needed = [0, 0, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10];
        if self.has(23) {
            needed[..3].copy_from_slice(&[2, 1, 3]);
        }
        Terms {
            tiers,
            amount_max: self.has(8).then(|| usdt(600)),
            only_working_days: !self.has(14),
            divisor: if self.has(14) { 28 } else { 30 },
            queue: self.has(3),
            multiple: match (self.has(1), follows) {
                (true, _) => 1,
                (false, false) => 3,
                (false, true) => 2,
            },
            user_multiple: self.multiple(),
            generations: rates.into_iter().zip(needed).collect(),
            mode: match (self.has(4), self.has(5)) {
                (false, _) => "physical",
                (true, false) => "compressed",
                (true, true) => "active_only",
            },
            only_active_directs: self.has(6),
            yield_bps: if self.has(19) { 3_333 } else { 0 },
            bonus: Bonus {
                amount: usdt(10),
                for_first_purchase: self.has(7),
                use_bps: if self.has(9) { 5_000 } else { 1_000 },
                use_max: (!self.has(9)).then(|| usdt(1)),
            },
            withdrawal: (!self.has(15)).then(|| (if follows { 700 } else { 500 }, usdt(1))),
        }
    }

    /// How many times what was paid in may be earned.
    pub fn multiple(&self) -> Option<i128> {
        let text = self.text();
        let (_, cap) = text.split_once("[cap]\nmultiple = ")?;
        cap.split_whitespace().next()?.parse().ok()
    }

    /// Amounts that payments of this plan like, and some that they do not.
    pub const fn payments(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Subscription => &[
                "50",
                "100",
                "500",
                "599.9",
                "600",
                "3000.5",
                "3001",
                "77.777777",
                "30",
                "0",
            ],
            Kind::Binary => &["5000", "5000", "500", "2500.01", "100000", "95000", "499", "0"],
            Kind::Orders => &["100", "50", "333.333333", "0.000001", "1000", "0"],
            Kind::Campaign => &["1", "1", "1", "2", "0"],
        }
    }

    fn has(&self, bit: u32) -> bool {
        self.bits & (1 << bit) != 0
    }

    fn text(&self) -> String {
        match self.kind {
            Kind::Subscription => self.subscription(),
            Kind::Binary => self.binary(),
            Kind::Orders => self.orders(),
            Kind::Campaign => self.campaign(),
        }
    }

    /// Replaces what must be there, if the bit is set.
    fn change(&self, text: &mut String, bit: u32, from: &str, to: &str) {
        if self.has(bit) {
            *text = text.replace(from, to);
        }
    }

    fn subscription(&self) -> String {
        let mut text = SUBSCRIPTION.to_owned();
        self.change(&mut text, 0, "monthly_bps = 800", "monthly_bps = 10000");
        self.change(&mut text, 0, "monthly_bps = 600", "monthly_bps = 9000");
        self.change(&mut text, 1, "cap_multiple = 3", "cap_multiple = 1");
        self.change(&mut text, 18, "\n[cap]\nmultiple = 3\n", "\n");
        self.change(&mut text, 2, "[cap]\nmultiple = 3", "[cap]\nmultiple = 1");
        self.change(
            &mut text,
            3,
            "when_short = \"pro_rata\"",
            "when_short = \"queue\"",
        );
        let mode = if self.has(5) { "active_only" } else { "compressed" };
        self.change(&mut text, 4, "mode = \"physical\"", &format!("mode = \"{mode}\""));
        self.change(
            &mut text,
            6,
            "directs_counted = \"all_time\"",
            "directs_counted = \"active\"",
        );
        self.change(&mut text, 7, "grant = \"verified\"", "grant = \"first_purchase\"");
        self.change(&mut text, 8, "cap_multiple", "amount_max = \"600\"\ncap_multiple");
        self.change(
            &mut text,
            9,
            "use_bps_max = 1000\nuse_max = \"1\"",
            "use_bps_max = 5000",
        );
        self.change(
            &mut text,
            10,
            "name = \"yield\"",
            "name = \"yield\"\nfallback = \"ranks\"",
        );
        self.change(
            &mut text,
            11,
            "main_min = \"5000\"\nother_min = \"5000\"",
            "main_min = \"5\"\nother_min = \"0\"",
        );
        self.change(&mut text, 12, "hold_days = 14", "hold_days = 0");
        self.change(&mut text, 13, "window = \"lifetime\"", "window_weeks = 2");
        self.change(
            &mut text,
            14,
            "accrual_days = \"working\"\nmonth_divisor = 30",
            "accrual_days = \"all\"\nmonth_divisor = 28",
        );
        self.change(
            &mut text,
            23,
            "directs_required = [0, 0, 2",
            "directs_required = [2, 1, 3",
        );
        self.reshape(text)
    }

    /// Takes out, or adds, whole tables of the plan of subscriptions.
    fn reshape(&self, mut text: String) -> String {
        if self.has(8) {
            let (before, tiers) = text
                .split_once("\n[[subscription.tiers]]\nfrom = \"3001\"")
                .unwrap();
            let (_, after) = tiers.split_once("\n# Shares of a purchase").unwrap();
            text = format!("{before}\n# Shares of a purchase{after}");
        }
        if self.has(22) {
            let (before, ranks) = text.split_once("\n[ranks]").unwrap();
            let (_, withdrawal) = ranks.split_once("\n[withdrawal]").unwrap();
            text = format!("{before}\n[withdrawal]{withdrawal}");
        }
        if self.has(15) {
            let (before, _) = text.split_once("\n[withdrawal]").unwrap();
            text = before.to_owned();
        }
        if self.has(16) {
            text.push_str(&withholding("credit", self.has(20)));
        }
        if self.has(17) {
            text.push_str(&withholding("payout", self.has(21)));
        }
        if self.has(19) {
            text.push_str("\n[[subscription.allocations]]\nfund = \"yield\"\nbps = 3333\n");
        }
        text
    }

    fn binary(&self) -> String {
        let mut text = BINARY.to_owned();
        if self.has(0) {
            text = text.replace("[[withholding]]", "[[unused]]");
            let (before, _) = text.split_once("# Tax on what is credited").unwrap();
            text = before.to_owned();
        } else {
            text = text
                .replace("\"20000\"", "\"3000\"")
                .replace("\"15000\"", "\"3000\"");
        }
        self.change(
            &mut text,
            1,
            "when_short = \"queue\"",
            "when_short = \"pro_rata\"",
        );
        self.change(&mut text, 2, "excess = \"carry\"", "excess = \"flush\"");
        self.change(
            &mut text,
            3,
            "pairs_max_per_month = 10",
            "pairs_max_per_month = 1",
        );
        self.change(&mut text, 4, "full_pairs = 5", "full_pairs = 0");
        self.change(&mut text, 5, "hold_days = 14", "hold_days = 0");
        self.change(&mut text, 6, "full_pairs", "direct_bonus = \"150\"\nfull_pairs");
        self.change(
            &mut text,
            7,
            "activation_amount",
            "counts_from = \"first_payment\"\nactivation_amount",
        );
        self.change(
            &mut text,
            8,
            "name = \"pairs\"",
            "name = \"pairs\"\nfallback = \"spare\"\n\n[[funds]]\nname = \"spare\"",
        );
        if self.has(8) {
            text = text.replacen(
                "bps = 2000\n",
                "bps = 2000\n\n[[allocations]]\nfund = \"spare\"\nbps = 500\n",
                1,
            );
        }
        self.change(&mut text, 9, "instalment_bps = 2000", "instalment_bps = 10000");
        if self.has(10) {
            text.push_str(WITHDRAWAL);
        }
        if self.has(11) {
            text.push_str(&withholding("payout", self.has(12)));
        }
        text
    }

    fn orders(&self) -> String {
        let mut text = ORDERS.to_owned();
        self.change(&mut text, 0, "period = \"month\"", "period = \"week\"");
        let compression = if self.has(2) { "generous" } else { "none" };
        self.change(
            &mut text,
            1,
            "compression = \"standard\"",
            &format!("compression = \"{compression}\""),
        );
        self.change(&mut text, 3, "customers_min = 2\n", "");
        self.change(&mut text, 4, "retail_rule = \"scale\"", "retail_rule = \"block\"");
        self.change(
            &mut text,
            5,
            "paycut = \"pro_rata\"\nhold_days = 30",
            "paycut = \"pro_rata\"\nhold_days = 0",
        );
        self.change(
            &mut text,
            6,
            "when_short = \"queue\"",
            "when_short = \"pro_rata\"",
        );
        self.change(
            &mut text,
            7,
            "main_min = \"1000\"\nother_min = \"500\"\nown_min = \"50\"",
            "main_min = \"1\"\nother_min = \"0\"",
        );
        self.change(
            &mut text,
            8,
            "name = \"ranks\"",
            "name = \"ranks\"\nfallback = \"commissions\"",
        );
        if self.has(9) {
            let (before, _) = text.split_once("\n[withdrawal]").unwrap();
            text = before.to_owned();
        }
        if self.has(10) {
            text.push_str(&withholding("credit", self.has(11)));
        }
        if self.has(12) {
            text.push_str(&withholding("payout", self.has(13)));
        }
        if self.has(14) {
            text = text.replace(
                "active_pv_min = \"50\"\nown_pv_min = [\"50\", \"50\", \"100\", \"100\", \"100\"]",
                "active_pv_min = \"1\"",
            );
            text = text.replace("retail_share_min_bps = 3333\nretail_rule = \"scale\"\n", "");
            text = text.replace("retail_share_min_bps = 3333\nretail_rule = \"block\"\n", "");
        }
        text
    }

    fn campaign(&self) -> String {
        let mut text = CAMPAIGN.to_owned();
        self.change(&mut text, 0, "hold_days = 30", "hold_days = 0");
        self.change(&mut text, 1, "budget = \"50000\"", "budget = \"35\"");
        self.change(&mut text, 2, "per_user_cap = \"500\"", "per_user_cap = \"25\"");
        self.change(&mut text, 3, "per_user_count = 50", "per_user_count = 2");
        self.change(
            &mut text,
            4,
            "name = \"campaign\"",
            "name = \"campaign\"\nfallback = \"spare\"\n\n[[funds]]\nname = \"spare\"",
        );
        self.change(
            &mut text,
            5,
            "[campaign]\n",
            "[[allocations]]\nfund = \"campaign\"\nbps = 5000\n\n[campaign]\n",
        );
        if self.has(6) {
            text.push_str(WITHDRAWAL);
        }
        if self.has(7) {
            text.push_str(&withholding("credit", self.has(8)));
        }
        if self.has(9) {
            text.push_str(&withholding("payout", self.has(10)));
        }
        text
    }
}

/// A policy that taxes a lot: all of a payment above a small threshold, or a fifth of everything.
fn withholding(basis: &str, has_threshold: bool) -> String {
    let threshold = if has_threshold {
        "threshold = \"4\"\nthreshold_scope = \"financial_year\"\ncrossing = \"whole_aggregate\""
    } else {
        ""
    };
    format!(
        "\n[[withholding]]\nname = \"X-{basis}\"\nvalid_from = \"2020-01-01\"\nbasis = \"{basis}\"\nrate_bps = 1999\n\
         no_tax_id_rate_bps = 9000\n{threshold}\nfinancial_year_starts_month = 1\non = \"gross\"\n"
    )
}
