//! Funds of the plan, and what operators allocate to them: proposed by one, agreed to by another person, posted with their
//! signatures and with no others.

mod thieves;

use alloy::signers::SignerSync;
use alloy_primitives::B256;
use backend::http::code::Code;
use money::Amount;
use plan::Cause;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::codes::Seen;
use crate::operators::{ADMIN, APPROVER, AUDITOR, BOTH, BUILDER, SECOND_APPROVER, VIEWER};
use crate::world::{Answer, CHAIN_TIME, Session, World, key, registered, wallet};

/// Two more wallets: of the builder, and of one who confirms.
const BUILDERS_OTHER: u8 = 47;
pub(crate) const SUPPORT: u8 = 48;

const SUBSCRIPTION: &str = include_str!("../../../plans/subscription.toml");
const USDT: u128 = 1_000_000;

/// A ledger with funds, 1000 USDT of revenue that is not allocated, operators, and users 1 and 2.
async fn funded(plan: &str) -> World {
    let mut world = World::of_plan_on_chain(plan).await;
    let funded = Cause::Funded {
        from: wallet(9),
        amount: Amount::new(1_000 * USDT),
    };
    world
        .post_causes(vec![funded, registered(1, None), registered(2, Some(1))])
        .await;
    world.enter_operators().await;
    for (person, name, roles) in [
        (BUILDERS_OTHER, format!("operator {BUILDER}"), "builder,approver"),
        (SUPPORT, format!("operator {SUPPORT}"), "support"),
    ] {
        world
            .sql(&format!(
                "INSERT INTO operator (wallet, name, roles) VALUES ('\\x{}', '{name}', '{{{roles}}}')",
                hex::encode(wallet(person))
            ))
            .await;
    }
    world
}

impl World {
    async fn allocate(&self, session: &Session, key: &str, fund: &str, amount: u128) -> Answer {
        let request = self.request(Method::POST, &format!("/funds/{fund}/allocate"), Some(session));
        let body = json!({ "amount": amount.to_string() });
        self.send(request.header("idempotency-key", key).json(&body))
            .await
    }

    /// A proposal of the builder that the builder signed.
    async fn proposed(&self, key: &str, amount: u128) -> String {
        let builder = self.sign_in(BUILDER).await;
        let proposal = self.allocate(&builder, key, "yield", amount).await.ok();
        let id = proposal["id"].as_str().unwrap().to_owned();
        let signed = self.agree_to(&builder, &id).await.ok();
        assert_eq!(signed["state"], "open");
        id
    }

    async fn agree_to(&self, session: &Session, id: &str) -> Answer {
        self.agree(session, &format!("/proposals/{id}"), json!({})).await
    }

    async fn agrees(&self, person: u8, id: &str) -> Answer {
        let session = self.sign_in(person).await;
        self.agree_to(&session, id).await
    }

    async fn proposal(&self, id: &str) -> Value {
        let viewer = self.sign_in(VIEWER).await;
        self.get(&format!("/proposals/{id}"), Some(&viewer)).await.ok()
    }

    /// Balances by name; that of unallocated revenue is the first.
    async fn balances(&self) -> Vec<(Value, Value)> {
        let user = self.sign_in(1).await;
        let funds = self.get("/funds", Some(&user)).await.ok();
        let funds = funds["funds"].as_array().unwrap();
        funds
            .iter()
            .map(|fund| (fund["name"].clone(), fund["balance"].clone()))
            .collect()
    }

    /// The operator's signed word about a user.
    pub(crate) async fn confirm(&self, session: &Session, user: i32, what: &str, name: &str) -> Answer {
        let path = format!("/admin/users/{user}/{what}");
        let ask = self.request(Method::GET, &path, Some(session));
        let message = self.send(ask.header("idempotency-key", name)).await;
        if message.status != 200 {
            return message;
        }
        let digest: B256 = message.body["digest"].as_str().unwrap().parse().unwrap();
        let signature = key(session.person).sign_hash_sync(&digest).unwrap();
        let body = json!({ "signature": format!("0x{}", hex::encode(signature.as_bytes())) });
        let request = self.request(Method::POST, &path, Some(session));
        self.send(request.header("idempotency-key", name).json(&body))
            .await
    }

    async fn quarantined(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT cause FROM inbox_quarantine ORDER BY inbox_id")
            .fetch_all(self.database.pool())
            .await
            .unwrap()
    }

    async fn audited(&self, action: &str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = $1")
            .bind(action)
            .fetch_one(self.database.pool())
            .await
            .unwrap()
    }
}

fn usdt(amount: u128) -> Value {
    json!((amount * USDT).to_string())
}

#[tokio::test]
async fn revenue_goes_to_a_fund_when_the_proposer_and_another_person_have_signed() {
    let mut world = funded(SUBSCRIPTION).await;
    let id = world.proposed("first", 600 * USDT).await;
    world.post_causes(vec![]).await;
    assert_eq!(world.balances().await[0], (Value::Null, usdt(1_000)));
    let approved = world.agrees(APPROVER, &id).await.ok();
    assert_eq!(approved["state"], "approved");
    assert_eq!(approved["approved_by"], wallet(APPROVER).to_checksum(None));
    assert_eq!(
        approved["content"],
        json!({ "fund": 1, "name": "yield", "amount": (600 * USDT).to_string() })
    );
    world.post_causes(vec![]).await;
    let done = world.proposal(&id).await;
    assert_eq!((&done["state"], &done["cause"]), (&json!("done"), &Value::Null));
    assert!(done["fact_seq"].is_i64());
    let names = [Value::Null, json!("yield"), json!("ranks"), json!("welcome")];
    let amounts = [usdt(400), usdt(600), usdt(0), usdt(0)];
    assert_eq!(
        world.balances().await,
        names.into_iter().zip(amounts).collect::<Vec<_>>()
    );
    assert_eq!(world.quarantined().await, Vec::<String>::new());
    for (action, count) in [
        ("proposal.proposed", 1),
        ("proposal.signed_by_operator", 1),
        ("proposal.approved", 1),
    ] {
        assert_eq!(world.audited(action).await, count, "{action}");
    }
    assert_eq!(
        world.agrees(SECOND_APPROVER, &id).await.code(),
        "wrong_proposal_state"
    );
}

#[tokio::test]
async fn funds_say_what_they_pay_and_have_received_to_everyone_who_is_signed_in() {
    let mut world = funded(SUBSCRIPTION).await;
    let id = world.proposed("first", 250 * USDT).await;
    world.agrees(APPROVER, &id).await.ok();
    world.post_causes(vec![]).await;
    let user = world.sign_in(1).await;
    let funds = world.get("/funds", Some(&user)).await.ok();
    let unallocated = json!({
        "number": 0, "name": null, "balance": usdt(750), "received": usdt(1_000), "given": usdt(250), "pays": [], "then": [],
    });
    assert_eq!(funds["funds"][0], unallocated);
    let accruals = json!({
        "number": 1, "name": "yield", "balance": usdt(250), "received": usdt(250), "given": usdt(0),
        "pays": ["accrual"], "then": [],
    });
    assert_eq!(funds["funds"][1], accruals);
    assert_eq!(funds["funds"][2]["pays"], json!(["rank"]));
    assert_eq!(funds["funds"][3]["pays"], json!(["bonus"]));
    assert!(funds["fact_seq"].as_i64().unwrap() >= 3);
    assert_eq!(world.get("/funds", None).await.code(), "unauthenticated");
    let plain = World::with(&[1]).await;
    let user = plain.sign_in(1).await;
    let funds = plain.get("/funds", Some(&user)).await.ok();
    assert_eq!(funds["funds"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_person_is_not_two_whatever_the_wallet() {
    let world = funded(SUBSCRIPTION).await;
    let id = world.proposed("mine", 10 * USDT).await;
    for person in [BUILDER, BUILDERS_OTHER] {
        let again = world.agrees(person, &id).await;
        assert_eq!(again.code(), "approver_is_builder", "{person}");
    }
    // Whose roles would suffice for both steps still is one person.
    let both = world.sign_in(BOTH).await;
    let own = world.allocate(&both, "own", "yield", 5).await.ok();
    let own = own["id"].as_str().unwrap();
    assert_eq!(world.agree_to(&both, own).await.ok()["state"], "open");
    assert_eq!(world.agree_to(&both, own).await.code(), "approver_is_builder");
    // The database knows it, too.
    let mut api = PgConnection::connect(&world.database.url_as("trellis_api"))
        .await
        .unwrap();
    for person in [BUILDER, BUILDERS_OTHER] {
        let forced =
            "UPDATE proposal SET state = 'approved', approved_by = $2, decided_at = now() WHERE hash = $1";
        let forced = sqlx::query(forced)
            .bind(id.parse::<B256>().unwrap().as_slice())
            .bind(wallet(person).as_slice())
            .execute(&mut api)
            .await;
        let error = forced.unwrap_err().into_database_error().unwrap();
        assert_eq!(error.constraint(), Some("proposal_two_people"), "{person}");
    }
    assert_eq!(world.proposal(&id).await["state"], "open");
}

#[tokio::test]
async fn others_neither_propose_nor_agree() {
    let world = funded(SUBSCRIPTION).await;
    let id = world.proposed("a", 10 * USDT).await;
    for person in [1, 30, APPROVER, VIEWER, ADMIN, AUDITOR, SUPPORT] {
        let session = world.sign_in(person).await;
        let refused = world.allocate(&session, "b", "yield", 1).await;
        assert_eq!(refused.code(), "role_missing", "{person}");
        let path = format!("/proposals/{id}/withdraw");
        let withdrawn = world.post(&path, Some(&session), &json!({})).await;
        assert_eq!(withdrawn.code(), "role_missing", "{person}");
    }
    for person in [1, 30, VIEWER, ADMIN, AUDITOR, SUPPORT] {
        assert_eq!(world.agrees(person, &id).await.code(), "role_missing", "{person}");
    }
    for person in [1, 30] {
        let session = world.sign_in(person).await;
        for path in ["/proposals".to_owned(), format!("/proposals/{id}")] {
            assert_eq!(world.get(&path, Some(&session)).await.code(), "role_missing");
        }
    }
    // An approver's session hands in the builder's signature.
    let approver = world.sign_in(APPROVER).await;
    let body = world
        .sign_wanted(
            &world.sign_in(BUILDER).await,
            &format!("/proposals/{id}/approval"),
        )
        .await
        .unwrap();
    let path = format!("/proposals/{id}/approve");
    assert_eq!(
        world.post(&path, Some(&approver), &body).await.code(),
        "bad_signature"
    );
    assert_eq!(world.proposal(&id).await["state"], "open");
}

#[tokio::test]
async fn two_at_once_spend_revenue_once() {
    let mut world = funded(SUBSCRIPTION).await;
    let [one, other] = [
        world.proposed("one", 600 * USDT).await,
        world.proposed("other", 600 * USDT).await,
    ];
    let (first, second) = tokio::join!(
        world.agrees(APPROVER, &one),
        world.agrees(SECOND_APPROVER, &other)
    );
    let mut codes = [first.code().to_owned(), second.code().to_owned()];
    codes.sort();
    assert_eq!(codes, ["exceeds_unallocated", "no problem"]);
    // Two people agree to the same at once.
    let same = world.proposed("same", 300 * USDT).await;
    let (first, second) = tokio::join!(
        world.agrees(APPROVER, &same),
        world.agrees(SECOND_APPROVER, &same)
    );
    let mut codes = [first.code().to_owned(), second.code().to_owned()];
    codes.sort();
    assert_eq!(codes, ["no problem", "wrong_proposal_state"]);
    world.post_causes(vec![]).await;
    assert_eq!(world.balances().await[0].1, usdt(100));
    assert_eq!(
        world
            .rows("SELECT FROM inbox WHERE payload ->> 'report' = 'fund_allocated'")
            .await,
        2
    );
}

#[tokio::test]
async fn a_repeated_key_finds_the_same_proposal_and_another_content_under_it_is_refused() {
    let world = funded(SUBSCRIPTION).await;
    let builder = world.sign_in(BUILDER).await;
    let first = world.allocate(&builder, "k", "yield", 7).await.ok();
    // Also when there is not so much any more.
    world
        .sql("UPDATE balance SET debits_posted = credits_posted")
        .await;
    assert_eq!(
        world.allocate(&builder, "k", "yield", 7).await.ok()["id"],
        first["id"]
    );
    for (fund, amount) in [("yield", 8), ("ranks", 7)] {
        let other = world.allocate(&builder, "k", fund, amount).await;
        assert_eq!(other.code(), "idempotency_conflict", "{fund} {amount}");
    }
    assert_eq!(world.rows("SELECT FROM proposal").await, 1);
}

#[tokio::test]
async fn proposals_are_listed_newest_first_page_by_page() {
    let world = funded(SUBSCRIPTION).await;
    let builder = world.sign_in(BUILDER).await;
    for number in 1..=3 {
        world
            .allocate(&builder, &number.to_string(), "yield", number)
            .await
            .ok();
    }
    let amounts = async |path: &str| {
        let page = world.get(path, Some(&builder)).await.ok();
        let listed = page["proposals"].as_array().unwrap();
        let amounts: Vec<Value> = listed
            .iter()
            .map(|one| one["content"]["amount"].clone())
            .collect();
        (amounts, page["next_cursor"].as_str().map(str::to_owned))
    };
    let (first, next) = amounts("/proposals?limit=2").await;
    assert_eq!(first, ["3", "2"]);
    let (rest, end) = amounts(&format!("/proposals?limit=2&cursor={}", next.unwrap())).await;
    assert_eq!((rest, end), (vec![json!("1")], None));
}

#[tokio::test]
async fn what_cannot_be_allocated_is_refused_early() {
    every_refusal(&mut Seen::default()).await;
}

/// Every code that only these endpoints produce.
pub(crate) async fn every_refusal(seen: &mut Seen) {
    let plain = World::with(&[1]).await;
    plain.enter_operators().await;
    let builder = plain.sign_in(BUILDER).await;
    seen.expect(Code::NoFunds, &plain.allocate(&builder, "a", "yield", 1).await);
    let world = funded(SUBSCRIPTION).await;
    let builder = world.sign_in(BUILDER).await;
    for (fund, amount, code) in [
        ("nothing", 1, Code::UnknownFund),
        ("yield", 0, Code::InvalidField),
        ("yield", 1_000 * USDT + 1, Code::ExceedsUnallocated),
    ] {
        seen.expect(code, &world.allocate(&builder, "a", fund, amount).await);
    }
    seen.expect(
        Code::MalformedHeader,
        &world.allocate(&builder, "", "yield", 1).await,
    );
    let nobody = format!("0x{}", "ab".repeat(32));
    seen.expect(
        Code::UnknownProposal,
        &world.get(&format!("/proposals/{nobody}"), Some(&builder)).await,
    );
    let id = world.proposed("w", 5).await;
    let withdraw = format!("/proposals/{id}/withdraw");
    let both = world.sign_in(BOTH).await;
    seen.expect(
        Code::NotTheProposer,
        &world.post(&withdraw, Some(&both), &json!({})).await,
    );
    let taken_back = world.post(&withdraw, Some(&builder), &json!({})).await.ok();
    assert_eq!(taken_back["state"], "withdrawn");
    seen.expect(Code::WrongProposalState, &world.agrees(APPROVER, &id).await);
    let id = world.proposed("e", 5).await;
    let approver = world.sign_in(APPROVER).await;
    let path = format!("/proposals/{id}/approval");
    let mut signed = world.sign_wanted(&approver, &path).await.unwrap();
    world
        .sql(&format!(
            "UPDATE proposal SET expires = {CHAIN_TIME} - 1 WHERE state = 'open'"
        ))
        .await;
    seen.expect(Code::ProposalExpired, &world.agree_to(&approver, &id).await);
    let approve = format!("/proposals/{id}/approve");
    seen.expect(
        Code::ProposalExpired,
        &world.post(&approve, Some(&approver), &signed).await,
    );
    assert_eq!(world.proposal(&id).await["state"], "expired");
    // A signature that outlives the proposal.
    world
        .sql("UPDATE proposal SET expires = extract(epoch FROM now()) + 600")
        .await;
    seen.expect(
        Code::ApprovalExpired,
        &world.post(&approve, Some(&approver), &signed).await,
    );
    signed["expires"] = json!(1);
    seen.expect(
        Code::ApprovalExpired,
        &world.post(&approve, Some(&approver), &signed).await,
    );
    let support = world.sign_in(SUPPORT).await;
    seen.expect(
        Code::NothingWithheld,
        &world.confirm(&support, 1, "tax-id", "t").await,
    );
    seen.expect(
        Code::UnknownUser,
        &world.confirm(&support, 99, "verify", "t").await,
    );
    let at_once = SUBSCRIPTION.replace("grant = \"verified\"", "grant = \"first_purchase\"");
    let world = funded(&at_once).await;
    let support = world.sign_in(SUPPORT).await;
    seen.expect(
        Code::NothingGranted,
        &world.confirm(&support, 1, "verify", "t").await,
    );
}

#[tokio::test]
async fn an_operator_confirms_an_identity_and_the_user_is_granted_the_bonus_once() {
    let mut world = funded(SUBSCRIPTION).await;
    for person in [1, APPROVER, BUILDER, VIEWER] {
        let session = world.sign_in(person).await;
        let refused = world.confirm(&session, 1, "verify", "a").await;
        assert_eq!(refused.code(), "role_missing", "{person}");
    }
    let support = world.sign_in(SUPPORT).await;
    let accepted = world.confirm(&support, 1, "verify", "a").await;
    assert_eq!(accepted.status, 202);
    let first = accepted.ok();
    // The same again, the same word under another key, and another one under the same.
    assert_eq!(world.confirm(&support, 1, "verify", "a").await.ok(), first);
    world.confirm(&support, 1, "verify", "b").await.ok();
    assert_eq!(
        world.confirm(&support, 2, "verify", "a").await.code(),
        "idempotency_conflict"
    );
    let body = json!({ "signature": format!("0x{}", "1b".repeat(65)) });
    let request = world.request(Method::POST, "/admin/users/1/verify", Some(&support));
    let forged = world
        .send(request.header("idempotency-key", "c").json(&body))
        .await;
    assert_eq!(forged.code(), "bad_signature");
    world.post_causes(vec![]).await;
    assert_eq!(world.quarantined().await, Vec::<String>::new());
    let granted =
        "SELECT FROM component_effect WHERE kind = 'bonus_granted' AND user_id = 1 AND amount = 10000000";
    assert_eq!(world.rows(granted).await, 1);
    assert_eq!(world.audited("user.identity_confirmed").await, 2);
    let fate = format!("/users/me/commands/{}", first["command_id"]);
    assert_eq!(world.get(&fate, Some(&support)).await.ok()["state"], "done");
}
