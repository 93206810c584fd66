//! A crowd on a real chain: registered by transactions, with matured rewards in the ledger.
//!
//! The node sends for accounts whose keys it does not have, so that seeding measures nothing of ours; authorizations are
//! signed here with the development chain's well-known key.

use std::time::Duration;

use abi::development::SIGNER;
use abi::{ICustody, typed_data};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync;
use alloy::sol_types::SolCall;
use alloy_signer_local::PrivateKeySigner;
use anvil_tests::{World, bnb};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::wait::Patience;

/// The price of a registration in the shipped plan.
const PRICE_BNB: u64 = 20;
/// Longer than the cooling-off time of the development chain.
const COOLING_OFF_OVER: u64 = 15 * 86_400;
/// Wei per gas that everyone offers: more than two hundred full blocks in a row make it.
const FEE_MAX: u128 = 1_000_000_000_000;
/// Transactions on their way to the node at once.
const IN_FLIGHT: usize = 64;
/// More than the crowd can ever be owed.
const FUNDS_BNB: u64 = 1_000_000;
/// How long a wave may take to be mined and posted.
const PATIENCE: Patience = Patience {
    within: Duration::from_secs(300),
    every: Duration::from_millis(100),
};

/// Registers a root user, `size` users below it and one below each of those; each of the `size` then has one matured direct
/// reward.
pub(crate) async fn gather(world: &World, size: usize) -> anyhow::Result<()> {
    let _: Value = raw(world, "anvil_autoImpersonateAccount", json!([true])).await?;
    fund(world).await?;
    let root = wallet("root", 0);
    register(world, vec![(root, Address::ZERO)]).await?;
    let sponsors: Vec<Address> = (0..size).map(|index| wallet("sponsor", index)).collect();
    register(world, sponsors.iter().map(|user| (*user, root)).collect()).await?;
    let directs = sponsors.iter().enumerate();
    let directs = directs.map(|(index, sponsor)| (wallet("direct", index), *sponsor));
    register(world, directs.collect()).await?;
    world.pass_time(COOLING_OFF_OVER).await?;
    until_posted(world, "maturity", async || {
        let totals = world.contract().totals().call().await?;
        Ok(totals.escrowed.is_zero())
    })
    .await?;
    world.settle().await
}

/// Gives the contract means of the company beside what the crowd pays in, as an operator does.
async fn fund(world: &World) -> anyhow::Result<()> {
    let company = wallet("company", 0);
    let balance = json!([company, bnb(FUNDS_BNB * 2)]);
    let _: Value = raw(world, "anvil_setBalance", balance).await?;
    let request = TransactionRequest::default()
        .with_from(company)
        .with_to(world.custody)
        .with_value(bnb(FUNDS_BNB))
        .with_gas_limit(200_000)
        .with_max_fee_per_gas(FEE_MAX)
        .with_max_priority_fee_per_gas(1_000_000_000)
        .with_input(ICustody::fundCall {}.abi_encode());
    let sent = world.provider.send_transaction(request).await?;
    ensure!(sent.get_receipt().await?.status(), "the contract was not funded");
    Ok(())
}

/// Registers users with their sponsors and waits until they are posted.
async fn register(world: &World, users: Vec<(Address, Address)>) -> anyhow::Result<()> {
    let key = PrivateKeySigner::from_bytes(&SIGNER.private_key)?;
    let plan_hash: Vec<u8> = sqlx::query_scalar("SELECT plan_hash FROM deployment")
        .fetch_one(world.ledger.pool())
        .await?;
    let plan_hash = B256::try_from(plan_hash.as_slice())?;
    let head = world.provider.get_block(alloy::eips::BlockId::latest()).await?;
    let deadline = head.context("no newest block")?.header.timestamp + 3_000;
    let domain = typed_data::domain(devstack::anvil::CHAIN_ID, world.custody);
    // Full blocks make the next ones dearer, and the node forgets what offers too little.
    let _: Value = raw(world, "anvil_setNextBlockBaseFeePerGas", json!(["0x0"])).await?;
    let before = count(world).await?;
    let expected = before + i64::try_from(users.len())?;
    let mut sending = JoinSet::new();
    for (user, sponsor) in users {
        let intake = ICustody::Intake {
            user,
            sponsor,
            amount: bnb(PRICE_BNB),
            planHash: plan_hash,
            disclosureHash: B256::repeat_byte(1),
            r#ref: keccak256(user),
            deadline: U256::from(deadline),
        };
        let digest = typed_data::digest(&typed_data::Registration(intake.clone()), &domain);
        let signature = key.sign_hash_sync(&digest)?;
        let call = ICustody::registerCall {
            intake,
            signer: SIGNER.address,
            signature: Bytes::from(signature.as_bytes().to_vec()),
        };
        let request = TransactionRequest::default()
            .with_from(user)
            .with_to(world.custody)
            .with_value(bnb(PRICE_BNB))
            .with_gas_limit(200_000)
            .with_max_fee_per_gas(FEE_MAX)
            .with_max_priority_fee_per_gas(1_000_000_000)
            .with_input(call.abi_encode());
        let provider = world.provider.clone();
        while sending.len() >= IN_FLIGHT {
            sending.join_next().await.context("nothing to wait for")???;
        }
        sending.spawn(async move {
            let balance = json!([user, bnb(PRICE_BNB * 2)]);
            let _: Value = provider.raw_request("anvil_setBalance".into(), balance).await?;
            let _sent = provider.send_transaction(request).await?;
            anyhow::Ok(())
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    until_posted(world, "registrations", async || {
        Ok(count(world).await? == expected)
    })
    .await
}

async fn count(world: &World) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(world.ledger.pool())
        .await?)
}

async fn until_posted(
    world: &World,
    what: &str,
    mut condition: impl AsyncFnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let look = async || Ok(condition().await?.then_some(()));
    PATIENCE.until(what, look).await?;
    world.settle().await
}

async fn raw(world: &World, method: &'static str, parameters: Value) -> anyhow::Result<Value> {
    Ok(world.provider.raw_request(method.into(), parameters).await?)
}

/// An account of nobody.
fn wallet(group: &str, index: usize) -> Address {
    Address::from_word(keccak256(format!("{group} {index}")))
}
