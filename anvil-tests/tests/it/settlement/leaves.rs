//! Anyone settles the leaves of a published root in one call, with nothing but the public list. Who is paid by it, or credited,
//! is paid by no batch.

use std::num::NonZeroUsize;

use abi::ICustody;
use abi::payouts::{BATCH_MAX, Payout};
use abi::{CustodyEvent, events};
use alloy::primitives::{B256, Bytes, U256};
use alloy::sol_types::SolCall;
use anvil_tests::PayoutWorld;
use audit::liabilities::{List, Part, Tree};

use super::claims::{claims_first, line, publish};
use super::recipients::refuses;

/// What everyone is due.
const DUE: u128 = 18_000_000_000_000_000_000;

/// The tree of a root, recomputed from the list that everyone can read.
pub(super) async fn tree_of(payouts: &PayoutWorld, root: B256) -> Tree {
    let url = format!("{}/liabilities/roots/{root}/leaves", payouts.api_url);
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    let tree = List::parse(&text).unwrap().tree;
    assert_eq!(tree.root(), root);
    tree
}

fn call_of(root: B256, part: &Part<'_>) -> Bytes {
    let leaves = part.leaves.iter().map(|leaf| {
        let (user, target) = (leaf.wallet, leaf.entitled.base_units());
        Payout { user, target }.word().unwrap()
    });
    let nodes = part.proof.iter().map(|node| ICustody::SumNode {
        hash: node.hash,
        sum: U256::from(node.sum.base_units()),
    });
    let call = ICustody::settleLeavesCall {
        root,
        leaves: leaves.collect(),
        proof: nodes.collect(),
    };
    call.abi_encode().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_settles_the_leaves_of_a_root_pays_everybody_once_and_nobody_holds_it_up() {
    let mut payouts = PayoutWorld::with_due(5).await;
    let people = payouts.some(5);
    let deaf = &people[0];
    refuses(&payouts, deaf).await;
    let root = publish(&payouts).await;
    // What a batch holds back is paid by the leaves all the same; the batch then finds nothing due.
    let batch = payouts.signed_batch(&people[..3]).await;
    let tree = tree_of(&payouts, root).await;
    for leaf in tree.leaves() {
        let paid = payouts.contract().account(leaf.wallet).call().await.unwrap().paid;
        let due = leaf.entitled.base_units() - u128::try_from(paid).unwrap();
        payouts.expect_paid(leaf.wallet, due);
    }
    let parts = tree.parts(NonZeroUsize::new(BATCH_MAX).unwrap());
    let [whole] = &parts[..] else {
        panic!("{} parts", parts.len())
    };
    let call = call_of(root, whole);
    let hash = claims_first(&payouts, call.clone()).await;
    let receipt = payouts.mined(hash).await;
    assert!(receipt.status());
    let closing = receipt.logs().last().unwrap();
    let closing = events::decode(closing.data()).unwrap();
    assert!(
        matches!(&closing, Some(CustodyEvent::LeavesSettled(event))
            if event.root == root
                && event.count == U256::from(tree.leaves().len())
                && event.paid == U256::from(tree.total().base_units())
                && event.credited == U256::from(DUE)),
        "{closing:?}"
    );
    let account = payouts.contract().account(deaf.address()).call().await.unwrap();
    assert_eq!(account.credit, U256::from(DUE), "who refuses is credited");
    payouts.settled().await;
    let claims: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT c.state, c.amount::text, c.entitled::text FROM claim c JOIN users u ON u.id = c.user_id WHERE u.wallet = ANY ($1)
         ORDER BY c.state",
    )
    .bind(people.iter().map(|person| person.address().to_vec()).collect::<Vec<_>>())
    .fetch_all(payouts.ledger.pool())
    .await
    .unwrap();
    let due = DUE.to_string();
    let states: Vec<&str> = claims.iter().map(|(state, ..)| state.as_str()).collect();
    assert_eq!(states, ["credited", "paid", "paid", "paid", "paid"]);
    assert!(
        claims
            .iter()
            .all(|(_, amount, entitled)| *amount == due && *entitled == due)
    );

    // A second time nothing is due: neither by the leaves nor by the batch, which was signed before.
    let again = claims_first(&payouts, call).await;
    assert!(!payouts.mined(again).await.status());
    payouts.submit(&batch).await;
    payouts.reaches(batch.id, "executed").await;
    for person in &people[..3] {
        assert_eq!(line(&payouts, batch.id, person).await, "skipped");
    }
    // And nobody has anything left that a further batch could pay.
    let asked = payouts.ask_to_build(&payouts.builder, &people).await;
    assert!(
        asked.status >= 400 || asked.body["batch"]["count"] == 0,
        "{asked:?}"
    );
    payouts.prove().await;
}
