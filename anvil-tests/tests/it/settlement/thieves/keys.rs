//! The keys with which the signers sign, and the submitter's: past every limit of the signers, straight to the contract. What
//! it lets through is bounded, is not the users', and is noticed.

use std::time::{Duration, Instant};

use abi::ICustody;
use abi::development::{GUARDIAN, ROOT_SIGNER, SIGNER, SUBMITTER, TREASURER};
use abi::typed_data::{self, PayoutBatch};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use anvil_tests::{PayoutWorld, Person, bnb};
use devstack::anvil::CHAIN_ID;
use devstack::{Wallet, agreement};
use serde_json::Value;

use super::forged;
use crate::settlement::claims::{claim_of, claims_first, publish};
use crate::settlement::recipients::refuses;

const HOUR: u64 = 3_600;

/// The account of the first user who was sponsored by one who is due.
const RECRUIT: usize = 11;
/// An account of the local chain that nobody else uses here.
const NEWCOMER: usize = 40;
/// Where credit is withdrawn to.
const ELSEWHERE: Address = Address::repeat_byte(0xee);

/// How soon the reconciler has seen what was posted: it looks after every posting, and at least once a second.
const NOTICED_WITHIN: Duration = Duration::from_secs(15);

/// What belongs to users, and to nobody else.
struct Theirs {
    newcomer: Person,
    /// The newcomer's deposit, which may be taken back.
    deposit: B256,
    /// Has a credit.
    creditor: Person,
    /// Is promised something by a root.
    promised: Person,
    root: B256,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_signer_and_submitter_take_what_the_cap_allows_and_the_reconciler_sees_it() {
    let mut payouts = PayoutWorld::with_due(2).await;
    let theirs = users_money(&mut payouts).await;
    let cap = lower_the_cap(&payouts).await;
    payouts.settled().await;
    payouts.is_clean().await;
    let thief = payouts.person(RECRUIT).address();
    no_key_alone_takes_anything(&payouts, thief, cap).await;

    let before = payouts.contract().totals().call().await.unwrap();
    let (funds, _) = forged::standing(&payouts).await;
    let begin = forged::time(&payouts).await + HOUR;
    let at_once = take(&payouts, thief, begin, cap * 3 / 8).await;
    it_is_noticed(&payouts, id_at(begin, 2), &theirs.promised).await;
    let mut taken = at_once;
    for hour in (3..=24).step_by(3) {
        taken += take(&payouts, thief, begin + hour * HOUR, cap / 16).await;
    }
    assert_eq!(taken, cap * 7 / 8);
    let (left, _) = forged::standing(&payouts).await;
    assert_eq!(funds - left, U256::from(taken));
    let after = payouts.contract().totals().call().await.unwrap();
    assert_eq!(after.pushed - before.pushed, U256::from(taken));
    assert_eq!(
        (after.escrowed, after.credited),
        (before.escrowed, before.credited)
    );
    users_get_what_is_theirs(&payouts, &theirs).await;
}

/// A promise, a credit and a deposit.
async fn users_money(payouts: &mut PayoutWorld) -> Theirs {
    let (creditor, promised) = (payouts.somebody(), payouts.somebody());
    let mut newcomer = payouts.person(NEWCOMER);
    let sponsor = promised.address();
    let registering = newcomer.register(payouts, Some(sponsor));
    let deposit = payouts.mining(registering).await.unwrap();
    refuses(payouts, &creditor).await;
    let batch = payouts.submitted_batch(std::slice::from_ref(&creditor)).await;
    payouts.executed(&batch).await;
    let root = publish(payouts).await;
    let totals = payouts.contract().totals().call().await.unwrap();
    assert!(!totals.credited.is_zero() && !totals.escrowed.is_zero());
    Theirs {
        newcomer,
        deposit,
        creditor,
        promised,
        root,
    }
}

/// The guardian lowers the cap to its floor, and someone funds twice as much: the cap is what binds. Returns it, in wei.
async fn lower_the_cap(payouts: &PayoutWorld) -> u128 {
    let floor = abi::development::config().outflowFloor;
    let lower = ICustody::lowerOutflowCapCall {
        cap: U256::from(floor),
    };
    assert!(sends(payouts, GUARDIAN.address, U256::ZERO, lower.abi_encode()).await);
    let fund = ICustody::fundCall {}.abi_encode();
    assert!(sends(payouts, TREASURER.address, bnb(2_000), fund).await);
    floor.to()
}

/// Whether a call of an account whose key the thief has succeeds, in a block of its own.
async fn sends(payouts: &PayoutWorld, from: Address, value: U256, call: Vec<u8>) -> bool {
    let hash = pools(payouts, from, value, call).await;
    payouts.mined(hash).await.status()
}

/// Puts a call into the pool; it is not tried out before.
async fn pools(payouts: &PayoutWorld, from: Address, value: U256, call: Vec<u8>) -> B256 {
    let request = TransactionRequest::default()
        .with_from(from)
        .with_to(payouts.custody)
        .with_value(value)
        .with_gas_limit(1_000_000)
        .with_input(Bytes::from(call));
    *payouts
        .provider
        .send_transaction(request)
        .await
        .unwrap()
        .tx_hash()
}

/// What the thief would take.
struct Stolen {
    thief: Address,
    more: u128,
    id: B256,
    time: u64,
}

/// A call that pays the thief so much more, signed by this key in the name of the signer of authorizations.
async fn payment(payouts: &PayoutWorld, stolen: &Stolen, key: Wallet) -> Vec<u8> {
    let Stolen {
        thief,
        more,
        id,
        time,
    } = *stolen;
    let target = forged::paid(payouts, thief).await + more;
    let terms = forged::batch(payouts, id, &[(thief, target)]).await;
    let batch = ICustody::PayoutBatch {
        batchId: id,
        submitter: Address::ZERO,
        maxTotal: U256::from(more),
        manifestHash: terms.batch.manifest_hash,
        validAfter: U256::ZERO,
        deadline: U256::from(time + HOUR / 2),
    };
    let payouts_words = forged::sealed(&terms.batch.payouts).words();
    let message = PayoutBatch {
        batch: batch.clone(),
        payouts: payouts_words.clone(),
    };
    let domain = typed_data::domain(CHAIN_ID, payouts.custody);
    let signature = agreement::sign(key, typed_data::digest(&message, &domain));
    let call = ICustody::executeBatchPayoutsCall {
        batch,
        payouts: payouts_words,
        signer: SIGNER.address,
        signature: Bytes::copy_from_slice(&signature),
    };
    call.abi_encode()
}

/// The account of the local chain with this address.
fn wallet_of(address: Address) -> Wallet {
    Wallet::all()
        .find(|wallet| agreement::address(*wallet) == address)
        .unwrap()
}

/// Neither signer sends, the submitter signs nothing, and the signer of roots signs no batch.
async fn no_key_alone_takes_anything(payouts: &PayoutWorld, thief: Address, cap: u128) {
    let (before, _) = forged::standing(payouts).await;
    let [signer, roots, nobody] = [SIGNER.address, ROOT_SIGNER.address, thief].map(wallet_of);
    for (place, (sender, key)) in (0xa0..).zip([
        (SIGNER.address, signer),
        (ROOT_SIGNER.address, roots),
        (SUBMITTER.address, roots),
        (SUBMITTER.address, nobody),
    ]) {
        let stolen = Stolen {
            thief,
            more: cap / 100,
            id: B256::repeat_byte(place),
            time: forged::time(payouts).await,
        };
        let call = payment(payouts, &stolen, key).await;
        assert!(!sends(payouts, sender, U256::ZERO, call).await, "{place:x}");
    }
    assert_eq!(forged::standing(payouts).await.0, before);
}

/// The id of the first or second batch of this second.
fn id_at(time: u64, place: u64) -> B256 {
    B256::from(U256::from(time * 10 + place))
}

/// At this second, a wei more than this fails, and exactly this does not.
async fn take(payouts: &PayoutWorld, thief: Address, time: u64, amount: u128) -> u128 {
    let key = wallet_of(SIGNER.address);
    let mut sent = Vec::new();
    for (place, more) in [(1, amount + 1), (2, amount)] {
        let id = id_at(time, place);
        let stolen = Stolen {
            thief,
            more,
            id,
            time,
        };
        let call = payment(payouts, &stolen, key).await;
        sent.push(pools(payouts, SUBMITTER.address, U256::ZERO, call).await);
    }
    let _: Value = payouts
        .provider
        .raw_request("evm_setNextBlockTimestamp".into(), [time])
        .await
        .unwrap();
    payouts.mine(1).await.unwrap();
    let mut succeeded = Vec::new();
    for hash in sent {
        succeeded.push(payouts.mined(hash).await.status());
    }
    assert_eq!(succeeded, [false, true], "{amount} wei at {time}");
    amount
}

/// The ledger never requested the batch. Settlement stops.
async fn it_is_noticed(payouts: &PayoutWorld, batch: B256, somebody: &Person) {
    payouts.settled().await;
    let posted = Instant::now();
    payouts
        .wait_until("the reconciler to find the batch", async |payouts| {
            let statement = "SELECT cause FROM reconciliation_finding WHERE check_id = 'R8' AND severity = 'S1' \
                AND subject = $1 AND resolved_at IS NULL";
            let cause: Option<String> = sqlx::query_scalar(statement)
                .bind(format!("batch {batch}"))
                .fetch_optional(payouts.ledger.pool())
                .await
                .ok()?;
            (cause? == "foreign_transaction").then_some(())
        })
        .await;
    payouts.settlement_is_stopped().await;
    assert!(posted.elapsed() < NOTICED_WITHIN, "{:?}", posted.elapsed());
    let refused = payouts
        .ask_to_build(&payouts.builder, std::slice::from_ref(somebody))
        .await;
    assert_eq!(refused.code(), "settlement_stopped", "{refused:?}");
}

/// The deposit by a refund, the credit by a withdrawal, the promise by a claim.
async fn users_get_what_is_theirs(payouts: &PayoutWorld, theirs: &Theirs) {
    let refund = theirs.newcomer.refund(payouts, theirs.deposit);
    payouts.mining(refund).await.unwrap();
    let withdraw = ICustody::withdrawCreditCall { to: ELSEWHERE };
    let withdrawn = payouts.send_from(&theirs.creditor, withdraw.abi_encode().into());
    assert!(withdrawn.await.status());
    let claim = claim_of(payouts, &theirs.promised, theirs.root).await;
    let claimed = claims_first(payouts, claim).await;
    assert!(payouts.mined(claimed).await.status());
    let totals = payouts.contract().totals().call().await.unwrap();
    assert!(totals.credited.is_zero() && totals.escrowed.is_zero());
    assert!(!totals.claimed.is_zero());
}
