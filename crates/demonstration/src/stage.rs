//! The stage of the story: a temporary system, its people, and the waits between scenes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy::eips::BlockId;
use alloy::primitives::{B256, Bytes, U256};
use alloy::providers::Provider;
use anyhow::{Context, bail, ensure};
use devstack::development::{Development, DevelopmentSpec};
use devstack::world::{Person, Site, operators, root_user};
use devstack::{Checkout, Wallet};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

/// Longer than any scene takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Between two looks.
const POLL: Duration = Duration::from_millis(50);

/// The root user and those who join: the oldest first.
pub(crate) const PEOPLE: usize = 43;

/// A running system and everyone in it.
pub(crate) struct Stage {
    pub(crate) development: Development,
    pub(crate) site: Arc<Site>,
    pub(crate) ledger: PgPool,
    /// The root user first.
    pub(crate) people: Vec<Person>,
    pub(crate) builder: Person,
    pub(crate) approver: Person,
}

impl Stage {
    /// Starts a throwaway system; the root user is registered.
    pub(crate) async fn set(checkout: &Checkout, plan: Option<&Path>) -> anyhow::Result<Self> {
        let spec = DevelopmentSpec {
            throwaway: true,
            plan: plan.map(Path::to_owned),
            ..DevelopmentSpec::default()
        };
        let development = Development::start(checkout, &spec).await?;
        let endpoints = development.endpoints();
        let site = Arc::new(Site::new(
            &endpoints.api,
            &endpoints.rpc,
            endpoints.custody.parse()?,
        )?);
        let ledger = PgPoolOptions::new()
            .max_connections(2)
            .connect(&endpoints.database_url)
            .await
            .context("the ledger's database does not answer")?;
        let first = root_user().index();
        let mut people: Vec<Person> = (first..first + PEOPLE)
            .map(|account| Person::with(Wallet::at(account)))
            .collect();
        people[0].sign_in(&site).await?;
        let operator = |wanted: &str| {
            let found = operators().find(|(_, name, _)| *name == wanted);
            found
                .map(|(wallet, ..)| Person::with(wallet))
                .context("no such operator")
        };
        let (mut builder, mut approver) = (operator("builder")?, operator("approver")?);
        builder.sign_in(&site).await?;
        approver.sign_in(&site).await?;
        Ok(Self {
            development,
            site,
            ledger,
            people,
            builder,
            approver,
        })
    }

    /// The plan that the system runs.
    pub(crate) async fn plan(&self) -> anyhow::Result<plan::CompiledPlan> {
        let text: String = sqlx::query_scalar("SELECT plan_text FROM deployment")
            .fetch_one(&self.ledger)
            .await?;
        plan::compile(&text).map_err(|error| anyhow::anyhow!("the plan does not compile: {error}"))
    }

    /// Lets whole days pass on the chain and waits until the ledger has closed them.
    pub(crate) async fn pass_days(&self, days: u64) -> anyhow::Result<()> {
        self.pass_time(days * 86_400).await?;
        let head = self.site.provider.get_block(BlockId::latest()).await?;
        let today = head.context("no head")?.header.timestamp / 86_400;
        self.wait("the days to end", async |stage: &Self| {
            let statement = "SELECT coalesce(max(number), 0) FROM component_effect WHERE kind = 'day_ended'";
            let last: i64 = sqlx::query_scalar(statement).fetch_one(&stage.ledger).await?;
            Ok((u64::try_from(last)? + 1 >= today).then_some(()))
        })
        .await?;
        self.settle().await
    }

    /// Waits until `look` finds something.
    pub(crate) async fn wait<T>(
        &self,
        what: &str,
        mut look: impl AsyncFnMut(&Self) -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self).await? {
                return Ok(found);
            }
            if Instant::now() > deadline {
                bail!("waited {PATIENCE:?} for {what}");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until everything that the contract has journaled, and every command, is posted.
    pub(crate) async fn settle(&self) -> anyhow::Result<()> {
        let seq = i64::try_from(self.site.contract().journalHead().call().await?.seq)?;
        self.wait("the ledger to be in step with the chain", async |stage: &Self| {
            let statement = "SELECT coalesce(max(chain_seq), 0) >= $1 AND count(*) FILTER (WHERE fact_seq IS NULL) = 0 \
                FROM inbox";
            let posted: bool = sqlx::query_scalar(statement)
                .bind(seq)
                .fetch_one(&stage.ledger)
                .await?;
            Ok(posted.then_some(()))
        })
        .await
    }

    /// Moves the chain's clock.
    pub(crate) async fn pass_time(&self, seconds: u64) -> anyhow::Result<()> {
        let _: Value = self.raw("evm_increaseTime", json!([seconds])).await?;
        let _: Value = self.raw("evm_mine", json!([])).await?;
        Ok(())
    }

    /// Replaces the newest blocks; what was in them is mined again in the last of the new ones.
    pub(crate) async fn reorganize(&self, depth: u64) -> anyhow::Result<()> {
        let head = self.site.provider.get_block_number().await?;
        let before = self.block_hash(head).await?;
        let mut kept = Vec::new();
        for number in head + 1 - depth..=head {
            for raw in self.raw_transactions(number).await? {
                kept.push(json!([raw, depth - 1]));
            }
        }
        let _: Value = self.raw("anvil_reorg", json!([depth, kept])).await?;
        ensure!(
            self.block_hash(head).await? != before,
            "the reorganization changed nothing"
        );
        Ok(())
    }

    /// Makes the next block dear: what offers less waits until blocks are cheap again, or offers more.
    pub(crate) async fn raise_base_fee(&self, wei: u64) -> anyhow::Result<()> {
        let fee = json!([format!("{wei:#x}")]);
        let _: Value = self.raw("anvil_setNextBlockBaseFeePerGas", fee).await?;
        Ok(())
    }

    /// Switches the making of blocks: one a second, or none.
    pub(crate) async fn mine_by_itself(&self, by_itself: bool) -> anyhow::Result<()> {
        let _: Value = self
            .raw("anvil_setIntervalMining", json!([u64::from(by_itself)]))
            .await?;
        Ok(())
    }

    /// The number of the last account that someone of the story has; later ones are free.
    pub(crate) fn last_account(&self) -> usize {
        root_user().index() + PEOPLE - 1
    }

    /// Numbers of users in the ledger.
    pub(crate) async fn ids(&self, people: std::ops::Range<usize>) -> anyhow::Result<Vec<i32>> {
        let wallets: Vec<Vec<u8>> = self.people[people]
            .iter()
            .map(|person| person.address().to_vec())
            .collect();
        let statement = "SELECT id FROM users WHERE wallet = ANY($1) ORDER BY id";
        Ok(sqlx::query_scalar(statement)
            .bind(wallets)
            .fetch_all(&self.ledger)
            .await?)
    }

    /// Reference of a user's registration.
    pub(crate) async fn deposit_of(&self, person: &Person) -> anyhow::Result<B256> {
        let statement = "SELECT d.ref FROM deposit d JOIN users u ON u.id = d.user_id \
            WHERE u.wallet = $1 AND d.kind = 'registration'";
        let reference: Vec<u8> = sqlx::query_scalar(statement)
            .bind(person.address().as_slice())
            .fetch_one(&self.ledger)
            .await?;
        Ok(B256::try_from(reference.as_slice())?)
    }

    /// A person's balance outside the contract.
    pub(crate) async fn purse(&self, person: &Person) -> anyhow::Result<U256> {
        Ok(self.site.provider.get_balance(person.address()).await?)
    }

    async fn raw_transactions(&self, number: u64) -> anyhow::Result<Vec<Bytes>> {
        let block = self.site.provider.get_block(BlockId::number(number)).await?;
        let mut raw = Vec::new();
        for hash in block.context("no such block")?.transactions.hashes() {
            raw.push(self.raw("eth_getRawTransactionByHash", json!([hash])).await?);
        }
        Ok(raw)
    }

    async fn block_hash(&self, number: u64) -> anyhow::Result<B256> {
        let block = self.site.provider.get_block(BlockId::number(number)).await?;
        Ok(block.context("no such block")?.header.hash)
    }

    async fn raw<T>(&self, method: &'static str, parameters: Value) -> anyhow::Result<T>
    where
        T: serde::de::DeserializeOwned + std::fmt::Debug + Send + Sync + Unpin + 'static,
    {
        let answer = self.site.provider.raw_request(method.into(), parameters).await;
        answer.with_context(|| format!("the node rejects {method}"))
    }
}

impl Stage {
    /// Everything that was paid in and not taken back, in wei.
    pub(crate) async fn inflow(&self) -> anyhow::Result<u128> {
        let statement = "SELECT coalesce(sum(amount), 0)::text FROM deposit WHERE state <> 'refunded'";
        let sum: String = sqlx::query_scalar(statement).fetch_one(&self.ledger).await?;
        Ok(sum.parse()?)
    }

    /// Lifetime rewards that were granted, by wallet, in wei.
    pub(crate) async fn rewards(&self) -> anyhow::Result<std::collections::BTreeMap<String, i128>> {
        let statement = "SELECT '0x' || encode(u.wallet, 'hex'), sum(r.amount)::text FROM reward r \
            JOIN users u ON u.id = r.user_id WHERE r.withheld IS NULL GROUP BY u.wallet";
        let rows: Vec<(String, String)> = sqlx::query_as(statement).fetch_all(&self.ledger).await?;
        rows.into_iter()
            .map(|(wallet, amount)| Ok((wallet, amount.parse()?)))
            .collect()
    }

    /// Waits for a run of the reconciler over everything that is posted, and says what is open.
    pub(crate) async fn findings(&self) -> anyhow::Result<Vec<String>> {
        let run: i64 = self
            .wait("a run of the reconciler", async |stage: &Self| {
                let statement = "SELECT max(id) FROM reconciliation_run WHERE outcome <> 'skipped' \
                    AND fact_seq = (SELECT max(seq) FROM fact)";
                Ok(sqlx::query_scalar(statement).fetch_one(&stage.ledger).await?)
            })
            .await?;
        tracing::info!(reconciliation.run = run, "the reconciler has seen everything");
        let statement = "SELECT check_id || ' ' || subject || ': expected ' || expected || ', found ' || actual \
            FROM reconciliation_finding WHERE resolved_at IS NULL";
        Ok(sqlx::query_scalar(statement).fetch_all(&self.ledger).await?)
    }
}
