//! What a bare state answers about itself, and what it makes of facts that do not follow.

use ledger::{Account, ClearingCause};
use money::Amount;
use plan::fact::ComponentFact;
use plan::{
    CompiledPlan, Day, DepositId, DiscrepancyCause, Effect, Fact, IgnoredCause, Outcome, Place, State, Tier,
    TreeNumber, UserId,
};

use crate::{all_enter, auto_pool, subscription};

fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

fn deposit(number: u32) -> DepositId {
    DepositId::new(number).unwrap()
}

struct World {
    plan: CompiledPlan,
    state: State,
    out: Outcome,
}

impl World {
    /// So many users, each brought by the one before.
    fn new(plan: CompiledPlan, users: u32) -> Self {
        let mut world = Self {
            state: State::new(&plan),
            plan,
            out: Outcome::default(),
        };
        for number in 1..=users {
            world.register(number, number);
        }
        world
    }

    fn apply(&mut self, fact: &Fact) {
        self.state.apply(&self.plan, fact, &mut self.out);
    }

    fn register(&mut self, number: u32, of: u32) {
        let amount = self.plan.registration_price();
        self.apply(&Fact::Registered {
            user: user(number),
            sponsor: UserId::new(number - 1),
            deposit: deposit(of),
            amount,
            day: Day::new(10),
        });
    }

    fn retop_up(&mut self, number: u32, of: u32) {
        let amount = self.plan.retopup_price();
        self.apply(&Fact::RetoppedUp {
            user: user(number),
            deposit: deposit(of),
            amount,
            day: Day::new(10),
        });
    }

    fn mature(&mut self, amount: Amount) {
        let through = Day::new(10);
        self.apply(&Fact::EscrowMatured { through, amount });
    }

    /// Whether the last fact was money that fits nothing.
    fn is_unexpected(&self) -> bool {
        let cause = DiscrepancyCause::UnexpectedIntake;
        self.out.effects == [Effect::Discrepancy { cause }]
            && self.out.legs.len() == 1
            && self.out.legs[0].credit == Account::Clearing(ClearingCause::UnexpectedIntake)
    }
}

/// Ids are dense: whoever skips one, or names someone unknown, has paid for nothing that the plan knows.
#[test]
fn intakes_with_ids_that_do_not_follow_wait_for_a_human() {
    let mut world = World::new(auto_pool(), 2);
    for (number, of) in [(3, 4), (3, 2), (4, 3), (2, 3)] {
        world.register(number, of);
        assert!(
            world.is_unexpected(),
            "user {number}, deposit {of}: {:?}",
            world.out
        );
    }
    for (number, of) in [(2, 4), (2, 2), (3, 3)] {
        world.retop_up(number, of);
        assert!(
            world.is_unexpected(),
            "user {number}, deposit {of}: {:?}",
            world.out
        );
    }
    assert_eq!(world.state.user_count(), 2);
    world.register(3, 3);
    world.retop_up(2, 4);
    assert!(!world.is_unexpected());
    assert_eq!(
        (world.state.user_count(), world.state.next_deposit()),
        (3, Some(deposit(5)))
    );
}

#[test]
fn a_deposit_is_held_until_it_matures_or_goes_back() {
    let mut world = World::new(auto_pool(), 2);
    world.retop_up(1, 3);
    let price = world.plan.registration_price();
    assert_eq!(world.state.registration(user(2)), Some(deposit(2)));
    assert_eq!(world.state.registration(user(3)), None);
    let held = |world: &World| [1, 2, 3, 4].map(|number| world.state.is_held(deposit(number)));
    assert_eq!(held(&world), [true, true, true, false]);
    world.apply(&Fact::Refunded {
        deposit: deposit(2),
        amount: price,
    });
    assert_eq!(held(&world), [true, false, true, false]);
    let rest = price.checked_add(world.plan.retopup_price()).unwrap();
    world.mature(rest);
    assert_eq!(held(&world), [false; 4]);
}

/// A user can be made to owe all that was ever the user's, and not a unit more.
#[test]
fn a_correction_takes_back_at_most_what_somebody_was_entitled_to() {
    let mut world = World::new(auto_pool(), 2);
    let price = world.plan.registration_price();
    world.mature(price.checked_mul(2).unwrap());
    let entitled = world.state.entitled(user(1));
    assert_eq!(entitled, world.plan.direct_share());
    let correct = |world: &mut World, amount| {
        let user = user(1);
        world.apply(&Fact::Corrected { user, amount });
        world.state.receivable(user)
    };
    let more = entitled.checked_add(Amount::new(1)).unwrap();
    assert_eq!(correct(&mut world, more), Amount::ZERO);
    let cause = IgnoredCause::ExceedsEntitlement;
    assert_eq!(world.out.effects, [Effect::CommandIgnored { cause }]);
    assert_eq!(correct(&mut world, entitled), entitled);
    assert_eq!(correct(&mut world, Amount::new(1)), entitled);
}

#[test]
fn places_are_counted_by_trees_and_nobody_sits_beyond_their_end() {
    let mut world = World::new(all_enter(15), 1);
    let (first, second) = (Tier::FIRST, Tier::FIRST.next().unwrap());
    assert_eq!(world.state.trees(&world.plan, first), 0);
    for number in 2..=18 {
        world.register(number, number);
        let trees = (number - 2) / 15 + 1;
        assert_eq!(world.state.trees(&world.plan, first), trees, "{number}");
    }
    assert_eq!(world.state.node_count(first), 17);
    assert_eq!(world.state.trees(&world.plan, second), 0);
    let at = |tree, index| {
        let tree = TreeNumber::new(tree).unwrap();
        world.state.occupant(&world.plan, first, Place { tree, index })
    };
    assert_eq!((at(1, 0), at(1, 14)), (Some(user(2)), Some(user(16))));
    assert_eq!(
        (at(2, 0), at(2, 1), at(2, 2)),
        (Some(user(17)), Some(user(18)), None)
    );
    // Places of a tree end with its size: the next one is of the next tree.
    assert_eq!(at(1, 15), None);

    let rolling = plan::compile(include_str!("../../../../plans/auto-pool-rolling.toml")).unwrap();
    let mut world = World::new(rolling, 1);
    for number in 2..=3 {
        let amount = world.plan.registration_price();
        world.apply(&Fact::Registered {
            user: user(number),
            sponsor: Some(user(1)),
            deposit: deposit(number),
            amount,
            day: Day::new(10),
        });
    }
    let at = |tree| {
        let tree = TreeNumber::new(tree).unwrap();
        world.state.occupant(&world.plan, first, Place { tree, index: 0 })
    };
    // The second direct entered the endless tree, and there is no other.
    assert_eq!((at(1), at(2)), (Some(user(3)), None));
}

/// Days end one after another, at most 366 at once, and not after the last one of the calendar.
#[test]
fn days_that_do_not_follow_do_not_end() {
    let end = |world: &mut World, day: u32| {
        let day = Day::new(day);
        world.apply(&Fact::Component(ComponentFact::DayEnded { day }));
        let cause = IgnoredCause::DayOutOfOrder;
        world.out.effects != [Effect::CommandIgnored { cause }]
    };
    let fresh = || World::new(subscription(), 0);
    let last = Day::LAST.get();
    assert!(end(&mut fresh(), last));
    assert!(!end(&mut fresh(), last + 1));
    let mut world = fresh();
    for (day, ends) in [
        (1_000, true),
        (1_000, false),
        (999, false),
        (1_367, false),
        (1_366, true),
        (1_366, false),
        (1_367, true),
    ] {
        assert_eq!(end(&mut world, day), ends, "{day}");
    }
    assert_eq!(world.out.effects.len(), 1);
}
