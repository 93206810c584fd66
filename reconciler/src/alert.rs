//! Alert delivery: every stored alert is sent to a webhook until accepted, the most severe first.
//!
//! What is due is read from the database before each round, so neither a restart nor a receiver that is down for days
//! loses or repeats anything but the message in progress; that one has the same `idempotency-key` again. While the receiver does not
//! answer, waits grow for all messages; a message that it rejects waits alone. Not responsible for what is an alert.

use std::time::Duration;

use serde_json::{Value, json};
use service::{Backoff, ErrorChain};
use sha2::{Digest, Sha256};
use store::alert::{self, Message, Timing};
use store::lease::Lease;
use store::{Connections, StoreError, within};
use tokio::sync::watch;

/// How long the receiver may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Waits between attempts: a receiver that comes back gets its messages within half a minute.
const SILENT: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30));

/// The waits of a message that the receiver rejects: its rules change rarely.
const REJECTED: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(3_600));

/// Between two looks at what is due: short beside the second between two looks at the books.
const POLL: Duration = Duration::from_millis(200);

/// Answers that speak of the receiver, not of the message.
const BUSY: [u16; 3] = [408, 425, 429];

/// Bytes of a block of SHA-256.
const BLOCK_BYTES: usize = 64;

/// Where alerts go to, and when.
#[derive(Clone)]
pub struct Destination {
    /// The webhook; may hold a secret.
    pub url: Option<String>,
    /// Key of the signature.
    pub secret: Option<String>,
    /// When messages are due.
    pub timing: Timing,
}

service::redact!(Destination { timing });

/// Sends what is due.
#[derive(Debug)]
pub struct Courier {
    pool: Connections,
    client: reqwest::Client,
    destination: Destination,
    /// Rounds in a row that the receiver did not answer.
    silent_rounds: u32,
}

/// The outcome of one message.
#[derive(Debug)]
enum Answer {
    Taken,
    /// The receiver does not want this one.
    Rejected(String),
    /// The receiver is not there.
    Silent(String),
}

impl Courier {
    /// Nothing is sent yet.
    pub fn new(pool: impl Into<Connections>, destination: Destination) -> Result<Self, reqwest::Error> {
        service::install_tls();
        let client = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            pool: pool.into(),
            client,
            destination,
            silent_rounds: 0,
        })
    }

    /// Sends what is due until the receiver falls silent; returns how long to wait before the next round.
    pub async fn round(&mut self) -> Result<Duration, StoreError> {
        let limit = self.pool.deadline();
        let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
        let Some(url) = self.destination.url.clone() else {
            within(limit, alert::update_unheard(&mut connection)).await?;
            return Ok(POLL);
        };
        let listing = alert::list_due(&mut connection, self.destination.timing);
        let due = within(limit, listing).await?;
        drop(connection);
        for message in &due {
            let answer = self.send(&url, message).await;
            let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
            match answer {
                Answer::Taken => {
                    self.silent_rounds = 0;
                    metrics::counter!("trellis_reconciler_alerts_sent_total").increment(1);
                    within(limit, alert::update_delivered(&mut connection, message)).await?;
                }
                Answer::Rejected(why) => {
                    self.silent_rounds = 0;
                    metrics::counter!("trellis_reconciler_alerts_rejected_total").increment(1);
                    tracing::error!(alert.id = message.id, why, "the receiver rejected an alert");
                    let wait = REJECTED.wait(message.rejections);
                    let update = alert::update_failed(&mut connection, message, &why, Some(wait));
                    within(limit, update).await?;
                }
                Answer::Silent(why) => {
                    let wait = SILENT.wait(self.silent_rounds);
                    self.silent_rounds = self.silent_rounds.saturating_add(1);
                    metrics::counter!("trellis_reconciler_alerts_failed_total").increment(1);
                    tracing::warn!(
                        alert.id = message.id,
                        retry_ms = wait.as_millis(),
                        why,
                        "the alert receiver does not respond"
                    );
                    let update = alert::update_failed(&mut connection, message, &why, None);
                    within(limit, update).await?;
                    return Ok(wait);
                }
            }
        }
        Ok(if due.is_empty() { POLL } else { Duration::ZERO })
    }

    /// Sends for as long as this process is the one that tells, until `stop`.
    pub(crate) async fn run(mut self, mut leads: watch::Receiver<Option<Lease>>) {
        loop {
            // The sender is gone when the process ends.
            if leads.wait_for(Option::is_some).await.is_err() {
                return;
            }
            let wait = match self.round().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(error = %ErrorChain(&error), "cannot read alerts");
                    if error.outage().is_some() {
                        self.pool.renew();
                    }
                    POLL * 10
                }
            };
            if let Err(error) = self.measure().await {
                tracing::debug!(error = %ErrorChain(&error), "cannot count waiting alerts");
            }
            tokio::time::sleep(wait).await;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge is for people, not for money")]
    async fn measure(&self) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
        let waiting = within(self.pool.deadline(), alert::count_waiting(&mut connection)).await?;
        metrics::gauge!("trellis_reconciler_alerts_waiting").set(waiting.untold as f64);
        metrics::gauge!("trellis_reconciler_alerts_oldest_seconds").set(waiting.oldest_seconds as f64);
        Ok(())
    }

    async fn send(&self, url: &str, message: &Message) -> Answer {
        let body = body(message).to_string();
        let mut request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("idempotency-key", message.idempotency_key());
        if let Some(secret) = &self.destination.secret {
            request = request.header("x-trellis-signature", signature(secret, &body));
        }
        match request.body(body).send().await {
            Ok(answer) if answer.status().is_success() => Answer::Taken,
            Ok(answer) => {
                let status = answer.status().as_u16();
                let why = format!("HTTP status {status}");
                if answer.status().is_client_error() && !BUSY.contains(&status) {
                    Answer::Rejected(why)
                } else {
                    Answer::Silent(why)
                }
            }
            // The URL may hold a secret.
            Err(error) => Answer::Silent(ErrorChain(&error.without_url()).to_string()),
        }
    }
}

fn body(message: &Message) -> Value {
    let mut body = message.content.clone();
    let runbook = body["check"]
        .as_str()
        .and_then(audit::checks::Check::by_id)
        .map(audit::checks::Check::runbook);
    body["event"] = json!(message.event.name());
    body["key"] = json!(message.idempotency_key());
    body["alert"] = json!(message.id);
    body["severity"] = json!(message.severity);
    body["occurrences"] = json!(message.occurrences);
    body["raised_at"] = json!(message.raised_at);
    body["resolved_at"] = json!(message.resolved_at);
    body["runbook"] = json!(runbook);
    body
}

/// `sha256=` and the HMAC-SHA256 of a message (RFC 2104), in hexadecimal.
pub fn signature(secret: &str, message: &str) -> String {
    let mut key = [0_u8; BLOCK_BYTES];
    if secret.len() > BLOCK_BYTES {
        key[..32].copy_from_slice(&Sha256::digest(secret));
    } else {
        key[..secret.len()].copy_from_slice(secret.as_bytes());
    }
    let inner = Sha256::new_with_prefix(key.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    let outer = Sha256::new_with_prefix(key.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize();
    format!("sha256={}", hex::encode(outer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_signed_as_the_standard_says() {
        // RFC 4231, test case 2, and a key longer than a block.
        assert_eq!(
            signature("Jefe", "what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long = "k".repeat(65);
        assert_ne!(signature(&long, "a"), signature(&"k".repeat(64), "a"));
    }
}
