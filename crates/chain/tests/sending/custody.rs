//! What reconciliation reads of a real contract.

use abi::{development, roles};
use alloy::primitives::Address;
use chain::{AccountState, At, ChainError, ChainReader, Permission, Totals};

use crate::contract::{BNB, Contract, SIGNER, SUBMITTER, TARGET, user};
use crate::world::address;

#[tokio::test]
async fn thousands_of_accounts_are_read_in_their_order_at_any_block() {
    let contract = Contract::start().await;
    let reader = &contract.reader;
    let before = At::Block(reader.head().await.unwrap().hash);
    let batch = contract.batch().await;
    contract.send(SUBMITTER, 0, &batch).await;
    let mut users: Vec<Address> = (0..2_500u32)
        .map(|number| Address::left_padding_from(&number.to_be_bytes()))
        .collect();
    users[1_700] = user();
    let accounts = reader.accounts(&users, At::Latest).await.unwrap();
    let paid = AccountState {
        paid: TARGET,
        credit: 0,
        frozen_until: 1,
    };
    assert_eq!(accounts.len(), users.len());
    for (number, account) in accounts.iter().enumerate() {
        assert_eq!(account.is_registered(), number == 1_700, "{number}");
    }
    assert_eq!(accounts[1_700], paid);
    assert_eq!(accounts[1_700], reader.account(user(), At::Latest).await.unwrap());
    let earlier = reader.accounts(&[user()], before).await.unwrap();
    assert_eq!(earlier, [AccountState { paid: 0, ..paid }]);
    assert_eq!(reader.accounts(&[], At::Latest).await.unwrap(), []);
}

#[tokio::test]
async fn sums_and_configuration_are_those_of_the_contract() {
    let contract = Contract::start().await;
    let reader = &contract.reader;
    let batch = contract.batch().await;
    contract.send(SUBMITTER, 0, &batch).await;
    let totals = Totals {
        pushed: TARGET,
        claimed: 0,
        credited: 0,
        escrowed: BNB,
    };
    assert_eq!(reader.totals(At::Latest).await.unwrap(), totals);
    let constructed = reader.constructed(At::Latest).await.unwrap();
    assert!(
        constructed
            .members
            .contains(&(roles::SUBMITTER, address(SUBMITTER)))
    );
    assert_eq!(constructed.signer, address(SIGNER));
    assert_eq!(
        constructed.outflow_cap,
        development::config().outflowCap.to::<u128>()
    );
    let questions = [
        (Permission::Role(roles::SUBMITTER), address(SUBMITTER)),
        (Permission::Role(roles::SUBMITTER), address(SIGNER)),
        (Permission::Sign, address(SIGNER)),
        (Permission::SignRoots, address(SIGNER)),
    ];
    let answers = reader.permissions(&questions, At::Latest).await.unwrap();
    assert_eq!(answers, [true, false, true, false]);
    assert!(!reader.is_paused(At::Latest).await.unwrap());
    let code = reader.code_hash(At::Latest).await.unwrap();
    assert_eq!(code, reader.code_hash(At::Finalized).await.unwrap());
    assert_ne!(code, alloy::primitives::KECCAK256_EMPTY);
}

#[tokio::test]
async fn a_node_without_the_block_is_stale() {
    let contract = Contract::start().await;
    let unknown = At::Block(alloy::primitives::B256::repeat_byte(9));
    let reader: &ChainReader = &contract.reader;
    let failed = reader.accounts(&[user()], unknown).await.unwrap_err();
    assert!(matches!(failed, ChainError::Stale { .. }), "{failed}");
}
