//! Treasury, reconciliation, stops and going on.

use std::time::Duration;

use alloy_primitives::{B256, U256};
use audit::liabilities::Leaf;
use money::Amount;
use plan::Cause;
use serde_json::{Value, json};
use sqlx::Connection;
use store::stop;
use testkit::wait_for;

use crate::operators::{ADMIN, APPROVER, AUDITOR, BUILDER, SECOND_APPROVER, VIEWER, due_world};
use crate::played_signer::Mood;
use crate::world::{Answer, BNB, World, retopped_up, wallet};

/// How long a test waits for a request to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

fn bnb(amount: u128) -> Value {
    json!((amount * BNB).to_string())
}

async fn world() -> World {
    let world = World::with(&[1]).await;
    world.enter_operators().await;
    world
}

#[tokio::test]
async fn the_treasury_shows_the_ledger_beside_the_contract() {
    let mut world = due_world().await;
    let auditor = world.sign_in(AUDITOR).await;
    let summary = world.get("/treasury/summary", Some(&auditor)).await.ok();
    let ledger = &summary["ledger"];
    // 100 came in: 54 are users', 2 of each of four registrations and the rest of the root's and the pool's are not.
    assert_eq!(ledger["custody"], bnb(100));
    assert_eq!(ledger["available"], bnb(54));
    assert_eq!((&ledger["held"], &ledger["in_payout"]), (&bnb(0), &bnb(0)));
    let part = |name: &str| ledger[name].as_str().unwrap().parse::<u128>().unwrap();
    let parts = [
        "held",
        "available",
        "reserved",
        "credits",
        "company",
        "residual",
        "revenue",
        "tax",
    ];
    let breakage = ledger["breakage"].as_object().unwrap().values();
    let breakage: u128 = breakage
        .map(|part| part.as_str().unwrap().parse::<u128>().unwrap())
        .sum();
    let sum: u128 = parts.iter().map(|name| part(name)).sum();
    assert_eq!(sum + breakage, 100 * BNB + part("receivable"));
    assert_eq!(summary["chain"]["balance"], bnb(5_000));
    assert_eq!(summary["chain"]["available"]["funds"], bnb(5_000));
    assert_eq!(summary["chain"]["published"], Value::Null);
    world.sealed("held").await;
    let chain = world.chain.as_ref().unwrap();
    chain.escrow(20 * BNB).await;
    let root = B256::repeat_byte(9);
    chain.publish(root, 54 * BNB).await;
    let published_at = chain.time().await;
    let summary = world.get("/treasury/summary", Some(&auditor)).await.ok();
    assert_eq!(summary["ledger"]["in_payout"], bnb(54));
    let chain = &summary["chain"];
    assert_eq!((&chain["balance"], &chain["escrowed"]), (&bnb(5_020), &bnb(20)));
    assert_eq!((&chain["credited"], &chain["pushed"]), (&bnb(0), &bnb(0)));
    assert_eq!(chain["available"]["funds"], bnb(5_000 - 54));
    let veto = u64::from(abi::development::config().vetoDelay);
    let published = json!({
        "root": root.to_string(),
        "total": (54 * BNB).to_string(),
        "as_of_seq": 2,
        "claimable_from": published_at + veto,
    });
    assert_eq!(chain["published"], published);
    let user = world.sign_in(1).await;
    let answer = world.get("/treasury/summary", Some(&user)).await;
    assert_eq!(answer.code(), "role_missing");
}

#[tokio::test]
async fn what_batches_paid_and_what_proofs_paid_is_shown_apart() {
    let world = due_world().await;
    let chain = world.chain.as_ref().unwrap();
    for person in [1, 2] {
        chain.register(wallet(person), BNB).await;
    }
    chain.pay(B256::repeat_byte(5), &[(wallet(1), 36 * BNB)]).await;
    // A tree of one leaf is its own root, and its proof is empty.
    let leaf = Leaf {
        wallet: wallet(2),
        entitled: Amount::new(40 * BNB),
    };
    let root = leaf.node().hash;
    chain.publish(root, 40 * BNB).await;
    chain.pass(u64::from(abi::development::config().vetoDelay)).await;
    let custody = chain.custody();
    let claim = custody.claim(wallet(2), U256::from(40 * BNB), root, Vec::new());
    let claimed = claim
        .from(abi::development::DEPLOYER.address)
        .send()
        .await
        .unwrap();
    assert!(claimed.get_receipt().await.unwrap().status());
    let auditor = world.sign_in(AUDITOR).await;
    let summary = world.get("/treasury/summary", Some(&auditor)).await.ok();
    let chain = &summary["chain"];
    assert_eq!((&chain["pushed"], &chain["claimed"]), (&bnb(36), &bnb(40)));
    assert_eq!((&chain["escrowed"], &chain["credited"]), (&bnb(2), &bnb(0)));
    assert_eq!(chain["balance"], bnb(5_002 - 76));
}

#[tokio::test]
async fn what_waits_for_people_has_its_sign() {
    let mut world = world().await;
    let stranger = plan::SettledPayout {
        wallet: wallet(9),
        outcome: plan::PayoutOutcome::Executed(Amount::new(7 * BNB)),
    };
    let paid = Cause::BatchSettled {
        batch_id: B256::repeat_byte(5),
        manifest_hash: B256::ZERO,
        payouts: vec![stranger],
    };
    // Nobody knows this person: 7 went out, and 40 came in.
    world.post_causes(vec![paid, retopped_up(9)]).await;
    let viewer = world.sign_in(VIEWER).await;
    let summary = world.get("/treasury/summary", Some(&viewer)).await.ok();
    let expected = json!({
        "unexpected_intake": (40 * BNB).to_string(),
        "unexpected_refund": "0",
        "unexpected_treasury": "0",
        "unexpected_payout": format!("-{}", 7 * BNB),
        "unexpected_withdrawal": "0",
    });
    assert_eq!(summary["ledger"]["clearing"], expected);
    assert_eq!(summary["ledger"]["custody"], bnb(40 + 40 - 7));
}

#[tokio::test]
async fn without_a_node_the_treasury_shows_the_ledger_alone() {
    let world = world().await;
    let viewer = world.sign_in(VIEWER).await;
    let summary = world.get("/treasury/summary", Some(&viewer)).await.ok();
    assert_eq!(summary["chain"], Value::Null);
    assert_eq!(summary["ledger"]["custody"], bnb(40));
    assert_eq!(summary["ledger"]["held"], bnb(40));
}

#[tokio::test]
async fn reconciliation_shows_the_last_look_of_every_check_and_open_findings() {
    let world = world().await;
    let auditor = world.sign_in(AUDITOR).await;
    let nothing = world.get("/monitoring/reconciliation", Some(&auditor)).await.ok();
    assert_eq!(nothing["last_run"], Value::Null);
    assert_eq!(nothing["settlement_stopped"], false);
    world
        .sql(
            r#"INSERT INTO reconciliation_run (block_number, block_hash, fact_seq, outcome, checks, started_at) VALUES
               (7, decode(repeat('07', 32), 'hex'), 1, 'findings',
                '{"R1": {"state": "failed", "findings": 1}, "R2": {"state": "passed"}}', now()),
               (8, decode(repeat('08', 32), 'hex'), 2, 'clean',
                '{"R1": {"state": "skipped"}, "R2": {"state": "passed"}}', now());
               INSERT INTO reconciliation_finding
                   (check_id, severity, subject, cause, expected, actual, detail, first_run, last_run, resolved_at)
               VALUES ('R1', 'S1', 'custody', 'balance', '1', '2', 'one wei', 1, 1, NULL),
                      ('R1', 'S1', 'user 1', 'balance', '1', '2', 'over', 1, 1, now()),
                      ('R2', 'S3', 'user 2', 'balance', '1', '2', 'small', 1, 2, NULL)"#,
        )
        .await;
    let seen = world
        .get("/monitoring/reconciliation?limit=1", Some(&auditor))
        .await
        .ok();
    assert_eq!(seen["last_run"]["block_number"], 8);
    assert_eq!(seen["checks"][0]["check"], "R1");
    // What the last run skipped is shown from the run before.
    assert_eq!(seen["checks"][0]["block_number"], 7);
    assert_eq!(seen["checks"][0]["block_hash"], format!("0x{}", "07".repeat(32)));
    assert_eq!(seen["checks"][1]["block_number"], 8);
    assert_eq!(seen["findings"][0]["subject"], "custody");
    let rest = format!(
        "/monitoring/reconciliation?limit=1&cursor={}",
        seen["next_cursor"].as_str().unwrap()
    );
    let rest = world.get(&rest, Some(&auditor)).await.ok();
    assert_eq!(rest["findings"][0]["subject"], "user 2");
    assert!(rest["next_cursor"].is_null());
    let user = world.sign_in(1).await;
    for path in ["/monitoring/reconciliation", "/monitoring/stops"] {
        assert_eq!(world.get(path, Some(&user)).await.code(), "role_missing");
    }
}

impl World {
    async fn stop(&self, person: u8, reason: &str) -> Answer {
        let session = self.sign_in(person).await;
        self.post("/admin/stop", Some(&session), &json!({ "reason": reason }))
            .await
    }

    /// A participant of 1 asks to register.
    async fn register(&self, person: u8) -> Answer {
        let session = self.sign_in(person).await;
        let ask = json!({ "disclosure_hash": self.disclosure().await, "sponsor": wallet(1) });
        self.post("/users/register", Some(&session), &ask).await
    }

    async fn resume_as(&self, person: u8) -> Answer {
        self.resume(&self.sign_in(person).await).await
    }

    /// What the settlement worker does when two people have agreed.
    async fn close_stops(&self) {
        let mut connection = self.database.connection().await;
        let open = stop::list_open(&mut connection).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        for stop in open {
            stop::update_resumed(&mut transaction, stop.id, [wallet(ADMIN), wallet(APPROVER)])
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();
    }
}

#[tokio::test]
async fn only_builders_approvers_and_config_admins_stop_and_they_say_why() {
    let world = World::on_chain(&[1]).await;
    world.enter_operators().await;
    for person in [1, VIEWER, AUDITOR] {
        assert_eq!(world.stop(person, "why").await.code(), "role_missing", "{person}");
    }
    let long = "x".repeat(501);
    for reason in ["", " ", " \n", "one\ntwo", "a\0b", "a\u{7f}b", &long] {
        let refused = world.stop(BUILDER, reason).await;
        assert_eq!(refused.code(), "invalid_field", "{reason:?}");
        assert_eq!(refused.body["errors"][0]["field"], "reason");
    }
    assert_eq!(world.rows("SELECT 1 FROM settlement_stop").await, 0);
    for person in [BUILDER, APPROVER, ADMIN] {
        // As long as it may be, in letters of three bytes.
        let opened = world.stop(person, &"€".repeat(500)).await.ok();
        assert_eq!(opened["stops"][0]["opened_by"], wallet(person).to_checksum(None));
        world.sql("DELETE FROM settlement_stop").await;
    }
}

#[tokio::test]
async fn one_operator_stops_intake_and_settlement_and_two_end_it() {
    let mut world = due_world().await;
    let id = world.approved("before").await;
    let opened = world.stop(BUILDER, " a key was stolen ").await.ok();
    assert_eq!(opened["stops"][0]["cause"], "operator");
    assert_eq!(opened["stops"][0]["reason"], "a key was stolen");
    assert_eq!(opened["stops"][0]["opened_by"], wallet(BUILDER).to_checksum(None));
    // Another one changes nothing, and is not noted.
    let again = world.stop(APPROVER, "me, too").await.ok();
    assert_eq!(again, opened);
    let noted = "SELECT 1 FROM audit_log AS a JOIN settlement_stop AS s ON (a.detail ->> 'stop')::bigint = s.id \
                 WHERE a.action = 'settlement.stop' AND a.detail ->> 'reason' = s.reason";
    assert_eq!(world.rows(noted).await, 1);
    let actions = "SELECT 1 FROM audit_log WHERE action = 'settlement.stop'";
    assert_eq!(world.rows(actions).await, 1);

    assert_eq!(world.register(9).await.code(), "intake_stopped");
    let user = world.sign_in(2).await;
    let ask = json!({ "disclosure_hash": world.disclosure().await });
    let retopup = async || world.post("/users/2/retopup", Some(&user), &ask).await;
    assert_eq!(retopup().await.code(), "intake_stopped");
    assert_eq!(world.rows("SELECT 1 FROM authorization_request").await, 0);
    let builder = world.sign_in(BUILDER).await;
    let root = json!({ "accept_claims": true });
    for refused in [
        world.post("/liabilities/roots", Some(&builder), &root).await,
        world.build(&builder, "after", &json!({})).await,
        world.step(&builder, &id, "sign").await,
    ] {
        assert_eq!(refused.code(), "settlement_stopped", "{refused:?}");
    }
    // What users can do without an operator goes on, and so does calling off.
    world.get("/users/me/exits", Some(&user)).await.ok();
    world.step(&builder, &id, "cancel").await.ok();
    world.post("/users/withdraw", Some(&user), &json!({})).await.ok();

    assert_eq!(world.resume_as(ADMIN).await.ok()["resumed"], false);
    assert_eq!(world.register(9).await.code(), "intake_stopped");
    assert_eq!(world.resume_as(APPROVER).await.ok()["resumed"], true);
    world.close_stops().await;
    world.register(9).await.ok();
    retopup().await.ok();
}

#[tokio::test]
async fn what_was_agreed_before_does_not_end_a_later_stop() {
    let world = World::on_chain(&[1]).await;
    world.enter_operators().await;
    let first = world.stop(BUILDER, "first").await.ok();
    let approver = world.sign_in(SECOND_APPROVER).await;
    let prepared = world
        .sign_wanted(&approver, "/monitoring/resume/approval")
        .await
        .unwrap();
    world.resume_as(ADMIN).await.ok();
    // One person wants to go on. Another one sees that it is not over.
    let second = world.stop(APPROVER, "second").await.ok();
    assert_eq!(second["stops"][0], first["stops"][0]);
    assert_eq!(second["stops"][1]["reason"], "second");
    let resumed = world
        .post("/monitoring/resume", Some(&approver), &prepared)
        .await
        .ok();
    assert_eq!(resumed["resumed"], false);
    assert_eq!(world.register(3).await.code(), "intake_stopped");
    world.resume_as(ADMIN).await.ok();
    assert_eq!(world.resume_as(SECOND_APPROVER).await.ok()["resumed"], true);
    // Both have been ended, and the settlement worker has not closed them yet.
    let third = world.stop(BUILDER, "third").await.ok();
    assert_eq!(third["stops"][2]["reason"], "third");
    assert_eq!(world.resume_as(ADMIN).await.ok()["resumed"], false);
}

#[tokio::test]
async fn what_is_signed_while_an_operator_stops_is_not_handed_out() {
    let world = World::on_chain(&[1]).await;
    world.enter_operators().await;
    world.register(3).await.ok();
    world.signer.be(Mood::Waits);
    let (asked, ()) = tokio::join!(world.register(4), async {
        wait_for("the signer to be asked", PATIENCE, async || {
            let asked = "SELECT 1 FROM authorization_request";
            (world.rows(asked).await == 2).then_some(())
        })
        .await;
        world.stop(BUILDER, "why").await.ok();
        world.signer.be(Mood::Signs);
    });
    assert_eq!(asked.code(), "intake_stopped");
    let listed = async |person: u8| {
        let session = world.sign_in(person).await;
        let answer = world.get("/users/me/authorizations", Some(&session)).await.ok();
        let authorization = &answer["authorizations"][0];
        assert_eq!(authorization["state"], "open");
        !authorization["authorization"].is_null()
    };
    for person in [3, 4] {
        assert!(!listed(person).await, "{person}");
    }
    world.close_stops().await;
    for person in [3, 4] {
        assert!(listed(person).await, "{person}");
    }
}

#[tokio::test]
async fn a_stop_of_a_finding_leaves_intake_open() {
    let world = World::on_chain(&[1]).await;
    world
        .sql("INSERT INTO settlement_stop (cause) VALUES ('R1 custody')")
        .await;
    world.register(3).await.ok();
}

#[tokio::test]
async fn two_different_operators_end_a_stop() {
    let world = World::on_chain(&[1]).await;
    world.enter_operators().await;
    let resume = async |person: u8| {
        let session = world.sign_in(person).await;
        world.resume(&session).await
    };
    assert_eq!(resume(ADMIN).await.code(), "not_stopped");
    world
        .sql("INSERT INTO settlement_stop (cause) VALUES ('R1 custody')")
        .await;
    for person in [1, BUILDER, VIEWER, AUDITOR] {
        assert_eq!(resume(person).await.code(), "role_missing", "{person}");
    }
    let first = resume(ADMIN).await.ok();
    assert_eq!(first["resumed"], false);
    assert_eq!(resume(ADMIN).await.code(), "second_operator_needed");
    // A stop that opens in between needs two again.
    world
        .sql("INSERT INTO settlement_stop (cause) VALUES ('R2 user 1')")
        .await;
    let second = resume(APPROVER).await.ok();
    assert_eq!(second["resumed"], false);
    let viewer = world.sign_in(VIEWER).await;
    let stops = world.get("/monitoring/stops", Some(&viewer)).await.ok();
    assert_eq!(stops["stops"][0]["cause"], "R2 user 1");
    assert_eq!(resume(APPROVER).await.code(), "second_operator_needed");
    let last = resume(SECOND_APPROVER).await.ok();
    assert_eq!(last["resumed"], true);
    assert_eq!(resume(SECOND_APPROVER).await.code(), "not_stopped");
    let page = world.get("/monitoring/stops?limit=1", Some(&viewer)).await.ok();
    assert_eq!(page["stops"][0]["cause"], "R2 user 1");
    assert!(page["next_cursor"].is_string());
}
