//! Nothing is settled in tokens.

use std::process::Command;

use abi::deploy::Asset;
use abi::development;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use devstack::anvil::{Anvil, AnvilSpec, CHAIN_ID, Mining};
use devstack::{Checkout, artifact};
use store::deployment::Deployment;
use testkit::TestDatabase;

async fn create(provider: &DynProvider, code: Vec<u8>) -> Address {
    let request = TransactionRequest::default()
        .with_from(development::DEPLOYER.address)
        .with_deploy_code(code);
    let pending = provider.send_transaction(request).await.unwrap();
    pending.get_receipt().await.unwrap().contract_address.unwrap()
}

#[tokio::test]
async fn a_worker_for_a_contract_for_a_token_ends_at_once_and_says_why() {
    service::install_tls();
    let files = tempfile::tempdir().unwrap();
    let spec = AnvilSpec {
        mining: Mining::Interval,
        state: None,
        log: files.path().join("anvil.log"),
        pids: files.path().to_path_buf(),
    };
    let checkout = Checkout::find().unwrap();
    let anvil = Anvil::start(&checkout, &spec).await.unwrap();
    let provider = ProviderBuilder::new()
        .connect_http(anvil.rpc_url().parse().unwrap())
        .erased();
    let token = create(&provider, artifact::token_code(&checkout, "FalseToken").unwrap()).await;
    let form = Asset::Token {
        address: token,
        decimals: 6,
    };
    let contract = create(&provider, form.creation_code(&development::config()).into()).await;
    let plan_text = std::fs::read_to_string(checkout.path("plans/auto-pool.toml")).unwrap();
    let plan = plan::compile(&plan_text).unwrap();
    let ledger = TestDatabase::new().await;
    let deployed = Deployment {
        chain_id: CHAIN_ID,
        contract,
        contract_block: 1,
        contract_block_hash: B256::ZERO,
        asset: plan.asset().code().to_owned(),
        plan_hash: plan.hash(),
        plan_text,
    };
    store::deployment::insert(&mut ledger.connection().await, &deployed)
        .await
        .unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_backend"))
        .arg("settle")
        .env("TRELLIS_DATABASE_URL", ledger.url_as("trellis_settler"))
        .env("TRELLIS_RPC_URL", anvil.rpc_url())
        .env("TRELLIS_BATCH_SIGNER_URL", "http://127.0.0.1:1")
        .env("TRELLIS_ROOT_SIGNER_URL", "http://127.0.0.1:1")
        .env("TRELLIS_TRANSACTION_SIGNER_URL", "http://127.0.0.1:1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    let told = format!("token_form_unsupported: the contract holds the token {token}");
    assert!(!ended.status.success() && said.contains(&told), "{said}");
}
