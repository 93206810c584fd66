//! What governs the form for one token is what governs the other: the same commands, amounts in the token's base units.

use abi::development::{ADMIN, FREEZER, GUARDIAN, TREASURER};
use alloy::primitives::Address;

use crate::token::file_for;
use crate::world::World;

/// The delay of operations on the local chain.
const DELAY_SECONDS: u64 = 3 * 24 * 60 * 60;

#[tokio::test(flavor = "multi_thread")]
async fn the_treasury_pays_tokens_after_the_delay_and_no_more_than_there_are() {
    let world = World::start().await;
    // The kind that answers `false` although it paid.
    let token = world.token_that_answers_false().await;
    let text = file_for(token, 6);
    let contract = world.deployed(&text);
    world.mint(token, contract, 3_000_000).await;
    let to = Address::repeat_byte(0x77);
    let checksummed = to.to_checksum(None);
    let payment = ["treasury", &checksummed, "2000000"];
    let too_much = ["treasury", &checksummed, "3000001"];
    for act in [payment, too_much] {
        let announced = world
            .operate(&TREASURER, contract, &[&["schedule"], &act[..]].concat())
            .await;
        assert!(announced.succeeded, "{announced:?}");
    }
    world.pass(DELAY_SECONDS).await;
    let refused = world
        .operate(&TREASURER, contract, &[&["execute"], &too_much[..]].concat())
        .await;
    assert!(
        !refused.succeeded && refused.errors.contains("InsufficientFunds"),
        "{refused:?}"
    );
    let executed = world
        .operate(&TREASURER, contract, &[&["execute"], &payment[..]].concat())
        .await;
    assert!(executed.succeeded, "{executed:?}");
    assert_eq!(world.balance_of(token, to).await, 2_000_000);
    assert_eq!(world.balance_of(token, contract).await, 1_000_000);
    let cancelled = world
        .operate(&GUARDIAN, contract, &[&["cancel"], &too_much[..]].concat())
        .await;
    assert!(cancelled.succeeded, "{cancelled:?}");
    let examined = world.examine(contract, &text, &[]);
    assert!(examined.succeeded, "{examined:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_cap_and_pause_change_as_of_the_other_form() {
    let world = World::start().await;
    let token = world.token(6).await;
    let text = file_for(token, 6);
    let contract = world.deployed(&text);
    let newcomer = Address::repeat_byte(0x12).to_checksum(None);
    let raised = "20000000000000";
    let announced = [["add-freezer", &newcomer], ["raise-outflow-cap", raised]];
    for act in announced {
        let ran = world
            .operate(&ADMIN, contract, &[&["schedule"], &act[..]].concat())
            .await;
        assert!(ran.succeeded, "{ran:?}");
    }
    world.pass(DELAY_SECONDS).await;
    for act in announced {
        let ran = world
            .operate(&ADMIN, contract, &[&["execute"], &act[..]].concat())
            .await;
        assert!(ran.succeeded, "{ran:?}");
    }
    let old = FREEZER.address.to_checksum(None);
    for (by, act) in [
        (&ADMIN, &["revoke-role", "freezer", &old][..]),
        (&GUARDIAN, &["pause"]),
    ] {
        let ran = world.operate(by, contract, act).await;
        assert!(ran.succeeded, "{ran:?}");
    }
    let present = |cap: &str, paused: bool| {
        format!("{text}\n[present]\nfreezer = [\"{newcomer}\"]\noutflow_cap = \"{cap}\"\npaused = {paused}\n")
    };
    let examined = world.examine(contract, &present(raised, true), &[]);
    assert!(examined.succeeded, "{examined:?}");
    // Below the floor of a thousand tokens nothing can be lowered.
    let refused = world
        .operate(&GUARDIAN, contract, &["lower-cap", "999999999"])
        .await;
    assert!(
        !refused.succeeded && refused.errors.contains("WrongValue"),
        "{refused:?}"
    );
    for (by, act) in [
        (&GUARDIAN, &["lower-cap", "1000000000"][..]),
        (&ADMIN, &["unpause"]),
    ] {
        let ran = world.operate(by, contract, act).await;
        assert!(ran.succeeded, "{ran:?}");
    }
    let examined = world.examine(contract, &present("1000000000", false), &[]);
    assert!(examined.succeeded, "{examined:?}");
}
