//! A plan of subscriptions: what may be paid, what a payment bought, and taking rewards out of the wallet balance.

use abi::ICustody;
use alloy::primitives::U256;
use alloy::signers::SignerSync;
use alloy::sol_types::SolCall;
use approval::{WithdrawalCommand, command_nonce};
use money::Amount;
use plan::{Book, Cause, Day, Intake, Report};
use reqwest::Method;
use serde_json::{Value, json};
use store::inbox::{self, Command};

use crate::funds::SUPPORT;
use crate::world::{Answer, BNB, CHAIN_TIME, DISCLOSURE, Session, World, key, matured, reference, wallet};

/// The shipped plan in which a subscription may be smaller, counted in the chain's coin.
pub(crate) fn plan_text() -> String {
    let text = include_str!("../../../plans/subscription.toml");
    text.replace("asset = \"USDT\"", "asset = \"BNB\"")
        .replace("from = \"50\"", "from = \"2\"")
}

/// The same in which purchases fill the fund of accruals.
fn filling() -> String {
    format!(
        "{}\n[[subscription.allocations]]\nfund = \"yield\"\nbps = 5000\n",
        plan_text()
    )
}

/// The day of the newest block; it is a Saturday.
const TODAY: u32 = 100;

/// A ledger of subscriptions in which person 1 bought one of 20, and persons under each other as `sponsors` says.
pub(crate) async fn world(sponsors: &[u8]) -> World {
    World::of_plan(&plan_text(), sponsors).await
}

impl World {
    /// Lets the calendar end a day. It has not begun by the chain's clock in these ledgers, so the day comes as a command does.
    async fn end_day(&mut self, day: u32) {
        let command = Command {
            actor: wallet(0xee),
            idempotency_key: &day.to_string(),
            effective_at: CHAIN_TIME,
            cause: Cause::Reported(Report::DayEnded { day: Day::new(day) }),
        };
        let mut connection = self.database.connection().await;
        inbox::insert_command(&mut connection, &command).await.unwrap();
        self.post_causes(vec![]).await;
    }

    /// Users 1 to 3 bought for 20 each, of which user 1 got two shares; all of it has matured, and a day has accrued.
    async fn accrued() -> Self {
        Self::accrued_in(&filling()).await
    }

    async fn accrued_in(plan_text: &str) -> Self {
        let mut world = Self::of_plan(plan_text, &[1, 1]).await;
        world.end_day(TODAY + 1).await;
        world.post_causes(vec![matured(60 * BNB)]).await;
        world.end_day(TODAY + 2).await;
        world
    }

    async fn balance(&self, session: &Session, name: &str) -> u128 {
        let me = self.get("/users/me", Some(session)).await.ok();
        me["balances"][name].as_str().unwrap().parse().unwrap()
    }

    /// Kind, amount and state of the newest entries of a user's history.
    async fn newest(&self, session: &Session, entries: usize) -> Vec<(String, u128, String)> {
        let path = format!("/users/{}/history?limit={entries}", session.person);
        let history = self.get(&path, Some(session)).await.ok();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
        let entries = history["entries"].as_array().unwrap().iter();
        entries
            .map(|entry| {
                (
                    text(entry, "kind"),
                    text(entry, "amount").parse().unwrap(),
                    text(entry, "state"),
                )
            })
            .collect()
    }

    /// Whether everything that is stored follows from the facts.
    async fn assert_verified(&self, text: &str) {
        let mut connection = self.database.connection().await;
        let snapshot = store::snapshot::read(&mut connection).await.unwrap();
        let empty = Book::new(plan::compile(text).unwrap());
        assert_eq!(audit::verify(&empty, &snapshot), []);
    }

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

fn entry(kind: &str, amount: u128, state: &str) -> (String, u128, String) {
    (kind.to_owned(), amount, state.to_owned())
}

/// A thirtieth of 6 % of 20.
const ACCRUED: u128 = BNB / 25;

#[tokio::test]
async fn a_user_sees_what_a_subscription_accrued_and_takes_it_out() {
    let mut world = World::accrued().await;
    let user = world.sign_in(1).await;
    let listed = world.get("/users/1/subscriptions", Some(&user)).await.ok();
    assert_eq!(listed["subscriptions"][0]["accrued"], ACCRUED.to_string());
    assert_eq!(
        world.newest(&user, 1).await,
        [entry("accrual", ACCRUED, "matured")]
    );
    // A tenth of two purchases, and the day.
    let (wallet, granted) = (world.balance(&user, "wallet").await, 4 * BNB + ACCRUED);
    assert_eq!(
        (wallet, world.balance(&user, "gross_income").await),
        (granted, granted)
    );
    assert_eq!(world.balance(&user, "net_income").await, granted);

    // The disclosure counts what has matured, also before it is taken out; of that only what the fee leaves.
    let received = async |world: &World| {
        let disclosure = world.get("/disclosure", None).await.ok();
        let text = disclosure["text"].as_str().unwrap();
        let line = text.lines().find(|line| line.starts_with("- received by all: "));
        line.unwrap().to_owned()
    };
    assert_eq!(received(&world).await, "- received by all: 4.12 BNB");
    let small = world.quote(&user, 1, "all", BNB - 1).await;
    assert_eq!(small.code(), "below_minimum");
    assert!(
        small.body["detail"]
            .as_str()
            .unwrap()
            .contains("the smallest withdrawal is")
    );
    let quote = world.quote(&user, 1, "all", wallet).await.ok();
    let fee = wallet / 20;
    assert_eq!(
        (&quote["fee"], &quote["owed"]),
        (&json!(fee.to_string()), &json!("0"))
    );
    assert_eq!(quote["net"], (wallet - fee).to_string());
    let accepted = world.withdraw_wallet(&user, 1, "all", wallet).await;
    assert_eq!(accepted.status, 202);
    world.post_causes(vec![]).await;
    assert_eq!(world.balance(&user, "wallet").await, 0);
    assert_eq!(world.balance(&user, "available").await, wallet - fee);
    assert_eq!(received(&world).await, "- received by all: 3.918 BNB");
    assert_eq!(
        world.newest(&user, 1).await,
        [entry("withdrawal", wallet, "paid")]
    );
    // A repeat finds it, although nothing is left; another content under its key is refused.
    let again = world.withdraw_wallet(&user, 1, "all", wallet).await.ok();
    assert_eq!(again["command_id"], accepted.body["command_id"]);
    assert!(again["fact_seq"].is_u64());
    let other = world.withdraw_wallet(&user, 1, "all", wallet - 1).await;
    assert_eq!(other.code(), "idempotency_conflict");
    world.assert_verified(&filling()).await;
}

#[tokio::test]
async fn what_accrues_before_a_payment_is_final_waits_and_goes_back_with_it() {
    let mut world = World::accrued().await;
    let bought = Intake {
        deposit_ref: reference(2, 9),
        wallet: wallet(2),
        sponsor: None,
        amount: Amount::new(20 * BNB),
        refundable_until: CHAIN_TIME + 20 * 86_400,
        plan_hash: plan::compile(&filling()).unwrap().hash(),
        disclosure_hash: DISCLOSURE,
    };
    world.post_causes(vec![Cause::RetoppedUp(bought.clone())]).await;
    world.end_day(TODAY + 3).await;
    let user = world.sign_in(2).await;
    let waits = [
        entry("accrual", ACCRUED, "held"),
        entry("accrual", ACCRUED, "matured"),
    ];
    assert_eq!(world.newest(&user, 2).await, waits);
    assert_eq!(world.balance(&user, "deferred").await, ACCRUED);
    let held: String = sqlx::query_scalar("SELECT held::text FROM participant_figures WHERE user_id = 2")
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    assert_eq!(held, ACCRUED.to_string());
    assert_eq!(world.balance(&user, "funded_income").await, 3 * ACCRUED);
    assert_eq!(world.balance(&user, "net_income").await, 3 * ACCRUED);
    let went_back = Cause::Refunded {
        deposit_ref: bought.deposit_ref,
        wallet: bought.wallet,
        to: bought.wallet,
        amount: bought.amount,
    };
    world.post_causes(vec![went_back]).await;
    let [reversed, kept] = waits;
    let reversed = (reversed.0, reversed.1, "reversed".to_owned());
    assert_eq!(world.newest(&user, 2).await, [reversed, kept]);
    assert_eq!(world.balance(&user, "deferred").await, 0);
    let listed = world.get("/users/2/subscriptions", Some(&user)).await.ok();
    let states: Vec<&Value> = listed["subscriptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["state"])
        .collect();
    assert_eq!(states, ["active", "ended"]);
    world.assert_verified(&filling()).await;
}

#[tokio::test]
async fn a_rank_is_shown_once_a_week_has_closed() {
    let reachable = plan_text()
        .replacen("main_min = \"5000\"", "main_min = \"20\"", 1)
        .replacen("other_min = \"5000\"", "other_min = \"20\"", 1);
    let mut world = World::of_plan(&reachable, &[1, 1]).await;
    world.end_day(TODAY).await;
    let user = world.sign_in(1).await;
    let ranks = world.get("/users/1/ranks", Some(&user)).await.ok();
    assert_eq!((&ranks["title"], &ranks["changes"]), (&Value::Null, &json!([])));
    // Sunday.
    world.end_day(TODAY + 1).await;
    let ranks = world.get("/users/1/ranks", Some(&user)).await.ok();
    let connector = json!({ "number": 1, "name": "Connector", "weekly_bonus": (50 * BNB).to_string() });
    assert_eq!((&ranks["title"], &ranks["paid_as"]), (&connector, &connector));
    let changes = ranks["changes"].as_array().unwrap();
    let mut titles: Vec<&Value> = changes.iter().map(|change| &change["is_title"]).collect();
    titles.sort_by_key(|title| title.to_string());
    assert_eq!(titles, [false, true]);
    assert!(changes.iter().all(|change| change["rank"] == connector));
    // One after the other, by pages.
    let page = world.get("/users/1/ranks?limit=1", Some(&user)).await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    let last = world
        .get(&format!("/users/1/ranks?limit=1&cursor={cursor}"), Some(&user))
        .await
        .ok();
    assert_eq!(
        (&page["changes"][0], &last["changes"][0]),
        (&changes[0], &changes[1])
    );
    assert_eq!(last["next_cursor"], Value::Null);
}

/// Tax from withdrawals: a fifth without a known tax id, a twentieth with one, of everything once a year's withdrawals exceed 2.
fn taxing() -> String {
    format!(
        "{}\n[[withholding]]\nname = \"T\"\nvalid_from = \"1970-01-01\"\nbasis = \"payout\"\nrate_bps = 500\n\
         no_tax_id_rate_bps = 2000\nthreshold = \"2\"\nthreshold_scope = \"financial_year\"\n\
         crossing = \"whole_aggregate\"\nfinancial_year_starts_month = 4\non = \"gross\"\n",
        filling()
    )
}

#[tokio::test]
async fn a_quote_says_what_is_withheld_and_that_is_withheld() {
    let mut world = World::accrued_in(&taxing()).await;
    let user = world.sign_in(1).await;
    // Below the threshold, above it with the first one's tax, and with a tax id.
    for (name, amount, withheld) in [
        ("first", 3 * BNB / 2, 0),
        ("second", BNB, BNB / 2),
        ("third", BNB, BNB / 20),
    ] {
        if name == "third" {
            let wallet = hex::encode(wallet(SUPPORT));
            let roles = "'{support}'";
            world
                .sql(&format!(
                    "INSERT INTO operator (wallet, name, roles) VALUES ('\\x{wallet}', 'support', {roles})"
                ))
                .await;
            let support = world.sign_in(SUPPORT).await;
            assert_eq!(world.confirm(&support, 1, "tax-id", "t").await.status, 202);
            world.post_causes(vec![]).await;
        }
        let quote = world.quote(&user, 1, name, amount).await.ok();
        assert_eq!(quote["withheld"], withheld.to_string(), "{name}");
        let fee = (amount - withheld) / 20;
        assert_eq!(
            (&quote["fee"], &quote["net"]),
            (
                &json!(fee.to_string()),
                &json!((amount - withheld - fee).to_string())
            )
        );
        let tax = &quote["taxes"][0];
        assert_eq!(
            (&tax["policy"], &tax["financial_year"]),
            (&json!("T"), &json!(1970))
        );
        assert_eq!(tax["rate_bps"], if name == "third" { 500 } else { 2_000 });
        let before = world.balance(&user, "available").await;
        assert_eq!(world.withdraw_wallet(&user, 1, name, amount).await.status, 202);
        world.post_causes(vec![]).await;
        let came = world.balance(&user, "available").await - before;
        assert_eq!(came, amount - withheld - fee, "{name}");
    }
    let tax = world.get("/users/1/withholding", Some(&user)).await.ok();
    let year = &tax["years"][0];
    assert_eq!(
        (&year["paid"], &year["taxed"]),
        (
            &json!((7 * BNB / 2).to_string()),
            &json!((7 * BNB / 2).to_string())
        )
    );
    assert_eq!(year["withheld"], (BNB / 2 + BNB / 20).to_string());
    world.assert_verified(&taxing()).await;
}
