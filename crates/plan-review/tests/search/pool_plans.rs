//! Random pools: their tables, and the same in the words of the second implementation.

use naive::Terms;

use crate::numbers::Numbers;

/// What happens to rewards that could pay for the next tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reserve {
    Nobody,
    Chosen,
    Forced,
}

/// Registrations, retopups and pools of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    pub(crate) terms: Terms,
    pub(crate) reserve: Reserve,
}

const HEAD: &str = "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n";

/// Millionths as the file has them.
fn usdt(units: u128) -> String {
    format!("\"{}.{:06}\"", units / 1_000_000, units % 1_000_000)
}

/// Up to so many shares that are at most the whole together.
fn shares(numbers: &mut Numbers, count: usize) -> Vec<u16> {
    let mut left = 10_000;
    let mut shares = Vec::new();
    for _ in 0..count {
        let share = match numbers.below(4) {
            0 => left,
            1 => left / 2,
            2 => numbers.below(left / 2 + 1),
            _ => numbers.below(left / 8 + 1),
        };
        left -= share;
        shares.push(u16::try_from(share).expect("it is at most 10,000"));
    }
    shares
}

impl Pools {
    /// With registrations of this price, in base units.
    pub(crate) fn of(numbers: &mut Numbers, price: u128) -> Self {
        let rolling = numbers.below(3) == 0;
        let (tree_size, depth) = [(3, 1), (7, 2), (15, 3)][numbers.below(3)];
        let layers = 1 + numbers.below(if rolling { 3 } else { depth });
        let layers_bps = shares(numbers, layers);
        let pool_bps = Some(1 + numbers.below(9_999))
            .filter(|bps| numbers.below(2) == 0 && price * (*bps as u128) >= 10_000)
            .map(|bps| u16::try_from(bps).expect("it is below 10,000"));
        let first = pool_bps.map_or(price, |bps| price * u128::from(bps) / 10_000);
        let retopup = 50_000_000;
        let mut terms = Terms {
            registration: price,
            direct: any_part(numbers, price),
            ordinals: [&[2][..], &[1], &[], &[1, 2, 3], &[3]][numbers.below(5)].to_vec(),
            pool_bps: pool_bps.filter(|_| first < price),
            retopup,
            retopup_company: any_part(numbers, retopup),
            generations_bps: {
                let count = numbers.below(5);
                shares(numbers, count)
            },
            tree_size,
            rolling,
            trees_max: [None, Some(1), Some(2)][numbers.below(3)].filter(|_| !rolling),
            tier_prices: vec![if pool_bps.is_some() && first < price {
                first
            } else {
                price
            }],
            layers_bps,
            forced: None,
        };
        for _ in 0..numbers.below(3) {
            let last = terms.tier_prices[terms.tier_prices.len() - 1];
            let next = [last / 2, last, last * 3 / 2, last * 2, last * 10][numbers.below(5)];
            terms.tier_prices.push(next.max(1));
        }
        let reserve = [Reserve::Nobody, Reserve::Chosen, Reserve::Chosen][numbers.below(3)];
        let chosen = Self { terms, reserve };
        match numbers.below(3) {
            0 => chosen.forced(numbers).unwrap_or(chosen),
            _ => chosen,
        }
    }

    /// The same with a reserve that nobody chooses, if it can reach the next price.
    fn forced(&self, numbers: &mut Numbers) -> Option<Self> {
        let layers = u8::try_from(self.terms.layers_bps.len()).ok()?;
        let first = 1 + u8::try_from(numbers.below(usize::from(layers))).ok()?;
        let nodes = 1 + u32::try_from(numbers.below(4)).ok()?;
        // What can be reserved is little, so the next tier costs little.
        let mut prices = self.terms.tier_prices.clone();
        prices.truncate(1);
        if numbers.below(4) > 0 {
            prices.push((prices[0] >> numbers.below(4)).max(1));
        }
        let forced = Self {
            terms: Terms {
                forced: Some((nodes, (first..=layers).collect())),
                tier_prices: prices,
                ..self.terms.clone()
            },
            reserve: Reserve::Forced,
        };
        plan::compile(&forced.text()).is_ok().then_some(forced)
    }

    /// Whether anyone ever enters a pool.
    pub(crate) fn has_places(&self) -> bool {
        self.terms.pool_bps.is_some() || !self.terms.ordinals.is_empty()
    }

    /// A plan of nothing else.
    pub(crate) fn text(&self) -> String {
        format!("{HEAD}{}", self.tables())
    }

    /// Its tables.
    pub(crate) fn tables(&self) -> String {
        let terms = &self.terms;
        let entry = match terms.pool_bps {
            None => format!("pool_entry_ordinals = {:?}", terms.ordinals),
            Some(bps) => format!("pool_bps = {bps}"),
        };
        let geometry = if terms.rolling { "rolling" } else { "closed" };
        let trees_max = terms
            .trees_max
            .map_or(String::new(), |max| format!("trees_max = {max}\n"));
        let prices: Vec<String> = terms.tier_prices.iter().copied().map(usdt).collect();
        let reserve = match (&terms.forced, self.reserve) {
            (Some((nodes, layers)), _) => {
                format!("reserve = \"last_nodes\"\nreserve_nodes = {nodes}\nreserve_layers = {layers:?}")
            }
            (None, Reserve::Chosen) => "reserve = \"opt_in\"".to_owned(),
            (None, Reserve::Nobody | Reserve::Forced) => "reserve = \"none\"".to_owned(),
        };
        format!(
            "\n[registration]\nprice = {}\ndirect_share = {}\n{entry}\n\n[retopup]\nprice = {}\ncompany_share = {}\n\
             generations_bps = {:?}\n\n[pool]\ngeometry = \"{geometry}\"\ntree_size = {}\n{trees_max}tier_prices = [{}]\n\
             layers_bps = {:?}\nwhen_full = \"direct\"\nprogression = \"funded\"\n{reserve}\n",
            usdt(terms.registration),
            usdt(terms.direct),
            usdt(terms.retopup),
            usdt(terms.retopup_company),
            terms.generations_bps,
            terms.tree_size,
            prices.join(", "),
            terms.layers_bps,
        )
    }
}

/// Nothing, all, or something between.
fn any_part(numbers: &mut Numbers, whole: u128) -> u128 {
    match numbers.below(4) {
        0 => 0,
        1 => whole,
        _ => whole * numbers.below(10_001) as u128 / 10_000,
    }
}
