//! Operations whose time must not grow with users, on a generated ledger: each figure with its target, and whether the result is correct.

mod looks;
mod posting;

use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256};
use anyhow::{Context, ensure};
use audit::liabilities::{Leaf, Tree};
use backend::app::payout::first_in_line;
use backend::config::Config;
use backend::http::{self, Server, Site};
use backend::settlement::build;
use backend::way::way;
use devstack::Checkout;
use devstack::postgres::{Durability, Postgres, PostgresSpec, connect, url_as};
use money::Amount;
use population::Size;
use serde_json::{Value, json};
use service::server::Options;
use settlement::batch::{Limits, Request};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use store::api::rewards::{self, Filter};
use store::deployment::Deployment;
use store::{figures, liabilities};
use tokio_util::sync::CancellationToken;

use crate::measurement::Measurement;
use crate::memory::{peak, reset_peak};

const CHAIN_ID: u64 = 31_337;
const CONTRACT: Address = Address::repeat_byte(0xcc);
/// Repetitions of what takes milliseconds.
const RUNS: usize = 50;
/// Counts everyone, as the disclosure is defined.
const FIGURES: &str = include_str!("../../backend/tests/posting/kept/figures.sql");

pub(crate) async fn run(size: Size) -> anyhow::Result<()> {
    let checkout = Checkout::find()?;
    let directory = checkout.local("bench")?;
    let mut server = Postgres::start(
        &checkout,
        &PostgresSpec {
            data: "bench/scale".to_owned(),
            log: directory.join("scale.log"),
            pids: directory,
            durability: Durability::Throwaway,
        },
    )
    .await?;
    let url = copy(&server, size).await?;
    let measured = measure(&url, size).await;
    server.stop()?;
    measured
}

/// A copy of the population of this size, which is made when there is none for the current migrations.
async fn copy(server: &Postgres, size: Size) -> anyhow::Result<String> {
    let mut maintenance = connect(&server.address().url("postgres")).await?;
    let name = format!("population_{}_{}", size.users, size.transfers);
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut maintenance)
        .await?;
    let is_current = exists && {
        let mut connection = connect(&server.address().url(&name)).await?;
        let migrated = store::migrate(&mut connection).await.is_ok();
        connection.close().await?;
        migrated
    };
    if !is_current {
        let unfinished = format!("unfinished_{name}");
        for database in [&name, &unfinished] {
            execute(
                &mut maintenance,
                format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
            )
            .await?;
        }
        execute(&mut maintenance, format!("CREATE DATABASE {unfinished}")).await?;
        fill(&server.address().url(&unfinished), size).await?;
        execute(
            &mut maintenance,
            format!("ALTER DATABASE {unfinished} RENAME TO {name}"),
        )
        .await?;
    }
    execute(
        &mut maintenance,
        "DROP DATABASE IF EXISTS scale_run WITH (FORCE)".to_owned(),
    )
    .await?;
    execute(
        &mut maintenance,
        format!("CREATE DATABASE scale_run TEMPLATE {name} STRATEGY file_copy"),
    )
    .await?;
    Ok(server.address().url("scale_run"))
}

async fn fill(url: &str, size: Size) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut connection = connect(url).await?;
    store::migrate(&mut connection).await?;
    let plan = population::plan();
    let deployment = Deployment {
        chain_id: CHAIN_ID,
        contract: CONTRACT,
        contract_block: 1,
        contract_block_hash: B256::repeat_byte(1),
        asset: plan.asset().code().into(),
        plan_hash: plan.hash(),
        plan_text: population::plan_text(),
    };
    store::deployment::insert(&mut connection, &deployment).await?;
    let filled = population::fill(&mut connection, size).await?;
    connection.close().await?;
    Measurement::new(
        "scale.fill",
        begun.elapsed().as_secs_f64(),
        "s",
        format!("{filled:?}; every balance is the sum of its transfers, custody what was paid in"),
    )
    .print();
    Ok(())
}

async fn measure(url: &str, size: Size) -> anyhow::Result<()> {
    let mut connection = connect(url).await?;
    if let Some(password) = devstack::postgres::password_of(url) {
        devstack::postgres::let_roles_log_in(&mut connection, password).await?;
    }
    disclosure(url, &mut connection).await?;
    candidates(&mut connection).await?;
    pending(&mut connection, size).await?;
    let posting = posting::starts(url).await?;
    looks::looks(url, posting).await?;
    root(url, &mut connection).await?;
    connection.close().await?;
    Ok(())
}

async fn disclosure(url: &str, connection: &mut PgConnection) -> anyhow::Result<()> {
    let mut poster = connect(&role(url, "trellis_poster")?).await?;
    let begun = Instant::now();
    figures::refresh(&mut poster).await?;
    let first_count = begun.elapsed();
    let begun = Instant::now();
    let counted = text_of(
        connection,
        format!(
            "SELECT (fact_seq, participants, refunded, without_rewards, below_paid, even, above_paid, paid_total, \
             received_total, held_total, received_percentiles, net_percentiles)::text FROM ({FIGURES}) AS f"
        ),
    )
    .await?;
    let everybody = begun.elapsed();
    let kept = text_of(
        connection,
        "SELECT (fact_seq, participants, refunded, without_rewards, below_paid, even, above_paid, paid_total, \
         received_total, held_total, received_percentiles, net_percentiles)::text FROM figures"
            .to_owned(),
    )
    .await?;
    ensure!(
        kept == counted,
        "figures {kept}, counted over everybody {counted}"
    );
    let api = serve(url).await?;
    let client = reqwest::Client::new();
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let begun = Instant::now();
        let answer = client.get(format!("{api}/disclosure")).send().await?;
        ensure!(answer.status().is_success(), "{answer:?}");
        answer.bytes().await?;
        times.push(begun.elapsed());
    }
    print(
        "scale.disclosure",
        milliseconds(median(times)),
        "ms",
        10.0,
        Some(milliseconds(everybody)),
        "GET /disclosure over HTTP, median; the figures are those of a count of everybody, whose time is the baseline",
        [("first_count_seconds", json!(first_count.as_secs_f64()))],
    );
    Ok(())
}

/// The API, served on a port of its own for as long as the process lives.
async fn serve(url: &str) -> anyhow::Result<String> {
    service::install_tls();
    let config = Config::from_env(&service::Env::of(&[
        ("TRELLIS_LISTEN", "127.0.0.1:0"),
        ("TRELLIS_DATABASE_URL", &role(url, "trellis_api")?),
        ("TRELLIS_SIGNER_URL", "http://127.0.0.1:1"),
    ]))?;
    let app = Arc::new(backend::serve::assemble(&config).await?);
    let server = Server {
        app,
        metrics: None,
        per_address: backend::serve::per_address(100_000),
        sign_ins: backend::serve::sign_ins(CHAIN_ID),
        request_within: http::REQUEST_WITHIN,
        site: Site::default(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let options = Options::plain(config.limits(CHAIN_ID));
    let stop = CancellationToken::new();
    tokio::spawn(service::server::serve(
        listener,
        http::router(server),
        options,
        stop,
    ));
    Ok(format!("http://{address}"))
}

async fn candidates(connection: &mut PgConnection) -> anyhow::Result<()> {
    let request = Request::default();
    let plenty = Amount::new(u128::from(u64::MAX) << 32);
    let limits = Limits {
        time: u64::from(u32::MAX),
        funds: plenty,
        outflow: plenty,
        promised: Amount::ZERO,
    };
    let mut times = Vec::new();
    let mut lines = Vec::new();
    for _ in 0..RUNS / 5 {
        let begun = Instant::now();
        lines = first_in_line(connection, &request, &limits).await?.lines;
        times.push(begun.elapsed());
    }
    let rows = sqlx::query(
        "SELECT user_id FROM payable WHERE posted > 0 ORDER BY oldest_matured_at, user_id LIMIT $1",
    );
    let begun = Instant::now();
    let rows = rows
        .bind(i64::try_from(lines.len())?)
        .fetch_all(connection)
        .await?;
    let everybody = begun.elapsed();
    let plain: Vec<u32> = rows
        .iter()
        .map(|row| row.get::<i32, _>(0).unsigned_abs())
        .collect();
    let chosen: Vec<u32> = lines.iter().map(|line| line.user.get()).collect();
    ensure!(chosen.len() == 300 && chosen == plain, "{} chosen", chosen.len());
    print(
        "scale.candidates",
        milliseconds(median(times)),
        "ms",
        500.0,
        Some(milliseconds(everybody)),
        "300 payouts of an unfiltered batch; the same as the first of everybody, sorted by how long they wait",
        [],
    );
    Ok(())
}

async fn pending(connection: &mut PgConnection, size: Size) -> anyhow::Result<()> {
    let mut worst = Duration::ZERO;
    let middle = i32::try_from(size.users / 2)?;
    let amount = |bnb: u128| Some(Amount::new(bnb * 1_000_000_000_000_000_000));
    for (filter, after) in [
        (Filter::default(), 0),
        (Filter::default(), middle),
        (
            Filter {
                amount_min: amount(1_000_000),
                ..Filter::default()
            },
            0,
        ),
        (
            Filter {
                amount_max: amount(18),
                ..Filter::default()
            },
            middle,
        ),
        (
            Filter {
                matured_by: Some(0),
                ..Filter::default()
            },
            0,
        ),
    ] {
        let mut times = Vec::new();
        for _ in 0..RUNS / 5 {
            let begun = Instant::now();
            rewards::fetch_totals(connection, &filter).await?;
            rewards::list(connection, &filter, after, 101).await?;
            rewards::find_examined_end(connection, &filter, after).await?;
            times.push(begun.elapsed());
        }
        worst = worst.max(median(times));
    }
    let totals = rewards::fetch_totals(connection, &Filter::default()).await?;
    let begun = Instant::now();
    let row = sqlx::query("SELECT count(*), sum(posted)::text FROM payable WHERE posted > 0")
        .fetch_one(connection)
        .await?;
    let everybody = begun.elapsed();
    ensure!(
        (totals.users, totals.posted.to_string()) == (row.get(0), row.get(1)),
        "{totals:?}"
    );
    print(
        "scale.rewards_pending",
        milliseconds(worst),
        "ms",
        200.0,
        Some(milliseconds(everybody)),
        "a page of 100 and its totals, the slowest of five filters; totals are those of everybody, whose count is the baseline",
        [("users", json!(totals.users))],
    );
    Ok(())
}

async fn root(url: &str, connection: &mut PgConnection) -> anyhow::Result<()> {
    sqlx::query("INSERT INTO liabilities_request (requested_by, accept_claims) VALUES ($1, false)")
        .bind([7_u8; 20].as_slice())
        .execute(&mut *connection)
        .await?;
    let mut settler = connect(&role(url, "trellis_settler")?).await?;
    let before = reset_peak()?;
    let begun = Instant::now();
    ensure!(build::build_next(&mut settler).await?, "nothing was built");
    let took = begun.elapsed();
    let peak = peak()?.saturating_sub(before);
    let id: Vec<u8> = sqlx::query_scalar("SELECT root FROM liabilities_request WHERE state = 'built'")
        .fetch_one(&mut *connection)
        .await?;
    let root = liabilities::find(connection, B256::from_slice(&id)).await?;
    let root = root.context("the root is not stored")?;
    let rows = liabilities::list_leaves(connection, root.root, Address::ZERO, i64::MAX).await?;
    let leaves = rows
        .into_iter()
        .map(|(wallet, entitled)| Leaf { wallet, entitled });
    let leaves: Vec<Leaf> = leaves.collect();
    let count = leaves.len();
    let tree = Tree::build(leaves)?;
    ensure!(
        (tree.root(), tree.total()) == (root.root, root.total),
        "the stored leaves have another root"
    );
    print(
        "scale.root",
        took.as_secs_f64(),
        "s",
        60.0,
        None,
        "built by the settlement worker's task; the stored leaves have this root and total",
        [("leaves", json!(count)), ("peak_megabytes", json!(peak / 1_024))],
    );
    let mut times = Vec::new();
    for leaf in tree.leaves().iter().step_by((count / RUNS).max(1)) {
        let begun = Instant::now();
        let (_, path) = way(connection, root.root, root.total, leaf.wallet).await?;
        times.push(begun.elapsed());
        ensure!(
            Some(path) == tree.proof(leaf.wallet),
            "another proof of {}",
            leaf.wallet
        );
    }
    print(
        "scale.proof",
        milliseconds(median(times)),
        "ms",
        20.0,
        None,
        "a user's way to the root; the same as that of the whole tree",
        [],
    );
    Ok(())
}

fn print<const N: usize>(
    name: &str,
    value: f64,
    unit: &'static str,
    aim: f64,
    baseline: Option<f64>,
    checked: &str,
    details: [(&str, Value); N],
) {
    let mut figure = Measurement::new(name, value, unit, checked)
        .beside(baseline)
        .with("aim", aim)
        .with("reached", value <= aim);
    for (detail, value) in details {
        figure = figure.with(detail, value);
    }
    figure.print();
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn role(url: &str, role: &str) -> anyhow::Result<String> {
    url_as(url, role).context("the server's URL names its superuser")
}

async fn execute(connection: &mut PgConnection, statement: String) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await?;
    Ok(())
}

async fn text_of(connection: &mut PgConnection, statement: String) -> anyhow::Result<String> {
    let row = sqlx::query(AssertSqlSafe(statement))
        .fetch_one(connection)
        .await?;
    Ok(row.get(0))
}
