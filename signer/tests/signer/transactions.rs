//! Transactions: what the chain takes, and what costs, nonces and earlier attempts do not allow.

use abi::{ICustody, development};
use alloy::consensus::transaction::SignerRecoverable;
use alloy::consensus::{Transaction, TxEnvelope};
use alloy::eips::eip2718::Decodable2718;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::{SolCall, SolValue};
use money::Amount;
use signer::purpose::Purpose;
use signer_client::{Call, ProofNode, SignedBy, SignedTransaction, SignerError, TransactionTerms};

use crate::settlement::{FEE, TIP, sign, signed_by};
use crate::world::{BNB, World, address, word};

async fn ask(world: &World, terms: &TransactionTerms) -> Result<SignedTransaction, SignerError> {
    world.client.sign_transaction(terms).await
}

#[tokio::test]
async fn what_three_signers_sign_pays_users_and_publishes_a_root() {
    let world = World::start_for(Purpose::Transactions, &[]).await;
    let (_authorizations, authorizations) = world.beside(Purpose::Authorizations).await;
    let (_roots, roots) = world.beside(Purpose::Roots).await;
    world.register(20).await;
    world.register(21).await;
    world.fund(10).await;

    let batch = world.batch(1, &[(20, BNB)]).await;
    let authorization = authorizations.authorize_batch(&batch).await.unwrap();
    let call = Call::ExecuteBatch {
        batch: batch.batch,
        authorization: signed_by(&authorization),
    };
    let transaction = ask(&world, &world.transaction(0, 1, call)).await.unwrap();
    assert_eq!(transaction.sender, development::SUBMITTER.address);
    assert!(world.broadcast(&transaction).await);
    assert_eq!(world.paid(address(20)).await, Amount::new(BNB));

    // A root of two leaves, and a claim by proof against it.
    let leaf = |wallet, total: u128| keccak256((address(wallet), U256::from(total)).abi_encode());
    let (a, b) = (leaf(20, 2 * BNB), leaf(21, 3 * BNB));
    let pair = if a < b {
        (a, U256::from(2 * BNB), b, U256::from(3 * BNB))
    } else {
        (b, U256::from(3 * BNB), a, U256::from(2 * BNB))
    };
    let mut root = world.root(20, 5 * BNB, 1).await;
    root.root.root = keccak256(pair.abi_encode());
    let authorization = roots.authorize_root(&root).await.unwrap();
    let call = Call::PublishRoot {
        root: root.root.clone(),
        authorization: signed_by(&authorization),
    };
    let transaction = ask(&world, &world.transaction(1, 1, call)).await.unwrap();
    assert!(world.broadcast(&transaction).await);
    world.rpc("evm_increaseTime", [2 * 86_400]).await;
    world.rpc("evm_mine", ()).await;
    let claim = Call::Claim {
        user: address(21),
        entitled: Amount::new(3 * BNB),
        root: root.root.root,
        proof: vec![ProofNode {
            hash: a,
            sum: Amount::new(2 * BNB),
        }],
    };
    let transaction = ask(&world, &world.transaction(2, 1, claim)).await.unwrap();
    assert!(world.broadcast(&transaction).await);
    assert_eq!(world.paid(address(21)).await, Amount::new(3 * BNB));

    // Nothing has matured yet, so the sweep reverts; filling a nonce does not.
    world.rpc("evm_increaseTime", [30 * 86_400]).await;
    world.rpc("evm_mine", ()).await;
    let sweep = ask(
        &world,
        &world.transaction(3, 1, Call::SweepMatured { max_days: 100 }),
    )
    .await;
    assert!(world.broadcast(&sweep.unwrap()).await);
    let noop = ask(&world, &world.transaction(4, 1, Call::Noop {})).await;
    assert!(world.broadcast(&noop.unwrap()).await);
    world.verify().await.unwrap();
}

#[tokio::test]
async fn the_bytes_say_exactly_what_was_asked_for_and_stay_the_same() {
    let mut world = World::start_for(Purpose::Transactions, &[]).await;
    let mut terms = world.transaction(0, 7, Call::SweepMatured { max_days: 3 });
    terms.gas_limit = 123_456;
    let signed = ask(&world, &terms).await.unwrap();
    let decoded = TxEnvelope::decode_2718(&mut signed.raw.as_ref()).unwrap();
    assert_eq!(decoded.chain_id(), Some(terms.chain_id));
    assert_eq!(decoded.nonce(), 0);
    assert_eq!(decoded.gas_limit(), 123_456);
    assert_eq!(decoded.max_fee_per_gas(), FEE);
    assert_eq!(decoded.max_priority_fee_per_gas(), Some(TIP));
    assert_eq!(decoded.to(), Some(world.contract));
    assert_eq!(decoded.value(), U256::ZERO);
    let call = ICustody::sweepMaturedCall {
        maxDays: U256::from(3),
    };
    assert_eq!(decoded.input().as_ref(), call.abi_encode());
    assert!(decoded.is_eip1559());
    assert_eq!(*decoded.tx_hash(), signed.hash);
    assert_eq!(decoded.recover_signer().unwrap(), development::SUBMITTER.address);

    let noop = ask(&world, &world.transaction(1, 1, Call::Noop {}))
        .await
        .unwrap();
    let decoded = TxEnvelope::decode_2718(&mut noop.raw.as_ref()).unwrap();
    assert_eq!(decoded.to(), Some(development::SUBMITTER.address));
    assert!(decoded.value().is_zero() && decoded.input().is_empty());

    world.signer.restart().await.unwrap();
    assert_eq!(ask(&world, &terms).await.unwrap(), signed);
    assert_eq!(world.count("signer.sign_request").await, 2);
}

#[tokio::test]
async fn the_access_list_is_what_the_batch_implies_and_nobody_can_ask_for_another() {
    let world = World::start_for(Purpose::Transactions, &[]).await;
    let (_authorizations, authorizations) = world.beside(Purpose::Authorizations).await;
    world.register(20).await;
    world.register(21).await;
    world.fund(10).await;
    let batch = world.batch(1, &[(20, BNB), (21, BNB)]).await;
    let authorization = signed_by(&authorizations.authorize_batch(&batch).await.unwrap());
    let recipients: Vec<Address> = batch.batch.payouts.iter().map(|payout| payout.wallet).collect();
    let call = Call::ExecuteBatch {
        batch: batch.batch,
        authorization,
    };
    let terms = world.transaction(0, 1, call);
    let signed = ask(&world, &terms).await.unwrap();
    let decoded = TxEnvelope::decode_2718(&mut signed.raw.as_ref()).unwrap();
    let expected = chain::batch_access_list(world.contract, &recipients);
    assert_eq!(expected.len(), 2);
    assert_eq!(decoded.access_list(), Some(&expected));
    assert!(world.broadcast(&signed).await);
    let other = ask(
        &world,
        &world.transaction(1, 1, Call::SweepMatured { max_days: 3 }),
    )
    .await;
    let decoded = TxEnvelope::decode_2718(&mut other.unwrap().raw.as_ref()).unwrap();
    assert!(decoded.access_list().unwrap().is_empty());

    let mut json = serde_json::to_value(&terms).unwrap();
    assert!(serde_json::from_value::<TransactionTerms>(json.clone()).is_ok());
    json["access_list"] = serde_json::json!([]);
    assert!(serde_json::from_value::<TransactionTerms>(json).is_err());
}

#[tokio::test]
async fn what_was_signed_is_repeated_also_under_lower_limits() {
    let mut world = World::start_for(Purpose::Transactions, &[]).await;
    let terms = world.transaction(0, 1, Call::Noop {});
    let signed = ask(&world, &terms).await.unwrap();
    world.signer.stop().unwrap();
    let lower = [("TRELLIS_FEE_PER_GAS_MAX", (FEE - 1).to_string())];
    let (_second, second) = world.beside_with(Purpose::Transactions, &lower).await;
    assert_eq!(second.sign_transaction(&terms).await.unwrap(), signed);
    let next = world.transaction(1, 1, Call::Noop {});
    assert_eq!(word(&second.sign_transaction(&next).await), "fee_above_max");
}

type Change = fn(&mut TransactionTerms);

#[tokio::test]
async fn every_limit_of_a_transaction_is_exact() {
    let world = World::start_for(
        Purpose::Transactions,
        &[
            ("TRELLIS_GAS_LIMIT_MAX", "1000000".to_owned()),
            ("TRELLIS_FEE_PER_GAS_MAX", "2000000000000".to_owned()),
            ("TRELLIS_TIP_PER_GAS_MAX", "3000000000".to_owned()),
        ],
    )
    .await;
    let table: [(Change, &str); 14] = [
        (|terms| terms.chain_id = 56, "wrong_chain"),
        (|terms| terms.contract = Address::ZERO, "wrong_contract"),
        (|terms| terms.gas_limit = 20_999, "gas_limit_too_low"),
        (|terms| terms.gas_limit = 1_000_001, "gas_limit_above_max"),
        (|terms| terms.max_fee_per_gas = 2_000_000_000_001, "fee_above_max"),
        (|terms| terms.max_fee_per_gas = u128::MAX, "fee_above_max"),
        (
            |terms| terms.max_priority_fee_per_gas = 3_000_000_001,
            "tip_above_max",
        ),
        (|terms| terms.max_fee_per_gas = TIP - 1, "tip_above_fee"),
        (|terms| terms.nonce = u64::MAX, "nonce_too_large"),
        (|terms| terms.nonce = 1, "nonce_gap"),
        (
            |terms| terms.call = Call::SweepMatured { max_days: 0 },
            "sweep_days",
        ),
        (
            |terms| terms.call = Call::SweepMatured { max_days: 367 },
            "sweep_days",
        ),
        (
            |terms| {
                terms.gas_limit = 1_000_000;
                terms.max_fee_per_gas = 2_000_000_000_000;
                terms.max_priority_fee_per_gas = 3_000_000_000;
            },
            "signed",
        ),
        (
            |terms| {
                terms.nonce = 1;
                terms.gas_limit = 21_000;
                terms.max_priority_fee_per_gas = terms.max_fee_per_gas.min(3_000_000_000);
            },
            "signed",
        ),
    ];
    for (row, (change, code)) in table.into_iter().enumerate() {
        let mut terms = world.transaction(0, 1, Call::Noop {});
        change(&mut terms);
        assert_eq!(word(&ask(&world, &terms).await), code, "row {row}");
    }
    world.verify().await.unwrap();
}

#[tokio::test]
async fn attempts_do_the_same_dearer_and_only_nothing_replaces_something() {
    let world = World::start_for(Purpose::Transactions, &[]).await;
    let sweep = |max_days| Call::SweepMatured { max_days };
    let priced = |attempt, call, fee, tip| TransactionTerms {
        max_fee_per_gas: fee,
        max_priority_fee_per_gas: tip,
        ..world.transaction(0, attempt, call)
    };
    let (fee, tip) = (1_005, 15);
    let rows = [
        ("the first", priced(1, sweep(1), fee, tip), "signed"),
        ("the same", priced(1, sweep(1), fee, tip), "signed"),
        ("as dear", priced(2, sweep(1), fee, tip), "price_not_raised"),
        (
            "price a wei short",
            priced(2, sweep(1), 1_104, 17),
            "price_not_raised",
        ),
        (
            "tip a wei short",
            priced(2, sweep(1), 1_105, 15),
            "price_not_raised",
        ),
        (
            "something else",
            priced(2, sweep(2), 2_000, 30),
            "payload_differs",
        ),
        (
            "a lower number",
            priced(0, sweep(1), 2_000, 30),
            "attempt_not_above",
        ),
        ("a tenth above", priced(2, sweep(1), 1_105, 16), "signed"),
        (
            "below the second",
            priced(3, sweep(1), 1_106, 17),
            "price_not_raised",
        ),
        (
            "nothing, too cheap",
            priced(3, Call::Noop {}, 1_106, 17),
            "price_not_raised",
        ),
        ("nothing", priced(4, Call::Noop {}, 1_300, 20), "signed"),
        (
            "something after nothing",
            priced(5, sweep(1), 2_000, 30),
            "payload_differs",
        ),
        ("nothing again", priced(5, Call::Noop {}, 2_000, 30), "signed"),
        ("the first once more", priced(1, sweep(1), fee, tip), "signed"),
    ];
    for (what, terms, code) in rows {
        assert_eq!(word(&ask(&world, &terms).await), code, "{what}");
    }
    // Another gas limit is another transaction under the same number.
    let mut other = priced(2, sweep(1), 1_105, 16);
    other.gas_limit += 1;
    assert_eq!(word(&ask(&world, &other).await), "equivocation");
    assert_eq!(
        word(&ask(&world, &priced(1, sweep(1), fee, tip)).await),
        "key_paused"
    );
    world.resume();
    assert_eq!(word(&ask(&world, &priced(1, sweep(1), fee, tip)).await), "signed");
    world.verify().await.unwrap();
}

#[tokio::test]
async fn nonces_follow_the_chain_and_each_other() {
    let world = World::start_for(Purpose::Transactions, &[]).await;
    let noop = |nonce| world.transaction(nonce, 1, Call::Noop {});
    for (nonce, code) in [
        (1, "nonce_gap"),
        (0, "signed"),
        (2, "nonce_gap"),
        (1, "signed"),
        (2, "signed"),
    ] {
        assert_eq!(word(&ask(&world, &noop(nonce)).await), code, "{nonce}");
    }
    // Someone else uses the key: five transactions that this signer never saw.
    for _ in 0..5 {
        assert!(
            world
                .send(
                    development::SUBMITTER.address,
                    10_000_000_000_000_000,
                    ICustody::fundCall {}.abi_encode()
                )
                .await
        );
    }
    for (nonce, code) in [
        (3, "nonce_used"),
        (4, "nonce_used"),
        (6, "nonce_gap"),
        (5, "signed"),
        (6, "signed"),
    ] {
        assert_eq!(word(&ask(&world, &noop(nonce)).await), code, "{nonce}");
    }
    world.verify().await.unwrap();
}

#[tokio::test]
async fn a_batch_or_root_without_a_valid_authorization_is_not_sent() {
    let world = World::start_for(Purpose::Transactions, &[]).await;
    let (_authorizations, authorizations) = world.beside(Purpose::Authorizations).await;
    world.register(20).await;
    world.register(21).await;
    let batch = world.batch(1, &[(20, BNB), (21, BNB)]).await;
    let good = signed_by(&authorizations.authorize_batch(&batch).await.unwrap());
    let batch = batch.batch;
    let mut forged = good;
    forged.signature[40] ^= 1;
    let mut named = good;
    named.signer = development::ADMIN.address;
    let digest = {
        let root = world.root(20, BNB, 1).await;
        authorizations_digest(&world, &root)
    };
    let by_stranger = SignedBy {
        signer: development::ADMIN.address,
        signature: sign(&development::ADMIN, digest.1),
    };
    let execute = |authorization| Call::ExecuteBatch {
        batch: batch.clone(),
        authorization,
    };
    let changed = |change: fn(&mut signer_client::PayoutBatch)| {
        let mut batch = batch.clone();
        change(&mut batch);
        Call::ExecuteBatch {
            batch,
            authorization: good,
        }
    };
    let rows = [
        ("a forged signature", execute(forged), "not_signed"),
        ("another's name", execute(named), "not_signed"),
        (
            "another total",
            changed(|batch| batch.max_total = Amount::new(2 * BNB + 1)),
            "not_signed",
        ),
        (
            "another target",
            changed(|batch| batch.payouts[0].target = Amount::new(1)),
            "not_signed",
        ),
        (
            "a target that does not fit",
            changed(|batch| batch.payouts[0].target = Amount::new(u128::MAX)),
            "target_too_large",
        ),
        (
            "another's to submit",
            changed(|batch| batch.submitter = development::ADMIN.address),
            "wrong_submitter",
        ),
        ("no list", changed(|batch| batch.payouts.clear()), "batch_empty"),
        (
            "a root by a stranger",
            Call::PublishRoot {
                root: digest.0.root.clone(),
                authorization: by_stranger,
            },
            "unknown_signer",
        ),
        (
            "a claim with a wrong proof",
            Call::Claim {
                user: address(20),
                entitled: Amount::new(1),
                root: B256::repeat_byte(1),
                proof: Vec::new(),
            },
            "proof_invalid",
        ),
        (
            "a claim with a proof that is too long",
            Call::Claim {
                user: address(20),
                entitled: Amount::new(BNB),
                root: digest.0.root.root,
                proof: vec![
                    ProofNode {
                        hash: B256::ZERO,
                        sum: Amount::ZERO
                    };
                    65
                ],
            },
            "proof_invalid",
        ),
        ("as it was authorized", execute(good), "signed"),
    ];
    for (what, call, code) in rows {
        assert_eq!(
            word(&ask(&world, &world.transaction(0, 1, call)).await),
            code,
            "{what}"
        );
    }

    // Carried by one nonce at a time, and not after its end.
    let again = world.transaction(1, 1, execute(good));
    assert_eq!(word(&ask(&world, &again).await), "batch_elsewhere");
    let dearer = TransactionTerms {
        max_fee_per_gas: 2 * FEE,
        max_priority_fee_per_gas: 2 * TIP,
        ..world.transaction(0, 2, Call::Noop {})
    };
    assert_eq!(word(&ask(&world, &dearer).await), "signed");
    assert_eq!(word(&ask(&world, &again).await), "signed");
    world.rpc("evm_increaseTime", [700]).await;
    world.rpc("evm_mine", ()).await;
    let late = TransactionTerms {
        max_fee_per_gas: 2 * FEE,
        max_priority_fee_per_gas: 2 * TIP,
        ..world.transaction(1, 2, execute(good))
    };
    assert_eq!(word(&ask(&world, &late).await), "deadline_passed");
    // What was signed stays what it was.
    assert_eq!(word(&ask(&world, &again).await), "signed");
    world.verify().await.unwrap();
    sqlx::query("UPDATE signer.transaction SET batch_id = NULL")
        .execute(world.database.pool())
        .await
        .unwrap();
    assert!(world.verify().await.is_err());
}

/// A root and the digest under which it is authorized.
fn authorizations_digest(world: &World, root: &signer_client::RootTerms) -> (signer_client::RootTerms, B256) {
    let fields = ICustody::LiabilitiesRoot {
        root: root.root.root,
        total: U256::from(root.root.total.base_units()),
        asOfSeq: U256::from(root.root.as_of_seq),
        validAfter: U256::from(root.root.valid_after),
        deadline: U256::from(root.root.deadline),
    };
    (root.clone(), abi::typed_data::digest(&fields, &world.domain()))
}

#[tokio::test]
async fn of_racing_transactions_under_one_number_one_is_signed() {
    let world = std::sync::Arc::new(World::start_for(Purpose::Transactions, &[]).await);
    let racers = (1..=12_u64).map(|max_days| {
        let world = world.clone();
        tokio::spawn(async move {
            let terms = world.transaction(0, 1, Call::SweepMatured { max_days });
            word(&ask(&world, &terms).await)
        })
    });
    let mut words = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        words.push(racer.await.unwrap());
    }
    words.sort();
    let mut expected = vec!["equivocation"];
    expected.extend(["key_paused"; 10]);
    expected.push("signed");
    assert_eq!(words, expected);
    assert_eq!(world.count("signer.signature").await, 1);
}
