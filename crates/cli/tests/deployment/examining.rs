//! Differences are planted, and each is told.

use abi::ICustody;
use abi::bindings::deployable::Custody;
use abi::development::{ADMIN, FREEZER, GUARDIAN, SIGNER, SUBMITTER};
use abi::operations::{Operation, argument};
use abi::roles;
use alloy::primitives::{Address, B256, U256};

use crate::world::{LOCAL, World};

const NEWCOMER: Address = Address::repeat_byte(0x5a);

/// The file, with what changed since the construction.
fn changed(present: &str) -> String {
    format!("{LOCAL}\n[present]\n{present}\n")
}

fn call(operation: Operation, argument: B256) -> (ICustody::scheduleCall, ICustody::executeCall) {
    let (operation, value) = (operation.number(), U256::ZERO);
    let schedule = ICustody::scheduleCall {
        operation,
        argument,
        value,
    };
    let execute = ICustody::executeCall {
        operation,
        argument,
        value,
    };
    (schedule, execute)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_as_its_file_says_is_healthy_also_as_json() {
    let world = World::start().await;
    let contract = world.contract().await;
    let examined = world.examine(contract, LOCAL, &[]);
    assert!(
        examined.succeeded && examined.differences().is_empty(),
        "{examined:?}"
    );
    let examined = world.examine(contract, LOCAL, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&examined.output).expect("JSON");
    assert_eq!(json["healthy"], true);
    let lines = json["lines"].as_array().expect("lines");
    for name in [
        "code",
        "constructed admin",
        "veto",
        "outflow_cap",
        "paused",
        "journal",
    ] {
        let line = lines.iter().find(|line| line["name"] == name);
        assert_eq!(line.expect(name)["verdict"], "ok", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_another_role_delay_or_floor_is_told_with_the_code_that_it_would_give() {
    let world = World::start().await;
    let contract = world.contract().await;
    let freezer = FREEZER.address.to_checksum(None);
    let other = NEWCOMER.to_checksum(None);
    let examined = world.examine(contract, &LOCAL.replace(&freezer, &other), &[]);
    assert!(!examined.succeeded);
    let (was, is) = (format!("freezer {other}"), format!("freezer {freezer}"));
    assert_eq!(
        examined.differences(),
        ["code", "constructed freezer", &was, &is],
        "{examined:?}"
    );
    assert!(
        examined
            .output
            .contains("the same program constructed otherwise in 1 places"),
        "{examined:?}"
    );

    let delays = LOCAL
        .replace("veto = 86400", "veto = 86401")
        .replace("floor = \"1000", "floor = \"2000");
    let examined = world.examine(contract, &delays, &[]);
    assert_eq!(
        examined.differences(),
        ["code", "veto", "outflow_floor"],
        "{examined:?}"
    );
    assert!(
        examined.output.contains("DIFFERS  veto: 86400, expected 86401\n"),
        "{examined:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_and_no_program_are_told() {
    let world = World::start().await;
    let contract = world.contract().await;
    let code = world.code_of(contract).await;
    world.set_code(contract, [&code[..], &[0]].concat().into()).await;
    let examined = world.examine(contract, LOCAL, &[]);
    assert_eq!(examined.differences(), ["code"], "{examined:?}");
    assert!(examined.output.contains("another program"), "{examined:?}");

    // One bit of the same length.
    let mut one_bit = code.to_vec();
    let last = one_bit.len() - 1;
    one_bit[last] ^= 1;
    world.set_code(contract, one_bit.into()).await;
    let examined = world.examine(contract, LOCAL, &[]);
    assert_eq!(examined.differences(), ["code"], "{examined:?}");

    let examined = world.examine(NEWCOMER, LOCAL, &[]);
    assert_eq!(examined.differences(), ["code", "answers"], "{examined:?}");
    assert!(
        examined.output.contains("DIFFERS  code: none, expected 0x"),
        "{examined:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lowered_cap_and_a_pause_are_told_until_the_file_says_them() {
    let world = World::start().await;
    let contract = world.contract().await;
    let cap = U256::from(5_000) * U256::from(10).pow(U256::from(18));
    world
        .send(&GUARDIAN, contract, ICustody::lowerOutflowCapCall { cap })
        .await;
    world.send(&GUARDIAN, contract, ICustody::pauseCall {}).await;
    let examined = world.examine(contract, LOCAL, &[]);
    assert!(!examined.succeeded);
    assert_eq!(examined.differences(), ["outflow_cap", "paused"], "{examined:?}");
    let present = changed(&format!("outflow_cap = \"{cap}\"\npaused = true"));
    let examined = world.examine(contract, &present, &[]);
    assert!(examined.succeeded, "{examined:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_operation_is_told_and_then_who_was_added_by_it() {
    let world = World::start().await;
    let contract = world.contract().await;
    let (schedule, execute) = call(Operation::AddSubmitter, argument(NEWCOMER));
    world.send(&ADMIN, contract, schedule).await;
    let id = Operation::AddSubmitter.id(argument(NEWCOMER), U256::ZERO);
    let examined = world.examine(contract, LOCAL, &[]);
    let differences = examined.differences();
    assert!(!examined.succeeded && differences.len() == 1, "{examined:?}");
    let told = format!("pending {id} AddSubmitter {NEWCOMER} 0 from ");
    assert!(differences[0].starts_with(&told), "{examined:?}");
    let planned = changed(&format!("pending = [\"{id}\"]"));
    assert!(world.examine(contract, &planned, &[]).succeeded);

    world.pass(3 * 24 * 60 * 60).await;
    world.send(&ADMIN, contract, execute).await;
    let added = format!("submitter {NEWCOMER}");
    let examined = world.examine(contract, LOCAL, &[]);
    assert_eq!(examined.differences(), [&added], "{examined:?}");
    let stale = world.examine(contract, &planned, &[]);
    assert_eq!(
        stale.differences(),
        [&added, &format!("pending {id}")],
        "{stale:?}"
    );
    let both = changed(&format!(
        "submitter = [\"{}\", \"{NEWCOMER}\"]",
        SUBMITTER.address
    ));
    assert!(world.examine(contract, &both, &[]).succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_role_and_signer_are_told() {
    let world = World::start().await;
    let contract = world.contract().await;
    let revoke = Custody::revokeRoleCall {
        role: roles::FREEZER,
        account: FREEZER.address,
    };
    world.send(&ADMIN, contract, revoke).await;
    let signer = SIGNER.address;
    world
        .send(&GUARDIAN, contract, ICustody::revokeSignerCall { signer })
        .await;
    let examined = world.examine(contract, LOCAL, &[]);
    let wanted = [format!("freezer {}", FREEZER.address), format!("signer {signer}")];
    assert_eq!(examined.differences(), wanted, "{examined:?}");
    let present = changed("freezer = []\nsigner = []");
    assert!(world.examine(contract, &present, &[]).succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_were_not_read_are_missed() {
    let world = World::start().await;
    let contract = world.contract().await;
    world.send(&GUARDIAN, contract, ICustody::pauseCall {}).await;
    let head = world.head().await.to_string();
    world.send(&ADMIN, contract, ICustody::unpauseCall {}).await;
    assert!(world.examine(contract, LOCAL, &[]).succeeded);
    let examined = world.examine(contract, LOCAL, &["--from-block", &head]);
    assert_eq!(examined.differences(), ["journal"], "{examined:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_of_the_same_program_under_other_values_is_told_from_the_deployed_one() {
    let world = World::start().await;
    let text = LOCAL.replace("freeze_max = 43200", "freeze_max = 3600");
    assert!(world.deploy(&text).succeeded);
    let place: Address = world.deploy(&text).value("address").parse().expect("an address");
    let examined = world.examine(place, LOCAL, &[]);
    assert_eq!(examined.differences(), ["code", "freeze_max"], "{examined:?}");
    assert!(
        examined.output.contains("address: not as in the file"),
        "{examined:?}"
    );
}
