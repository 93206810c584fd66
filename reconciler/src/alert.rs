//! Telling people: a webhook for every finding that is raised or resolved, retried until it is taken.
//!
//! A grave finding is told at once, any other when a second run sees it, too. Check and subject are the identity by which
//! a receiver recognizes what it was told before: after a restart everything open is told again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use audit::checks::{Check, Finding, Severity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::reconciliation::{Opened, Stored};
use tokio::sync::mpsc;

use crate::run::Looked;

/// Messages that wait for a receiver that does not answer; more are dropped, and counted.
const WAITING_MAX: usize = 1_000;

/// How long the receiver may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The first wait after a refused message; it doubles up to the longest.
const RETRY_MIN: Duration = Duration::from_millis(200);

/// The longest wait.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// Tries of one message, about ten minutes in all; what is still open is told again after a restart.
const TRIES_MAX: u32 = 25;

/// Bytes of a block of SHA-256.
const BLOCK_BYTES: usize = 64;

type Identity = (String, String);

/// Decides what is told, and hands it to the sender.
#[derive(Debug)]
pub(crate) struct Alerts {
    sender: Option<mpsc::Sender<String>>,
    /// Open findings that were told.
    told: BTreeSet<Identity>,
    /// Open findings that one run saw.
    seen_once: BTreeSet<Identity>,
    /// Findings that were open when this process began to look.
    inherited: BTreeSet<Identity>,
}

impl Alerts {
    /// Starts the sender, if there is somebody to send to.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub(crate) fn start(url: Option<String>, secret: Option<String>) -> Result<Self, reqwest::Error> {
        let mut alerts = Self {
            sender: None,
            told: BTreeSet::new(),
            seen_once: BTreeSet::new(),
            inherited: BTreeSet::new(),
        };
        if let Some(url) = url {
            let client = reqwest::Client::builder().timeout(ANSWER_WITHIN).build()?;
            let (sender, receiver) = mpsc::channel(WAITING_MAX);
            tokio::spawn(deliver(client, url, secret, receiver));
            alerts.sender = Some(sender);
        }
        Ok(alerts)
    }

    /// What is open already: an earlier process may have told of it.
    pub(crate) fn inherit(&mut self, open: Vec<Opened>) {
        self.inherited = open
            .into_iter()
            .map(|opened| (opened.check, opened.subject))
            .collect();
    }

    /// Tells what a look changed.
    pub(crate) fn tell(&mut self, looked: &Looked, stored: &Stored) {
        let findings: BTreeMap<Identity, &Finding> = looked
            .report
            .findings()
            .map(|finding| ((finding.check.id().to_owned(), finding.subject.clone()), finding))
            .collect();
        for (identity, finding) in &findings {
            if self.told.contains(identity) {
                continue;
            }
            let is_second = !self.seen_once.insert(identity.clone());
            if finding.severity == Severity::S1 || is_second {
                self.told.insert(identity.clone());
                self.send(&raised(finding, looked));
            }
        }
        for opened in &stored.resolved {
            let identity = (opened.check.clone(), opened.subject.clone());
            self.seen_once.remove(&identity);
            let was_told = self.told.remove(&identity);
            if was_told | self.inherited.remove(&identity) {
                self.send(&resolved(opened, looked));
            }
        }
        self.seen_once
            .retain(|identity| findings.contains_key(identity) || self.told.contains(identity));
    }

    fn send(&self, message: &Value) {
        let Some(sender) = &self.sender else { return };
        if sender.try_send(message.to_string()).is_err() {
            metrics::counter!("trellis_reconciler_alerts_dropped_total").increment(1);
            tracing::error!(alert = %message, "an alert was dropped: too many wait");
        }
    }
}

fn raised(finding: &Finding, looked: &Looked) -> Value {
    json!({
        "event": "raised",
        "check": finding.check.id(),
        "severity": finding.severity.name(),
        "subject": finding.subject,
        "expected": finding.expected,
        "actual": finding.actual,
        "cause": finding.cause.name(),
        "detail": finding.detail,
        "meaning": finding.check.meaning(),
        "runbook": finding.check.runbook(),
        "block_number": looked.position.block_number,
        "block_hash": looked.position.block_hash.to_string(),
        "fact_seq": looked.position.fact_seq,
    })
}

fn resolved(opened: &Opened, looked: &Looked) -> Value {
    json!({
        "event": "resolved",
        "check": opened.check,
        "severity": opened.severity,
        "subject": opened.subject,
        "runbook": Check::by_id(&opened.check).map(Check::runbook),
        "block_number": looked.position.block_number,
        "block_hash": looked.position.block_hash.to_string(),
        "fact_seq": looked.position.fact_seq,
    })
}

async fn deliver(
    client: reqwest::Client,
    url: String,
    secret: Option<String>,
    mut receiver: mpsc::Receiver<String>,
) {
    let mut waiting: VecDeque<String> = VecDeque::new();
    while let Some(message) = receiver.recv().await {
        waiting.push_back(message);
        while let Some(message) = waiting.pop_front() {
            deliver_one(&client, &url, secret.as_deref(), &message).await;
        }
    }
}

async fn deliver_one(client: &reqwest::Client, url: &str, secret: Option<&str>, message: &str) {
    let mut wait = RETRY_MIN;
    for _ in 0..TRIES_MAX {
        let mut request = client
            .post(url)
            .header("content-type", "application/json")
            .body(message.to_owned());
        if let Some(secret) = secret {
            request = request.header("x-trellis-signature", signature(secret, message));
        }
        match request.send().await {
            Ok(answer) if answer.status().is_success() => {
                metrics::counter!("trellis_reconciler_alerts_sent_total").increment(1);
                return;
            }
            Ok(answer) => tracing::warn!(status = answer.status().as_u16(), "an alert was refused"),
            // The URL may hold a secret.
            Err(error) => {
                let error = error.without_url();
                tracing::warn!(error = %telemetry::ErrorChain(&error), "an alert was not delivered");
            }
        }
        tokio::time::sleep(wait).await;
        wait = wait.saturating_mul(2).min(RETRY_MAX);
    }
    metrics::counter!("trellis_reconciler_alerts_dropped_total").increment(1);
    tracing::error!(alert = message, "an alert was dropped: nobody took it");
}

/// `sha256=` and the HMAC-SHA256 of a message (RFC 2104), in hexadecimal.
#[must_use]
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
