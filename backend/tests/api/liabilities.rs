//! Roots of liabilities: built, approved, listed, proven.

use alloy_primitives::B256;
use audit::liabilities::{Leaf, List, SumNode, verify};
use money::Amount;
use plan::Cause;
use serde_json::{Value, json};

use crate::operators::{APPROVER, BOTH, BUILDER, SECOND_APPROVER, VIEWER, due_world};
use crate::world::{BNB, Session, World, wallet};

fn bnb(amount: u128) -> Value {
    json!((amount * BNB).to_string())
}

impl World {
    async fn build_root(&self, session: &Session, accept_claims: bool) -> crate::world::Answer {
        let body = json!({ "accept_claims": accept_claims });
        let asked = self.post("/liabilities/roots", Some(session), &body).await;
        if asked.status != 202 {
            return asked;
        }
        self.built_root(&asked.body).await
    }

    /// The root of a request, as it is listed, after the settlement worker's task has built it.
    pub(crate) async fn built_root(&self, request: &Value) -> crate::world::Answer {
        let mut settler = devstack::postgres::connect(&self.database.url_as("trellis_settler"))
            .await
            .unwrap();
        while backend::settlement::build::build_next(&mut settler)
            .await
            .unwrap()
        {}
        let viewer = self.sign_in(VIEWER).await;
        let path = format!("/liabilities/requests/{}", request["id"]);
        let request = self.get(&path, Some(&viewer)).await.ok();
        assert_eq!(request["state"], "built", "{request}");
        let roots = self.get("/liabilities/roots", None).await.ok();
        let mut roots = roots["roots"].as_array().unwrap().iter();
        let root = roots.find(|root| root["root"] == request["root"]).unwrap();
        crate::world::Answer {
            status: 201,
            body: root.clone(),
        }
    }

    async fn approve_root(&self, session: &Session, root: &str) -> crate::world::Answer {
        let path = format!("/liabilities/roots/{root}");
        for person in [BUILDER, BOTH] {
            let builder = self.sign_in(person).await;
            let wanted = self.get(&format!("{path}/approval"), Some(&builder)).await;
            if wanted.body["typed_data"]["message"]["proposer"] == wallet(person).to_checksum(None) {
                self.agree(&builder, &path, json!({})).await;
            }
        }
        self.agree(session, &path, json!({})).await
    }

    /// What the chain says when a root is published.
    async fn publish(&mut self, root: &Value) {
        let cause = Cause::RootPublished {
            root: text(root, "root").parse().unwrap(),
            total: text(root, "total").parse().unwrap(),
            as_of_seq: root["as_of_seq"].as_u64().unwrap(),
            claimable_from: 77,
        };
        self.post_causes(vec![cause]).await;
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

#[tokio::test]
async fn a_root_is_built_approved_listed_and_proves_what_each_user_is_entitled_to() {
    let mut world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let built = world.build_root(&builder, false).await;
    assert_eq!(built.status, 201);
    let root = built.body;
    assert_eq!((&root["state"], &root["total"]), (&json!("built"), &bnb(54)));
    assert_eq!(root["leaves"], 2);
    // Nothing changed, so it is the same root.
    assert_eq!(world.build_root(&builder, false).await.ok(), root);
    let id = text(&root, "root").to_owned();
    let list = world
        .get(&format!("/liabilities/roots/{id}/leaves"), None)
        .await
        .ok();
    let list = List::parse(list.as_str().unwrap()).unwrap();
    assert_eq!(list.tree.root(), id.parse::<B256>().unwrap());
    assert_eq!(list.header.as_of_seq, root["as_of_seq"].as_u64().unwrap());

    let user = world.sign_in(2).await;
    assert_eq!(world.get("/users/2/proof", Some(&user)).await.code(), "no_proof");
    let approver = world.sign_in(APPROVER).await;
    let approved = world.approve_root(&approver, &id).await.ok();
    assert_eq!(approved["state"], "approved");
    world.publish(&root).await;
    let roots = world.get("/liabilities/roots", None).await.ok();
    assert_eq!(roots["roots"][0]["state"], "published");
    let proof = world.get("/users/2/proof", Some(&user)).await.ok();
    assert_eq!(proof["claimable_from"], 77);
    assert_eq!((&proof["entitled"], &proof["due"]), (&bnb(18), &bnb(18)));
    let leaf = Leaf {
        wallet: wallet(2),
        entitled: Amount::new(18 * BNB),
    };
    let path: Vec<SumNode> = proof["path"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| SumNode {
            hash: text(node, "hash").parse().unwrap(),
            sum: text(node, "sum").parse().unwrap(),
        })
        .collect();
    verify(id.parse().unwrap(), Amount::new(54 * BNB), &leaf, &path).unwrap();
    assert_eq!(proof["leaf"], leaf.node().hash.to_string());
    // Who is entitled to nothing has no leaf; others see only their own.
    let nothing = world.sign_in(4).await;
    assert_eq!(
        world.get("/users/4/proof", Some(&nothing)).await.code(),
        "no_proof"
    );
    assert_eq!(
        world.get("/users/2/proof", Some(&nothing)).await.code(),
        "not_your_resource"
    );
    let viewer = world.sign_in(VIEWER).await;
    world.get("/users/2/proof", Some(&viewer)).await.ok();
}

#[tokio::test]
async fn a_leaf_counts_what_was_paid_and_never_falls() {
    let mut world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let approver = world.sign_in(APPROVER).await;
    let id = world.approved("all").await;
    let with_hold = world.build_root(&builder, true).await.ok();
    assert_eq!(with_hold["total"], bnb(54));
    world.step(&builder, &id, "sign").await.ok();
    world.step(&builder, &id, "submit").await.ok();
    world.execute(&id, &[(1, 36), (2, 18)]).await;
    let paid = world.build_root(&builder, false).await.ok();
    // The same leaves: what is paid counts like what is due.
    assert_eq!(paid["root"], with_hold["root"]);
    world.approve_root(&approver, text(&paid, "root")).await.ok();
    world.publish(&paid).await;
    // Books that claim that less was ever paid do not lower a published leaf.
    world.sql("UPDATE users SET paid = paid - 1 WHERE id = 1").await;
    let again = world.build_root(&builder, false).await.ok();
    assert_eq!(again["root"], paid["root"]);
    let user = world.sign_in(1).await;
    let proof = world.get("/users/1/proof", Some(&user)).await.ok();
    assert_eq!(proof["entitled"], bnb(36));
    let paid = (36 * BNB - 1).to_string();
    assert_eq!((&proof["paid"], &proof["due"]), (&json!(paid), &json!("1")));
}

#[tokio::test]
async fn a_root_is_refused_while_a_batch_is_live_or_when_the_contract_could_not_pay_it() {
    let mut world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    world.sealed("live").await;
    assert_eq!(world.build_root(&builder, false).await.code(), "batches_live");
    world.build_root(&builder, true).await.ok();
    // The contract has 5,000 BNB that are free.
    world
        .sql("UPDATE paid_total SET paid = 4_964 * 10::numeric ^ 18")
        .await;
    let refused = world.build_root(&builder, true).await;
    assert_eq!(refused.code(), "root_unfunded", "{refused:?}");
}

#[tokio::test]
async fn roots_need_two_operators_and_their_roles_and_go_one_after_another() {
    let mut world = due_world().await;
    for person in [1, 9, APPROVER, VIEWER] {
        let session = world.sign_in(person).await;
        assert_eq!(world.build_root(&session, true).await.code(), "role_missing");
    }
    let both = world.sign_in(BOTH).await;
    let root = world.build_root(&both, false).await.ok();
    let id = text(&root, "root").to_owned();
    assert_eq!(world.approve_root(&both, &id).await.code(), "approver_is_builder");
    for person in [1, BUILDER, VIEWER] {
        let session = world.sign_in(person).await;
        assert_eq!(world.approve_root(&session, &id).await.code(), "role_missing");
    }
    let one = world.sign_in(APPROVER).await;
    let two = world.sign_in(SECOND_APPROVER).await;
    world
        .sql("INSERT INTO settlement_stop (cause) VALUES ('r9')")
        .await;
    assert_eq!(world.approve_root(&one, &id).await.code(), "settlement_stopped");
    assert_eq!(world.build_root(&both, false).await.code(), "settlement_stopped");
    world.sql("DELETE FROM settlement_stop").await;
    let (first, second) = tokio::join!(world.approve_root(&one, &id), world.approve_root(&two, &id));
    let codes = [first.code(), second.code()];
    assert!(codes.contains(&"no problem"), "{codes:?}");
    assert!(codes.contains(&"wrong_root_state"), "{codes:?}");
    let unknown = format!("0x{}", "12".repeat(32));
    assert_eq!(world.approve_root(&one, &unknown).await.code(), "unknown_root");
    assert_eq!(world.approve_root(&one, "0x12").await.code(), "malformed_path");
    // Another root, while the first is on its way.
    world.sql("UPDATE users SET paid = paid + 1 WHERE id = 1").await;
    let other = world.build_root(&both, false).await.ok();
    assert_ne!(other["root"], root["root"]);
    let refused = world.approve_root(&one, text(&other, "root")).await;
    assert_eq!(refused.code(), "root_under_way");
    world.publish(&root).await;
    world.approve_root(&one, text(&other, "root")).await.ok();
}

#[tokio::test]
async fn a_ledger_in_which_nobody_is_entitled_has_no_root() {
    let world = World::on_chain(&[1]).await;
    world.enter_operators().await;
    let builder = world.sign_in(BUILDER).await;
    assert_eq!(world.build_root(&builder, false).await.code(), "nothing_due");
}
