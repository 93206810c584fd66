//! Money on its way out becomes causes: a batch with everything in it is one.

use abi::operations::{self, Operation};
use abi::payouts::Payout;
use abi::typed_data::PayoutBatch;
use abi::{ICustody, development};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolEvent;
use listener::StepError;
use money::Amount;
use plan::{Cause, PayoutOutcome, SettledPayout};

use crate::proxy::{Lie, Proxy};
use crate::world::{FINALITY, World, drain, drain_to_error, user};

const BNB: u128 = 1_000_000_000_000_000_000;
const DAY_SECONDS: u64 = 86_400;

impl World {
    /// Three users, the second of them frozen, and money to pay them. Returns them in the order of a list.
    async fn three_users(&self) -> Vec<Address> {
        let mut users: Vec<Address> = (20..23).map(user).collect();
        users.sort_unstable();
        self.fund(100 * BNB).await;
        for user in &users {
            self.register(*user, Address::ZERO).await;
        }
        self.mine(1).await;
        let now = self.block(BlockNumberOrTag::Latest).await.header.timestamp;
        let freeze = ICustody::freezeCall {
            user: users[1],
            until: U256::from(now + DAY_SECONDS / 2),
            reason: B256::repeat_byte(1),
        };
        self.send(development::FREEZER.address, 0, freeze).await;
        self.mine(1).await;
        users
    }

    async fn pay(&self, batch_id: B256, entries: &[(Address, u128)]) -> B256 {
        let now = self.block(BlockNumberOrTag::Latest).await.header.timestamp;
        let entry = |(user, target): &(Address, u128)| Payout {
            user: *user,
            target: *target,
        };
        let message = PayoutBatch {
            batch: ICustody::PayoutBatch {
                batchId: batch_id,
                submitter: development::SUBMITTER.address,
                maxTotal: U256::from(50 * BNB),
                manifestHash: B256::repeat_byte(0xee),
                validAfter: U256::from(now),
                deadline: U256::from(now + 600),
            },
            payouts: entries.iter().map(|line| entry(line).word().unwrap()).collect(),
        };
        let call = ICustody::executeBatchPayoutsCall {
            signature: self.sign(&message),
            batch: message.batch,
            payouts: message.payouts,
            signer: development::SIGNER.address,
        };
        let sent = self.send(development::SUBMITTER.address, 0, call).await;
        self.mine(1).await;
        sent
    }

    /// Causes in the journal's order.
    async fn causes(&self) -> Vec<Cause> {
        let payloads: Vec<String> = sqlx::query_scalar("SELECT payload::text FROM inbox ORDER BY chain_seq")
            .fetch_all(self.database.pool())
            .await
            .unwrap();
        payloads
            .iter()
            .map(|payload| store::cause_json::read(payload).unwrap())
            .collect()
    }
}

fn settled(batch_id: B256, payouts: &[(Address, PayoutOutcome)]) -> Cause {
    Cause::BatchSettled {
        batch_id,
        manifest_hash: B256::repeat_byte(0xee),
        payouts: payouts
            .iter()
            .map(|(wallet, outcome)| SettledPayout {
                wallet: *wallet,
                outcome: *outcome,
            })
            .collect(),
    }
}

#[tokio::test]
async fn batches_credits_and_operations_become_causes_with_everything_in_them() {
    let world = World::start().await;
    let users = world.three_users().await;
    let (first, second) = (B256::repeat_byte(1), B256::repeat_byte(2));
    let entries = [(users[0], 3 * BNB), (users[1], 5 * BNB), (users[2], 0)];
    world.pay(first, &entries).await;
    world.pay(second, &[(users[0], 4 * BNB)]).await;
    let cancelled = B256::repeat_byte(3);
    world
        .send(
            development::GUARDIAN.address,
            0,
            ICustody::cancelBatchCall { batchId: cancelled },
        )
        .await;
    world.mine(1).await;
    // Who is frozen cannot take a credit out.
    world
        .send(
            development::FREEZER.address,
            0,
            ICustody::unfreezeCall { user: users[1] },
        )
        .await;
    world.mine(1).await;
    world
        .send(users[1], 0, ICustody::withdrawCreditCall { to: user(29) })
        .await;
    world.mine(1).await;
    let (operation, argument) = (Operation::Treasury, operations::argument(user(28)));
    let scheduled = ICustody::scheduleCall {
        operation: operation.number(),
        argument,
        value: U256::from(BNB),
    };
    world.send(development::TREASURER.address, 0, scheduled).await;
    world.mine(FINALITY + 1).await;
    let mut listener = world.listener().await;
    drain(&mut listener).await;

    let causes = world.causes().await;
    let expected = [
        settled(
            first,
            &[
                (users[0], PayoutOutcome::Executed(Amount::new(3 * BNB))),
                (
                    users[1],
                    PayoutOutcome::Credited {
                        amount: Amount::new(5 * BNB),
                        frozen: true,
                    },
                ),
                (users[2], PayoutOutcome::Skipped),
            ],
        ),
        settled(second, &[(users[0], PayoutOutcome::Executed(Amount::new(BNB)))]),
        Cause::BatchCancelled { batch_id: cancelled },
        Cause::UserUnfrozen { wallet: users[1] },
        Cause::CreditWithdrawn {
            wallet: users[1],
            to: user(29),
            amount: Amount::new(5 * BNB),
        },
        Cause::Noted,
    ];
    // Funding, three registrations and a freeze came first.
    assert_eq!(causes[5..], expected);
    world.assert_truth().await;
}

#[tokio::test]
async fn an_executed_treasury_operation_says_where_the_money_went() {
    let world = World::start().await;
    world.fund(100 * BNB).await;
    world.mine(1).await;
    let (operation, argument) = (Operation::Treasury, operations::argument(user(28)));
    let scheduled = ICustody::scheduleCall {
        operation: operation.number(),
        argument,
        value: U256::from(BNB),
    };
    world.send(development::TREASURER.address, 0, scheduled).await;
    world.mine(1).await;
    world.pass(8 * DAY_SECONDS).await;
    let executed = ICustody::executeCall {
        operation: operation.number(),
        argument,
        value: U256::from(BNB),
    };
    world.send(development::TREASURER.address, 0, executed).await;
    world.mine(FINALITY + 1).await;
    let mut listener = world.listener().await;
    drain(&mut listener).await;
    let paid = Cause::TreasuryPaid {
        to: user(28),
        amount: Amount::new(BNB),
    };
    assert_eq!(world.causes().await[1..], [Cause::Noted, paid]);
    world.assert_truth().await;
}

#[tokio::test]
async fn a_node_that_hides_or_alters_an_event_within_a_batch_is_not_believed() {
    let world = World::start().await;
    let proxy = Proxy::start(world.rpc_url(), Lie::None).await;
    let mut listener = world.listener_at(&proxy.url).await;
    let users = world.three_users().await;
    drain(&mut listener).await;
    let before = world.contents().await;
    let entries = [(users[0], 3 * BNB), (users[1], 5 * BNB), (users[2], 2 * BNB)];
    world.pay(B256::repeat_byte(1), &entries).await;
    world.mine(FINALITY + 1).await;
    for lie in [
        Lie::EventMissing(ICustody::PayoutExecuted::SIGNATURE_HASH),
        Lie::EventMissing(ICustody::PayoutCredited::SIGNATURE_HASH),
        Lie::EventAltered(ICustody::PayoutExecuted::SIGNATURE_HASH),
    ] {
        proxy.now(lie);
        let error = drain_to_error(&mut listener).await;
        assert!(matches!(error, StepError::Contradiction(_)), "{lie:?}: {error:?}");
        assert_eq!(world.contents().await, before);
    }
    proxy.now(Lie::None);
    drain(&mut listener).await;
    assert_eq!(
        world.kinds().await.last().map(String::as_str),
        Some("batch_settled")
    );
    world.assert_truth().await;
}

#[tokio::test]
async fn a_batch_that_was_changed_in_the_database_before_it_is_final_is_not_posted() {
    let world = World::start().await;
    let users = world.three_users().await;
    let mut listener = world.listener().await;
    drain(&mut listener).await;
    world.pay(B256::repeat_byte(1), &[(users[0], 3 * BNB)]).await;
    drain(&mut listener).await;
    let topic = ICustody::PayoutExecuted::SIGNATURE_HASH;
    let removed = sqlx::query("DELETE FROM chain_log WHERE topics[1] = $1")
        .bind(topic.as_slice())
        .execute(world.database.pool())
        .await
        .unwrap();
    assert_eq!(removed.rows_affected(), 1);
    world.mine(FINALITY + 1).await;
    let error = drain_to_error(&mut listener).await;
    assert!(
        matches!(error, StepError::Halt(listener::Halt::StoredContradiction(_))),
        "{error:?}"
    );
    let settled = "SELECT count(*) FROM inbox WHERE payload->>'type' = 'batch_settled'";
    assert_eq!(world.count(settled).await, 0);
}
