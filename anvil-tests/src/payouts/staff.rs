//! What operators do, one step each, and the usual way of a batch.

use alloy::primitives::{Address, B256};
use devstack::agreement::{self, Colleague};
use devstack::world::{Answer, Person};
use reqwest::Method;
use serde_json::{Value, json};

use crate::payouts::{Batch, PayoutWorld};

impl PayoutWorld {
    /// Enters the person with this account of the local chain as an operator with these roles, signed in.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn enter(&self, account: usize, roles: &[&str]) -> Person {
        let mut person = self.person(account);
        sqlx::query("INSERT INTO operator (wallet, name, roles) VALUES ($1, $2, $3)")
            .bind(person.address().as_slice())
            .bind(format!("operator {account}"))
            .bind(roles)
            .execute(self.ledger.pool())
            .await
            .expect("an operator can be entered");
        let statement = "SELECT name, wallet, roles FROM operator WHERE name LIKE 'operator %'";
        let entered: Vec<(String, Vec<u8>, Vec<String>)> = sqlx::query_as(statement)
            .fetch_all(self.ledger.pool())
            .await
            .expect("the database answers");
        let colleagues: Vec<Colleague> = entered
            .into_iter()
            .map(|(name, wallet, roles)| Colleague {
                name,
                wallet: Address::from_slice(&wallet),
                roles,
            })
            .collect();
        let people = agreement::people(&colleagues).expect("a list of people");
        agreement::set_people(&self.spec().signer_database_url, &people)
            .await
            .expect("the list can be set");
        person.sign_in(self).await.expect("an operator signs in");
        person
    }

    /// Requests a batch of these people.
    ///
    /// # Panics
    /// When the API does not respond.
    pub async fn ask_to_build(&self, operator: &Person, people: &[Person]) -> Answer {
        let users = self.ids(people).await;
        self.post(
            operator,
            "/payouts/build-batch",
            json!({ "filters": { "users": users } }),
        )
        .await
    }

    /// Takes a step of a batch.
    ///
    /// # Panics
    /// When the API does not respond.
    pub async fn step(&self, operator: &Person, batch: B256, step: &str) -> Answer {
        self.post(operator, &format!("/payouts/{batch}/{step}"), json!({}))
            .await
    }

    /// Has the usual builder sign a batch, and then someone else, who approves it.
    ///
    /// # Panics
    /// When the API does not respond.
    pub async fn approve(&self, operator: &Person, batch: &Batch) -> Answer {
        // Refused when it was signed before, or built by another.
        self.sign_off(&self.builder, batch).await;
        self.sign_off(operator, batch).await
    }

    /// Signs a batch with an operator's wallet.
    ///
    /// # Panics
    /// When the API does not respond.
    pub async fn sign_off(&self, operator: &Person, batch: &Batch) -> Answer {
        let content = json!({ "list_hash": batch.list_hash });
        self.agree(operator, &format!("/payouts/{}", batch.id), content)
            .await
    }

    /// Signs what is below a path with an operator's wallet, and hands the signature in with `content`.
    ///
    /// # Panics
    /// When the API does not respond.
    pub async fn agree(&self, operator: &Person, path: &str, content: Value) -> Answer {
        let wanted = operator.get(self, &format!("{path}/approval")).await;
        let wanted = wanted.expect("the API answers");
        if wanted.status != 200 {
            return wanted;
        }
        let mut body = operator.sign_wanted(&wanted).expect("a message to sign");
        let fields = content.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(fields);
        self.post(operator, &format!("{path}/approve"), body).await
    }

    /// Signs the end of all stops with an operator's wallet.
    ///
    /// # Panics
    /// When the API does not respond.
    pub async fn resume(&self, operator: &Person) -> Answer {
        let wanted = operator.get(self, "/monitoring/resume/approval").await;
        let wanted = wanted.expect("the API answers");
        if wanted.status != 200 {
            return wanted;
        }
        let body = operator.sign_wanted(&wanted).expect("a message to sign");
        self.post(operator, "/monitoring/resume", body).await
    }

    /// Waits until the settlement worker has had a batch signed.
    ///
    /// # Panics
    /// When it is not signed.
    pub async fn signed(&self, batch: &Batch) {
        self.becomes(batch.id, "signed").await;
    }

    /// Sends a command to the API.
    ///
    /// # Panics
    /// When it does not respond.
    pub async fn post(&self, operator: &Person, path: &str, body: Value) -> Answer {
        let answer = operator.call(self, Method::POST, path, Some(body)).await;
        answer.expect("the API answers")
    }

    /// Builds a batch of these people and waits until it is sealed.
    ///
    /// # Panics
    /// When it is refused, or leaves someone out.
    pub async fn build(&self, people: &[Person]) -> Batch {
        let answer = self.ask_to_build(&self.builder, people).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        let batch = self.sealed(&answer.body["batch"]).await;
        assert_eq!(batch.lines.len(), people.len(), "somebody is left out: {batch:?}");
        batch
    }

    /// Waits until the batch that the API answered is sealed.
    ///
    /// # Panics
    /// When it is not sealed.
    pub async fn sealed(&self, answered: &Value) -> Batch {
        let id = answered["id"].as_str().expect("a batch has an id");
        let id: B256 = id.parse().expect("an id has 32 bytes");
        self.becomes(id, "sealed").await;
        let list_hash: Vec<u8> = sqlx::query_scalar("SELECT list_hash FROM payout_batch WHERE batch_id = $1")
            .bind(id.as_slice())
            .fetch_one(self.ledger.pool())
            .await
            .expect("a sealed batch has a list");
        let statement = "SELECT u.wallet, p.held::text FROM payout p JOIN users u ON u.id = p.user_id \
            WHERE p.batch_id = $1 AND p.state = 'held' ORDER BY u.wallet";
        let lines: Vec<(Vec<u8>, String)> = sqlx::query_as(statement)
            .bind(id.as_slice())
            .fetch_all(self.ledger.pool())
            .await
            .expect("the database answers");
        Batch {
            id,
            list_hash: B256::from_slice(&list_hash).to_string(),
            lines: (lines.iter())
                .map(|(wallet, held)| (Address::from_slice(wallet), held.parse().expect("an amount")))
                .collect(),
        }
    }

    /// A batch of these people that is signed.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn signed_batch(&self, people: &[Person]) -> Batch {
        let batch = self.build(people).await;
        self.approve_and_sign(&batch).await;
        batch
    }

    /// Has a colleague approve the batch, and signed.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn approve_and_sign(&self, batch: &Batch) {
        let answer = self.approve(&self.approver, batch).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = self.step(&self.builder, batch.id, "sign").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.signed(batch).await;
    }

    /// A batch of these people that was handed over to the settlement worker.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn submitted_batch(&self, people: &[Person]) -> Batch {
        let batch = self.signed_batch(people).await;
        self.submit(&batch).await;
        batch
    }

    /// Hands the batch over to the settlement worker.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn submit(&self, batch: &Batch) {
        let answer = self.step(&self.builder, batch.id, "submit").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Mines until the batch is executed; everyone in it counts as paid from then on.
    ///
    /// # Panics
    /// When it is not executed.
    pub async fn executed(&mut self, batch: &Batch) {
        self.reaches(batch.id, "executed").await;
        for (user, amount) in &batch.lines {
            self.expect_paid(*user, *amount);
        }
    }

    async fn ids(&self, people: &[Person]) -> Vec<i32> {
        let wallets: Vec<Vec<u8>> = people.iter().map(|person| person.address().to_vec()).collect();
        sqlx::query_scalar("SELECT id FROM users WHERE wallet = ANY($1) ORDER BY id")
            .bind(wallets)
            .fetch_all(self.ledger.pool())
            .await
            .expect("the database answers")
    }
}
