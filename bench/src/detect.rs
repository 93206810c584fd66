//! Time from a planted difference of one wei to its alert, in a running system.

use std::time::{Duration, Instant};

use anvil_tests::World;
use anyhow::{Context, ensure};
use serde_json::Value;
use sqlx::Row;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::crowd;
use crate::measurement::Measurement;

/// Users of the ledger: half of them sponsors.
const SPONSORS: usize = 50;
/// Differences that are planted, one after the other.
const PLANTS: usize = 21;
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn run() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (sender, mut told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(message) = take(stream).await {
                let _ = sender.send(message);
            }
        }
    });
    let environment = vec![
        ("TRELLIS_WEBHOOK_URL".to_owned(), url),
        // What comes back at once is to be told again.
        ("TRELLIS_ALERT_QUIET_MS".to_owned(), "0".to_owned()),
    ];
    let (world, _nodes) = World::start_behind(&[rpcsim::View::Live], environment).await?;
    crowd::gather(&world, SPONSORS).await?;
    // The crowd's intakes are not signed by our signers, which is told first.
    until(&mut told, "raised", "R12").await?;

    let mut took = Vec::with_capacity(PLANTS);
    for _ in 0..PLANTS {
        let planted = plant(&world, "+").await?;
        until(&mut told, "raised", "R5").await?;
        took.push(planted.elapsed());
        plant(&world, "-").await?;
        until(&mut told, "resolved", "R5").await?;
    }
    took.sort_unstable();
    let (median, longest) = (took[PLANTS / 2], took[PLANTS - 1]);
    Measurement::new("detect.wei", median.as_secs_f64(), "s", format!(
            "median of {PLANTS} differences of one wei in a balance, each committed, found, stored and told to a webhook; \
             the longest took {:.2} s; the reconciler looks once a second",
            longest.as_secs_f64()
        )).print();
    Ok(())
}

/// Changes the company's balance by one wei, and says when.
async fn plant(world: &World, sign: &str) -> anyhow::Result<Instant> {
    let statement = format!(
        "UPDATE balance SET credits_posted = credits_posted {sign} 1
         WHERE account_id = (SELECT id FROM account WHERE kind = 'company') RETURNING account_id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .fetch_all(world.ledger.pool())
        .await?;
    let _: i64 = rows.first().context("there is no such balance")?.try_get(0)?;
    Ok(Instant::now())
}

async fn until(told: &mut mpsc::UnboundedReceiver<Value>, event: &str, check: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let left = PATIENCE.saturating_sub(begun.elapsed());
        let message = tokio::time::timeout(left, told.recv()).await;
        let message = message.with_context(|| format!("nobody told of {check}"))?;
        let message = message.context("the receiver ended")?;
        if message["event"] == event && message["check"] == check {
            return Ok(());
        }
    }
}

/// Takes one message of the webhook.
async fn take(mut stream: TcpStream) -> anyhow::Result<Value> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let read = stream.read(&mut chunk).await?;
        ensure!(read > 0, "the message ended too early");
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(message) = body.parse()
        {
            let answer = "HTTP/1.1 204 No Content\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await?;
            return Ok(message);
        }
    }
}
