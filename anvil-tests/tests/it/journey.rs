//! Forty users from registration to maturity, retopups, a refund and a move to the next tier.

use abi::ICustody;
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use anvil_tests::{Person, World, bnb, trellis};

use crate::restored_by_command;

const DAY: u64 = 86_400;

/// The account of the root user, and of the first user after it.
const ROOT: usize = 8;

/// Registers people under their sponsors, all of one wave at once, and waits until they are posted.
async fn join(
    world: &World,
    people: &mut [Person],
    wave: std::ops::Range<usize>,
    sponsor_of: impl Fn(usize) -> usize,
) {
    for index in wave {
        let sponsor = (index > 0).then(|| people[sponsor_of(index)].address());
        people[index].register(world, sponsor).await.unwrap();
    }
    world.settle().await.unwrap();
}

/// Moves the clock past every cooling-off time and has a stranger sweep the escrow.
async fn mature(world: &World) {
    world.pass_time(15 * DAY).await.unwrap();
    let sweep = ICustody::sweepMaturedCall {
        maxDays: U256::from(40),
    };
    let stranger = world.person(60);
    let receipt = stranger
        .send(world, U256::ZERO, sweep.abi_encode().into())
        .await
        .unwrap();
    assert!(receipt.status());
    world.settle().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_users_register_retop_up_refund_and_mature_and_every_balance_is_explained() {
    let world = World::start().await.unwrap();
    let mut people: Vec<Person> = (ROOT..ROOT + 41).map(|account| world.person(account)).collect();

    // The root, five directs of it, three of each of those.
    join(&world, &mut people, 0..1, |_| 0).await;
    people[0].choose_reserve(&world, 1, "in").await.unwrap();
    join(&world, &mut people, 1..6, |_| 0).await;
    join(&world, &mut people, 6..21, |index| (index - 6) / 3 + 1).await;
    // The second direct of the root sits at the top of the pool's first tree.
    let top = people[2].clone();
    top.choose_reserve(&world, 1, "in").await.unwrap();
    // Three more sponsors with two directs each: nine places are taken.
    join(&world, &mut people, 21..27, |index| (index - 21) / 2 + 6).await;
    let oracle = world.check().await.unwrap();
    assert_eq!(oracle.facts, 27 + 2);
    assert_eq!(oracle.balance("custody"), wei(27 * 20));

    // Retopups: some uplines have one, some do not.
    for index in [0, 1, 6, 21] {
        people[index].retop_up(&world).await.unwrap();
        world.settle().await.unwrap();
    }
    // Someone thinks again about a registration, someone else about a retopup.
    let regretted = people[26].purse(&world).await.unwrap();
    let reference = deposit_of(&world, &people[26], "registration").await;
    people[26].refund(&world, reference).await.unwrap();
    let back = people[26].purse(&world).await.unwrap() - regretted;
    assert!(
        back > bnb(19) && back < bnb(20),
        "twenty less gas came back, {back} wei"
    );
    let reference = deposit_of(&world, &people[1], "retopup").await;
    people[1].refund(&world, reference).await.unwrap();
    let oracle = world.check().await.unwrap();
    assert_eq!(oracle.balance("custody"), wei(26 * 20 + 3 * 40));
    let me = people[26].get(&world, "/users/me").await.unwrap();
    assert_eq!(me.body["user"]["status"], "refunded", "{me:?}");

    // Everything else matures. The top's reserve pays the next tier's price.
    mature(&world).await;
    let oracle = world.check().await.unwrap();
    let held: Vec<_> = oracle
        .balances
        .keys()
        .filter(|name| name.starts_with("held"))
        .collect();
    assert!(held.is_empty(), "still held: {held:?}");
    let moved: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pool_node WHERE tier = 2 AND funding = 'progression'")
            .fetch_one(world.ledger.pool())
            .await
            .unwrap();
    assert_eq!(moved, 1, "the top of the first tree moves on");

    // The rest of the forty, more retopups, and a second maturity.
    join(&world, &mut people, 27..41, |index| (index - 27) / 2 + 9).await;
    for index in [2, 7, 30] {
        people[index].retop_up(&world).await.unwrap();
    }
    mature(&world).await;
    let oracle = world.check().await.unwrap();
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(world.ledger.pool())
        .await
        .unwrap();
    assert_eq!(users, 41);

    // The API says the same as the recomputation, for everyone.
    for person in &mut people {
        person.sign_in(&world).await.unwrap();
        let me = person.get(&world, "/users/me").await.unwrap();
        let available = oracle.balance(&format!("available({})", person.address()));
        assert_eq!(me.body["balances"]["available"], available.to_string(), "{me:?}");
    }
    let history = people[0].get(&world, "/users/1/history").await.unwrap();
    assert_eq!(history.status, 200, "{history:?}");
    assert!(!history.body["entries"].as_array().unwrap().is_empty());
    let summary = people[0].get(&world, "/pool/summary").await.unwrap();
    assert_eq!(summary.status, 200, "{summary:?}");
    the_ledger_is_explained_and_compared(&world, &people[0]).await;
    restored_by_command::is_restored(world).await;
}

/// `trellis plan explain` and `trellis plan diff` read the ledger's own database.
async fn the_ledger_is_explained_and_compared(world: &World, root: &Person) {
    // The first fact is the registration of the root: 18 and 2 for the company.
    let fact = plan_command(world, &["explain", "--fact", "1", "--json"]).await;
    assert!(fact.status.success(), "{fact:?}");
    let fact: serde_json::Value = serde_json::from_slice(&fact.stdout).unwrap();
    let amounts: Vec<&str> = fact["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["amount"].as_str())
        .collect();
    assert_eq!(amounts, ["18000000000000000000", "2000000000000000000"], "{fact}");

    let wallet = root.address().to_string();
    let statement = plan_command(world, &["explain", "--user", &wallet]).await;
    assert!(statement.status.success(), "{statement:?}");
    let statement = String::from_utf8(statement.stdout).unwrap();
    assert!(statement.contains("generation"), "{statement}");

    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../plans/auto-pool.toml");
    let same = plan_command(world, &["diff", shipped, shipped]).await;
    let text = String::from_utf8_lossy(&same.stdout).into_owned();
    assert!(
        same.status.success() && text.contains("no differences"),
        "{same:?}"
    );
    let files = tempfile::tempdir().unwrap();
    let other = files.path().join("other.toml");
    let changed = std::fs::read_to_string(shipped)
        .unwrap()
        .replace("[3000, 1500,", "[1500, 3000,");
    std::fs::write(&other, changed).unwrap();
    let differs = plan_command(world, &["diff", shipped, other.to_str().unwrap()]).await;
    let text = String::from_utf8_lossy(&differs.stdout).into_owned();
    assert!(
        !differs.status.success() && text.contains("rule     generation 1"),
        "{differs:?}"
    );
}

async fn plan_command(world: &World, words: &[&str]) -> std::process::Output {
    let mut command = trellis().unwrap();
    command
        .arg("plan")
        .args(words)
        .args(["--database", &world.ledger.url()]);
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn wei(units: i128) -> i128 {
    units * 10i128.pow(18)
}

async fn deposit_of(world: &World, person: &Person, kind: &str) -> alloy::primitives::B256 {
    let statement =
        "SELECT d.ref FROM deposit d JOIN users u ON u.id = d.user_id WHERE u.wallet = $1 AND d.kind = $2";
    let reference: Vec<u8> = sqlx::query_scalar(statement)
        .bind(person.address().as_slice())
        .bind(kind)
        .fetch_one(world.ledger.pool())
        .await
        .unwrap();
    alloy::primitives::B256::from_slice(&reference)
}
