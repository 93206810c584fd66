//! Somebody with a wallet: signs in, asks for authorizations, signs and sends transactions.

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
use devstack::Wallet;
use devstack::anvil::CHAIN_ID;
use reqwest::Method;
use serde_json::{Value, json};

use crate::World;

/// A participant or operator of a test.
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
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Person {
    pub(crate) fn with(wallet: Wallet) -> Self {
        let key = wallet
            .private_key()
            .parse()
            .expect("the local chain's keys are valid");
        Self { key, token: None }
    }

    /// The wallet.
    #[must_use]
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// The text with which this wallet signs in to the API.
    ///
    /// # Errors
    /// When the API does not give a nonce.
    pub async fn sign_in_text(&self, world: &World) -> anyhow::Result<String> {
        let answer = self.call(world, Method::POST, "/auth/nonce", None).await?;
        let nonce = answer.body["nonce"].as_str().context("no nonce")?;
        let domain = answer.body["domain"].as_str().context("no domain")?;
        let uri = answer.body["uri"].as_str().context("no URI")?;
        Ok(format!(
            "{domain} wants you to sign in with your Ethereum account:\n{}\n\nSign in to Trellis.\n\nURI: {uri}\n\
             Version: 1\nChain ID: {CHAIN_ID}\nNonce: {nonce}\nIssued At: {}\nExpiration Time: {}",
            self.address().to_checksum(None),
            time(world, 0).await?,
            time(world, 300).await?,
        ))
    }

    /// Signs in; later calls carry the token.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn sign_in(&mut self, world: &World) -> anyhow::Result<()> {
        let message = self.sign_in_text(world).await?;
        let signature = self.key.sign_message_sync(message.as_bytes())?;
        let body = json!({ "message": message, "signature": Bytes::from(signature.as_bytes().to_vec()) });
        let answer = self.call(world, Method::POST, "/auth/wallet", Some(body)).await?;
        ensure!(answer.status == 200, "sign-in refused: {answer:?}");
        let token = answer.body["access_token"].as_str().context("no access token")?;
        self.token = Some(token.to_owned());
        Ok(())
    }

    /// Calls the API.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn call(
        &self,
        world: &World,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Answer> {
        let mut request = world
            .http
            .request(method.clone(), format!("{}{path}", world.system.api_url()));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if method == Method::POST {
            // Every attempt is one of its own: repeats are tested at the API.
            request = request.header("Idempotency-Key", world.next_key());
        }
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
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn get(&self, world: &World, path: &str) -> anyhow::Result<Answer> {
        self.call(world, Method::GET, path, None).await
    }

    /// Asks for the authorization of a registration, with the disclosure of this moment.
    ///
    /// # Errors
    /// When the API does not answer.
    pub async fn ask_to_register(&self, world: &World, sponsor: Option<Address>) -> anyhow::Result<Answer> {
        let disclosure = self.get(world, "/disclosure").await?;
        let hash = &disclosure.body["hash"];
        let mut body = json!({ "disclosure_hash": hash });
        if let Some(sponsor) = sponsor {
            body["sponsor"] = json!(sponsor);
        }
        self.call(world, Method::POST, "/users/register", Some(body))
            .await
    }

    /// Asks for the authorization of a retopup.
    ///
    /// # Errors
    /// When the API does not answer.
    pub async fn ask_to_retop_up(&self, world: &World) -> anyhow::Result<Answer> {
        let id = self.id(world).await?;
        let disclosure = self.get(world, "/disclosure").await?;
        let body = json!({ "disclosure_hash": disclosure.body["hash"] });
        self.call(world, Method::POST, &format!("/users/{id}/retopup"), Some(body))
            .await
    }

    /// The number of this user.
    ///
    /// # Errors
    /// When the API does not know the user.
    pub async fn id(&self, world: &World) -> anyhow::Result<u64> {
        let me = self.get(world, "/users/me").await?;
        me.body["id"].as_u64().with_context(|| format!("no id in {me:?}"))
    }

    /// The signed bytes of a transaction to the contract.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn signed(&self, world: &World, value: U256, call: Bytes) -> anyhow::Result<Bytes> {
        let nonce = world.provider.get_transaction_count(self.address()).await?;
        let transaction = TxEip1559 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit: 500_000,
            max_fee_per_gas: 20_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to: TxKind::Call(world.custody),
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
    ///
    /// # Errors
    /// When the node refuses it.
    pub async fn send(&self, world: &World, value: U256, call: Bytes) -> anyhow::Result<TransactionReceipt> {
        let raw = self.signed(world, value, call).await?;
        let hash = *world.provider.send_raw_transaction(&raw).await?.tx_hash();
        world.receipt(hash).await
    }

    /// Registers on the chain with an authorization of the API. Returns the intake's reference.
    ///
    /// # Errors
    /// When anything refuses.
    pub async fn register(&mut self, world: &World, sponsor: Option<Address>) -> anyhow::Result<B256> {
        self.sign_in(world).await?;
        let authorization = Authorization::of(&self.ask_to_register(world, sponsor).await?)?;
        self.pay(world, &authorization).await?;
        Ok(authorization.reference)
    }

    /// Pays a further time on the chain. Returns the intake's reference.
    ///
    /// # Errors
    /// When anything refuses.
    pub async fn retop_up(&self, world: &World) -> anyhow::Result<B256> {
        let authorization = Authorization::of(&self.ask_to_retop_up(world).await?)?;
        self.pay(world, &authorization).await?;
        Ok(authorization.reference)
    }

    /// Sends an authorized payment, which must succeed.
    ///
    /// # Errors
    /// When it is reverted.
    pub async fn pay(&self, world: &World, authorization: &Authorization) -> anyhow::Result<()> {
        let receipt = self
            .send(world, authorization.value, authorization.calldata.clone())
            .await?;
        ensure!(receipt.status(), "the payment was reverted");
        Ok(())
    }

    /// Takes a deposit back on the chain.
    ///
    /// # Errors
    /// When it is reverted.
    pub async fn refund(&self, world: &World, reference: B256) -> anyhow::Result<()> {
        let call = ICustody::refundCall {
            r#ref: reference,
            to: self.address(),
        };
        let receipt = self.send(world, U256::ZERO, call.abi_encode().into()).await?;
        ensure!(receipt.status(), "the refund was reverted");
        Ok(())
    }

    /// Reserves a tier's rewards, or stops doing so.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn choose_reserve(&self, world: &World, tier: u8, choice: &str) -> anyhow::Result<()> {
        let id = self.id(world).await?;
        let body = json!({ "tier": tier, "choice": choice });
        let answer = self
            .call(world, Method::POST, &format!("/users/{id}/reserve"), Some(body))
            .await?;
        ensure!(answer.status == 202, "the choice was refused: {answer:?}");
        Ok(())
    }

    /// What the wallet has outside the contract, in wei.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn purse(&self, world: &World) -> anyhow::Result<U256> {
        Ok(world.provider.get_balance(self.address()).await?)
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
async fn time(world: &World, in_seconds: i32) -> anyhow::Result<String> {
    let statement = "SELECT to_char((now() + make_interval(secs => $1)) AT TIME ZONE 'UTC', \
        'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
    Ok(sqlx::query_scalar(statement)
        .bind(f64::from(in_seconds))
        .fetch_one(world.ledger.pool())
        .await?)
}
