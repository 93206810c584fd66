//! What a plan file says, as numbers.

/// Parameters of a plan, in base units.
#[derive(Clone, Debug)]
pub struct Terms {
    pub registration: u128,
    pub direct: u128,
    pub ordinals: Vec<u32>,
    /// Instead of ordinals: the part of every registration that goes into a pool, in basis points.
    pub pool_bps: Option<u16>,
    pub retopup: u128,
    pub retopup_company: u128,
    pub generations_bps: Vec<u16>,
    /// Places of a tree, or with `rolling` of a group within the one endless tree.
    pub tree_size: u32,
    pub rolling: bool,
    pub trees_max: Option<u32>,
    pub tier_prices: Vec<u128>,
    pub layers_bps: Vec<u16>,
    /// How many last nodes reserve whether they want it or not, and which layers; without it users choose.
    pub forced: Option<(u32, Vec<u8>)>,
}

impl Terms {
    /// What `plans/auto-pool.toml` says, written down a second time.
    pub fn auto_pool() -> Self {
        let bnb = |units: u128| units * 10u128.pow(18);
        Self {
            registration: bnb(20),
            direct: bnb(18),
            ordinals: vec![2],
            pool_bps: None,
            retopup: bnb(40),
            retopup_company: bnb(4),
            generations_bps: vec![3000, 1500, 1000, 500, 500, 500, 500, 500, 1000, 1000],
            tree_size: 15,
            rolling: false,
            trees_max: Some(15),
            tier_prices: [20, 40, 80, 160, 320, 640].map(bnb).to_vec(),
            layers_bps: vec![5000, 2500, 1500],
            forced: None,
        }
    }
}
