//! Money on its way out, posted: holds, batches, claims and the operator's withdrawals, and faults in what is stored.

mod history;

use std::time::Instant;

use alloy_primitives::{Address, B256, U256};
use money::Amount;
use plan::{BatchEnd, Book, Cause, Intake, PayoutOutcome, RequestedPayout, SettledPayout};
use sqlx::{Connection, PgConnection, Row};
use store::posting::BATCH_FACTS_MAX;
use testkit::TestDatabase;

pub(crate) use history::Settlements;

use crate::{TTL, claim, compiled, contents, post_all, poster, rebuild, receive, wallet};

/// The rows that the API writes when it asks for these batches.
pub(crate) async fn ask(source: &mut PgConnection, causes: &[Cause]) {
    for cause in causes {
        if let Cause::BatchRequested { batch_id, .. } = cause {
            insert_batch(source, *batch_id).await;
        }
    }
}

async fn insert_batch(source: &mut PgConnection, batch: B256) {
    sqlx::query(
        "INSERT INTO payout_batch (batch_id, request_hash, requested_by, request) VALUES ($1, $1, $2, '{}')",
    )
    .bind(batch.as_slice())
    .bind(Address::ZERO.as_slice())
    .execute(source)
    .await
    .unwrap();
}

/// Causes in runs of the chain and runs of commands, so that they are posted in the order in which they were made.
pub(crate) fn runs(causes: &[Cause]) -> impl Iterator<Item = &[Cause]> {
    causes.chunk_by(|left, right| left.is_command() == right.is_command())
}

async fn text(source: &mut PgConnection, statement: &'static str) -> String {
    let row = sqlx::query(statement).fetch_one(source).await.unwrap();
    row.get::<Option<String>, _>(0).unwrap_or_default()
}

#[tokio::test]
async fn random_settlements_are_posted_as_they_are_recomputed_however_they_are_cut() {
    for seed in 20..24 {
        let causes: Vec<Cause> = {
            let mut settlements = Settlements::new(seed);
            (0..700).map(|_| settlements.next()).collect()
        };
        let mut results = Vec::new();
        for runs_at_once in [1, 40] {
            let database = TestDatabase::new().await;
            let mut connection = poster(&database).await;
            let mut source = database.connection().await;
            ask(&mut source, &causes).await;
            let lease = claim(&mut connection, TTL).await;
            let mut writer = rebuild(&mut connection, lease).await;
            let mut seq = 1;
            for (number, run) in runs(&causes).enumerate() {
                seq = receive(&mut source, seq, run).await;
                if number % runs_at_once == 0 {
                    post_all(&mut writer, &mut connection).await;
                }
            }
            post_all(&mut writer, &mut connection).await;
            let snapshot = store::snapshot::read(&mut source).await.unwrap();
            assert_eq!(
                audit::verify(&Book::new(compiled()), &snapshot),
                [],
                "seed {seed}"
            );
            lease_again(&mut connection, lease).await;
            results.push(settled_contents(&mut source).await);
        }
        assert_eq!(results[0], results[1], "seed {seed}");
        for state in ["held", "refused", "executed", "credited", "skipped", "released"] {
            assert!(
                results[0].contains(&format!(",{state},")),
                "seed {seed} has no {state} line"
            );
        }
        // A call that settles leaves is one fact with several claims.
        let claims = results[0].split_once("\nclaim\n").unwrap().1;
        assert!(
            claims.contains(",credited)") && claims.contains(",paid)"),
            "{claims}"
        );
    }
}

/// Another writer starts from what this one posted.
async fn lease_again(connection: &mut PgConnection, lease: store::lease::Lease) {
    store::lease::release(connection, lease).await.unwrap();
    let lease = claim(connection, TTL).await;
    rebuild(connection, lease).await;
}

/// What does not depend on where posting batches end.
async fn settled_contents(source: &mut PgConnection) -> String {
    let all = contents(source).await;
    all.split_once("\nusers\n").unwrap().1.to_owned()
}

#[tokio::test]
async fn a_batch_or_a_root_that_this_database_never_had_stops_nothing() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let mut source = database.connection().await;
    let (batch, root) = (B256::repeat_byte(1), B256::repeat_byte(2));
    let causes = [
        Cause::BatchSettled {
            batch_id: batch,
            manifest_hash: B256::ZERO,
            payouts: vec![SettledPayout {
                wallet: wallet(77),
                outcome: PayoutOutcome::Executed(Amount::new(5)),
            }],
        },
        Cause::BatchCancelled { batch_id: batch },
        Cause::RootPublished {
            root,
            total: Amount::ZERO,
            as_of_seq: 1,
            claimable_from: 1,
        },
        Cause::RootVetoed { root },
        Cause::Claimed {
            wallet: wallet(77),
            root,
            entitled: Amount::new(4),
            amount: Amount::new(4),
        },
        Cause::LeavesSettled {
            root,
            payouts: vec![SettledPayout {
                wallet: wallet(77),
                outcome: PayoutOutcome::Executed(Amount::new(2)),
            }],
        },
        Cause::TreasuryPaid {
            to: Address::ZERO,
            amount: Amount::new(3),
        },
        Cause::BatchReleased {
            batch_id: batch,
            end: BatchEnd::Expired,
        },
    ];
    receive(&mut source, 1, &causes).await;
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    assert_eq!(post_all(&mut writer, &mut connection).await, causes.len());
    let noted = text(
        &mut source,
        "SELECT string_agg(cause, ' ' ORDER BY fact_seq, ordinal) FROM discrepancy",
    )
    .await;
    assert_eq!(
        noted,
        "unknown_batch unknown_wallet ignored:batch_not_live unknown_wallet unknown_wallet unexpected_treasury \
         ignored:batch_not_live"
    );
    let snapshot = store::snapshot::read(&mut source).await.unwrap();
    assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
}

/// Users of whom each referred the next: all but the last have 18 BNB available. Returns the next journal entry.
async fn chain_of_users(source: &mut PgConnection, users: u64) -> u64 {
    let plan = compiled();
    let day = 20;
    let mut causes: Vec<Cause> = (1..=users)
        .map(|user| {
            Cause::Registered(Intake {
                deposit_ref: B256::from(U256::from(user)),
                wallet: wallet(user),
                sponsor: (user > 1).then(|| wallet(user - 1)),
                amount: plan.registration_price(),
                refundable_until: day * 86_400,
                plan_hash: plan.hash(),
                disclosure_hash: B256::ZERO,
            })
        })
        .collect();
    causes.push(Cause::EscrowMatured {
        through_day: 20,
        amount: plan.registration_price().checked_mul(u128::from(users)).unwrap(),
    });
    receive(source, 1, &causes).await
}

const EACH: Amount = Amount::new(18_000_000_000_000_000_000);

fn batch_of(number: u64, lines: u64) -> (B256, impl Iterator<Item = Address>) {
    let id = B256::from(U256::from(1_000_000 + number));
    (id, (1 + number * lines..=(number + 1) * lines).map(wallet))
}

#[tokio::test]
async fn dozens_of_full_batches_are_posted_at_once() {
    const BATCHES: u64 = 34;
    const LINES: u64 = 300;
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let mut source = database.connection().await;
    let seq = chain_of_users(&mut source, BATCHES * LINES + 1).await;
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    post_all(&mut writer, &mut connection).await;
    assert!(usize::try_from(BATCHES).unwrap() < BATCH_FACTS_MAX);

    let (mut requested, mut settled) = (Vec::new(), Vec::new());
    for number in 0..BATCHES {
        let (batch_id, wallets) = batch_of(number, LINES);
        let wallets: Vec<Address> = wallets.collect();
        requested.push(Cause::BatchRequested {
            batch_id,
            payouts: wallets
                .iter()
                .map(|wallet| RequestedPayout {
                    wallet: *wallet,
                    amount: EACH,
                })
                .collect(),
        });
        settled.push(Cause::BatchSettled {
            batch_id,
            manifest_hash: B256::ZERO,
            payouts: wallets
                .iter()
                .map(|wallet| SettledPayout {
                    wallet: *wallet,
                    outcome: PayoutOutcome::Executed(EACH),
                })
                .collect(),
        });
    }
    ask(&mut source, &requested).await;
    for causes in [requested, settled] {
        receive(&mut source, seq, &causes).await;
        let start = Instant::now();
        let step = writer.step(&mut connection).await.unwrap();
        println!("{step:?} in {} ms", start.elapsed().as_millis());
        let transfers = usize::try_from(BATCHES * LINES).unwrap();
        assert!(
            matches!(step, backend::posting::Step::Posted { facts: 34, transfers: found } if found == transfers),
            "{step:?}"
        );
    }
    let states = text(
        &mut source,
        "SELECT string_agg(DISTINCT state || ' ' || held || ' ' || settled, ';') FROM payout",
    )
    .await;
    assert_eq!(states, format!("executed 0 {EACH}"));
    let batches = text(
        &mut source,
        "SELECT string_agg(DISTINCT state || ' ' || count || ' ' || total, ';') FROM payout_batch",
    )
    .await;
    assert_eq!(
        batches,
        format!("executed 300 {}", EACH.checked_mul(300).unwrap())
    );
}

#[tokio::test]
async fn whatever_is_changed_in_settlement_is_found_exactly() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let mut source = database.connection().await;
    let seq = chain_of_users(&mut source, 20).await;
    let ids: Vec<B256> = (1..=4).map(B256::repeat_byte).collect();
    let request = |id: B256, users: &[u64]| Cause::BatchRequested {
        batch_id: id,
        payouts: users
            .iter()
            .map(|user| RequestedPayout {
                wallet: wallet(*user),
                amount: EACH,
            })
            .collect(),
    };
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    post_all(&mut writer, &mut connection).await;
    let requests = [
        request(ids[0], &[1, 2, 3]),
        request(ids[1], &[4, 1]),
        request(ids[2], &[5]),
    ];
    ask(&mut source, &requests).await;
    insert_batch(&mut source, ids[3]).await;
    receive(&mut source, seq, &requests).await;
    let outcomes = [
        PayoutOutcome::Executed(EACH),
        PayoutOutcome::Credited {
            amount: EACH,
            frozen: false,
        },
        PayoutOutcome::Skipped,
    ];
    let of_chain = [
        Cause::BatchSettled {
            batch_id: ids[0],
            manifest_hash: B256::ZERO,
            payouts: (1..=3)
                .zip(outcomes)
                .map(|(user, outcome)| SettledPayout {
                    wallet: wallet(user),
                    outcome,
                })
                .collect(),
        },
        Cause::Claimed {
            wallet: wallet(6),
            root: ids[3],
            entitled: EACH,
            amount: EACH,
        },
    ];
    receive(&mut source, seq, &of_chain).await;
    let release = Cause::BatchReleased {
        batch_id: ids[2],
        end: BatchEnd::Expired,
    };
    receive(&mut source, seq + 2, &[release]).await;
    post_all(&mut writer, &mut connection).await;
    let snapshot = store::snapshot::read(&mut source).await.unwrap();
    assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
    for (fault, tables) in [
        (
            "UPDATE balance SET debits_pending = debits_pending - 1 WHERE debits_pending > 0",
            // The sums see it as well: debits and credits, and what lines hold back.
            &["balance", "sums", "sums"][..],
        ),
        (
            "UPDATE balance SET credits_pending = credits_pending + 1
             WHERE account_id = (SELECT id FROM account WHERE kind = 'custody')",
            &["balance", "sums"],
        ),
        (
            "DELETE FROM pending_resolution WHERE pending_leg = 0 AND pending_fact = (SELECT min(pending_fact) FROM pending_resolution)",
            &["pending_resolution"],
        ),
        (
            "UPDATE pending_resolution SET resolved_by = resolved_by + 1 WHERE pending_leg = 1",
            &["pending_resolution"],
        ),
        ("UPDATE transfer SET phase = 3 WHERE phase = 2", &["transfer"]),
        (
            "UPDATE transfer SET pending_leg = pending_leg + 1 WHERE phase = 2",
            &["transfer"],
        ),
        (
            "UPDATE payout SET state = 'skipped' WHERE state = 'executed'",
            &["payout"],
        ),
        (
            "UPDATE payout SET settled = settled - 1 WHERE state = 'credited'",
            &["payout"],
        ),
        (
            "UPDATE payout SET held = held - 1 WHERE state = 'held'",
            &["payout", "sums"],
        ),
        (
            "UPDATE payout SET target = target + 1 WHERE state = 'released'",
            &["payout"],
        ),
        ("DELETE FROM payout WHERE state = 'refused'", &["payout"]),
        ("UPDATE users SET paid = paid - 1 WHERE id = 2", &["users"]),
        ("UPDATE claim SET amount = amount + 1", &["claim"]),
        ("UPDATE claim SET state = 'credited'", &["claim"]),
        ("DELETE FROM claim", &["claim"]),
        (
            "UPDATE payout_batch SET state = 'expired' WHERE state = 'executed'",
            &["payout_batch"],
        ),
        (
            "UPDATE payout_batch SET closed_fact = closed_fact + 1 WHERE state = 'expired'",
            &["payout_batch"],
        ),
        (
            "UPDATE payout_batch SET held_fact = 1 WHERE state = 'requested'",
            &["payout_batch"],
        ),
        ("DELETE FROM payout_batch WHERE state = 'held'", &["payout_batch"]),
    ] {
        let mut transaction = source.begin().await.unwrap();
        let changed = sqlx::query(fault).execute(&mut *transaction).await.unwrap();
        assert_eq!(changed.rows_affected(), 1, "{fault}");
        let found = audit::verify(
            &Book::new(compiled()),
            &store::snapshot::read_in(&mut transaction).await.unwrap(),
        );
        let found_in: Vec<&str> = found.iter().map(|one| one.table().unwrap_or("sums")).collect();
        assert_eq!(found_in, tables, "{fault}: {found:#?}");
        transaction.rollback().await.unwrap();
    }
}
