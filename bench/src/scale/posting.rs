//! The posting worker on a generated ledger: how long a start takes, with and without memory that was kept, and after a lost
//! connection; and a worker that goes on posting while others look.

use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256, U256};
use anyhow::{Context, ensure};
use backend::posting::{Step, Writer, writer};
use devstack::postgres::connect;
use money::Amount;
use plan::{BOOK_FORMAT, Book, Cause};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use store::inbox::{BlockRef, ChainEntry};
use store::lease::{self, Lease, LeaseName};
use store::posting_snapshot::{self, Header};
use tokio_util::sync::CancellationToken;

use super::{print, role};

const TTL: Duration = Duration::from_secs(600);
/// Facts of a block while others look, and the time between two.
const BLOCK_FACTS: u64 = 100;
const BLOCK_TIME: Duration = Duration::from_millis(450);
/// What each of them brings.
const AMOUNT: Amount = Amount::new(1_000_000_000);

/// The worker and the chain that it posts.
pub(super) struct Posting {
    writer: Writer,
    poster: PgConnection,
    source: PgConnection,
    block: u64,
    seq: u64,
    time: u64,
    posted: u64,
}

/// Starts from the beginning of history, from kept memory, and goes on over another connection.
pub(super) async fn starts(url: &str) -> anyhow::Result<Posting> {
    let mut source = connect(url).await?;
    let time: i64 = sqlx::query_scalar("SELECT final_timestamp FROM checkpoint")
        .fetch_one(&mut source)
        .await?;
    let poster_url = role(url, "trellis_poster")?;
    let mut poster = writer::connect(&poster_url).await?;
    let lease = claim(&mut poster).await?;
    let (replayed, replay) = start(&mut poster, lease).await?;
    ensure!(replayed.kept_through() == 0, "memory was kept before");
    let bytes = replayed.book().encode().context("the book is not written")?;
    let tail = *replayed.tail();
    let header = Header::of(&tail, replayed.book().plan().hash(), BOOK_FORMAT);
    let mut transaction = poster.begin().await?;
    posting_snapshot::insert(&mut transaction, &header, &bytes).await?;
    transaction.commit().await?;
    drop(replayed);
    let (mut writer, kept) = start(&mut poster, lease).await?;
    ensure!(writer.kept_through() == tail.fact_seq, "kept memory was not used");
    ensure!(
        writer.book().encode().as_ref() == Some(&bytes),
        "kept memory is not what was replayed"
    );
    print(
        "scale.restart",
        kept.as_secs_f64(),
        "s",
        30.0,
        Some(replay.as_secs_f64()),
        "from kept memory, compared with the books; it is what a replay of all facts gives, whose time is the baseline",
        [("megabytes", json!(bytes.len() / (1 << 20)))],
    );
    poster.close().await?;
    let begun = Instant::now();
    let mut poster = writer::connect(&poster_url).await?;
    lease::release(&mut poster, lease).await?;
    let lease = claim(&mut poster).await?;
    ensure!(
        writer.resume(&mut poster, lease).await?,
        "the memory is of no use"
    );
    ensure!(writer.step(&mut poster).await? == Step::Idle, "something waited");
    print(
        "scale.reconnect",
        begun.elapsed().as_secs_f64(),
        "s",
        2.0,
        None,
        "another connection, the next epoch, and a step; memory is as it was",
        [],
    );
    Ok(Posting {
        writer,
        poster,
        source,
        block: tail.block.number,
        seq: tail.chain_seq,
        time: u64::try_from(time)?,
        posted: 0,
    })
}

async fn claim(connection: &mut PgConnection) -> anyhow::Result<Lease> {
    lease::claim(connection, LeaseName::Posting, "bench", TTL)
        .await?
        .context("somebody posts into this database")
}

async fn start(connection: &mut PgConnection, lease: Lease) -> anyhow::Result<(Writer, Duration)> {
    let begun = Instant::now();
    let writer = Writer::rebuild(connection, Book::new(population::plan()), lease, TTL).await?;
    Ok((writer, begun.elapsed()))
}

impl Posting {
    /// Posts a block now and then; returns how many facts that were.
    pub(super) async fn go_on(mut self, stop: CancellationToken) -> anyhow::Result<u64> {
        while !stop.is_cancelled() {
            self.block().await?;
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(BLOCK_TIME) => {}
            }
        }
        Ok(self.posted)
    }

    async fn block(&mut self) -> anyhow::Result<()> {
        self.block += 1;
        self.time += 1;
        let block = BlockRef {
            number: self.block,
            hash: B256::from(U256::from(self.block)),
        };
        let first = self.seq + 1;
        self.seq += BLOCK_FACTS;
        let entries: Vec<ChainEntry> = (first..=self.seq)
            .map(|seq| ChainEntry {
                seq,
                block,
                transaction_hash: B256::from(U256::from(seq)),
                effective_at: self.time,
                cause: Cause::Funded {
                    from: Address::repeat_byte(0xfd),
                    amount: AMOUNT,
                },
            })
            .collect();
        let mut transaction = self.source.begin().await?;
        recorded::record(&mut transaction, &entries).await?;
        transaction.commit().await?;
        while self.writer.step(&mut self.poster).await? != Step::Idle {}
        let posted = self.writer.tail().chain_seq;
        ensure!(posted == self.seq, "entry {} was not posted", self.seq);
        self.posted += BLOCK_FACTS;
        Ok(())
    }
}
