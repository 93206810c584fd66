//! Tokens of the contracts' own tests on a real chain, and files of contracts for them.

use abi::development::TREASURER;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolValue};
use devstack::{Checkout, artifact};

use crate::world::{LOCAL, World};

/// What every token of the tests has beside the standard. Not `sol!`: bindings belong to the crate `abi`.
const MINT: &str = "mint(address,uint256)";
const APPROVE: &str = "approve(address,uint256)";

fn creation_code(name: &str) -> Bytes {
    let checkout = Checkout::find().expect("a checkout");
    artifact::token_code(&checkout, name).expect("code").into()
}

/// A file for this token, limits in whole ones: ten million a day, and a thousand at the least.
pub(crate) fn file_for(token: Address, decimals: u8) -> String {
    let asset = format!("asset = \"{token}\"\ndecimals = {decimals}");
    let whole = 10_u128.pow(decimals.into());
    let text = LOCAL.replacen("asset = \"native\"", &asset, 1);
    let cap = "cap = \"10000000000000000000000000\"";
    let floor = "floor = \"1000000000000000000000\"";
    assert!(text.contains(cap) && text.contains(floor));
    text.replacen(cap, &format!("cap = \"{}\"", 10_000_000 * whole), 1)
        .replacen(floor, &format!("floor = \"{}\"", 1_000 * whole), 1)
}

impl World {
    /// A plain token of so many decimals.
    pub(crate) async fn token(&self, decimals: u8) -> Address {
        let arguments = U256::from(decimals).abi_encode();
        let code = [&creation_code("PlainToken")[..], &arguments].concat();
        self.create(code.into()).await
    }

    /// USDT's manner on TRON: six decimals, pays and answers `false`.
    pub(crate) async fn token_that_answers_false(&self) -> Address {
        self.create(creation_code("FalseToken")).await
    }

    async fn create(&self, code: Bytes) -> Address {
        let request = TransactionRequest::default()
            .with_from(TREASURER.address)
            .with_deploy_code(code);
        let pending = self.provider.send_transaction(request).await.expect("accepted");
        let receipt = pending.get_receipt().await.expect("included");
        assert!(receipt.status(), "{receipt:?}");
        self.finalize().await;
        receipt.contract_address.expect("an address")
    }

    /// Gives tokens to someone.
    pub(crate) async fn mint(&self, token: Address, to: Address, amount: u128) {
        self.tell(TREASURER.address, token, MINT, (to, amount)).await;
    }

    /// Lets someone take tokens of their holder.
    pub(crate) async fn approve(&self, holder: Address, token: Address, spender: Address, amount: u128) {
        self.tell(holder, token, APPROVE, (spender, amount)).await;
    }

    async fn tell(&self, from: Address, token: Address, function: &str, (to, amount): (Address, u128)) {
        let selector = &alloy::primitives::keccak256(function)[..4];
        let call = [selector, &(to, U256::from(amount)).abi_encode()].concat();
        self.send_raw(from, token, call.into()).await;
        self.finalize().await;
    }

    pub(crate) async fn balance_of(&self, token: Address, holder: Address) -> u128 {
        let call = abi::bindings::IToken::balanceOfCall { holder }.abi_encode();
        let request = TransactionRequest::default()
            .with_to(token)
            .with_input(Bytes::from(call));
        let answer = self.provider.call(request).await.expect("an answer");
        let balance = U256::try_from_be_slice(&answer).expect("a number");
        balance.to()
    }

    /// The contract of a file, deployed by the command.
    pub(crate) fn deployed(&self, text: &str) -> Address {
        let deployed = self.deploy(text);
        assert!(deployed.succeeded, "{deployed:?}");
        deployed.value("address").parse().expect("an address")
    }
}
