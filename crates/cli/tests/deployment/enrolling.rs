//! `trellis enrol` against real contracts: users of the predecessor become known to its successor, once.

use abi::ICustody;
use abi::development::DEPLOYER;
use alloy::primitives::Address;

use crate::world::{LOCAL, Ran, World, trellis};

const GWEI: u128 = 1_000_000_000;

/// The file of a contract after another one.
fn successor_of(predecessor: Address) -> String {
    let line = format!("asset = \"native\"\npredecessor = \"{predecessor}\"");
    let text = LOCAL.replacen("asset = \"native\"", &line, 1);
    text.replacen("name = \"local\"", "name = \"successor\"", 1)
}

impl World {
    fn enrol(&self, contract: Address, more: &[&str]) -> Ran {
        let key = self.write("key", &DEPLOYER.private_key.to_string());
        let (contract, rpc) = (contract.to_string(), self.rpc_url());
        let arguments = [
            "enrol",
            "--contract",
            &contract,
            "--rpc",
            &rpc,
            "--key-file",
            &key,
        ];
        trellis(&[&arguments, more].concat())
    }

    async fn knows(&self, contract: Address, user: Address) -> bool {
        let contract = ICustody::new(contract, self.provider.clone());
        let account = contract.account(user).call().await.expect("an account");
        !account.frozenUntil.is_zero()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_of_the_predecessor_are_enrolled_once() {
    let world = World::start().await;
    let old = world.contract().await;
    let users: Vec<Address> = (1..=5).map(Address::repeat_byte).collect();
    for user in &users {
        world.register(old, None, *user, GWEI).await;
    }
    world.finalize().await;
    let new = world.deployed(&successor_of(old));
    assert_eq!(world.config_of(new).await.predecessor, old);

    let nonce = world.nonce(DEPLOYER.address).await;
    let tried = world.enrol(new, &["--dry-run", "--size", "2"]);
    assert!(tried.succeeded, "{tried:?}");
    assert_eq!(tried.output.matches("\ndata  0x").count(), 3, "{tried:?}");
    assert!(!world.knows(new, users[0]).await);
    assert_eq!(world.nonce(DEPLOYER.address).await, nonce, "nothing was sent");

    // A list of one, then everyone else, two at a time.
    let list = world.write("users", &format!("{}\n", users[3]));
    let first = world.enrol(new, &["--users", &list]);
    assert!(
        first.succeeded && first.output.contains("\n1 enrolled"),
        "{first:?}"
    );
    let rest = world.enrol(new, &["--size", "2"]);
    assert!(rest.succeeded && rest.output.contains("\n4 enrolled"), "{rest:?}");
    assert!(
        rest.output
            .contains("5 users of the predecessor, 1 known here already"),
        "{rest:?}"
    );
    for user in &users {
        assert!(world.knows(new, *user).await, "{user}");
    }
    let sent = world.nonce(DEPLOYER.address).await;
    assert_eq!(sent, nonce + 3);
    let again = world.enrol(new, &[]);
    assert!(
        again.succeeded && again.output.contains("\n0 enrolled"),
        "{again:?}"
    );
    assert_eq!(world.nonce(DEPLOYER.address).await, sent, "nothing more was sent");

    // Enrolled users are the successor's users, and those of the one after it.
    world.finalize().await;
    let third = world.deployed(&successor_of(new));
    let moved = world.enrol(third, &[]);
    assert!(
        moved.succeeded && moved.output.contains("\n5 enrolled"),
        "{moved:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_predecessor_does_not_know_is_named_and_left_out() {
    let world = World::start().await;
    let old = world.contract().await;
    let (user, stranger) = (Address::repeat_byte(1), Address::repeat_byte(0x5a));
    world.register(old, None, user, GWEI).await;
    world.finalize().await;
    let new = world.deployed(&successor_of(old));
    let list = world.write("users", &format!("{stranger}\n{user}\n"));
    let ran = world.enrol(new, &["--users", &list]);
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert!(ran.output.contains(&format!("unknown {stranger}")), "{ran:?}");
    assert!(ran.output.contains("\n1 enrolled"), "{ran:?}");
    assert!(world.knows(new, user).await && !world.knows(new, stranger).await);

    let malformed = world.write("users", "0x12\n");
    let refused = world.enrol(new, &["--users", &malformed]);
    assert_eq!(refused.status, Some(2), "{refused:?}");
    let refused = world.enrol(old, &[]);
    assert_eq!(refused.status, Some(1), "{refused:?}");
    assert!(refused.errors.contains("no_predecessor"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_predecessor_that_is_no_custody_is_refused_before_anything_is_sent() {
    let world = World::start().await;
    let token = world.token(6).await;
    let nonce = world.nonce(DEPLOYER.address).await;
    for wrong in [Address::repeat_byte(0x5a), token] {
        let refused = world.deploy(&successor_of(wrong));
        assert!(
            !refused.succeeded && refused.errors.contains("predecessor_is_no_custody"),
            "{refused:?}"
        );
    }
    assert_eq!(world.nonce(DEPLOYER.address).await, nonce, "nothing was sent");
}
