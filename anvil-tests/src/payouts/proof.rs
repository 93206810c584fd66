//! Invariants checked at the end of every scenario.

use std::collections::{BTreeMap, BTreeSet};

use abi::development::SUBMITTER;
use alloy::consensus::{Transaction, TxEnvelope};
use alloy::eips::eip2718::Decodable2718;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use audit::checks::Check;

use crate::payouts::PayoutWorld;

/// What a transaction does.
type Payload = (Option<Address>, U256, Bytes);

impl PayoutWorld {
    /// Ledger, chain and an independent recomputation agree; everyone was paid exactly what was expected; whatever was
    /// sent under one nonce did the same or nothing; nonces have no gap; nothing is held back, open or found.
    ///
    /// # Panics
    /// When anything of that is not so.
    pub async fn prove(&self) {
        self.finished().await;
        self.settled().await;
        self.check().await.expect("ledger and chain answer");
        self.everybody_is_paid_once().await;
        self.nothing_is_held().await;
        self.nonces_are_contiguous().await;
        self.every_nonce_was_used_for_one_thing().await;
        self.nothing_was_found().await;
    }

    /// Mines until no submission is in progress.
    async fn finished(&self) {
        self.advance_until("every submission to be over", async |payouts| {
            let statement = "SELECT count(*) FROM submission \
                WHERE state NOT IN ('final_ok', 'final_reverted', 'dead')";
            let live: i64 = sqlx::query_scalar(statement)
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            (live == 0).then_some(())
        })
        .await;
    }

    async fn everybody_is_paid_once(&self) {
        let wallets: Vec<(Vec<u8>, String)> = sqlx::query_as("SELECT wallet, paid::text FROM users")
            .fetch_all(self.ledger.pool())
            .await
            .expect("the database answers");
        for (wallet, in_ledger) in wallets {
            let wallet = Address::from_slice(&wallet);
            let expected = self.paid.get(&wallet).copied().unwrap_or_default();
            let account = self.contract().account(wallet).call().await;
            let on_chain = account.expect("the node answers").paid;
            assert_eq!(
                on_chain,
                U256::from(expected),
                "the contract paid {wallet} otherwise"
            );
            assert_eq!(
                in_ledger,
                expected.to_string(),
                "the ledger paid {wallet} otherwise"
            );
        }
    }

    async fn nothing_is_held(&self) {
        let held: i64 = sqlx::query_scalar("SELECT count(*) FROM payout WHERE state = 'held'")
            .fetch_one(self.ledger.pool())
            .await
            .expect("the database answers");
        assert_eq!(held, 0, "payouts are held");
        let statement = "SELECT count(*) FROM balance WHERE debits_pending <> 0 OR credits_pending <> 0";
        let pending: i64 = sqlx::query_scalar(statement)
            .fetch_one(self.ledger.pool())
            .await
            .expect("the database answers");
        assert_eq!(pending, 0, "balances have pending sides");
    }

    async fn nonces_are_contiguous(&self) {
        let nonces: Vec<i64> = sqlx::query_scalar("SELECT nonce FROM submission ORDER BY nonce")
            .fetch_all(self.ledger.pool())
            .await
            .expect("the database answers");
        let expected: Vec<i64> = (0..).take(nonces.len()).collect();
        assert_eq!(nonces, expected, "nonces have gaps");
        let next = self.provider.get_transaction_count(SUBMITTER.address).await;
        let next = next.expect("the node answers");
        assert_eq!(
            next,
            nonces.len() as u64,
            "the chain has other transactions of ours"
        );
    }

    async fn every_nonce_was_used_for_one_thing(&self) {
        let stored: Vec<Vec<u8>> = sqlx::query_scalar("SELECT raw FROM attempt")
            .fetch_all(self.ledger.pool())
            .await
            .expect("the database answers");
        let stored: BTreeSet<Vec<u8>> = stored.into_iter().collect();
        let mut done: BTreeMap<u64, BTreeSet<Payload>> = BTreeMap::new();
        for raw in self.nodes.raw_transactions() {
            assert!(
                stored.contains(raw.as_ref()),
                "bytes were sent that are not stored"
            );
            let sent = TxEnvelope::decode_2718(&mut raw.as_ref()).expect("a transaction");
            let payload = (sent.to(), sent.value(), sent.input().clone());
            let noop = (Some(SUBMITTER.address), U256::ZERO, Bytes::new());
            if payload != noop {
                done.entry(sent.nonce()).or_default().insert(payload);
            }
        }
        for (nonce, payloads) in done {
            assert_eq!(payloads.len(), 1, "nonce {nonce} was used for several things");
        }
    }

    /// Waits until the reconciler has looked at the present and keeps nothing open.
    ///
    /// # Panics
    /// When that does not happen.
    pub async fn is_clean(&self) {
        let now: String = sqlx::query_scalar("SELECT clock_timestamp()::text")
            .fetch_one(self.ledger.pool())
            .await
            .expect("the database answers");
        self.wait_until("a look that finds nothing", async |payouts| {
            let statement = "SELECT EXISTS (SELECT FROM reconciliation_run WHERE outcome = 'clean' \
                AND started_at > $1::timestamptz) \
                AND NOT EXISTS (SELECT FROM reconciliation_finding WHERE resolved_at IS NULL)";
            let clean: bool = sqlx::query_scalar(statement)
                .bind(&now)
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            clean.then_some(())
        })
        .await;
    }

    async fn nothing_was_found(&self) {
        let paused: Vec<String> =
            sqlx::query_scalar("SELECT paused FROM sender_account WHERE paused IS NOT NULL")
                .fetch_all(self.ledger.pool())
                .await
                .expect("the database answers");
        assert!(paused.is_empty(), "the sender is paused: {paused:?}");
        self.wait_until("a run of the reconciler", async |payouts| {
            let statement = "SELECT EXISTS (SELECT FROM reconciliation_run WHERE outcome <> 'skipped' \
                AND fact_seq = (SELECT max(seq) FROM fact))";
            let ran: bool = sqlx::query_scalar(statement)
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            ran.then_some(())
        })
        .await;
        // What is seen between the runs ends with the round after it ended; a chain without blocks is an outage.
        let between: Vec<&str> = Check::VIGIL.iter().map(|check| check.id()).collect();
        self.advance_until("outages to be over", async |payouts| {
            let statement = "SELECT NOT EXISTS (SELECT FROM reconciliation_finding \
                WHERE resolved_at IS NULL AND check_id = ANY($1))";
            let over: bool = sqlx::query_scalar(statement)
                .bind(&between)
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            over.then_some(())
        })
        .await;
        let statement = "SELECT check_id || ' ' || subject || ': expected ' || expected || ', found ' || actual \
            FROM reconciliation_finding WHERE resolved_at IS NULL";
        let findings: Vec<String> = sqlx::query_scalar(statement)
            .fetch_all(self.ledger.pool())
            .await
            .expect("the database answers");
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }
}
