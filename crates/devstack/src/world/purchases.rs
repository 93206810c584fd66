//! What participants of plans with amounts do: register and buy for an amount, and take money out of their wallet balance; and the
//! operator who confirms who they are.

use alloy::primitives::{Address, B256};
use alloy::signers::SignerSync;
use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::participant::{Answer, Authorization, Person};
use super::site::Site;

impl Person {
    /// The least that a registration pays, in base units.
    pub async fn least_registration(&self, site: &Site) -> anyhow::Result<u128> {
        let answer = self.get(site, "/config").await?;
        let least = &answer.body["payments"]["registration"]["least"];
        Ok(least.as_str().context("no least payment")?.parse()?)
    }

    /// Registers on the chain with a payment of this many base units. Returns the intake's reference.
    pub async fn register_for(
        &mut self,
        site: &Site,
        sponsor: Option<Address>,
        amount: u128,
    ) -> anyhow::Result<B256> {
        self.sign_in(site).await?;
        let mut body =
            json!({ "disclosure_hash": self.disclosure(site).await?, "amount": amount.to_string() });
        if let Some(sponsor) = sponsor {
            body["sponsor"] = json!(sponsor);
        }
        let answer = self
            .call(site, Method::POST, "/users/register", Some(body))
            .await?;
        self.pay_authorized(site, &answer).await
    }

    /// Buys for this many base units on the chain. Returns the intake's reference.
    pub async fn purchase(&self, site: &Site, amount: u128) -> anyhow::Result<B256> {
        let path = format!("/users/{}/purchases", self.id(site).await?);
        let body = json!({ "disclosure_hash": self.disclosure(site).await?, "amount": amount.to_string() });
        let answer = self.call(site, Method::POST, &path, Some(body)).await?;
        self.pay_authorized(site, &answer).await
    }

    async fn pay_authorized(&self, site: &Site, answer: &Answer) -> anyhow::Result<B256> {
        let authorization = Authorization::of(answer)?;
        self.pay(site, &authorization).await?;
        Ok(authorization.reference)
    }

    /// Takes this many base units out of the wallet balance, as the quote said. Returns what is left after the fee.
    pub async fn withdraw_from_wallet(&self, site: &Site, amount: u128) -> anyhow::Result<u128> {
        let path = format!("/users/{}/withdrawals", self.id(site).await?);
        let key = site.next_key();
        let quote = format!("{path}/quote?amount={amount}");
        let quote = self.call_with_key(site, Method::GET, &quote, &key, None).await?;
        ensure!(quote.status == 200, "no quote: {quote:?}");
        let body = json!({ "amount": amount.to_string(), "signature": self.sign(&quote.body["message"])? });
        let answer = self
            .call_with_key(site, Method::POST, &path, &key, Some(body))
            .await?;
        ensure!(answer.status == 202, "the withdrawal was refused: {answer:?}");
        Ok(quote.body["net"].as_str().context("no net amount")?.parse()?)
    }

    /// Chooses where the next direct stands: `left`, `right` or `none`.
    pub async fn choose_side(&self, site: &Site, side: &str) -> anyhow::Result<()> {
        let path = format!("/users/{}/binary/side", self.id(site).await?);
        let key = site.next_key();
        let asked = format!("{path}?side={side}");
        let message = self.call_with_key(site, Method::GET, &asked, &key, None).await?;
        ensure!(message.status == 200, "nothing to sign: {message:?}");
        let body = json!({ "side": side, "signature": self.sign(&message.body)? });
        let answer = self
            .call_with_key(site, Method::POST, &path, &key, Some(body))
            .await?;
        ensure!(answer.status == 202, "the choice was refused: {answer:?}");
        Ok(())
    }

    /// Confirms, as an operator, that the identity of a user was checked.
    pub async fn confirm_identity(&self, site: &Site, user: u64) -> anyhow::Result<()> {
        let path = format!("/admin/users/{user}/verify");
        let key = site.next_key();
        let message = self.call_with_key(site, Method::GET, &path, &key, None).await?;
        ensure!(message.status == 200, "nothing to sign: {message:?}");
        let body = json!({ "signature": self.sign(&message.body)? });
        let answer = self
            .call_with_key(site, Method::POST, &path, &key, Some(body))
            .await?;
        ensure!(answer.status == 202, "the confirmation was refused: {answer:?}");
        Ok(())
    }

    /// The wallet's signature over a message of the API, in hexadecimal.
    fn sign(&self, message: &Value) -> anyhow::Result<String> {
        let digest = message["digest"].as_str().context("there is no digest")?;
        let signature = self.key().sign_hash_sync(&digest.parse::<B256>()?)?.as_bytes();
        Ok(format!("0x{}", hex::encode(signature)))
    }
}
