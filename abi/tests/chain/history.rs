//! A random history of every function that changes something, run on a real chain. From its logs alone number and root of the
//! journal are recomputed; each call that succeeded appended one entry, each that reverted none.

mod book;
mod calls;
mod dice;

use std::collections::BTreeMap;
use std::time::Instant;

use abi::{ICustody, Journal, events};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{Log, TransactionReceipt};
use serde_json::json;

use self::book::Book;
use self::calls::Call;
use self::dice::Dice;
use crate::world::World;

/// Calls of the history.
const CALLS: usize = 10_000;
/// Calls of one block; with the gas limits below they fit what a block holds.
const BLOCK_CALLS: usize = 100;
/// Fixed, so that a failure comes again.
const SEED: u64 = 0x7e11_15e5;
/// Blocks between two comparisons with the contract's own head.
const COMPARE_EVERY: usize = 10;
/// Every function must have succeeded at least so often, or the history shows too little.
const SUCCESSES_MIN: usize = 5;
/// Above any base fee of the chain; what comes earlier in a block pays a wei more, which fixes its order.
const GAS_PRICE: u128 = 100_000_000_000;
/// Seconds between two blocks: within an authorization's life, hours, beyond a veto, a day more.
const PAUSES: [u64; 5] = [600, 3 * 3_600, 12 * 3_600, 25 * 3_600, 49 * 3_600];

/// The outcome of the calls of one function.
#[derive(Debug, Default)]
struct Ends {
    succeeded: usize,
    reverted: usize,
}

struct History {
    world: World,
    dice: Dice,
    book: Book,
    nonces: BTreeMap<Address, u64>,
    journal: Journal,
    ends: BTreeMap<&'static str, Ends>,
}

#[tokio::test]
async fn ten_thousand_random_calls_leave_logs_that_give_the_journal_and_one_entry_for_each_success() {
    let started = Instant::now();
    let mut history = History::start().await;
    for block in 1..=CALLS / BLOCK_CALLS {
        history.block().await;
        if block % COMPARE_EVERY == 0 {
            history.compare().await;
        }
    }
    history.compare().await;
    // Once more from nothing but the logs, as whoever has only a node would.
    let logs = history.world.logs().await;
    let folded = Journal::default()
        .fold(logs.iter().map(Log::data))
        .expect("contiguous");
    assert_eq!(folded, history.journal);
    let sum = |count: fn(&Ends) -> usize| history.ends.values().map(count).sum::<usize>();
    let (succeeded, reverted) = (sum(|ends| ends.succeeded), sum(|ends| ends.reverted));
    println!(
        "{succeeded} calls succeeded, {reverted} reverted, {} logs, {:?}: {:#?}",
        logs.len(),
        started.elapsed(),
        history.ends
    );
    assert_eq!(succeeded + reverted, CALLS);
    assert_eq!(u64::try_from(succeeded), Ok(folded.seq));
    for name in calls::NAMES {
        let ends = history.ends.get(name).map_or(0, |ends| ends.succeeded);
        assert!(ends >= SUCCESSES_MIN, "{name} succeeded {ends} times");
    }
    assert!(
        history.ends["grantRole"].succeeded == 0 && history.ends["grantRole"].reverted > 0,
        "granting is an operation"
    );
}

impl History {
    async fn start() -> Self {
        let world = World::start().await;
        // From here on blocks are made by the test, each with the calls that it was given.
        world.cheat("evm_setIntervalMining", (0,)).await;
        world.cheat("anvil_autoImpersonateAccount", (true,)).await;
        Self {
            world,
            dice: Dice::of(SEED),
            book: Book::new(),
            nonces: BTreeMap::new(),
            journal: Journal::default(),
            ends: BTreeMap::new(),
        }
    }

    /// Sends the calls of one block, has it made, and looks at what every call left.
    async fn block(&mut self) {
        let now = self.world.now().await + PAUSES[self.dice.below(PAUSES.len())];
        let calls: Vec<Call> = self.book.calls(&self.world, &mut self.dice, now, BLOCK_CALLS);
        let mut sent = BTreeMap::new();
        for (place, call) in calls.iter().enumerate() {
            sent.insert(self.send(call, place).await, call);
        }
        self.world.cheat("evm_setNextBlockTimestamp", (now,)).await;
        self.world.cheat("evm_mine", ()).await;
        let receipts = self
            .world
            .provider
            .get_block_receipts(BlockNumberOrTag::Latest.into())
            .await
            .expect("receipts")
            .expect("a block");
        assert_eq!(receipts.len(), calls.len(), "every call is in the block");
        for receipt in receipts {
            self.take(sent[&receipt.transaction_hash], &receipt);
        }
    }

    /// One call left one entry if it succeeded, and nothing if it reverted.
    fn take(&mut self, call: &Call, receipt: &TransactionReceipt) {
        let before = self.journal.seq;
        let ends = self.ends.entry(call.name).or_default();
        if receipt.status() {
            ends.succeeded += 1;
        } else {
            ends.reverted += 1;
            assert!(receipt.logs().is_empty(), "{} reverted and left logs", call.name);
        }
        for log in receipt.logs() {
            assert_eq!(log.address(), self.world.custody.address);
            self.journal.take(log.data()).expect("the next entry");
            if let Some(event) = events::decode(log.data()).expect("an event of the contract") {
                self.book.learn(&event);
            }
        }
        let appended = self.journal.seq - before;
        assert_eq!(appended, u64::from(receipt.status()), "entries of {}", call.name);
    }

    async fn send(&mut self, call: &Call, place: usize) -> B256 {
        let provider = &self.world.provider;
        let nonce = match self.nonces.get(&call.from) {
            Some(nonce) => *nonce,
            None => {
                let plenty = U256::from(u128::MAX);
                self.world.cheat("anvil_setBalance", (call.from, plenty)).await;
                provider.get_transaction_count(call.from).await.expect("a count")
            }
        };
        self.nonces.insert(call.from, nonce + 1);
        let earlier = u128::try_from(BLOCK_CALLS - place).expect("128 bits");
        let transaction = json!({
            "from": call.from,
            "to": self.world.custody.address,
            "value": call.value,
            "gas": U256::from(call.gas),
            "gasPrice": U256::from(GAS_PRICE + earlier),
            "nonce": U256::from(nonce),
            "data": call.data,
        });
        provider
            .raw_request("eth_sendTransaction".into(), (transaction,))
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", call.name))
    }

    /// The contract's own head is where the logs lead.
    async fn compare(&self) {
        let contract = ICustody::new(self.world.custody.address, self.world.provider.clone());
        let head = contract.journalHead().call().await.expect("a head");
        assert_eq!((head.seq, head.root), (self.journal.seq, self.journal.root));
    }
}
