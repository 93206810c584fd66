//! Batches: what is signed, and what the chain and earlier signatures leave no room for.

use abi::{ICustody, development, typed_data};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use money::Amount;
use signer_client::{Authorization, BatchTerms, Payout, PayoutBatch};

use crate::settlement::sign;
use crate::world::{BNB, World, address, word};

/// The contract's own form of a batch, made by the test.
fn fields(batch: &PayoutBatch) -> (ICustody::PayoutBatch, Vec<B256>) {
    let words = batch.payouts.iter().map(|payout| {
        let mut word = [0; 32];
        word[..20].copy_from_slice(payout.wallet.as_slice());
        word[20..].copy_from_slice(&payout.target.base_units().to_be_bytes()[4..]);
        B256::new(word)
    });
    let fields = ICustody::PayoutBatch {
        batchId: batch.batch_id,
        submitter: batch.submitter,
        maxTotal: U256::from(batch.max_total.base_units()),
        manifestHash: batch.manifest_hash,
        validAfter: U256::from(batch.valid_after),
        deadline: U256::from(batch.deadline),
    };
    (fields, words.collect())
}

async fn execute(world: &World, terms: &BatchTerms, authorization: &Authorization) -> bool {
    let (batch, payouts) = fields(&terms.batch);
    let call = ICustody::executeBatchPayoutsCall {
        batch,
        payouts,
        signer: authorization.signer,
        signature: Bytes::copy_from_slice(&authorization.signature),
    };
    world
        .send(development::SUBMITTER.address, 0, call.abi_encode())
        .await
}

#[tokio::test]
async fn a_batch_is_signed_once_and_the_contract_executes_it() {
    let world = World::start().await;
    world.register(20).await;
    world.register(21).await;
    world.fund(10).await;
    let terms = world.batch(1, &[(20, BNB), (21, 2 * BNB)]).await;
    let authorization = world.client.authorize_batch(&terms).await.unwrap();
    let (batch, payouts) = fields(&terms.batch);
    let message = typed_data::PayoutBatch { batch, payouts };
    assert_eq!(
        authorization.digest,
        typed_data::digest(&message, &world.domain())
    );
    assert_eq!(authorization.signer, development::SIGNER.address);
    assert!(execute(&world, &terms, &authorization).await);
    assert_eq!(world.paid(address(20)).await, Amount::new(BNB));
    assert_eq!(world.paid(address(21)).await, Amount::new(2 * BNB));
    // Asked for again it is the same, though nothing of it is due any more.
    assert_eq!(world.client.authorize_batch(&terms).await.unwrap(), authorization);

    // The next one is measured by what the chain has paid.
    let next = world.batch(2, &[(20, BNB + 1)]).await;
    assert_eq!(next.batch.max_total, Amount::new(1));
    let authorization = world.client.authorize_batch(&next).await.unwrap();
    assert!(execute(&world, &next, &authorization).await);
    world.verify().await.unwrap();
}

#[tokio::test]
async fn every_rule_of_a_batch_refuses_it_under_its_name() {
    let world = World::start_with(&[
        ("TRELLIS_BATCH_MAX", (3 * BNB).to_string()),
        ("TRELLIS_DAY_MAX", (3 * BNB).to_string()),
    ])
    .await;
    world.register(20).await;
    world.register(21).await;
    let good = world.batch(1, &[(20, BNB), (21, BNB)]).await;
    type Change = fn(&mut BatchTerms);
    let table: [(Change, &str); 27] = [
        (|terms| terms.chain_id = 56, "wrong_chain"),
        (|terms| terms.contract = Address::ZERO, "wrong_contract"),
        (|terms| terms.plan_hash = B256::ZERO, "unknown_plan"),
        (|terms| terms.batch.batch_id = B256::ZERO, "batch_id_zero"),
        (|terms| terms.batch.submitter = Address::ZERO, "submitter_zero"),
        (|terms| terms.batch.manifest_hash = B256::ZERO, "manifest_zero"),
        (
            |terms| terms.batch.valid_after = terms.batch.deadline,
            "window_empty",
        ),
        (|terms| terms.batch.valid_after = u64::MAX, "window_empty"),
        (|terms| terms.batch.payouts.clear(), "batch_empty"),
        (|terms| terms.batch.payouts = ascending(301), "batch_too_long"),
        (|terms| terms.batch.payouts = ascending(300), "not_registered"),
        (|terms| terms.batch.payouts.reverse(), "not_ascending"),
        (
            |terms| terms.batch.payouts.push(terms.batch.payouts[1]),
            "not_ascending",
        ),
        (
            |terms| terms.batch.payouts[0].wallet = Address::ZERO,
            "not_ascending",
        ),
        (
            |terms| terms.batch.payouts[0].target = Amount::new(1 << 95),
            "target_too_large",
        ),
        (
            |terms| terms.batch.payouts[0].target = Amount::new(u128::MAX),
            "target_too_large",
        ),
        (
            |terms| terms.batch.max_total = Amount::new(3 * BNB + 1),
            "above_batch_max",
        ),
        (
            |terms| terms.batch.max_total = Amount::new(3 * BNB),
            "max_total_unjustified",
        ),
        (
            |terms| terms.batch.max_total = Amount::new(2 * BNB + 1),
            "max_total_unjustified",
        ),
        (
            |terms| terms.batch.max_total = Amount::new(2 * BNB - 1),
            "max_total_unjustified",
        ),
        (
            |terms| terms.batch.payouts[1].target = Amount::ZERO,
            "nothing_due",
        ),
        (
            |terms| terms.batch.payouts[1].target = Amount::new(BNB + 1),
            "max_total_unjustified",
        ),
        (|terms| terms.batch.payouts.truncate(1), "max_total_unjustified"),
        (
            |terms| {
                terms.batch.deadline = 1;
                terms.batch.valid_after = 0;
            },
            "deadline_passed",
        ),
        (|terms| terms.batch.deadline -= 580, "deadline_too_near"),
        (|terms| terms.batch.deadline += 3_100, "deadline_too_far"),
        (|_| {}, "signed"),
    ];
    let mut refused = Vec::new();
    for (row, (change, code)) in table.into_iter().enumerate() {
        let mut terms = good.clone();
        // The frame of the window is measured from the head of each row.
        let head = world.head().await;
        terms.batch.deadline = head + 600;
        change(&mut terms);
        assert_eq!(
            word(&world.client.authorize_batch(&terms).await),
            code,
            "row {row}"
        );
        if code != "signed" {
            refused.push(code);
        }
    }
    assert_eq!(world.refusals().await, refused);
    assert_eq!(world.count("signer.payout_batch").await, 1);
    world.verify().await.unwrap();
}

/// Wallets that nobody has.
fn ascending(count: u16) -> Vec<Payout> {
    let payout = |number: u16| {
        let mut wallet = [0; 20];
        wallet[18..].copy_from_slice(&number.to_be_bytes());
        Payout {
            wallet: Address::new(wallet),
            target: Amount::new(1),
        }
    };
    (1..=count).map(payout).collect()
}

#[tokio::test]
async fn the_increases_of_a_day_reach_their_limit_exactly() {
    let world = World::start_with(&[
        ("TRELLIS_BATCH_MAX", (5 * BNB).to_string()),
        ("TRELLIS_DAY_MAX", (5 * BNB).to_string()),
    ])
    .await;
    world.register(20).await;
    world.register(21).await;
    let ask = async |id, lines: &[(usize, u128)]| {
        let terms = world.batch(id, lines).await;
        word(&world.client.authorize_batch(&terms).await)
    };
    assert_eq!(ask(1, &[(20, 2 * BNB)]).await, "signed");
    // Rebuilt after it expired, or with less: nothing that was not promised before.
    assert_eq!(ask(2, &[(20, 2 * BNB)]).await, "signed");
    assert_eq!(ask(3, &[(20, BNB)]).await, "signed");
    // Only what is beyond the highest target counts, not beyond the last one.
    assert_eq!(ask(4, &[(20, 2 * BNB + 1)]).await, "signed");
    assert_eq!(ask(5, &[(21, 3 * BNB)]).await, "above_day_max");
    assert_eq!(ask(5, &[(21, 3 * BNB - 1)]).await, "signed");
    assert_eq!(ask(6, &[(20, 2 * BNB + 2)]).await, "above_day_max");
    assert_eq!(
        ask(6, &[(20, 2 * BNB)]).await,
        "signed",
        "nothing new at the limit"
    );
    let increases: Vec<String> =
        sqlx::query_scalar("SELECT increase::text FROM signer.payout_batch ORDER BY request_id")
            .fetch_all(world.database.pool())
            .await
            .unwrap();
    let expected = [2 * BNB, 0, 0, 1, 3 * BNB - 1, 0].map(|increase| increase.to_string());
    assert_eq!(increases, expected);
    world.verify().await.unwrap();
}

#[tokio::test]
async fn what_the_chain_paid_by_another_way_is_not_new() {
    let world = World::start_with(&[
        ("TRELLIS_BATCH_MAX", BNB.to_string()),
        ("TRELLIS_DAY_MAX", BNB.to_string()),
    ])
    .await;
    world.register(20).await;
    world.fund(5).await;
    // Signed by the key without the signer's knowledge, as a claim would pay without it.
    let unknown = world.batch(1, &[(20, 4 * BNB)]).await;
    let (batch, payouts) = fields(&unknown.batch);
    let digest = typed_data::digest(&typed_data::PayoutBatch { batch, payouts }, &world.domain());
    let authorization = Authorization {
        signer: development::SIGNER.address,
        signature: sign(&development::SIGNER, digest),
        digest,
    };
    assert!(execute(&world, &unknown, &authorization).await);
    let next = world.batch(2, &[(20, 5 * BNB)]).await;
    assert_eq!(word(&world.client.authorize_batch(&next).await), "signed");
    // It was exactly a day's worth.
    world.register(21).await;
    let next = world.batch(3, &[(21, 1)]).await;
    assert_eq!(word(&world.client.authorize_batch(&next).await), "above_day_max");
}

#[tokio::test]
async fn a_claim_that_is_not_final_yet_does_not_stop_a_batch() {
    let world = World::start().await;
    world.register(20).await;
    world.fund(5).await;
    world.rpc("anvil_mine", ["0x80"]).await;
    let by_ledger = world.batch(1, &[(20, 2 * BNB)]).await;
    let paid = world.batch(2, &[(20, BNB)]).await;
    let authorization = world.client.authorize_batch(&paid).await.unwrap();
    assert!(execute(&world, &paid, &authorization).await);
    assert_eq!(world.paid(address(20)).await, Amount::new(BNB));
    // The ledger computed it before; the head says that half of it is paid, the final block does not.
    let mut by_ledger = by_ledger;
    let head = world.head().await;
    by_ledger.batch.deadline = head + 600;
    assert_eq!(word(&world.client.authorize_batch(&by_ledger).await), "signed");
    let mut wrong = by_ledger.clone();
    wrong.batch.batch_id = B256::repeat_byte(3);
    wrong.batch.max_total = Amount::new(2 * BNB - 1);
    assert_eq!(
        word(&world.client.authorize_batch(&wrong).await),
        "max_total_unjustified"
    );
}

#[tokio::test]
async fn a_day_ends_after_exactly_a_day_by_both_clocks() {
    let world = World::start_with(&[
        ("TRELLIS_BATCH_MAX", BNB.to_string()),
        ("TRELLIS_DAY_MAX", BNB.to_string()),
    ])
    .await;
    world.register(20).await;
    world.fund(2).await;
    let terms = world.batch(1, &[(20, BNB)]).await;
    let authorization = world.client.authorize_batch(&terms).await.unwrap();
    assert!(execute(&world, &terms, &authorization).await);
    let next = world.batch(2, &[(20, BNB + 1)]).await;
    // From here on the chain's time stands still.
    world.rpc("evm_setIntervalMining", [0]).await;
    let head = i64::try_from(world.head().await).unwrap();
    let set = async |age_by_chain: i64, age_by_machine_ms: i64| {
        sqlx::query(
            "UPDATE signer.sign_request SET head_timestamp = $1,
                 recorded_at_ms = (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $2",
        )
        .bind(head - age_by_chain)
        .bind(age_by_machine_ms)
        .execute(world.database.pool())
        .await
        .unwrap();
    };
    let day_ms = 86_400_000;
    for (age, age_ms, expected) in [
        (0, 0, "above_day_max"),
        (86_399, 2 * day_ms, "above_day_max"),
        (2 * 86_400, day_ms - 60_000, "above_day_max"),
        (86_400, day_ms, "signed"),
    ] {
        set(age, age_ms).await;
        let answer = world.client.authorize_batch(&next).await;
        assert_eq!(word(&answer), expected, "{age} s, {age_ms} ms");
    }
}

#[tokio::test]
async fn of_racing_batches_only_those_within_the_limit_are_signed() {
    let world = std::sync::Arc::new(
        World::start_with(&[
            ("TRELLIS_BATCH_MAX", (3 * BNB).to_string()),
            ("TRELLIS_DAY_MAX", (3 * BNB).to_string()),
        ])
        .await,
    );
    let mut batches = Vec::new();
    for wallet in 20..28 {
        world.register(wallet).await;
    }
    for wallet in 20..28 {
        let id = u8::try_from(wallet).unwrap();
        batches.push(world.batch(id, &[(wallet, BNB)]).await);
    }
    let racers = batches.into_iter().map(|terms| {
        let world = world.clone();
        tokio::spawn(async move { word(&world.client.authorize_batch(&terms).await) })
    });
    let mut words = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        words.push(racer.await.unwrap());
    }
    words.sort();
    let mut expected = vec!["above_day_max"; 5];
    expected.extend(["signed"; 3]);
    assert_eq!(words, expected);
    world.verify().await.unwrap();
}

#[tokio::test]
async fn what_limits_batches_cannot_be_changed_unseen() {
    let world = World::start().await;
    world.register(20).await;
    let terms = world.batch(1, &[(20, BNB)]).await;
    world.client.authorize_batch(&terms).await.unwrap();
    world.verify().await.unwrap();
    sqlx::raw_sql(
        "ALTER TABLE signer.payout DROP CONSTRAINT payout_batch;
         CREATE TABLE kept_batch AS TABLE signer.payout_batch; CREATE TABLE kept_payout AS TABLE signer.payout",
    )
    .execute(world.database.pool())
    .await
    .unwrap();
    for tampering in [
        "UPDATE signer.payout SET target = target - 1, increase = increase - 1",
        "UPDATE signer.payout SET increase = 0",
        "UPDATE signer.payout SET wallet = decode(repeat('11', 20), 'hex')",
        "UPDATE signer.payout SET scope = 'x'",
        "UPDATE signer.payout_batch SET increase = 0",
        "UPDATE signer.payout_batch SET scope = 'x'",
        "DELETE FROM signer.payout",
        "WITH gone AS (DELETE FROM signer.payout) DELETE FROM signer.payout_batch",
    ] {
        let owner = world.database.pool();
        sqlx::query(tampering).execute(owner).await.unwrap();
        let found = world.verify().await;
        assert!(
            matches!(
                &found,
                Err(signer::audit::VerifyError::Broken(signer::audit::Broken::Memory(key)))
                    if key.starts_with("batch:31337:")
            ),
            "{tampering}: {found:?}"
        );
        sqlx::raw_sql(
            "TRUNCATE signer.payout, signer.payout_batch;
             INSERT INTO signer.payout_batch TABLE kept_batch; INSERT INTO signer.payout TABLE kept_payout",
        )
        .execute(owner)
        .await
        .unwrap();
        world.verify().await.unwrap();
    }
}
