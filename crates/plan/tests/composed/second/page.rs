//! [`Page`]: a plan file, read value by value.

use explain::Values;
use money::Asset;
use naive::binary;
use naive::campaign::Rules as CampaignRules;
use naive::orders::{Generation, Passes, RetailRule, Rules as OrderRules};
use naive::ranks::{Rank, Terms as RankTerms};
use naive::withholding::Rule as TaxRule;
use plan::Day;

pub(super) struct Page {
    values: Values,
    asset: Asset,
}

impl Page {
    pub(super) fn read(text: &str, asset: Asset) -> Self {
        Self {
            values: Values::read(text).unwrap(),
            asset,
        }
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.values.at(path).is_some()
    }

    pub(super) fn word(&self, path: &str) -> Option<String> {
        Some(self.values.at(path)?.trim_matches('"').to_owned())
    }

    /// In base units.
    pub(super) fn units(&self, path: &str) -> Option<u128> {
        let amount = self.asset.parse_amount(&self.word(path)?).unwrap();
        Some(amount.base_units())
    }

    pub(super) fn number(&self, path: &str) -> Option<u32> {
        self.word(path)?.parse().ok()
    }

    fn bps(&self, path: &str) -> u128 {
        self.number(path).unwrap_or(0).into()
    }

    fn size(&self, path: &str) -> usize {
        usize::try_from(self.number(path).unwrap_or(0)).unwrap()
    }

    fn day(&self, path: &str) -> u32 {
        Day::of_date(&self.word(path).unwrap()).unwrap().get()
    }

    /// `list[0]`, `list[1]`, … as far as the file has them.
    fn entries(&self, list: &str) -> Vec<String> {
        let paths = (0..).map(|place| format!("{list}[{place}]"));
        paths.take_while(|path| self.has(path)).collect()
    }

    /// The number of the fund with this name; 0 is what belongs to no fund.
    fn fund(&self, name: &str) -> usize {
        let names = self.entries("funds");
        let place = names
            .iter()
            .position(|path| self.word(&format!("{path}.name")).as_deref() == Some(name));
        place.unwrap() + 1
    }

    pub(super) fn fund_at(&self, path: &str) -> Option<usize> {
        Some(self.fund(&self.word(path)?))
    }

    /// For each fund from 0 the one that backs it.
    pub(super) fn funds(&self) -> Vec<Option<usize>> {
        let funds = self.entries("funds").into_iter();
        let backed = funds.map(|path| self.fund_at(&format!("{path}.fallback")));
        std::iter::once(None).chain(backed).collect()
    }

    /// Funds and their shares of every payment.
    pub(super) fn allocations(&self) -> Vec<(usize, u128)> {
        let entries = self.entries("allocations").into_iter();
        entries
            .map(|path| {
                let fund = self.fund_at(&format!("{path}.fund")).unwrap();
                (fund, self.bps(&format!("{path}.bps")))
            })
            .collect()
    }

    pub(super) fn taxes(&self) -> Vec<TaxRule> {
        let rule = |path: String| {
            let at = |field: &str| format!("{path}.{field}");
            TaxRule {
                policy: self.word(&at("name")).unwrap(),
                at_payout: self.word(&at("basis")).unwrap() == "payout",
                from_day: self.day(&at("valid_from")),
                rate_bps: self.bps(&at("rate_bps")),
                no_tax_id_rate_bps: self.bps(&at("no_tax_id_rate_bps")),
                threshold: self.units(&at("threshold")).unwrap_or(0),
                only_above: self
                    .word(&at("crossing"))
                    .is_some_and(|word| word == "above_only"),
                ceiling: None,
                year_starts_month: self.number(&at("financial_year_starts_month")).unwrap(),
                kinds: None,
            }
        };
        self.entries("withholding").into_iter().map(rule).collect()
    }

    pub(super) fn binary(&self) -> binary::Terms {
        binary::Terms {
            pair_value: self.units("binary.pair_value").unwrap(),
            pairs_max: self.size("binary.pairs_max_per_month"),
            flush: self.word("binary.excess").unwrap() == "flush",
            full_pairs: self.size("binary.full_pairs"),
            instalment_bps: self.bps("binary.instalment_bps"),
            activation: self.units("binary.activation_amount").unwrap(),
            counts_from_first: self.has("binary.counts_from"),
            directs_required: self.size("binary.directs_required"),
            pro_rata: self.word("binary.when_short").unwrap() == "pro_rata",
            price: self.units("booking.price").unwrap(),
            first_min: self.units("booking.first_payment_min").unwrap(),
        }
    }

    pub(super) fn orders(&self) -> OrderRules {
        let generation = |(place, path): (usize, String)| Generation {
            bps: self.bps(&path),
            own_pv_min: self.units(&format!("orders.own_pv_min[{place}]")).unwrap_or(0),
            group_pv_min: self.units(&format!("orders.group_pv_min[{place}]")).unwrap_or(0),
        };
        let generations = self.entries("orders.generations_bps").into_iter().enumerate();
        OrderRules {
            by_month: self.word("orders.period").unwrap() == "month",
            pv_bps: self.bps("orders.pv_bps"),
            fund_bps: self.bps("orders.fund_bps"),
            generations: generations.map(generation).collect(),
            passes: match self.word("orders.compression").unwrap().as_str() {
                "none" => Passes::Nobody,
                "standard" => Passes::Inactive,
                _ => Passes::Unpaid,
            },
            active_pv_min: self.units("orders.active_pv_min").unwrap(),
            customers_count: self.has("orders.customers_count"),
            customers_min: self.size("orders.customers_min"),
            retail_share_min_bps: self.bps("orders.retail_share_min_bps"),
            retail_rule: match self.word("orders.retail_rule").as_deref() {
                Some("scale") => RetailRule::Scale,
                Some("block") => RetailRule::Block,
                _ => RetailRule::Nothing,
            },
            paycut: self.has("orders.paycut"),
            hold_days: self.number("orders.hold_days").unwrap(),
        }
    }

    pub(super) fn ranks(&self) -> RankTerms {
        let rank = |path: String| {
            let of = |field: &str| self.units(&format!("{path}.{field}")).unwrap_or(0);
            Rank {
                main: of("main_min"),
                other: of("other_min"),
                own: of("own_min"),
                group: of("group_min"),
                bonus: of("weekly_bonus"),
            }
        };
        RankTerms {
            window: self.number("ranks.window_weeks"),
            bonus_weeks: self.number("ranks.bonus_weeks").unwrap(),
            queue: self.word("ranks.when_short").unwrap() == "queue",
            hold_days: self.number("ranks.hold_days").unwrap(),
            ladder: self.entries("ranks.ladder").into_iter().map(rank).collect(),
        }
    }

    pub(super) fn campaign(&self) -> CampaignRules {
        CampaignRules {
            reward: match self.units("campaign.reward") {
                Some(reward) => Ok(reward),
                None => Err(self.bps("campaign.reward_bps")),
            },
            hold_days: self.number("campaign.hold_days").unwrap(),
            cap: self.units("campaign.per_user_cap"),
            count: self
                .has("campaign.per_user_count")
                .then(|| self.size("campaign.per_user_count")),
            budget: self.units("campaign.budget").unwrap(),
            first_day: self.day("campaign.starts"),
            last_day: self.day("campaign.ends"),
            minimum: self.units("campaign.qualifies.conversion_min").unwrap(),
            achievements: Vec::new(),
        }
    }
}
