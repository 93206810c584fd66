//! Messages that users sign and hand in to be relayed.

use abi::{ICustody, typed_data};
use alloy::signers::SignerSync;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use backend::http::code::Code;
use serde_json::{Value, json};

use crate::codes::Seen;
use crate::world::{BNB, CHAIN_ID, World, key, wallet};

/// Every code of a relay is produced by a request, beside a real chain.
pub(crate) async fn codes(seen: &mut Seen) {
    let world = World::beside_chain().await;
    let chain = world.chain.as_ref().unwrap();
    let user = key(2);
    for person in [2, 3] {
        chain.register(wallet(person), 20 * BNB).await;
    }
    let now = chain.time().await;
    let refund = |reference: B256, to: Address, deadline: u64| {
        let order = ICustody::Refund {
            r#ref: reference,
            to,
            deadline: U256::from(deadline),
        };
        let domain = typed_data::domain(CHAIN_ID, chain.contract);
        let digest = typed_data::digest(&typed_data::Refund(order), &domain);
        let signature = Bytes::from(user.sign_hash_sync(&digest).unwrap().as_bytes());
        json!({ "ref": reference, "to": to, "deadline": deadline, "signature": signature })
    };
    let post = async |kind: &str, body: Value| world.post(&format!("/relay/{kind}"), None, &body).await;
    let (deposit, to) = (keccak256(wallet(2)), Address::repeat_byte(9));
    let soon = now + 3_600;

    let unknown = format!("/relay/{}", B256::repeat_byte(0x12));
    seen.expect(Code::UnknownRelay, &world.get(&unknown, None).await);
    let nobody_pays = post("refund", refund(deposit, to, soon)).await;
    seen.expect(Code::RelayUnavailable, &nobody_pays);

    let mut transaction = world.database.pool().begin().await.unwrap();
    store::relay::insert_relayer(&mut transaction, chain_account())
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let expiring = post("refund", refund(deposit, to, now + 30)).await;
    seen.expect(Code::MessageExpired, &expiring);
    let strange = post("refund", refund(B256::repeat_byte(1), to, soon)).await;
    seen.expect(Code::UnknownDeposit, &strange);
    // Of someone else, who did not sign it.
    let foreign = post("refund", refund(keccak256(wallet(3)), to, soon)).await;
    seen.expect(Code::BadSignature, &foreign);
    // The contract takes no coin that is just sent to it.
    let refused = post("refund", refund(deposit, chain.contract, soon)).await;
    seen.expect(Code::MessageRejected, &refused);

    let root = B256::repeat_byte(7);
    chain.publish(root, BNB).await;
    let (one, signature) = (BNB.to_string(), format!("0x{}", "11".repeat(65)));
    let claim = json!({ "user": wallet(2), "to": to, "root": root, "entitled": one, "deadline": soon, "signature": signature });
    seen.expect(Code::RootImmature, &post("claim", claim).await);
    let mut credit = json!({ "user": wallet(2), "to": to, "amount": one, "nonce": one, "deadline": soon, "signature": signature });
    seen.expect(Code::OtherNonce, &post("credit", credit.clone()).await);
    credit["nonce"] = json!("0");
    seen.expect(Code::OtherCredit, &post("credit", credit).await);

    for more in 0..10 {
        let queued = post("refund", refund(deposit, to, soon + more)).await.ok();
        assert_eq!(queued["state"], "queued", "{queued}");
        let digest = queued["digest"].as_str().unwrap();
        assert_eq!(world.get(&format!("/relay/{digest}"), None).await.ok(), queued);
    }
    // A repeat is found, and one more is too many.
    assert_eq!(
        post("refund", refund(deposit, to, soon)).await.ok()["state"],
        "queued"
    );
    let eleventh = post("refund", refund(deposit, to, soon + 10)).await;
    seen.expect(Code::RelayLimit, &eleventh);
    chain.pass(15 * 86_400).await;
    let late = refund(deposit, to, soon + 20 * 86_400);
    seen.expect(Code::NotRefundable, &post("refund", late).await);
}

#[tokio::test]
async fn a_users_limit_holds_for_requests_at_once_and_sizes_are_bounded() {
    let world = World::beside_chain().await;
    let chain = world.chain.as_ref().unwrap();
    chain.register(wallet(2), 20 * BNB).await;
    let mut transaction = world.database.pool().begin().await.unwrap();
    store::relay::insert_relayer(&mut transaction, chain_account())
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let (now, domain) = (chain.time().await, typed_data::domain(CHAIN_ID, chain.contract));
    let bodies = (0..30).map(|more| {
        let order = ICustody::Refund {
            r#ref: keccak256(wallet(2)),
            to: Address::repeat_byte(9),
            deadline: U256::from(now + 3_600 + more),
        };
        let digest = typed_data::digest(&typed_data::Refund(order.clone()), &domain);
        let signature = Bytes::from(key(2).sign_hash_sync(&digest).unwrap().as_bytes());
        json!({ "ref": order.r#ref, "to": order.to, "deadline": now + 3_600 + more, "signature": signature })
    });
    let bodies: Vec<Value> = bodies.collect();
    let asked = bodies.iter().map(|body| world.post("/relay/refund", None, body));
    let answers = futures::future::join_all(asked).await;
    let taken = answers.iter().filter(|answer| answer.status == 202).count();
    assert_eq!(taken, 10, "a user's messages of a day");
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!(refused, 20);

    let mut body = bodies[0].clone();
    body["signature"] = json!(format!("0x{}", "11".repeat(1_025)));
    assert_eq!(world.post("/relay/refund", None, &body).await.status, 422);
    body["signature"] = json!(format!("0x{}", "11".repeat(5_000_000)));
    assert_eq!(world.post("/relay/refund", None, &body).await.status, 413);
    let node = json!({ "hash": B256::ZERO, "sum": "1" });
    let claim = json!({ "user": wallet(2), "to": wallet(2), "root": B256::ZERO, "entitled": "1", "deadline": now + 3_600,
        "signature": "0x11", "proof": vec![node; 33] });
    assert_eq!(world.post("/relay/claim", None, &claim).await.status, 422);
}

/// Has means on every local chain.
const fn chain_account() -> Address {
    abi::development::DEPLOYER.address
}
