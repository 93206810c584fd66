//! Liabilities roots: what is signed, and that they never fall.

use abi::{ICustody, development, typed_data};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use money::Amount;
use signer::purpose::Purpose;
use signer_client::{Authorization, RootTerms};

use crate::world::{BNB, World, word};

async fn publish(world: &World, terms: &RootTerms, authorization: &Authorization) -> bool {
    let call = ICustody::publishRootCall {
        root: fields(terms),
        signer: authorization.signer,
        signature: Bytes::copy_from_slice(&authorization.signature),
    };
    world
        .send(development::SUBMITTER.address, 0, call.abi_encode())
        .await
}

fn fields(terms: &RootTerms) -> ICustody::LiabilitiesRoot {
    let root = &terms.root;
    ICustody::LiabilitiesRoot {
        root: root.root,
        total: U256::from(root.total.base_units()),
        asOfSeq: U256::from(root.as_of_seq),
        validAfter: U256::from(root.valid_after),
        deadline: U256::from(root.deadline),
    }
}

async fn word_of(world: &World, terms: &RootTerms) -> String {
    word(&world.client.authorize_root(terms).await)
}

#[tokio::test]
async fn a_root_is_signed_once_and_the_contract_publishes_it() {
    let world = World::start_for(Purpose::Roots, &[]).await;
    world.fund(5).await;
    let terms = world.root(20, BNB, 1).await;
    let authorization = world.client.authorize_root(&terms).await.unwrap();
    assert_eq!(authorization.signer, development::ROOT_SIGNER.address);
    assert_eq!(
        authorization.digest,
        typed_data::digest(&fields(&terms), &world.domain())
    );
    assert!(publish(&world, &terms, &authorization).await);
    assert_eq!(world.client.authorize_root(&terms).await.unwrap(), authorization);

    // Below what is published, by the contract's word alone.
    sqlx::query("UPDATE signer.liabilities_root SET deadline = 0")
        .execute(world.database.pool())
        .await
        .unwrap();
    assert_eq!(
        word_of(&world, &world.root(21, BNB - 1, 2).await).await,
        "total_falls"
    );
    assert_eq!(word_of(&world, &world.root(21, BNB, 0).await).await, "seq_falls");
    assert_eq!(word_of(&world, &world.root(21, BNB, 1).await).await, "signed");
}

#[tokio::test]
async fn every_rule_of_a_root_refuses_it_under_its_name() {
    let world = World::start_for(Purpose::Roots, &[]).await;
    world.fund(1).await;
    let good = world.root(20, BNB, 1).await;
    type Change = fn(&mut RootTerms);
    let table: [(Change, &str); 14] = [
        (|terms| terms.chain_id = 56, "wrong_chain"),
        (|terms| terms.contract = Address::ZERO, "wrong_contract"),
        (|terms| terms.plan_hash = B256::ZERO, "unknown_plan"),
        (|terms| terms.root.root = B256::ZERO, "root_zero"),
        (|terms| terms.root.total = Amount::ZERO, "total_zero"),
        (|terms| terms.root.total = Amount::new(1 << 96), "total_too_large"),
        (
            |terms| terms.root.valid_after = terms.root.deadline,
            "window_empty",
        ),
        (|terms| terms.root.as_of_seq = 2, "ahead_of_journal"),
        (|terms| terms.root.as_of_seq = u64::MAX, "ahead_of_journal"),
        (
            |terms| {
                terms.root.deadline = 1;
                terms.root.valid_after = 0;
            },
            "deadline_passed",
        ),
        (|terms| terms.root.deadline -= 580, "deadline_too_near"),
        (|terms| terms.root.deadline += 3_100, "deadline_too_far"),
        (|_| {}, "signed"),
        (|terms| terms.root.total = Amount::new(BNB + 1), "equivocation"),
    ];
    let mut refused = Vec::new();
    for (row, (change, code)) in table.into_iter().enumerate() {
        let mut terms = good.clone();
        terms.root.deadline = world.head().await + 600;
        change(&mut terms);
        assert_eq!(word_of(&world, &terms).await, code, "row {row}");
        if code != "signed" {
            refused.push(code);
        }
    }
    assert_eq!(world.refusals().await, refused);
    world.verify().await.unwrap();
}

#[tokio::test]
async fn a_root_does_not_fall_below_one_that_can_still_be_published() {
    let world = World::start_for(Purpose::Roots, &[]).await;
    world.fund(1).await;
    world.fund(1).await;
    assert_eq!(word_of(&world, &world.root(20, BNB, 2).await).await, "signed");
    assert_eq!(
        word_of(&world, &world.root(21, BNB - 1, 2).await).await,
        "total_falls"
    );
    assert_eq!(word_of(&world, &world.root(21, BNB, 1).await).await, "seq_falls");
    // Equal is no fall.
    assert_eq!(word_of(&world, &world.root(21, BNB, 2).await).await, "signed");

    // Once both have expired unpublished, they bind nobody.
    world.rpc("evm_increaseTime", [700]).await;
    world.rpc("evm_mine", ()).await;
    assert_eq!(word_of(&world, &world.root(22, BNB - 1, 1).await).await, "signed");
    world.verify().await.unwrap();
    for tampering in [
        "UPDATE signer.liabilities_root SET total = total - 1",
        "UPDATE signer.liabilities_root SET deadline = 0",
        "UPDATE signer.liabilities_root SET as_of_seq = 0",
        "DELETE FROM signer.liabilities_root",
    ] {
        sqlx::query(tampering)
            .execute(world.database.pool())
            .await
            .unwrap();
        let found = world.verify().await;
        assert!(
            matches!(
                &found,
                Err(signer::audit::VerifyError::Broken(signer::audit::Broken::Memory(key)))
                    if key.starts_with("root:31337:")
            ),
            "{tampering}: {found:?}"
        );
    }
}
