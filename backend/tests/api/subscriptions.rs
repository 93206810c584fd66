//! A plan of subscriptions: what may be paid, what a payment bought, and taking rewards out of the wallet balance.

use abi::ICustody;
use alloy::primitives::U256;
use alloy::signers::SignerSync;
use alloy::sol_types::SolCall;
use approval::{WithdrawalCommand, command_nonce};
use money::Amount;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, BNB, Session, World, key, wallet};

/// The shipped plan in which a subscription may be smaller, counted in the chain's coin.
pub(crate) fn plan_text() -> String {
    let text = include_str!("../../../plans/subscription.toml");
    text.replace("asset = \"USDT\"", "asset = \"BNB\"")
        .replace("from = \"50\"", "from = \"2\"")
}

/// A ledger of subscriptions in which person 1 bought one of 20, and persons under each other as `sponsors` says.
pub(crate) async fn world(sponsors: &[u8]) -> World {
    World::of_plan(&plan_text(), sponsors).await
}

impl World {
    /// Requests what a withdrawal gives.
    pub(crate) async fn quote(&self, session: &Session, user: u32, key: &str, amount: u128) -> Answer {
        let path = format!("/users/{user}/withdrawals/quote?amount={amount}");
        let request = self.request(Method::GET, &path, Some(session));
        self.send(request.header("idempotency-key", key)).await
    }

    /// Requests a withdrawal that the person signed.
    pub(crate) async fn withdraw_wallet(
        &self,
        session: &Session,
        user: u32,
        name: &str,
        amount: u128,
    ) -> Answer {
        let command = WithdrawalCommand {
            wallet: wallet(session.person),
            amount: Amount::new(amount),
            nonce: command_nonce(name),
        };
        let digest = command.message().digest(&self.app.domain());
        let signature = key(session.person).sign_hash_sync(&digest).unwrap();
        let signature = format!("0x{}", hex::encode(signature.as_bytes()));
        self.hand_in(
            session,
            user,
            name,
            &json!({ "amount": amount.to_string(), "signature": signature }),
        )
        .await
    }

    async fn hand_in(&self, session: &Session, user: u32, name: &str, body: &Value) -> Answer {
        let path = format!("/users/{user}/withdrawals");
        let request = self.request(Method::POST, &path, Some(session));
        self.send(request.header("idempotency-key", name).json(body))
            .await
    }
}

#[tokio::test]
async fn a_payment_may_be_any_amount_that_the_plan_takes() {
    let world = world(&[]).await;
    let config = world.get("/config", None).await.ok();
    let any = json!({ "least": (2 * BNB).to_string(), "most": null });
    assert_eq!(config["payments"], json!({ "registration": any, "later": any }));
    assert_eq!(config["prices"], Value::Null);
    let disclosure = world.get("/disclosure", None).await.ok();
    let text = disclosure["text"].as_str().unwrap();
    assert!(text.contains("- a payment may be 2 BNB or more\n"), "{text}");
    assert!(
        text.contains("Chain: 31337 (for development; its coin stands for the plan's asset"),
        "{text}"
    );

    let newcomer = world.sign_in(2).await;
    let hash = disclosure["hash"].as_str().unwrap();
    let register = async |amount: Option<u128>| {
        let amount = amount.map(|amount| amount.to_string());
        let ask = json!({ "sponsor": wallet(1), "disclosure_hash": hash, "amount": amount });
        world.post("/users/register", Some(&newcomer), &ask).await
    };
    let answer = register(Some(3 * BNB + 1_000_000_000)).await.ok();
    let calldata = answer["payload"]["calldata"].as_str().unwrap();
    let call = ICustody::registerCall::abi_decode(&hex::decode(&calldata[2..]).unwrap()).unwrap();
    assert_eq!(call.intake.amount, U256::from(3 * BNB + 1_000_000_000));
    assert_eq!(answer["provisional_placement"], Value::Null);
    for (amount, code, detail) in [
        (None, "invalid_field", "the plan has no fixed price"),
        (
            Some(2 * BNB - 1_000_000_000),
            "wrong_amount",
            "at least 2000000000000000000 base units",
        ),
        (
            Some(2 * BNB + 1),
            "wrong_amount",
            "whole multiples of 1000000000 base units",
        ),
        (Some(0), "wrong_amount", "at least"),
    ] {
        let answer = register(amount).await;
        assert_eq!(answer.code(), code, "{answer:?}");
        assert!(
            answer.body["detail"].as_str().unwrap().contains(detail),
            "{answer:?}"
        );
    }

    let user = world.sign_in(1).await;
    let ask = json!({ "disclosure_hash": hash, "amount": (7 * BNB).to_string() });
    let answer = world.post("/users/1/purchases", Some(&user), &ask).await.ok();
    let calldata = answer["payload"]["calldata"].as_str().unwrap();
    let call = ICustody::retopupCall::abi_decode(&hex::decode(&calldata[2..]).unwrap()).unwrap();
    assert_eq!(call.intake.amount, U256::from(7 * BNB));
    let retopup = world.post("/users/1/retopup", Some(&user), &ask).await;
    assert_eq!(retopup.code(), "not_in_plan");
    let stranger = world.post("/users/1/purchases", Some(&newcomer), &ask).await;
    assert_eq!(stranger.code(), "not_registered");
}

#[tokio::test]
async fn what_a_payment_bought_is_listed() {
    let world = world(&[1]).await;
    let user = world.sign_in(2).await;
    let answer = world.get("/users/2/subscriptions", Some(&user)).await.ok();
    let listed = answer["subscriptions"].as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["number"], 2);
    assert_eq!(listed[0]["amount"], (20 * BNB).to_string());
    assert_eq!(
        (&listed[0]["state"], &listed[0]["accrued"]),
        (&json!("active"), &json!("0"))
    );
    let other = world.get("/users/1/subscriptions", Some(&user)).await;
    assert_eq!(other.code(), "not_your_resource");
    let ranks = world.get("/users/2/ranks", Some(&user)).await.ok();
    assert_eq!((&ranks["title"], &ranks["paid_as"]), (&Value::Null, &Value::Null));
    // Of its purchase the sponsor got the first generation's share.
    let sponsor = world.sign_in(1).await;
    let history = world.get("/users/1/history", Some(&sponsor)).await.ok();
    let newest = &history["entries"][0];
    assert_eq!(
        (&newest["kind"], &newest["amount"]),
        (&json!("generation"), &json!((2 * BNB).to_string()))
    );
}

#[tokio::test]
async fn a_withdrawal_is_quoted_and_signed_by_its_user() {
    let world = world(&[1]).await;
    let user = world.sign_in(1).await;
    assert_eq!(world.quote(&user, 1, "a", 1).await.code(), "above_balance");
    assert_eq!(world.quote(&user, 1, "a", 0).await.code(), "below_minimum");
    assert_eq!(
        world.withdraw_wallet(&user, 1, "a", BNB).await.code(),
        "above_balance"
    );
    let other = world.sign_in(2).await;
    assert_eq!(world.quote(&other, 1, "a", 1).await.code(), "not_your_resource");
    let wrong = json!({ "amount": "1", "signature": format!("0x{}", "11".repeat(65)) });
    assert_eq!(world.hand_in(&user, 1, "a", &wrong).await.code(), "bad_signature");
    assert_eq!(world.rows("SELECT FROM inbox WHERE source = 'command'").await, 0);
}
