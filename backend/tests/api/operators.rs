//! Operators, and the parts of other processes that batches need between their steps.

use std::collections::BTreeMap;

use alloy::signers::SignerSync;
use alloy_primitives::{Address, B256};
use approval::ReserveCommand;
use money::Amount;
use plan::{BatchEnd, Cause};
use reqwest::Method;
use serde_json::{Value, json};
use settlement::batch::{SealedPayout, seal};
use settlement::manifest::{CoveredPayout, Manifest, Maturity, cover};
use sqlx::Connection;
use store::payout_batch::{self, Window};
use store::sealing::{self, Seal};
use store::settlement_batch;

use crate::world::{Answer, BNB, Session, World, compiled, key, matured, wallet};

/// Everyone with a role that matters here, by the number of the person.
pub(crate) const BUILDER: u8 = 40;
pub(crate) const APPROVER: u8 = 41;
pub(crate) const SECOND_APPROVER: u8 = 42;
pub(crate) const BOTH: u8 = 43;
pub(crate) const VIEWER: u8 = 44;
pub(crate) const ADMIN: u8 = 45;
pub(crate) const AUDITOR: u8 = 46;

const OPERATORS: [(u8, &str); 7] = [
    (BUILDER, "builder"),
    (APPROVER, "approver"),
    (SECOND_APPROVER, "approver"),
    (BOTH, "builder,approver"),
    (VIEWER, "viewer"),
    (ADMIN, "config_admin"),
    (AUDITOR, "auditor"),
];

/// A world in which user 1 has 36 BNB available and user 2 has 18, with operators.
pub(crate) async fn due_world() -> World {
    // 2 and 5 are the first and third direct of 1, and 4 is the first of 2: 18 each; 3 is the second of 1, into the pool.
    let mut world = World::on_chain(&[1, 1, 2, 1]).await;
    world.post_causes(vec![matured(100 * BNB)]).await;
    world.enter_operators().await;
    world
}

impl World {
    pub(crate) async fn enter_operators(&self) {
        for (person, roles) in OPERATORS {
            self.sql(&format!(
                "INSERT INTO operator (wallet, name, roles) VALUES ('\\x{}', 'operator {person}', '{{{roles}}}')",
                hex::encode(wallet(person))
            ))
            .await;
        }
    }

    pub(crate) async fn build(&self, session: &Session, key: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, "/payouts/build-batch", Some(session));
        self.send(request.header("idempotency-key", key).json(body)).await
    }

    /// Takes a step. What the settlement worker does after the wish for a signature is done, too.
    pub(crate) async fn step(&self, session: &Session, id: &str, step: &str) -> Answer {
        let path = format!("/payouts/{id}/{step}");
        let answer = self.post(&path, Some(session), &json!({})).await;
        if step == "sign" && answer.status == 200 && answer.body["state"] == "approved" {
            self.window(id, 1_800).await;
            self.authorize(id).await;
            return self.get(&format!("/payouts/{id}"), Some(session)).await;
        }
        answer
    }

    /// A signed choice about reserving.
    pub(crate) fn reserve(&self, session: &Session, key: &str, tier: u8, choice: &str) -> Value {
        let command = ReserveCommand {
            wallet: wallet(session.person),
            tier,
            reserve: choice == "in",
            nonce: approval::command_nonce(key),
        };
        let digest = command.message().digest(&self.app.domain());
        let signature = crate::world::key(session.person).sign_hash_sync(&digest).unwrap();
        json!({
            "tier": tier, "choice": choice, "signature": format!("0x{}", hex::encode(signature.as_bytes()))
        })
    }

    /// What the settlement worker stores before it asks the signer.
    pub(crate) async fn window(&self, id: &str, life: u64) {
        let time = self.chain.as_ref().unwrap().time().await;
        let window = Window {
            submitter: abi::development::SUBMITTER.address,
            valid_after: time,
            deadline: time + life,
        };
        let mut connection = self.database.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        payout_batch::update_window(&mut transaction, id.parse().unwrap(), &window)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// What the settlement worker stores of the signer's answer.
    async fn authorize(&self, id: &str) {
        let mut connection = self.database.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        let signer = self.signer.key.address();
        payout_batch::update_signed(&mut transaction, id.parse().unwrap(), signer, &[1; 65])
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// Who built the batch signs it, and then this operator.
    pub(crate) async fn approve(&self, session: &Session, id: &str) -> Answer {
        let batch = self.get(&format!("/payouts/{id}"), Some(session)).await.ok();
        for builder in [BUILDER, BOTH] {
            if batch["builder"] == wallet(builder).to_checksum(None) {
                let builder = self.sign_in(builder).await;
                self.sign_off(&builder, id, &batch["list_hash"]).await;
            }
        }
        self.sign_off(session, id, &batch["list_hash"]).await
    }

    async fn sign_off(&self, session: &Session, id: &str, list_hash: &Value) -> Answer {
        self.agree(
            session,
            &format!("/payouts/{id}"),
            json!({ "list_hash": list_hash }),
        )
        .await
    }

    /// Signs what is wanted below a path, and hands it in with more.
    pub(crate) async fn agree(&self, session: &Session, path: &str, more: Value) -> Answer {
        let mut body = match self.sign_wanted(session, &format!("{path}/approval")).await {
            Ok(body) => body,
            Err(refused) => return refused,
        };
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.post(&format!("{path}/approve"), Some(session), &body).await
    }

    /// Signs the end of all stops.
    pub(crate) async fn resume(&self, session: &Session) -> Answer {
        match self.sign_wanted(session, "/monitoring/resume/approval").await {
            Ok(body) => self.post("/monitoring/resume", Some(session), &body).await,
            Err(refused) => refused,
        }
    }

    /// The fields of a signature over what the API wants signed.
    pub(crate) async fn sign_wanted(&self, session: &Session, path: &str) -> Result<Value, Answer> {
        let wanted = self.get(path, Some(session)).await;
        if wanted.status != 200 {
            return Err(wanted);
        }
        let digest: B256 = wanted.body["digest"].as_str().unwrap().parse().unwrap();
        let signature = key(session.person).sign_hash_sync(&digest).unwrap().as_bytes();
        let mut body = json!({
            "expires": wanted.body["expires"],
            "signature": format!("0x{}", hex::encode(signature)),
        });
        if let Some(stops) = wanted.body.get("stops") {
            body["stops"] = stops.clone();
        }
        Ok(body)
    }

    pub(crate) async fn batch(&self, id: &str) -> Value {
        let viewer = self.sign_in(VIEWER).await;
        self.get(&format!("/payouts/{id}"), Some(&viewer)).await.ok()
    }

    /// A batch for everyone, sealed.
    pub(crate) async fn sealed(&mut self, key: &str) -> String {
        let builder = self.sign_in(BUILDER).await;
        let built = self.build(&builder, key, &json!({})).await.ok();
        let id = built["batch"]["id"].as_str().unwrap().to_owned();
        self.post_causes(vec![]).await;
        self.seal(&id).await;
        id
    }

    /// A batch for everyone, approved.
    pub(crate) async fn approved(&mut self, key: &str) -> String {
        let id = self.sealed(key).await;
        let approver = self.sign_in(APPROVER).await;
        self.approve(&approver, &id).await.ok();
        id
    }

    /// What the settlement worker does with a batch whose money is held back.
    pub(crate) async fn seal(&self, id: &str) {
        let batch: B256 = id.parse().unwrap();
        let mut connection = self.database.connection().await;
        let lines = sealing::list_lines(&mut connection, &[batch]).await.unwrap();
        let mut rewards: BTreeMap<i32, Vec<Maturity>> = BTreeMap::new();
        let users: Vec<i32> = lines.iter().map(|line| line.user).collect();
        for matured in sealing::list_matured(&mut connection, &users).await.unwrap() {
            rewards.entry(matured.user).or_default().push(Maturity {
                fact_seq: matured.fact_seq,
                leg: matured.leg,
                amount: matured.amount,
            });
        }
        let users: BTreeMap<Address, i32> = lines.iter().map(|line| (line.wallet, line.user)).collect();
        let payouts = lines.iter().map(|line| SealedPayout {
            wallet: line.wallet,
            amount: line.held,
            target: line.target,
        });
        let sealed = seal(payouts.collect()).unwrap();
        let covered = sealed.payouts.iter().map(|payout| CoveredPayout {
            payout: *payout,
            rewards: cover(
                rewards[&users[&payout.wallet]].iter().copied(),
                payout.target.checked_sub(payout.amount).unwrap(),
                payout.target,
            )
            .unwrap(),
        });
        let manifest = Manifest {
            batch_id: batch,
            plan_hash: compiled().hash(),
            through_fact: sealing::find_last_fact(&mut self.database.connection().await)
                .await
                .unwrap(),
            payouts: covered.collect(),
        };
        let text = manifest.to_string();
        let seal = Seal {
            batch,
            list_hash: sealed.list_hash,
            manifest: &text,
            manifest_hash: manifest.hash(),
            total: sealed.max_total,
            count: sealed.payouts.len(),
        };
        let mut transaction = connection.begin().await.unwrap();
        assert!(sealing::update_sealed(&mut transaction, &seal).await.unwrap());
        transaction.commit().await.unwrap();
    }

    /// What the settlement worker does with a batch whose authorization is proven dead.
    pub(crate) async fn expire(&mut self, id: &str) {
        let mut connection = self.database.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        let batch = id.parse().unwrap();
        settlement_batch::insert_release(&mut transaction, batch, BatchEnd::Expired, 1)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        self.post_causes(vec![]).await;
    }

    /// What the chain says when it executed a batch that pays these people everything.
    pub(crate) async fn execute(&mut self, id: &str, payouts: &[(u8, u128)]) {
        let payouts = payouts.iter().map(|(person, bnb)| plan::SettledPayout {
            wallet: wallet(*person),
            outcome: plan::PayoutOutcome::Executed(Amount::new(bnb * BNB)),
        });
        let cause = Cause::BatchSettled {
            batch_id: id.parse().unwrap(),
            manifest_hash: B256::ZERO,
            payouts: payouts.collect(),
        };
        self.post_causes(vec![cause]).await;
    }
}
