//! A person with a wallet on the local chain: signs in, requests authorizations, signs and sends transactions.
//!
//! What a wallet and a page would do, for seeding and for tests. Not responsible for what is asked of it.

use std::time::{Duration, SystemTime};

use abi::ICustody;
use alloy::consensus::SignableTransaction;
use alloy::consensus::{TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use alloy::signers::SignerSync;
use alloy::sol_types::SolCall;
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, ensure};
use approval::{Domain, ReserveCommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::anvil::CHAIN_ID;
use crate::wallets::Wallet;
use crate::world::site::Site;

/// A participant or operator of a development system.
#[derive(Debug, Clone)]
pub struct Person {
    key: PrivateKeySigner,
    token: Option<String>,
}

/// What the API answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON body; null when there is none.
    pub body: Value,
}

/// An authorization as a wallet needs it.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// Reference of the intake.
    pub reference: B256,
    /// What is to be sent with the call, in wei.
    pub value: U256,
    /// The call of the contract.
    pub calldata: Bytes,
    /// Last second at which it is valid.
    pub deadline: u64,
    /// The whole answer.
    pub body: Value,
}

impl Answer {
    /// The stable code of a problem; empty when there is none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Person {
    /// The person with this wallet.
    ///
    /// # Panics
    /// Never: the local chain's keys are valid.
    pub fn with(wallet: Wallet) -> Self {
        let key = wallet
            .private_key()
            .parse()
            .expect("the local chain's keys are valid");
        Self { key, token: None }
    }

    /// The wallet.
    pub fn address(&self) -> Address {
        self.key.address()
    }

    pub(super) fn key(&self) -> &PrivateKeySigner {
        &self.key
    }

    /// The text with which this wallet signs in to the API.
    pub async fn sign_in_text(&self, site: &Site) -> anyhow::Result<String> {
        let answer = self.call(site, Method::POST, "/auth/nonce", None).await?;
        let nonce = answer.body["nonce"].as_str().context("no nonce")?;
        let domain = answer.body["domain"].as_str().context("no domain")?;
        let uri = answer.body["uri"].as_str().context("no URI")?;
        Ok(format!(
            "{domain} wants you to sign in with your Ethereum account:\n{}\n\nSign in to Trellis.\n\nURI: {uri}\n\
             Version: 1\nChain ID: {CHAIN_ID}\nNonce: {nonce}\nIssued At: {}\nExpiration Time: {}",
            self.address().to_checksum(None),
            time(0),
            time(300),
        ))
    }

    /// Signs in; later calls carry the token.
    pub async fn sign_in(&mut self, site: &Site) -> anyhow::Result<()> {
        let message = self.sign_in_text(site).await?;
        let signature = self.key.sign_message_sync(message.as_bytes())?;
        let body = json!({ "message": message, "signature": Bytes::from(signature.as_bytes().to_vec()) });
        let answer = self.call(site, Method::POST, "/auth/wallet", Some(body)).await?;
        ensure!(answer.status == 200, "sign-in refused: {answer:?}");
        let token = answer.body["access_token"].as_str().context("no access token")?;
        self.token = Some(token.to_owned());
        Ok(())
    }

    /// Calls the API.
    pub async fn call(
        &self,
        site: &Site,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Answer> {
        // Every call is a command of its own.
        self.call_with_key(site, method, path, &site.next_key(), body)
            .await
    }

    pub(super) async fn call_with_key(
        &self,
        site: &Site,
        method: Method,
        path: &str,
        key: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Answer> {
        let mut request = site
            .http
            .request(method.clone(), format!("{}{path}", site.api_url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request = request.header("Idempotency-Key", key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).context(text)?
        };
        Ok(Answer { status, body })
    }

    /// Reads from the API.
    pub async fn get(&self, site: &Site, path: &str) -> anyhow::Result<Answer> {
        self.call(site, Method::GET, path, None).await
    }

    /// The hash of the disclosure of this moment.
    pub(super) async fn disclosure(&self, site: &Site) -> anyhow::Result<Value> {
        let answer = self.get(site, "/disclosure").await?;
        ensure!(answer.status == 200, "no disclosure: {answer:?}");
        Ok(answer.body["hash"].clone())
    }

    /// Requests the authorization of a registration, with the disclosure of this moment.
    pub async fn ask_to_register(&self, site: &Site, sponsor: Option<Address>) -> anyhow::Result<Answer> {
        let mut body = json!({ "disclosure_hash": self.disclosure(site).await? });
        if let Some(sponsor) = sponsor {
            body["sponsor"] = json!(sponsor);
        }
        self.call(site, Method::POST, "/users/register", Some(body)).await
    }

    /// Requests the authorization of a retopup.
    pub async fn ask_to_retop_up(&self, site: &Site) -> anyhow::Result<Answer> {
        let id = self.id(site).await?;
        let body = json!({ "disclosure_hash": self.disclosure(site).await? });
        self.call(site, Method::POST, &format!("/users/{id}/retopup"), Some(body))
            .await
    }

    /// The number of this user.
    pub async fn id(&self, site: &Site) -> anyhow::Result<u64> {
        let me = self.get(site, "/users/me").await?;
        me.body["user"]["id"]
            .as_u64()
            .with_context(|| format!("no id in {me:?}"))
    }

    /// The signed bytes of a transaction to the contract.
    pub async fn signed(&self, site: &Site, value: U256, call: Bytes) -> anyhow::Result<Bytes> {
        let nonce = site.provider.get_transaction_count(self.address()).await?;
        let transaction = TxEip1559 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit: 500_000,
            max_fee_per_gas: 20_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to: TxKind::Call(site.custody),
            value,
            input: call,
            ..TxEip1559::default()
        };
        let signature = self.key.sign_hash_sync(&transaction.signature_hash())?;
        Ok(TxEnvelope::from(transaction.into_signed(signature))
            .encoded_2718()
            .into())
    }

    /// Signs and sends a transaction to the contract and waits for its receipt.
    pub async fn send(&self, site: &Site, value: U256, call: Bytes) -> anyhow::Result<TransactionReceipt> {
        let raw = self.signed(site, value, call).await?;
        let hash = *site.provider.send_raw_transaction(&raw).await?.tx_hash();
        site.receipt(hash).await
    }

    /// Registers on the chain with an authorization of the API. Returns the intake's reference.
    pub async fn register(&mut self, site: &Site, sponsor: Option<Address>) -> anyhow::Result<B256> {
        self.sign_in(site).await?;
        let authorization = Authorization::of(&self.ask_to_register(site, sponsor).await?)?;
        self.pay(site, &authorization).await?;
        Ok(authorization.reference)
    }

    /// Pays a further time on the chain. Returns the intake's reference.
    pub async fn retop_up(&self, site: &Site) -> anyhow::Result<B256> {
        let authorization = Authorization::of(&self.ask_to_retop_up(site).await?)?;
        self.pay(site, &authorization).await?;
        Ok(authorization.reference)
    }

    /// Sends an authorized payment, which must succeed.
    pub async fn pay(&self, site: &Site, authorization: &Authorization) -> anyhow::Result<()> {
        let receipt = self
            .send(site, authorization.value, authorization.calldata.clone())
            .await?;
        ensure!(receipt.status(), "the payment was reverted");
        Ok(())
    }

    /// Takes a deposit back on the chain.
    pub async fn refund(&self, site: &Site, reference: B256) -> anyhow::Result<()> {
        let call = ICustody::refundCall {
            r#ref: reference,
            to: self.address(),
        };
        let receipt = self.send(site, U256::ZERO, call.abi_encode().into()).await?;
        ensure!(receipt.status(), "the refund was reverted");
        Ok(())
    }

    /// Signs, as an operator's wallet does, what the API wants signed at this path, and returns the fields of the answer to
    /// hand in: `expires` and `signature`.
    pub async fn sign_approval(&self, site: &Site, path: &str) -> anyhow::Result<Value> {
        let answer = self.get(site, path).await?;
        ensure!(answer.status == 200, "nothing to sign at {path}: {answer:?}");
        self.sign_wanted(&answer)
    }

    /// Signs what the API answered that it wants signed; the fields to hand in.
    pub fn sign_wanted(&self, answer: &Answer) -> anyhow::Result<Value> {
        let digest: B256 = answer.body["digest"]
            .as_str()
            .context("there is no digest")?
            .parse()?;
        let signature = self.key().sign_hash_sync(&digest)?.as_bytes();
        let mut signed = json!({
            "expires": answer.body["expires"],
            "signature": format!("0x{}", hex::encode(signature)),
        });
        if let Some(stops) = answer.body.get("stops") {
            signed["stops"] = stops.clone();
        }
        Ok(signed)
    }

    /// Reserves a tier's rewards, or stops doing so.
    pub async fn choose_reserve(&self, site: &Site, tier: u8, choice: &str) -> anyhow::Result<()> {
        let id = self.id(site).await?;
        let key = site.next_key();
        let domain = Domain {
            chain_id: CHAIN_ID,
            contract: site.custody,
        };
        let command = ReserveCommand {
            wallet: self.address(),
            tier,
            reserve: choice == "in",
            nonce: approval::command_nonce(&key),
        };
        let signature = self.key().sign_hash_sync(&command.message().digest(&domain))?;
        let signature = format!("0x{}", hex::encode(signature.as_bytes()));
        let body = json!({ "tier": tier, "choice": choice, "signature": signature });
        let path = format!("/users/{id}/reserve");
        let answer = self
            .call_with_key(site, Method::POST, &path, &key, Some(body))
            .await?;
        ensure!(answer.status == 202, "the choice was refused: {answer:?}");
        Ok(())
    }

    /// What the wallet has outside the contract, in wei.
    pub async fn purse(&self, site: &Site) -> anyhow::Result<U256> {
        Ok(site.provider.get_balance(self.address()).await?)
    }
}

impl Authorization {
    /// Reads the API's answer.
    ///
    /// # Errors
    /// When the API refused, or left something out.
    pub fn of(answer: &Answer) -> anyhow::Result<Self> {
        ensure!(
            answer.status == 200 || answer.status == 201,
            "no authorization: {answer:?}"
        );
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a field is missing");
        let payload = &answer.body["payload"];
        Ok(Self {
            reference: text(&answer.body["nonce"])?.parse()?,
            value: text(&payload["value"])?.parse()?,
            calldata: text(&payload["calldata"])?.parse()?,
            deadline: answer.body["deadline"].as_u64().context("no deadline")?,
            body: answer.body.clone(),
        })
    }
}

/// Now and some seconds, as sign-in messages write it.
fn time(in_seconds: u64) -> String {
    humantime::format_rfc3339_seconds(SystemTime::now() + Duration::from_secs(in_seconds)).to_string()
}
