//! Roots of liabilities: signed, published, and claimed against for those who are still due.

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use approval::{Attestation, Attested, Domain, Moment, Proposal, RootProposal};
use audit::liabilities::{Leaf, Tree};
use backend::settlement::build::complete_next;
use devstack::agreement;
use devstack::anvil::CHAIN_ID;
use money::Amount;
use store::approval::Subject;
use store::attestation::{Kind, StoredAttestation};

use crate::world::{BNB, World, until};

const DAY: u64 = 86_400;

/// Enters an approved root over these leaves.
async fn approve(world: &World, leaves: &[(Address, u128)], accept_claims: bool) -> B256 {
    let tree = Tree::build(
        (leaves.iter())
            .map(|(wallet, entitled)| Leaf {
                wallet: *wallet,
                entitled: Amount::new(*entitled),
            })
            .collect(),
    )
    .unwrap();
    let root = tree.root();
    sqlx::query(
        "INSERT INTO liabilities_root (root, state, total, leaves, as_of_seq, fact_seq, block_number, block_hash,
             accept_claims, built_by, approved_by)
         VALUES ($1, 'approved', $2::numeric, $3, 1, 1, 1, $1, $4, $5, $6)",
    )
    .bind(root.as_slice())
    .bind(tree.total().to_string())
    .bind(i32::try_from(leaves.len()).unwrap())
    .bind(accept_claims)
    .bind(agreement::builder().as_slice())
    .bind(agreement::approver().as_slice())
    .execute(world.ledger.pool())
    .await
    .unwrap();
    for (wallet, entitled) in leaves {
        sqlx::query(
            "INSERT INTO liabilities_leaf (root, wallet, user_id, entitled)
             SELECT $1, wallet, id, $3::numeric FROM users WHERE wallet = $2",
        )
        .bind(root.as_slice())
        .bind(wallet.as_slice())
        .bind(entitled.to_string())
        .execute(world.ledger.pool())
        .await
        .unwrap();
    }
    let proposal = Proposal::Root {
        root: RootProposal {
            root,
            total: tree.total(),
            leaves: u32::try_from(leaves.len()).unwrap(),
            as_of_seq: 1,
        },
        proposer: agreement::builder(),
    };
    let expires = world.time().await + 7_200;
    let mut connection = world.ledger.connection().await;
    for approval in agreement::approvals(&proposal, expires, &domain(world)) {
        store::approval::insert(&mut connection, &Subject::Root(root), &approval, None)
            .await
            .unwrap();
    }
    attest(world, root, tree.total()).await;
    root
}

const fn domain(world: &World) -> Domain {
    Domain {
        chain_id: CHAIN_ID,
        contract: world.contract,
    }
}

/// What the reconciler says of a root, at the newest block.
async fn attest(world: &World, root: B256, total: Amount) {
    let block = world.provider.get_block(BlockId::latest()).await.unwrap();
    let header = block.unwrap().header;
    let custody = world.custody();
    let head = custody.journalHead().block(BlockId::hash(header.hash));
    let journal = head.call().await.unwrap();
    let mut journal_root = B256::ZERO;
    journal_root[..24].copy_from_slice(&journal.root.0);
    let moment = Moment {
        fact_seq: 1,
        journal_seq: journal.seq,
        journal_root,
        block_number: header.number,
        block_hash: header.hash,
        seen_at: header.timestamp,
        attested_at: header.timestamp,
    };
    let subject = Attested::Root { root, total };
    let attestation = StoredAttestation {
        content: root,
        moment,
        signature: agreement::attest(&Attestation { subject, moment }, &domain(world)),
    };
    let mut connection = world.ledger.connection().await;
    store::attestation::upsert(&mut connection, Kind::Root, root, &attestation)
        .await
        .unwrap();
}

async fn state(world: &World, root: B256) -> String {
    world
        .text(
            "SELECT state FROM liabilities_root WHERE root = $1",
            root.as_slice(),
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_root_is_published_and_whoever_is_due_is_paid_by_claim() {
    let world = World::with_payees(3).await;
    let mut worker = world.swept().await;
    let leaves: Vec<(Address, u128)> = world.users[..3].iter().map(|user| (*user, 18 * BNB)).collect();
    let root = approve(&world, &leaves, true).await;
    until(&mut worker, "published", async || {
        state(&world, root).await == "published"
    })
    .await;
    until(&mut worker, "closed", async || world.live().await == "0").await;
    assert_eq!(world.submissions().await, "sweep final_ok, root final_ok");
    // It came without nodes, as from a time before they were kept.
    let mut connection = world.ledger.connection().await;
    assert!(complete_next(&mut connection).await.unwrap());
    assert!(!complete_next(&mut connection).await.unwrap());
    assert_eq!(
        world.paid(world.users[0]).await,
        0,
        "nobody claims before the veto delay is over"
    );
    world.pass(DAY + 60).await;
    let live = world.live().await;
    until(&mut worker, "the claims wait for the attestor", async || {
        let waits = "SELECT count(*)::text FROM audit_log WHERE action = 'claims_waits'";
        world.one(waits).await != "0"
    })
    .await;
    assert_eq!(world.live().await, live, "nothing is claimed on an old word");
    attest(&world, root, Amount::new(54 * BNB)).await;
    until(&mut worker, "all are paid", async || {
        let paid = world.one("SELECT sum(paid)::text FROM users").await;
        paid == (54 * BNB).to_string() && world.live().await == "0"
    })
    .await;
    for user in &world.users[..3] {
        assert_eq!(world.paid(*user).await, 18 * BNB);
    }
    let claims = "SELECT count(*)::text FROM submission WHERE kind = 'claim' AND state = 'final_ok'";
    assert_eq!(world.one(claims).await, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_operators_wish_nobody_is_claimed_for_and_a_root_waits_for_batches() {
    let world = World::with_payees(2).await;
    let mut worker = world.swept().await;
    let leaves: Vec<(Address, u128)> = world.users[..2].iter().map(|user| (*user, 18 * BNB)).collect();
    let batch = world.submitted(&mut worker, 1, &world.users[..1], 600).await;
    let root = approve(&world, &leaves, false).await;
    until(&mut worker, "published", async || {
        state(&world, root).await == "published"
    })
    .await;
    assert_eq!(world.state(batch).await, "executed", "it was paid before");
    world.pass(DAY + 60).await;
    let mark = world.time().await;
    until(&mut worker, "three seconds of the chain", async || {
        world.time().await > mark + 3
    })
    .await;
    assert_eq!(world.paid(world.users[1]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_cannot_be_published_in_time_is_given_up() {
    let world = World::with_payees(1).await;
    let mut worker = world.swept().await;
    // More than the contract has: it would revert, so it is never sent.
    let root = approve(&world, &[(world.users[0], 1_000 * BNB)], true).await;
    let waits = "SELECT count(*)::text FROM audit_log WHERE action = 'root_waits'";
    until(&mut worker, "it waits", async || world.one(waits).await != "0").await;
    world.pass(3_700).await;
    until(&mut worker, "expired", async || {
        state(&world, root).await == "expired"
    })
    .await;
    assert_eq!(world.submissions().await, "sweep final_ok");
}
