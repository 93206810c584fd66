//! What registrations and retopups cost, and where they go.

use super::Said;

impl Said<'_> {
    pub(super) fn pools(&mut self) {
        let plan = self.plan;
        let registration = self.amount(plan.registration_price());
        self.say(format!("a registration costs {registration}"));
        let retopup = self.amount(plan.retopup_price());
        self.say(format!("a retopup costs {retopup}"));
        let direct = self.amount(plan.direct_share());
        self.say(format!(
            "of a registration that does not enter a pool the sponsor gets {direct} and the company the rest"
        ));
        if let Some(share) = plan.split_share() {
            let share = self.amount(share);
            self.say(format!(
                "{share} of every registration enter a pool; the sponsor and the company divide what is left in the same \
                 proportion"
            ));
        }
        self.say(match (plan.tree_size(), plan.trees_max()) {
            (Some(size), Some(max)) => format!(
                "when tier 1 is full ({max} trees of {size} places) at the time a registration becomes final, it \
                 enters no pool: the sponsor gets {direct} and the company the rest"
            ),
            (Some(_), None) | (None, _) => "the number of places in tier 1 is not limited".to_owned(),
        });
        self.say(
            "places are given in the order of the chain; a position shown before is provisional".to_owned(),
        );
    }
}
