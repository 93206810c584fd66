//! The operators' steps: build a batch, have a colleague approve it, sign, submit and watch it; publish liabilities.

use abi::ICustody;
use alloy::primitives::{B256, U256};
use alloy::providers::Provider;
use anyhow::{Context, ensure};
use devstack::world::{Answer, Person};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::Stage;

/// A batch on its way, and the outcome of it.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Its id.
    pub id: B256,
    /// Hash of its list, as the approver saw it.
    pub list_hash: String,
    /// Payouts in it.
    pub payouts: usize,
    /// Payouts that the contract keeps as credits.
    pub credited: usize,
    /// What it paid and credited, in wei.
    pub total: u128,
    /// Transactions that were signed for it.
    pub attempts: usize,
    /// Gas that the mined one used.
    pub gas: u64,
}

/// What a user needs to claim.
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) root: B256,
    pub(crate) entitled: U256,
    pub(crate) path: Vec<ICustody::SumNode>,
}

impl Batch {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "batch_id": self.id,
            "payouts": self.payouts,
            "credited": self.credited,
            "total": self.total.to_string(),
            "attempts": self.attempts,
            "gas": self.gas,
            "gas_per_recipient": self.gas_per_recipient(),
        })
    }

    pub(crate) fn to_line(&self) -> String {
        format!(
            "{} {} payouts, {} of them credited, {} wei, {} transactions signed, {} gas per recipient",
            self.id,
            self.payouts,
            self.credited,
            self.total,
            self.attempts,
            self.gas_per_recipient()
        )
    }

    fn gas_per_recipient(&self) -> u64 {
        self.gas / u64::try_from(self.payouts.max(1)).unwrap_or(u64::MAX)
    }
}

impl Stage {
    /// Builds a batch for these users, after a dry run that promises the same, and waits until it is sealed.
    pub(crate) async fn build(&self, users: &[i32]) -> anyhow::Result<Batch> {
        let request = |dry_run: bool| json!({ "filters": { "users": users }, "dry_run": dry_run });
        let dry = self
            .operate(&self.builder, "/payouts/build-batch", request(true))
            .await?;
        let promised = dry.body["proposal"]["count"].as_u64().context("no count")?;
        let built = self
            .operate(&self.builder, "/payouts/build-batch", request(false))
            .await?;
        let id: B256 = text(&built.body["batch"], "id")?.parse()?;
        let sealed = self.wait_for_state(id, "sealed").await?;
        let payouts = usize::try_from(sealed["count"].as_u64().context("no count")?)?;
        ensure!(
            u64::try_from(payouts)? == promised,
            "{promised} payouts were promised, {payouts} sealed"
        );
        Ok(Batch {
            id,
            list_hash: text(&sealed, "list_hash")?,
            payouts,
            credited: 0,
            total: text(&sealed, "total")?.parse()?,
            attempts: 0,
            gas: 0,
        })
    }

    /// A colleague approves what was built, then it is signed.
    pub(crate) async fn approve_and_sign(&self, batch: &Batch) -> anyhow::Result<()> {
        let path = |step: &str| format!("/payouts/{}/{step}", batch.id);
        for who in [&self.builder, &self.approver] {
            let mut signed = who.sign_approval(&self.site, &path("approval")).await?;
            signed["list_hash"] = json!(batch.list_hash);
            self.operate(who, &path("approve"), signed).await?;
        }
        self.operate(&self.builder, &path("sign"), json!({})).await?;
        let id = batch.id;
        self.wait("the batch to be signed", async |stage: &Self| {
            let statement = "SELECT state = 'signed' FROM payout_batch WHERE batch_id = $1";
            let signed: bool = sqlx::query_scalar(statement)
                .bind(id.as_slice())
                .fetch_one(&stage.ledger)
                .await?;
            Ok(signed.then_some(()))
        })
        .await
    }

    /// Hands the batch to the settlement worker.
    pub(crate) async fn submit(&self, batch: &Batch) -> anyhow::Result<()> {
        let path = format!("/payouts/{}/submit", batch.id);
        self.operate(&self.builder, &path, json!({})).await?;
        Ok(())
    }

    /// Waits until the newest block has the batch, final or not.
    pub(crate) async fn wait_until_on_chain(&self, batch: &Batch) -> anyhow::Result<()> {
        let id = batch.id;
        self.wait("the batch to be on the chain", async |stage: &Self| {
            let seq = stage.site.contract().batchState(id).call().await?;
            Ok((seq != 0).then_some(()))
        })
        .await
    }

    /// Waits until the batch's first transaction is stored and sent; says what it offers per gas, in wei.
    pub(crate) async fn wait_until_sent(&self, batch: &Batch) -> anyhow::Result<u64> {
        let id = batch.id;
        let fee: String = self
            .wait("the batch to be sent", async |stage: &Self| {
                let statement = "SELECT a.max_fee::text FROM attempt a JOIN submission s ON s.id = a.submission_id \
                    WHERE s.kind = 'batch' AND s.subject = $1 AND a.sends > 0";
                Ok(sqlx::query_scalar(statement)
                    .bind(id.as_slice())
                    .fetch_optional(&stage.ledger)
                    .await?)
            })
            .await?;
        Ok(fee.parse()?)
    }

    /// Waits until the finalized batch is posted; completes what is known of it.
    pub(crate) async fn wait_until_executed(&self, mut batch: Batch) -> anyhow::Result<Batch> {
        self.wait_for_state(batch.id, "executed").await?;
        let statement = "SELECT count(*) FILTER (WHERE state = 'credited'), sum(settled)::text \
            FROM payout WHERE batch_id = $1";
        let (credited, total): (i64, String) = sqlx::query_as(statement)
            .bind(batch.id.as_slice())
            .fetch_one(&self.ledger)
            .await?;
        let statement = "SELECT a.transaction_hash FROM attempt a JOIN submission s ON s.id = a.submission_id \
            WHERE s.kind = 'batch' AND s.subject = $1 ORDER BY a.number";
        let hashes: Vec<Vec<u8>> = sqlx::query_scalar(statement)
            .bind(batch.id.as_slice())
            .fetch_all(&self.ledger)
            .await?;
        batch.credited = usize::try_from(credited)?;
        batch.total = total.parse()?;
        batch.attempts = hashes.len();
        for hash in hashes {
            let hash = B256::try_from(hash.as_slice())?;
            if let Some(receipt) = self.site.provider.get_transaction_receipt(hash).await? {
                batch.gas = receipt.gas_used;
            }
        }
        ensure!(batch.gas > 0, "no transaction of the batch has a receipt");
        Ok(batch)
    }

    /// Builds the tree of liabilities, has a colleague approve it, and waits until its root is published and final.
    pub(crate) async fn publish_liabilities(&self) -> anyhow::Result<B256> {
        let wish = json!({ "accept_claims": false });
        let built = self.operate(&self.builder, "/liabilities/roots", wish).await?;
        let path = format!("/liabilities/requests/{}", built.body["id"]);
        let root = self.wait("the root to be built", async |stage: &Self| {
            let request = stage.builder.get(&stage.site, &path).await?;
            ensure!(request.body["state"] != "refused", "no root: {request:?}");
            Ok(request.body["root"].as_str().map(str::to_owned))
        });
        let root: B256 = root.await?.parse()?;
        let path = |step: &str| format!("/liabilities/roots/{root}/{step}");
        for who in [&self.builder, &self.approver] {
            let signed = who.sign_approval(&self.site, &path("approval")).await?;
            self.operate(who, &path("approve"), signed).await?;
        }
        self.wait("the root to be published", async |stage: &Self| {
            let statement = "SELECT state = 'published' FROM liabilities_root WHERE root = $1";
            let published: bool = sqlx::query_scalar(statement)
                .bind(root.as_slice())
                .fetch_one(&stage.ledger)
                .await?;
            Ok(published.then_some(()))
        })
        .await?;
        tracing::info!(liabilities.root = %root, "the liabilities are published");
        Ok(root)
    }

    /// The user's own proof, from the API.
    pub(crate) async fn proof_of(&self, person: &Person) -> anyhow::Result<Proof> {
        let id = person.id(&self.site).await?;
        let answer = person.get(&self.site, &format!("/users/{id}/proof")).await?;
        ensure!(answer.status == 200, "no proof: {answer:?}");
        let path = answer.body["path"].as_array().context("no path")?;
        let path = path.iter().map(|node| {
            Ok(ICustody::SumNode {
                hash: text(node, "hash")?.parse()?,
                sum: text(node, "sum")?.parse()?,
            })
        });
        Ok(Proof {
            root: text(&answer.body, "root")?.parse()?,
            entitled: text(&answer.body, "entitled")?.parse()?,
            path: path.collect::<anyhow::Result<_>>()?,
        })
    }

    /// The builder proposes to allocate revenue to a fund and signs it, a colleague signs it, too.
    pub(crate) async fn allocate(&self, fund: &str, amount: u128) -> anyhow::Result<()> {
        let wish = json!({ "amount": amount.to_string() });
        let proposed = self
            .operate(&self.builder, &format!("/funds/{fund}/allocate"), wish)
            .await?;
        let id = text(&proposed.body, "id")?;
        let path = |step: &str| format!("/proposals/{id}/{step}");
        for who in [&self.builder, &self.approver] {
            let signed = who.sign_approval(&self.site, &path("approval")).await?;
            self.operate(who, &path("approve"), signed).await?;
        }
        self.settle().await
    }

    /// An operator has checked who this person is.
    pub(crate) async fn verify(&self, person: &Person) -> anyhow::Result<()> {
        let user = person.id(&self.site).await?;
        self.builder.confirm_identity(&self.site, user).await
    }

    async fn wait_for_state(&self, id: B256, wanted: &str) -> anyhow::Result<Value> {
        let what = format!("the batch to be {wanted}");
        self.wait(&what, async |stage: &Self| {
            let answer = stage.builder.get(&stage.site, &format!("/payouts/{id}")).await?;
            ensure!(answer.status == 200, "no batch: {answer:?}");
            let state = text(&answer.body, "state")?;
            ensure!(
                !["cancelled", "expired", "quarantined"].contains(&state.as_str()),
                "the batch is {state}: {answer:?}"
            );
            Ok((state == wanted).then_some(answer.body))
        })
        .await
    }

    async fn operate(&self, operator: &Person, path: &str, body: Value) -> anyhow::Result<Answer> {
        let answer = operator.call(&self.site, Method::POST, path, Some(body)).await?;
        ensure!(
            (200..300).contains(&answer.status),
            "{path} was refused: {answer:?}"
        );
        Ok(answer)
    }
}

fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    let text = value[field].as_str().map(str::to_owned);
    text.with_context(|| format!("no {field} in {value}"))
}
