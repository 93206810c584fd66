//! The runbooks' commands against a real contract, seen by the doctor.

use abi::development::{self, ADMIN, FREEZER, GUARDIAN, ROOT_SIGNER, SIGNER, SUBMITTER, TREASURER};
use alloy::primitives::{Address, Bytes};

use crate::world::{LOCAL, World, trellis};

/// The delay of operations on the local chain.
const DELAY_SECONDS: u64 = 3 * 24 * 60 * 60;

fn changed(present: &str) -> String {
    format!("{LOCAL}\n[present]\n{present}\n")
}

/// A checksummed address that nobody has the key for.
fn newcomer(byte: u8) -> String {
    Address::repeat_byte(byte).to_checksum(None)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_and_signer_is_replaced_by_an_announced_operation_an_overlap_and_a_revocation() {
    let world = World::start().await;
    let contract = world.contract().await;
    let adding = [
        ("add-submitter", newcomer(0x11)),
        ("add-freezer", newcomer(0x12)),
        ("add-treasurer", newcomer(0x13)),
        ("add-signer", newcomer(0x14)),
        ("add-root-signer", newcomer(0x15)),
        ("add-guardian", newcomer(0x16)),
    ];
    for (kind, who) in &adding {
        let early = world.operate(&ADMIN, contract, &["execute", kind, who]).await;
        assert!(
            !early.succeeded && early.errors.contains("NotScheduled"),
            "{early:?}"
        );
        let announced = world.operate(&ADMIN, contract, &["schedule", kind, who]).await;
        assert!(
            announced.succeeded && announced.output.contains("can be executed from"),
            "{announced:?}"
        );
    }
    let old_guardian = GUARDIAN.address.to_checksum(None);
    let removal = ["schedule", "remove-guardian", &old_guardian];
    assert!(world.operate(&ADMIN, contract, &removal).await.succeeded);
    world.pass(DELAY_SECONDS).await;
    for (kind, who) in &adding {
        let executed = world.operate(&ADMIN, contract, &["execute", kind, who]).await;
        assert!(executed.succeeded, "{executed:?}");
    }
    let overlap = changed(&format!(
        "submitter = [\"{}\", \"{}\"]\nfreezer = [\"{}\", \"{}\"]\ntreasurer = [\"{}\", \"{}\"]\n\
         signer = [\"{}\", \"{}\"]\nroot_signer = [\"{}\", \"{}\"]\nguardian = [\"{}\", \"{}\"]\npending = [\"{}\"]",
        SUBMITTER.address,
        adding[0].1,
        FREEZER.address,
        adding[1].1,
        TREASURER.address,
        adding[2].1,
        SIGNER.address,
        adding[3].1,
        ROOT_SIGNER.address,
        adding[4].1,
        GUARDIAN.address,
        adding[5].1,
        abi::operations::Operation::RemoveGuardian.id(
            abi::operations::argument(GUARDIAN.address),
            alloy::primitives::U256::ZERO
        ),
    ));
    let examined = world.examine(contract, &overlap, &[]);
    assert!(examined.succeeded, "{examined:?}");

    for (role, old) in [
        ("submitter", &SUBMITTER),
        ("freezer", &FREEZER),
        ("treasurer", &TREASURER),
    ] {
        let revoke = ["revoke-role", role, &old.address.to_checksum(None)];
        assert!(world.operate(&ADMIN, contract, &revoke).await.succeeded);
    }
    for old in [&SIGNER, &ROOT_SIGNER] {
        let revoke = ["revoke-signer", &old.address.to_checksum(None)];
        assert!(world.operate(&GUARDIAN, contract, &revoke).await.succeeded);
    }
    let removed = world
        .operate(&ADMIN, contract, &["execute", "remove-guardian", &old_guardian])
        .await;
    assert!(removed.succeeded, "{removed:?}");
    let present = changed(&format!(
        "submitter = [\"{}\"]\nfreezer = [\"{}\"]\ntreasurer = [\"{}\"]\nsigner = [\"{}\"]\nroot_signer = [\"{}\"]\n\
         guardian = [\"{}\"]",
        adding[0].1, adding[1].1, adding[2].1, adding[3].1, adding[4].1, adding[5].1,
    ));
    let examined = world.examine(contract, &present, &[]);
    assert!(examined.succeeded, "{examined:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guardian_cancels_pauses_and_lowers_and_the_admin_hands_over() {
    let world = World::start().await;
    let contract = world.contract().await;
    let thief = newcomer(0x66);
    for act in [["schedule", "add-signer"], ["schedule", "transfer-admin"]] {
        assert!(
            world
                .operate(&ADMIN, contract, &[&act[..], &[&thief]].concat())
                .await
                .succeeded
        );
    }
    assert_eq!(world.examine(contract, LOCAL, &[]).differences().len(), 2);
    for kind in ["add-signer", "transfer-admin"] {
        let cancelled = world
            .operate(&GUARDIAN, contract, &["cancel", kind, &thief])
            .await;
        assert!(cancelled.succeeded, "{cancelled:?}");
    }
    assert!(world.examine(contract, LOCAL, &[]).succeeded);

    let payment = ["treasury", &thief, "1000000000000000000"];
    assert!(
        world
            .operate(&TREASURER, contract, &[&["schedule"], &payment[..]].concat())
            .await
            .succeeded
    );
    assert_eq!(world.examine(contract, LOCAL, &[]).differences().len(), 1);
    assert!(
        world
            .operate(&GUARDIAN, contract, &[&["cancel"], &payment[..]].concat())
            .await
            .succeeded
    );

    let cap = "2000000000000000000000";
    assert!(
        world
            .operate(&GUARDIAN, contract, &["lower-cap", cap])
            .await
            .succeeded
    );
    assert!(world.operate(&GUARDIAN, contract, &["pause"]).await.succeeded);
    let refused = world.operate(&GUARDIAN, contract, &["unpause"]).await;
    assert!(
        !refused.succeeded && refused.errors.contains("AccessControl"),
        "{refused:?}"
    );
    assert!(world.operate(&ADMIN, contract, &["unpause"]).await.succeeded);

    let heir = &development::DEPLOYER;
    let hand_over = ["transfer-admin", &heir.address.to_checksum(None)];
    assert!(
        world
            .operate(&ADMIN, contract, &[&["schedule"], &hand_over[..]].concat())
            .await
            .succeeded
    );
    world.pass(DELAY_SECONDS).await;
    // The new admin shows that it has its key.
    let refused = world
        .operate(&ADMIN, contract, &[&["execute"], &hand_over[..]].concat())
        .await;
    assert!(
        !refused.succeeded && refused.errors.contains("WrongUser"),
        "{refused:?}"
    );
    assert!(
        world
            .operate(heir, contract, &[&["execute"], &hand_over[..]].concat())
            .await
            .succeeded
    );
    let present = changed(&format!(
        "admin = [\"{}\"]\noutflow_cap = \"{cap}\"",
        heir.address
    ));
    let examined = world.examine(contract, &present, &[]);
    assert!(examined.succeeded, "{examined:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_the_call_is_tried_and_printed_for_a_contract_of_several_people() {
    let world = World::start().await;
    let contract = world.contract().await;
    let (to, rpc) = (contract.to_string(), world.rpc_url());
    let from = GUARDIAN.address.to_string();
    let printed = trellis(&[
        "operate",
        "--contract",
        &to,
        "--rpc",
        &rpc,
        "--from",
        &from,
        "pause",
    ]);
    assert!(printed.succeeded && printed.value("to ") == to, "{printed:?}");
    let input: Bytes = printed.value("data ").parse().expect("a call");
    world.send_raw(GUARDIAN.address, contract, input).await;
    let from = TREASURER.address.to_string();
    let refused = trellis(&[
        "operate",
        "--contract",
        &to,
        "--rpc",
        &rpc,
        "--from",
        &from,
        "unpause",
    ]);
    assert!(
        !refused.succeeded && refused.errors.contains("rejects this call from"),
        "{refused:?}"
    );
    let small = to.to_lowercase();
    let refused = trellis(&["operate", "--contract", &small, "--rpc", &rpc, "pause"]);
    assert!(
        !refused.succeeded && refused.errors.contains("checksum"),
        "{refused:?}"
    );
}
