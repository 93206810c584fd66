//! The client over HTTP.

use std::fmt;
use std::time::Duration;

use reqwest::{Certificate, Identity, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use service::request_id;
use service::tls::ClientTls;
use settlement::authorization::{IntakeKind, IntakeTerms};

use crate::wire::{self, IntakeRequest, Problem, explain};
use crate::{Authorization, BatchTerms, RootTerms, SignedTransaction, SignerError, TransactionTerms};

/// How long an answer may take: a signature takes milliseconds, and a person waits.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long the answer to a request with many parts may take: the signer checks each of them.
const LARGE_ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// How long a connection is kept for the next request.
const IDLE_WITHIN: Duration = Duration::from_secs(30);

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// The key with which the API requests intakes on a local chain, where a signer was given no callers. Public knowledge.
pub const DEVELOPMENT_CALLER_KEY: &str = "7472656c6c69732d646576656c6f706d656e742d63616c6c65722d6b65792121";

/// The key with which the settlement worker requests everything else there. Public knowledge.
pub const DEVELOPMENT_SETTLER_KEY: &str = "7472656c6c69732d646576656c6f706d656e742d736574746c65722d6b657921";
/// How long the signer may take to say how it is.
const HEALTH_WITHIN: Duration = Duration::from_secs(1);

names::names! {
    /// What a signer says of itself.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum SignerHealth {
        /// It signs what it can justify.
        Available = "available",
        /// It signs nothing, or nothing of a kind, until a person has looked.
        Paused = "paused",
        /// It does not respond.
        Unavailable = "unavailable",
    }
}

impl SignerHealth {
    /// What `GET /health` says: `paused` is a flag, or the list of the kinds that are paused.
    fn of(body: &serde_json::Value) -> Self {
        let paused = &body["paused"];
        if paused.is_null() {
            Self::Unavailable
        } else if paused == true || paused.as_array().is_some_and(|kinds| !kinds.is_empty()) {
            Self::Paused
        } else {
            Self::Available
        }
    }
}

/// The secret that proves to the signer who asks: 256 bits as 64 hexadecimal digits.
#[derive(Clone)]
pub struct CallerKey(String);

impl CallerKey {
    /// Reads a key.
    ///
    /// # Errors
    /// A text that says what a key looks like, without the given one.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let is_key = text.len() == 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        is_key
            .then(|| Self(text.to_owned()))
            .ok_or("a caller's key has 64 hexadecimal digits in lower case")
    }
}

impl std::str::FromStr for CallerKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        Self::new(text)
    }
}

impl fmt::Debug for CallerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerKey")
    }
}

/// Asks one signer as one caller. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SignerClient {
    client: reqwest::Client,
    base: Url,
    key: CallerKey,
}

impl SignerClient {
    /// A client of the signer at this URL (`http://host:port`).
    ///
    /// # Errors
    /// [`SignerError::NotUnderstood`] when that is no URL of a server, [`SignerError::Unavailable`] when this process
    /// cannot make HTTP requests.
    pub fn new(base: &str, key: CallerKey) -> Result<Self, SignerError> {
        Self::with_tls(base, key, None)
    }

    /// The same, showing a certificate to the signer and believing its authority only, when there is one.
    ///
    /// # Errors
    /// As [`SignerClient::new`], and [`SignerError::Unavailable`] when the certificates cannot be used.
    pub fn with_tls(base: &str, key: CallerKey, tls: Option<&ClientTls>) -> Result<Self, SignerError> {
        service::install_tls();
        let base: Url = base
            .parse()
            .ok()
            .filter(|url: &Url| url.has_host() && matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| SignerError::NotUnderstood("not a valid server URL".to_owned()))?;
        let mut builder = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .connect_timeout(CONNECT_WITHIN)
            // Less than the server keeps an idle connection, so that no request goes into one that is being closed.
            .pool_idle_timeout(IDLE_WITHIN)
            // Neither a proxy from the environment nor another server sees terms and key.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        let unusable = |error| SignerError::Unavailable(Some(error));
        if let Some(tls) = tls {
            let authority = Certificate::from_pem_bundle(tls.authority.as_bytes()).map_err(unusable)?;
            let identity = Identity::from_pem(tls.identity.as_bytes()).map_err(unusable)?;
            builder = builder.tls_certs_only(authority).identity(identity);
        }
        let client = builder.build().map_err(unusable)?;
        Ok(Self { client, base, key })
    }

    /// Requests the authorization of a registration.
    ///
    /// # Errors
    /// [`SignerError`].
    ///
    /// # Panics
    /// In builds with debug assertions, when the terms are not those of a registration.
    pub async fn authorize_registration(&self, terms: &IntakeTerms) -> Result<Authorization, SignerError> {
        debug_assert_eq!(terms.kind, IntakeKind::Registration);
        self.authorize(IntakeKind::Registration, terms).await
    }

    /// Requests the authorization of a retopup.
    ///
    /// # Errors
    /// [`SignerError`].
    ///
    /// # Panics
    /// In builds with debug assertions, when the terms are not those of a retopup.
    pub async fn authorize_retopup(&self, terms: &IntakeTerms) -> Result<Authorization, SignerError> {
        debug_assert_eq!(terms.kind, IntakeKind::Retopup);
        self.authorize(IntakeKind::Retopup, terms).await
    }

    async fn authorize(&self, kind: IntakeKind, terms: &IntakeTerms) -> Result<Authorization, SignerError> {
        let request = IntakeRequest::of(terms);
        self.post(wire::path_of(kind), &request, ANSWER_WITHIN).await
    }

    /// Requests the authorization of a batch, from the signer of authorizations.
    pub async fn authorize_batch(&self, terms: &BatchTerms) -> Result<Authorization, SignerError> {
        self.post(wire::BATCH_PAYOUT_PATH, terms, LARGE_ANSWER_WITHIN)
            .await
    }

    /// Requests the authorization of a liabilities root, from the signer of roots.
    pub async fn authorize_root(&self, terms: &RootTerms) -> Result<Authorization, SignerError> {
        self.post(wire::ROOT_PATH, terms, ANSWER_WITHIN).await
    }

    /// Requests a signed transaction of the account of the signer of transactions. Nothing is sent to a chain.
    pub async fn sign_transaction(&self, terms: &TransactionTerms) -> Result<SignedTransaction, SignerError> {
        let answer = self.post(wire::TRANSACTION_PATH, terms, LARGE_ANSWER_WITHIN);
        let transaction: SignedTransaction = answer.await?;
        if !transaction.has_its_hash() {
            return Err(SignerError::NotUnderstood(
                "`hash` is not the hash of `raw`".to_owned(),
            ));
        }
        Ok(transaction)
    }

    /// What the signer says of itself. Whatever it does not respond within a second makes it unavailable.
    pub async fn health(&self) -> SignerHealth {
        let url = self
            .base
            .join("/health")
            .expect("a fixed path joins any URL of a server");
        let asked = async {
            let answer = self.client.get(url).timeout(HEALTH_WITHIN).send().await.ok()?;
            let is_success = answer.status().is_success();
            let body = answer.bytes().await.ok()?;
            is_success.then(|| serde_json::from_slice(&body).ok())?
        };
        asked
            .await
            .map_or(SignerHealth::Unavailable, |body: serde_json::Value| {
                SignerHealth::of(&body)
            })
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &'static str,
        request: &(impl Serialize + Sync),
        within: Duration,
    ) -> Result<T, SignerError> {
        let url = self
            .base
            .join(path)
            .expect("a fixed path joins any URL of a server");
        let mut asking = self
            .client
            .post(url)
            .timeout(within)
            .bearer_auth(&self.key.0)
            .json(request);
        if let Some(id) = request_id::current() {
            asking = asking.header(request_id::HEADER, id);
        }
        let answer = asking.send().await.map_err(failed)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(failed)?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body)
                .map_err(|error| SignerError::NotUnderstood(explain(&error)));
        }
        Err(refused(status, serde_json::from_slice(&body).ok()))
    }
}

fn refused(status: StatusCode, problem: Option<Problem>) -> SignerError {
    match (status, problem) {
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => SignerError::Unauthorized,
        (StatusCode::TOO_MANY_REQUESTS, _) => SignerError::RateLimited,
        (StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT, _) => SignerError::Timeout,
        (StatusCode::CONFLICT, Some(problem)) => SignerError::Equivocation {
            detail: problem.detail,
        },
        (status, _) if status.is_server_error() => SignerError::Unavailable(None),
        (status, Some(problem)) if status.is_client_error() => SignerError::Refused {
            code: problem.code,
            detail: problem.detail,
        },
        (status, _) => SignerError::NotUnderstood(format!("status {status}")),
    }
}

fn failed(error: reqwest::Error) -> SignerError {
    if error.is_timeout() && !error.is_connect() {
        SignerError::Timeout
    } else {
        SignerError::Unavailable(Some(error))
    }
}

#[cfg(test)]
mod tests;
