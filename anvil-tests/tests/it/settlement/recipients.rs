//! Recipients that refuse, burn all their gas, call back or are frozen: they hold nobody up, and are owed a credit.

use abi::ICustody;
use abi::development::{DEPLOYER, FREEZER};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use anvil_tests::{PayoutWorld, Person, bnb};
use devstack::world::{BURNS_GAS, REVERTS};

/// Calls `withdrawCredit(itself)` of whoever pays it, and takes the money whatever comes of that.
fn calls_back() -> Vec<u8> {
    let mut code = vec![0x63];
    code.extend(ICustody::withdrawCreditCall::SELECTOR);
    // PUSH1 224, SHL, PUSH0, MSTORE, ADDRESS, PUSH1 4, MSTORE: the call's 36 bytes.
    code.extend([0x60, 0xe0, 0x1b, 0x5f, 0x52, 0x30, 0x60, 0x04, 0x52]);
    // PUSH0, PUSH0, PUSH1 36, PUSH0, PUSH0, CALLER, GAS, CALL, then POP, STOP.
    code.extend([0x5f, 0x5f, 0x60, 0x24, 0x5f, 0x5f, 0x33, 0x5a, 0xf1, 0x50, 0x00]);
    code
}

/// The same, and refuses the money when that fails.
fn insists() -> Vec<u8> {
    let mut code = calls_back();
    code.truncate(code.len() - 2);
    // ISZERO, PUSH1 28, JUMPI, STOP, JUMPDEST, PUSH0, PUSH0, REVERT.
    code.extend([0x15, 0x60, 0x1c, 0x57, 0x00, 0x5b, 0x5f, 0x5f, 0xfd]);
    code
}

async fn behaves_as(payouts: &PayoutWorld, person: &Person, code: &[u8]) {
    let deployed = payouts.mining(payouts.deploy_code(DEPLOYER.address, code)).await;
    let behaving = person.behave_as(payouts, deployed.unwrap());
    payouts.mining(behaving).await.unwrap();
}

/// From now on the person's wallet takes no money.
pub(super) async fn refuses(payouts: &PayoutWorld, person: &Person) {
    behaves_as(payouts, person, REVERTS).await;
}

async fn is_frozen(payouts: &PayoutWorld, user: Address) {
    let head = payouts.provider.get_block(alloy::eips::BlockId::latest()).await;
    let call = ICustody::freezeCall {
        user,
        until: U256::from(head.unwrap().unwrap().header.timestamp + 3_600),
        reason: [7; 32].into(),
    };
    let request = TransactionRequest::default()
        .with_from(FREEZER.address)
        .with_to(payouts.custody)
        .with_gas_limit(300_000)
        .with_input(call.abi_encode());
    let hash = *payouts
        .provider
        .send_transaction(request)
        .await
        .unwrap()
        .tx_hash();
    assert!(payouts.mined(hash).await.status());
}

async fn purse(payouts: &PayoutWorld, person: &Person) -> U256 {
    person.purse(payouts).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_that_cannot_be_paid_holds_nobody_up_and_withdraws_elsewhere() {
    let mut payouts = PayoutWorld::with_due(6).await;
    let people = payouts.some(6);
    let [refuses, burns, returns, demands, frozen, plain] = &people[..] else {
        panic!("six people");
    };
    for (person, code) in [
        (refuses, REVERTS.to_vec()),
        (burns, BURNS_GAS.to_vec()),
        (returns, calls_back()),
        (demands, insists()),
    ] {
        behaves_as(&payouts, person, &code).await;
    }
    let batch = payouts.signed_batch(&people).await;
    // Frozen after it was built: a frozen user is not proposed.
    is_frozen(&payouts, frozen.address()).await;
    let mut before = Vec::new();
    for person in &people {
        before.push(purse(&payouts, person).await);
    }
    payouts.submit(&batch).await;
    payouts.executed(&batch).await;

    for (person, before) in people.iter().zip(before) {
        let is_paid = [returns, plain]
            .iter()
            .any(|paid| paid.address() == person.address());
        let expected = if is_paid { bnb(18) } else { U256::ZERO };
        assert_eq!(purse(&payouts, person).await - before, expected);
        let account = payouts.contract().account(person.address()).call().await.unwrap();
        assert_eq!(account.credit, bnb(18) - expected);
        assert_eq!(account.paid, bnb(18), "a credit counts as paid");
    }
    let states: Vec<String> =
        sqlx::query_scalar("SELECT state FROM payout WHERE batch_id = $1 ORDER BY state")
            .bind(batch.id.as_slice())
            .fetch_all(payouts.ledger.pool())
            .await
            .unwrap();
    let (credited, executed) = ("credited", "executed");
    assert_eq!(
        states,
        [credited, credited, credited, credited, executed, executed]
    );

    // Nobody is due twice, and a credit leaves through another address.
    let again = payouts.ask_to_build(&payouts.builder, &people).await;
    assert_eq!(again.code(), "nothing_due", "{again:?}");
    let elsewhere = payouts.person(53);
    let before = purse(&payouts, &elsewhere).await;
    for person in [refuses, demands] {
        let withdrawn = person.withdraw_credit_by(&payouts, plain, elsewhere.address());
        assert!(payouts.mining(withdrawn).await.unwrap().status());
    }
    assert_eq!(purse(&payouts, &elsewhere).await - before, bnb(36));
    payouts.prove().await;
}
