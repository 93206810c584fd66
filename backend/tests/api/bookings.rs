//! A plan of bookings and pairs that withholds tax: places, pairs, instalments, tax and its return, and the side that a user chooses.

use alloy::signers::SignerSync;
use approval::{ChosenSide, SideCommand, command_nonce};
use money::Amount;
use plan::{Book, Cause, Day, Intake, Report};
use reqwest::Method;
use serde_json::{Value, json};
use store::inbox::{self, Command};

use crate::world::{
    Answer, BNB, CHAIN_TIME, DISCLOSURE, Session, World, key, matured, reference, refunded, registered,
    wallet,
};

/// The shipped plan at a thousandth of its amounts, or near to it, with tax from 1970 on, and counted in the chain's coin.
pub(crate) fn plan_text() -> String {
    let text = include_str!("../../../plans/binary-ev.toml");
    text.replace("asset = \"INR\"", "asset = \"BNB\"")
        .replace("price = \"100000\"", "price = \"100\"")
        .replace("first_payment_min = \"500\"", "first_payment_min = \"2\"")
        .replace("pair_value = \"2000\"", "pair_value = \"8\"")
        .replace("full_pairs = 5", "full_pairs = 1")
        .replace("activation_amount = \"5000\"", "activation_amount = \"20\"")
        .replace("threshold = \"15000\"", "threshold = \"16\"")
        .replace("valid_from = \"2024-10-01\"", "valid_from = \"1970-04-01\"")
}

/// The last day of April 1970.
const MONTH_END: u32 = 119;

/// What has matured by then. A fifth of it is in the fund: three pairs of 8, and a little.
const IN_ESCROW: u128 = 122 * BNB;

impl World {
    async fn report(&mut self, name: &str, report: Report) {
        let command = Command {
            actor: wallet(0xee),
            idempotency_key: name,
            effective_at: CHAIN_TIME,
            cause: Cause::Reported(report),
        };
        let mut connection = self.database.connection().await;
        inbox::insert_command(&mut connection, &command).await.unwrap();
        self.post_causes(vec![]).await;
    }

    /// User 2 paid 2 under user 1, and users 3 to 8 paid 20 each under user 2: three on each side. April has ended.
    async fn paired() -> Self {
        let mut world = Self::of_plan(&plan_text(), &[]).await;
        let mut causes = vec![Cause::Registered(first_payment(2, 1, 2, 1))];
        causes.extend((3..=7).map(|person| registered(person, Some(2))));
        // What this one paid can still be refunded when April has ended.
        causes.push(Cause::Registered(first_payment(8, 2, 20, 30)));
        world.post_causes(causes).await;
        world
            .report("calendar", Report::DayEnded { day: Day::new(101) })
            .await;
        world.post_causes(vec![matured(IN_ESCROW)]).await;
        let day = Day::new(MONTH_END);
        world.report("april", Report::DayEnded { day }).await;
        world
    }

    async fn assert_recomputed(&self) {
        let mut connection = self.database.connection().await;
        let snapshot = store::snapshot::read(&mut connection).await.unwrap();
        let empty = Book::new(plan::compile(&plan_text()).unwrap());
        assert_eq!(audit::verify(&empty, &snapshot), []);
    }

    async fn choose_side(&self, session: &Session, user: u32, name: &str, side: &str) -> Answer {
        let command = SideCommand {
            wallet: wallet(session.person),
            side: match side {
                "left" => Some(ChosenSide::Left),
                "right" => Some(ChosenSide::Right),
                _ => None,
            },
            nonce: command_nonce(name),
        };
        let digest = command.message().digest(&self.app.domain());
        let signature = key(session.person).sign_hash_sync(&digest).unwrap();
        let signature = format!("0x{}", hex::encode(signature.as_bytes()));
        self.hand_in_side(
            session,
            user,
            name,
            &json!({ "side": side, "signature": signature }),
        )
        .await
    }

    async fn hand_in_side(&self, session: &Session, user: u32, name: &str, body: &Value) -> Answer {
        let path = format!("/users/{user}/binary/side");
        let request = self.request(Method::POST, &path, Some(session));
        self.send(request.header("idempotency-key", name).json(body))
            .await
    }
}

/// A registration under a sponsor that can be refunded for so many days.
fn first_payment(person: u8, sponsor: u8, bnb: u128, days: u64) -> Intake {
    Intake {
        deposit_ref: reference(person, 0),
        wallet: wallet(person),
        sponsor: Some(wallet(sponsor)),
        amount: Amount::new(bnb * BNB),
        refundable_until: CHAIN_TIME + days * 86_400,
        plan_hash: plan::compile(&plan_text()).unwrap().hash(),
        disclosure_hash: DISCLOSURE,
    }
}

/// An amount in hundredths of a coin, as answers have it.
fn cents(amount: u128) -> Value {
    json!((amount * BNB / 100).to_string())
}

#[tokio::test]
async fn pairs_instalments_and_tax_are_shown_to_their_user() {
    let world = World::paired().await;
    let user = world.sign_in(2).await;
    let binary = world.get("/users/2/binary", Some(&user)).await.ok();
    assert_eq!(binary["place"], json!({ "parent": 1, "side": "left" }));
    assert_eq!(
        (&binary["lots_left"], &binary["lots_right"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        (&binary["pair_count"], &binary["granted"]),
        (&json!(3), &cents(2_400))
    );
    // The first pair pays no instalment; the third crosses the threshold and bears the tax of all three.
    let pairs: Vec<_> = binary["pairs"].as_array().unwrap().iter().rev().collect();
    let parts = |pair: &Value| {
        (
            pair["withheld"].clone(),
            pair["instalment"].clone(),
            pair["state"].clone(),
        )
    };
    let expected = [(0, 0), (0, 160), (480, 64)];
    for (pair, (withheld, instalment)) in pairs.iter().zip(expected) {
        assert_eq!(parts(pair), (cents(withheld), cents(instalment), json!("paid")));
    }

    let bookings = world.get("/users/2/bookings", Some(&user)).await.ok();
    assert_eq!(
        (&bookings["price"], &bookings["paid"]),
        (&cents(10_000), &cents(424))
    );
    assert_eq!(
        (&bookings["instalments"], &bookings["outstanding"]),
        (&cents(224), &cents(9_576))
    );
    assert_eq!(bookings["is_active_buyer"], false);
    assert_eq!(bookings["kept"].as_array().unwrap().len(), 2);

    let tax = world.get("/users/2/withholding?limit=2", Some(&user)).await.ok();
    let year = &tax["years"][0];
    assert_eq!(
        (&year["policy"], &year["financial_year"]),
        (&json!("IN-194H"), &json!(1970))
    );
    assert_eq!((&year["paid"], &year["taxed"]), (&cents(2_400), &cents(2_400)));
    assert_eq!((&year["withheld"], &year["given_back"]), (&cents(480), &cents(0)));
    let newest = &tax["records"][0];
    assert_eq!(
        (&newest["kind"], &newest["amount"]),
        (&json!("withheld"), &cents(480))
    );
    assert_eq!((&newest["gross"], &newest["base"]), (&cents(800), &cents(2_400)));
    let cursor = tax["next_cursor"].as_str().unwrap();
    let path = format!("/users/2/withholding?limit=2&cursor={cursor}");
    let rest = world.get(&path, Some(&user)).await.ok();
    assert_eq!(rest["records"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&rest["records"][0]["base"], &rest["next_cursor"]),
        (&cents(0), &Value::Null)
    );

    // Users 3 and 4 have a pair each that the fund does not cover: it waits.
    let upline = world.sign_in(3).await;
    let waiting = world.get("/users/3/binary", Some(&upline)).await.ok();
    assert_eq!(
        (&waiting["lots_left"], &waiting["lots_right"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (&waiting["pair_count"], &waiting["side"]),
        (&json!(0), &Value::Null)
    );
    for path in ["binary", "bookings", "withholding"] {
        let other = world.get(&format!("/users/2/{path}"), Some(&upline)).await;
        assert_eq!(other.code(), "not_your_resource");
        let wrong = world
            .get(&format!("/users/2/{path}?cursor=72312e31"), Some(&user))
            .await;
        assert_eq!(wrong.code(), "malformed_query");
    }
    world.assert_recomputed().await;
}

#[tokio::test]
async fn a_refund_below_takes_a_pair_back_with_its_tax_and_its_instalment() {
    let mut world = World::paired().await;
    world.post_causes(vec![refunded(8)]).await;
    let user = world.sign_in(2).await;
    let binary = world.get("/users/2/binary", Some(&user)).await.ok();
    assert_eq!(
        (&binary["lots_left"], &binary["lots_right"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(binary["pair_count"], 2);
    let undone = &binary["pairs"][0];
    assert_eq!(
        (&undone["state"], &undone["withheld"]),
        (&json!("undone"), &cents(480))
    );
    assert!(undone["undone_fact"].as_i64().unwrap() > undone["fact_seq"].as_i64().unwrap());
    let bookings = world.get("/users/2/bookings", Some(&user)).await.ok();
    assert_eq!(
        (&bookings["paid"], &bookings["instalments"]),
        (&cents(360), &cents(160))
    );
    let tax = world.get("/users/2/withholding", Some(&user)).await.ok();
    let year = &tax["years"][0];
    assert_eq!((&year["paid"], &year["withheld"]), (&cents(1_600), &cents(0)));
    assert_eq!(year["given_back"], cents(480));
    assert_eq!(tax["records"][0]["kind"], "given_back");
    // Those above who were not in a pair lose a lot.
    let top = world.sign_in(1).await;
    let binary = world.get("/users/1/binary", Some(&top)).await.ok();
    assert_eq!(
        (&binary["lots_left"], &binary["place"]),
        (&json!(5), &Value::Null)
    );
    world.assert_recomputed().await;
}

#[tokio::test]
async fn a_user_chooses_with_a_signature_on_which_side_the_next_direct_stands() {
    let mut world = World::of_plan(&plan_text(), &[]).await;
    let user = world.sign_in(1).await;
    let path = "/users/1/binary/side?side=right";
    let request = world.request(Method::GET, path, Some(&user));
    let message = world.send(request.header("idempotency-key", "r")).await.ok();
    assert_eq!(message["typed_data"]["message"]["side"], "right");
    assert_eq!(message["typed_data"]["primaryType"], "SideChoice");
    let signature = key(1)
        .sign_hash_sync(&message["digest"].as_str().unwrap().parse().unwrap())
        .unwrap();
    let signature = format!("0x{}", hex::encode(signature.as_bytes()));
    // The signature is over this side and this key.
    let left = json!({ "side": "left", "signature": signature });
    assert_eq!(
        world.hand_in_side(&user, 1, "r", &left).await.code(),
        "bad_signature"
    );
    let right = json!({ "side": "right", "signature": signature });
    assert_eq!(
        world.hand_in_side(&user, 1, "s", &right).await.code(),
        "bad_signature"
    );
    let other = json!({ "side": "up", "signature": signature });
    assert_eq!(
        world.hand_in_side(&user, 1, "r", &other).await.code(),
        "malformed_json"
    );
    assert_eq!(world.rows("SELECT FROM inbox WHERE source = 'command'").await, 0);

    let first = world.hand_in_side(&user, 1, "r", &right).await.ok();
    let again = world.hand_in_side(&user, 1, "r", &right).await.ok();
    assert_eq!(first["command_id"], again["command_id"]);
    let reused = world.choose_side(&user, 1, "r", "left").await;
    assert_eq!(reused.code(), "idempotency_conflict");
    world.post_causes(vec![registered(2, Some(1))]).await;
    world
        .post_causes(vec![registered(3, Some(1)), registered(4, Some(1))])
        .await;
    let side = async |person: u8| {
        let session = world.sign_in(person).await;
        let binary = world
            .get(&format!("/users/{person}/binary"), Some(&session))
            .await
            .ok();
        (binary["place"]["parent"].clone(), binary["place"]["side"].clone())
    };
    assert_eq!(side(3).await, (json!(1), json!("left")));
    let chosen = world.get("/users/1/binary", Some(&user)).await.ok();
    assert_eq!(chosen["side"], "right");
    let stranger = world.sign_in(3).await;
    assert_eq!(
        world.choose_side(&stranger, 1, "x", "left").await.code(),
        "not_your_resource"
    );
    assert_eq!(world.choose_side(&user, 1, "n", "none").await.status, 202);
    world.post_causes(vec![refunded(3)]).await;
    let chosen = world.get("/users/1/binary", Some(&user)).await.ok();
    assert_eq!(chosen["side"], Value::Null);
    assert_eq!(
        world.choose_side(&stranger, 3, "x", "left").await.code(),
        "refunded_user"
    );
    world.assert_recomputed().await;
}

#[tokio::test]
async fn no_more_can_be_paid_than_what_is_outstanding() {
    let world = World::paired().await;
    let user = world.sign_in(2).await;
    let hash = world.disclosure().await;
    let purchase = async |amount: u128| {
        let ask = json!({ "disclosure_hash": hash, "amount": amount.to_string() });
        world.post("/users/2/purchases", Some(&user), &ask).await
    };
    let outstanding = 9_576 * BNB / 100;
    let refusal = purchase(outstanding + 1_000_000_000).await;
    assert_eq!(refusal.code(), "wrong_amount");
    let detail = refusal.body["detail"].as_str().unwrap();
    assert!(
        detail.starts_with(&format!("{outstanding} base units")),
        "{detail}"
    );
    for amount in [101 * BNB, 0, 1] {
        assert_eq!(purchase(amount).await.code(), "wrong_amount");
    }
    assert_eq!(purchase(outstanding).await.status, 200);
    assert_eq!(purchase(1_000_000_000).await.status, 200);
}

#[tokio::test]
async fn a_plan_without_a_tree_has_no_sides_and_none_without_policies_any_tax() {
    let world = World::with(&[1]).await;
    let user = world.sign_in(2).await;
    for path in ["binary", "bookings", "withholding"] {
        let answer = world.get(&format!("/users/2/{path}"), Some(&user)).await;
        assert_eq!(answer.code(), "not_in_plan");
    }
    assert_eq!(
        world.choose_side(&user, 2, "a", "left").await.code(),
        "not_in_plan"
    );
}
