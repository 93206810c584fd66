//! Users, money, batches and roots on the test's chain.

use abi::typed_data::{self, Registration};
use abi::{ICustody, development};
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync;
use alloy::sol_types::{SolCall, SolValue};
use alloy_signer_local::PrivateKeySigner;
use devstack::anvil::CHAIN_ID;
use money::Amount;
use signer_client::{
    Authorization, BatchTerms, Call, LiabilitiesRoot, Payout, PayoutBatch, RootTerms, SignedBy,
    SignedTransaction, TransactionTerms,
};

use crate::justified::unjustified;
use crate::world::{BNB, PLAN, World, address};

/// A tip and a price that a development node takes.
pub(crate) const TIP: u128 = 1_000_000_000;
pub(crate) const FEE: u128 = 100_000_000_000;

impl World {
    /// Registers a wallet, by an authorization that the test signs itself.
    pub(crate) async fn register(&self, wallet: usize) {
        let mut terms = self.registration(wallet, 0).await;
        terms.deposit_ref = keccak256(wallet.to_be_bytes());
        let intake = ICustody::Intake {
            user: terms.user,
            sponsor: Address::ZERO,
            amount: U256::from(terms.amount.base_units()),
            planHash: terms.plan_hash,
            disclosureHash: terms.disclosure_hash,
            r#ref: terms.deposit_ref,
            deadline: U256::from(terms.deadline),
        };
        let digest = typed_data::digest(&Registration(intake), &self.domain());
        let authorization = Authorization {
            signer: development::SIGNER.address,
            signature: sign(&development::SIGNER, digest),
            digest,
        };
        assert!(
            self.pay(&terms, &authorization).await,
            "wallet {wallet} registers"
        );
    }

    pub(crate) fn domain(&self) -> alloy::sol_types::Eip712Domain {
        typed_data::domain(CHAIN_ID, self.contract)
    }

    /// Gives the contract money that belongs to nobody.
    pub(crate) async fn fund(&self, bnb: u128) {
        let call = ICustody::fundCall {}.abi_encode();
        assert!(self.send(development::TREASURER.address, bnb * BNB, call).await);
    }

    /// Sends a call to the contract; whether it was included and did not revert.
    pub(crate) async fn send(&self, from: Address, value: u128, call: Vec<u8>) -> bool {
        let request = TransactionRequest::default()
            .from(from)
            .to(self.contract)
            .value(U256::from(value))
            .input(Bytes::from(call).into());
        if self.provider.call(request.clone()).await.is_err() {
            return false;
        }
        let pending = self.provider.send_transaction(request).await.unwrap();
        pending.get_receipt().await.unwrap().status()
    }

    /// Brings a signed transaction to the chain; whether it did not revert.
    pub(crate) async fn broadcast(&self, transaction: &SignedTransaction) -> bool {
        let pending = self
            .provider
            .send_raw_transaction(&transaction.raw)
            .await
            .unwrap();
        let receipt = pending.get_receipt().await.unwrap();
        assert_eq!(receipt.transaction_hash, transaction.hash);
        assert_eq!(receipt.from, transaction.sender);
        receipt.status()
    }

    pub(crate) async fn paid(&self, wallet: Address) -> Amount {
        let contract = ICustody::new(self.contract, self.provider.clone());
        let account = contract.account(wallet).call().await.unwrap();
        Amount::new(account.paid.to())
    }

    /// A batch that pays these wallets up to these targets, with the total that is due by the chain.
    pub(crate) async fn batch(&self, id: u8, lines: &[(usize, u128)]) -> BatchTerms {
        let mut payouts: Vec<Payout> = lines
            .iter()
            .map(|(wallet, target)| Payout {
                wallet: address(*wallet),
                target: Amount::new(*target),
            })
            .collect();
        payouts.sort_by_key(|payout| payout.wallet);
        let mut max_total = Amount::ZERO;
        for payout in &payouts {
            let due = payout.target.saturating_sub(self.paid(payout.wallet).await);
            max_total = max_total.checked_add(due).unwrap();
        }
        let head = self.head().await;
        BatchTerms {
            chain_id: CHAIN_ID,
            contract: self.contract,
            plan_hash: *PLAN,
            batch: PayoutBatch {
                batch_id: B256::repeat_byte(id),
                submitter: development::SUBMITTER.address,
                max_total,
                manifest_hash: B256::repeat_byte(0x33),
                valid_after: head,
                deadline: head + 600,
                payouts,
            },
            justification: unjustified(),
        }
    }

    /// A root over one leaf.
    pub(crate) async fn root(&self, wallet: usize, total: u128, as_of_seq: u64) -> RootTerms {
        let head = self.head().await;
        RootTerms {
            chain_id: CHAIN_ID,
            contract: self.contract,
            plan_hash: *PLAN,
            root: LiabilitiesRoot {
                root: leaf(wallet, total),
                total: Amount::new(total),
                as_of_seq,
                valid_after: head,
                deadline: head + 600,
            },
            leaves: 1,
            justification: unjustified(),
        }
    }

    /// A transaction with prices that are taken.
    pub(crate) fn transaction(&self, nonce: u64, attempt: u32, call: Call) -> TransactionTerms {
        TransactionTerms {
            chain_id: CHAIN_ID,
            contract: self.contract,
            nonce,
            attempt,
            gas_limit: 1_000_000,
            max_fee_per_gas: FEE,
            max_priority_fee_per_gas: TIP,
            call,
            claimed_root: None,
        }
    }

    pub(crate) async fn rpc<P>(&self, method: &'static str, params: P) -> serde_json::Value
    where
        P: alloy::rpc::json_rpc::RpcSend,
    {
        self.provider.raw_request(method.into(), params).await.unwrap()
    }

    /// Verifies the chain of decisions with everything that it covers.
    pub(crate) async fn verify(&self) -> Result<signer::audit::Verified, signer::audit::VerifyError> {
        signer::audit::verify_database(&self.database.url(), None).await
    }
}

/// The hash of a leaf, which is also the root of a tree with this one leaf.
pub(crate) fn leaf(wallet: usize, entitled: u128) -> B256 {
    keccak256((address(wallet), U256::from(entitled)).abi_encode())
}

/// What the signer's answer is in a call.
pub(crate) fn signed_by(authorization: &Authorization) -> SignedBy {
    SignedBy {
        signer: authorization.signer,
        signature: authorization.signature,
    }
}

/// A signature of a development account.
pub(crate) fn sign(account: &development::Account, digest: B256) -> [u8; 65] {
    let key = PrivateKeySigner::from_bytes(&account.private_key).unwrap();
    key.sign_hash_sync(&digest).unwrap().as_bytes()
}
