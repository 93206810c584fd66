//! A world of a price that is paid in parts.

use audit::checks::Snapshot;
use money::Amount;
use plan::Cause;

use super::{BNB, World};

/// A world of bookings: four users, of whom two pay again; one pays too much, one too little, and one after the registration went back.
pub(crate) fn bookings() -> Snapshot {
    let text =
        include_str!("../../../../../plans/binary-ev.toml").replace("asset = \"INR\"", "asset = \"BNB\"");
    let mut world = World::of(plan::compile(&text).unwrap(), 5);
    let units = |bnb: u128| Amount::new(bnb * BNB);
    for (user, sponsor, bnb) in [
        (1, None, 5_000),
        (2, Some(1), 60_001),
        (3, Some(1), 500),
        (4, Some(2), 499),
    ] {
        let intake = world.intake(user, sponsor, user, units(bnb));
        world.post(Cause::Registered(intake));
    }
    for (number, user, bnb) in [(101, 1, 95_000), (102, 2, 39_999), (104, 2, 1), (106, 3, 99_501)] {
        let intake = world.intake(user, None, number, units(bnb));
        world.post(Cause::RetoppedUp(intake));
    }
    world.refund(3, 3, units(500));
    let intake = world.intake(3, None, 103, units(700));
    world.post(Cause::RetoppedUp(intake));
    world.snapshot()
}
