//! What the shipped plan says, written down a second time.

use super::{Bonus, Terms};

impl Terms {
    /// The shipped plan `subscription`, counted in an asset with so many decimals.
    pub fn subscription(decimals: u32) -> Self {
        let units = |units: i128| units * 10i128.pow(decimals);
        let rates = [
            1000, 500, 300, 200, 200, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 30, 30, 30, 30, 30,
        ];
        let directs = [0, 0, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10];
        Self {
            tiers: vec![(units(50), 600), (units(3001), 800), (units(5001), 1000)],
            amount_max: None,
            only_working_days: true,
            divisor: 30,
            queue: false,
            multiple: 3,
            user_multiple: Some(3),
            generations: rates.into_iter().zip(directs).collect(),
            mode: "physical",
            only_active_directs: false,
            yield_bps: 0,
            bonus: Bonus {
                amount: units(10),
                for_first_purchase: false,
                use_bps: 1000,
                use_max: Some(units(1)),
            },
            withdrawal: Some((500, units(1))),
        }
    }
}
