//! What wallets do about money on its way out: take credits and claims, and be recipients that cannot be paid.

use abi::{ICustody, typed_data};
use alloy::consensus::{SignableTransaction, TxEip7702, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::eip7702::Authorization;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::SignerSync;
use alloy::sol_types::SolCall;
use anyhow::{Context, ensure};

use crate::anvil::CHAIN_ID;
use crate::world::participant::Person;
use crate::world::site::Site;

/// Refuses whatever is sent to it: `PUSH0 PUSH0 REVERT`.
pub const REVERTS: &[u8] = &[0x5f, 0x5f, 0xfd];

/// Uses up all gas that it is given: `INVALID`.
pub const BURNS_GAS: &[u8] = &[0xfe];

/// Gas of a transaction that does little.
const GAS: u64 = 300_000;

impl Site {
    /// Deploys a contract that is this code, by an account that the node holds the key of.
    pub async fn deploy_code(&self, from: Address, code: &[u8]) -> anyhow::Result<Address> {
        let length = u8::try_from(code.len()).context("code of more than 255 bytes")?;
        // PUSH1 length, DUP1, PUSH1 9, PUSH0, CODECOPY, PUSH0, RETURN: what follows is the code.
        let mut creation = vec![0x60, length, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3];
        creation.extend_from_slice(code);
        let request = TransactionRequest::default()
            .with_from(from)
            .with_gas_limit(GAS)
            .with_deploy_code(creation);
        let hash = *self.provider.send_transaction(request).await?.tx_hash();
        let receipt = self.receipt(hash).await?;
        receipt.contract_address.context("nothing was deployed")
    }
}

impl Person {
    /// Lets the wallet behave as this contract (EIP-7702) from now on; it still signs with its key.
    pub async fn behave_as(&self, site: &Site, code: Address) -> anyhow::Result<()> {
        let nonce = site.provider.get_transaction_count(self.address()).await?;
        let authorization = Authorization {
            chain_id: U256::from(CHAIN_ID),
            address: code,
            // The transaction itself takes a nonce before.
            nonce: nonce + 1,
        };
        let signature = self.key().sign_hash_sync(&authorization.signature_hash())?;
        let transaction = TxEip7702 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit: GAS,
            max_fee_per_gas: 20_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to: Address::ZERO,
            authorization_list: vec![authorization.into_signed(signature)],
            ..TxEip7702::default()
        };
        let signature = self.key().sign_hash_sync(&transaction.signature_hash())?;
        let raw = TxEnvelope::from(transaction.into_signed(signature)).encoded_2718();
        let hash = *site.provider.send_raw_transaction(&raw).await?.tx_hash();
        ensure!(site.receipt(hash).await?.status(), "the delegation was reverted");
        let code = site.provider.get_code_at(self.address()).await?;
        ensure!(!code.is_empty(), "the delegation has no effect");
        Ok(())
    }

    /// Signs that the whole credit may go to `to`, and has `relay` send it.
    pub async fn withdraw_credit_by(
        &self,
        site: &Site,
        relay: &Self,
        to: Address,
    ) -> anyhow::Result<TransactionReceipt> {
        let contract = site.contract();
        let credit = contract.account(self.address()).call().await?.credit;
        let nonce = contract.withdrawalNonce(self.address()).call().await?;
        let head = site.provider.get_block(alloy::eips::BlockId::latest()).await?;
        let head = head.context("no newest block")?;
        let withdrawal = ICustody::Withdrawal {
            user: self.address(),
            to,
            amount: credit,
            nonce,
            deadline: U256::from(head.header.timestamp + 600),
        };
        let domain = typed_data::domain(CHAIN_ID, site.custody);
        let digest: B256 = typed_data::digest(&withdrawal, &domain);
        let signature = self.key().sign_hash_sync(&digest)?;
        let call = ICustody::withdrawCreditForCall {
            withdrawal,
            signature: Bytes::from(signature.as_bytes().to_vec()),
        };
        relay.send(site, U256::ZERO, call.abi_encode().into()).await
    }
}
