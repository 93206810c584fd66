//! A batch from its trial to its receipt, and what settlement reads of the contract meanwhile.

use abi::payouts::Payout;
use abi::typed_data::{self, Message, PayoutBatch, Registration};
use abi::{ICustody, development};
use alloy::consensus::TxEip1559;
use alloy::eips::eip2930::AccessList;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy::signers::SignerSync;
use alloy::sol_types::SolCall;
use chain::{AccountState, At, Available, BatchState, Call, CallError, ChainError, ChainReader, Receipt};
use devstack::anvil::CHAIN_ID;

use crate::world::{PRICE, World, address, key, sign_by};

/// Places of the development accounts.
const ADMIN: usize = 1;
pub(crate) const SUBMITTER: usize = 5;
pub(crate) const SIGNER: usize = 6;
const ROOT_SIGNER: usize = 7;

/// Blocks from the head to the newest final one.
const FINALITY: u64 = 4;

pub(crate) const BNB: u128 = 1_000_000_000_000_000_000;
const FUNDS: u128 = 100 * BNB;
pub(crate) const TARGET: u128 = 3 * BNB;
const BATCH: B256 = B256::repeat_byte(0xb1);

pub(crate) struct Contract {
    pub(crate) world: World,
    pub(crate) reader: ChainReader,
    pub(crate) address: Address,
}

impl Contract {
    /// Funded, with one registered user; all of it final.
    pub(crate) async fn start() -> Self {
        let world = World::start(2).await;
        let address = world.deploy().await.address;
        let reader = ChainReader::connect(world.sim.url(), address).unwrap();
        let contract = Self {
            world,
            reader,
            address,
        };
        contract.send(30, FUNDS, &ICustody::fundCall {}).await;
        let intake = ICustody::Intake {
            user: user(),
            sponsor: Address::ZERO,
            amount: U256::from(BNB),
            planHash: B256::repeat_byte(1),
            disclosureHash: B256::repeat_byte(2),
            r#ref: B256::repeat_byte(3),
            deadline: U256::from(contract.now().await + 600),
        };
        let register = ICustody::registerCall {
            signature: contract.sign(SIGNER, &Registration(intake.clone())),
            intake,
            signer: crate::world::address(SIGNER),
        };
        contract.send(20, BNB, &register).await;
        contract.world.mine(FINALITY).await;
        contract
    }

    pub(crate) async fn now(&self) -> u64 {
        self.reader.head_timestamp().await.unwrap()
    }

    pub(crate) fn sign(&self, account: usize, message: &impl Message) -> Bytes {
        let digest = typed_data::digest(message, &typed_data::domain(CHAIN_ID, self.address));
        key(account).sign_hash_sync(&digest).unwrap().as_bytes().into()
    }

    pub(crate) fn call(&self, from: usize, value: u128, input: &impl SolCall) -> Call {
        Call {
            from: address(from),
            to: self.address,
            value,
            input: input.abi_encode().into(),
            gas_limit: None,
        }
    }

    /// As the settlement does it: tries, estimates, signs, sends to all, and reads the receipt.
    pub(crate) async fn send(&self, from: usize, value: u128, input: &impl SolCall) -> Receipt {
        self.send_listing(from, value, input, AccessList::default(), None)
            .await
    }

    /// The same with an access list, and with a limit of gas when there is one.
    pub(crate) async fn send_listing(
        &self,
        from: usize,
        value: u128,
        input: &impl SolCall,
        access_list: AccessList,
        gas_limit: Option<u64>,
    ) -> Receipt {
        let sender = &self.world.sender;
        let call = self.call(from, value, input);
        sender.simulate(&call).await.unwrap();
        let gas_limit = match gas_limit {
            Some(limit) => limit,
            None => sender.estimate_gas(&call).await.unwrap() * 6 / 5,
        };
        let transaction = TxEip1559 {
            chain_id: CHAIN_ID,
            nonce: sender.transaction_count(call.from, At::Latest).await.unwrap(),
            gas_limit,
            max_fee_per_gas: PRICE,
            max_priority_fee_per_gas: PRICE,
            to: TxKind::Call(self.address),
            value: U256::from(value),
            input: call.input.clone(),
            access_list,
        };
        let (raw, hash) = sign_by(from, transaction);
        let answers = sender.broadcast(&raw).await;
        assert!(
            answers.iter().any(|answer| answer.outcome.is_accepted()),
            "{answers:?}"
        );
        self.world.mine(1).await;
        let receipt = sender.find_receipt(hash).await.unwrap().unwrap();
        assert!(receipt.succeeded);
        receipt
    }

    pub(crate) async fn batch(&self) -> ICustody::executeBatchPayoutsCall {
        let now = self.now().await;
        let batch = ICustody::PayoutBatch {
            batchId: BATCH,
            submitter: address(SUBMITTER),
            maxTotal: U256::from(TARGET),
            manifestHash: keccak256("manifest"),
            validAfter: U256::from(now),
            deadline: U256::from(now + 600),
        };
        let payout = Payout {
            user: user(),
            target: TARGET,
        };
        let payouts = vec![payout.word().unwrap()];
        let message = PayoutBatch {
            batch: batch.clone(),
            payouts: payouts.clone(),
        };
        ICustody::executeBatchPayoutsCall {
            batch,
            payouts,
            signer: address(SIGNER),
            signature: self.sign(SIGNER, &message),
        }
    }
}

pub(crate) fn user() -> Address {
    address(20)
}

#[tokio::test]
async fn a_batch_is_tried_sent_and_seen_executed() {
    let contract = Contract::start().await;
    let reader = &contract.reader;
    let before = reader.head().await.unwrap().hash;
    assert_eq!(
        reader.batch_state(BATCH, At::Latest).await.unwrap(),
        BatchState::Open
    );
    assert_eq!(reader.available(At::Latest).await.unwrap().funds, FUNDS);
    let batch = contract.batch().await;
    let receipt = contract.send(SUBMITTER, 0, &batch).await;
    let executed = reader
        .batch_state(BATCH, At::Block(receipt.block.hash))
        .await
        .unwrap();
    let head = reader.journal_at(receipt.block.hash).await.unwrap();
    assert_eq!(executed, BatchState::Executed { seq: head.seq });
    assert_eq!(
        reader.batch_state(BATCH, At::Block(before)).await.unwrap(),
        BatchState::Open
    );
    assert_eq!(
        reader.batch_state(BATCH, At::Finalized).await.unwrap(),
        BatchState::Open
    );
    let account = reader.account(user(), At::Latest).await.unwrap();
    let paid = AccountState {
        paid: TARGET,
        credit: 0,
        frozen_until: 1,
    };
    assert_eq!(account, paid);
    assert!(account.is_registered() && !account.is_frozen(contract.now().await));
    assert_eq!(reader.account(user(), At::Block(before)).await.unwrap().paid, 0);
    let left = reader.available(At::Latest).await.unwrap();
    assert_eq!(left.funds, FUNDS - TARGET);
    assert_eq!(left.payable(), left.funds.min(left.outflow));
    // Once more it reverts, and says why.
    let call = contract.call(SUBMITTER, 0, &batch);
    let again = contract.world.sender.estimate_gas(&call).await;
    assert!(
        matches!(&again, Err(CallError::Reverted(revert)) if revert.name() == "BatchAlreadyExecuted"),
        "{again:?}"
    );
    contract.world.mine(FINALITY).await;
    assert_eq!(reader.batch_state(BATCH, At::Finalized).await.unwrap(), executed);
}

#[tokio::test]
async fn a_cancelled_batch_is_told_from_an_open_one() {
    let contract = Contract::start().await;
    let cancel = ICustody::cancelBatchCall { batchId: BATCH };
    contract.send(ADMIN, 0, &cancel).await;
    let reader = &contract.reader;
    assert_eq!(
        reader.batch_state(BATCH, At::Latest).await.unwrap(),
        BatchState::Cancelled
    );
    let other = B256::repeat_byte(0xb2);
    assert_eq!(
        reader.batch_state(other, At::Latest).await.unwrap(),
        BatchState::Open
    );
}

#[tokio::test]
async fn a_published_root_is_read_as_it_was_signed() {
    let contract = Contract::start().await;
    let reader = &contract.reader;
    assert_eq!(reader.latest_root(At::Latest).await.unwrap(), None);
    let now = contract.now().await;
    let head = reader.head().await.unwrap().hash;
    let seq = reader.journal_at(head).await.unwrap().seq;
    let root = ICustody::LiabilitiesRoot {
        root: B256::repeat_byte(0xaa),
        total: U256::from(TARGET),
        asOfSeq: U256::from(seq),
        validAfter: U256::from(now),
        deadline: U256::from(now + 600),
    };
    let publish = ICustody::publishRootCall {
        signature: contract.sign(ROOT_SIGNER, &root),
        root: root.clone(),
        signer: address(ROOT_SIGNER),
    };
    contract.send(SUBMITTER, 0, &publish).await;
    let published = reader.latest_root(At::Latest).await.unwrap().unwrap();
    assert_eq!(
        (published.root, published.total, published.as_of_seq),
        (root.root, TARGET, seq)
    );
    let veto = u64::from(development::config().vetoDelay);
    assert_eq!(published.claimable_from, contract.now().await + veto);
}

#[tokio::test]
async fn what_may_leave_is_bounded_by_funds_and_by_the_cap() {
    let contract = Contract::start().await;
    let Available { funds, outflow } = contract.reader.available(At::Latest).await.unwrap();
    assert_eq!(funds, FUNDS, "what a user paid in is held in escrow");
    assert!(outflow > funds);
}

#[tokio::test]
async fn a_user_whom_the_contract_does_not_know_has_an_empty_account() {
    let contract = Contract::start().await;
    let account = contract.reader.account(address(40), At::Latest).await.unwrap();
    let unknown = AccountState {
        paid: 0,
        credit: 0,
        frozen_until: 0,
    };
    assert_eq!(account, unknown);
    assert!(!account.is_registered() && !account.is_frozen(0));
}

#[tokio::test]
async fn where_there_is_no_contract_nothing_is_read() {
    let world = World::start(1).await;
    let reader = ChainReader::connect(world.sim.url(), user()).unwrap();
    let account = reader.account(user(), At::Latest).await;
    assert!(
        matches!(account, Err(ChainError::Malformed { .. })),
        "{account:?}"
    );
}
