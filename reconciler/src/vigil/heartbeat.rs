//! A heartbeat to an external monitor, sent only while the reconciler works fully: its absence pages,
//! even if database, machine and reconciler fail together.

use std::time::{Duration, Instant};

use serde_json::json;

use super::limits::VigilConfig;
use super::looks::Looks;
use crate::alert::signature;

/// How long the receiver may take: the next round waits for it.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// The receiver, and when the last heartbeat was sent.
#[derive(Debug)]
pub(super) struct Heartbeat {
    client: reqwest::Client,
    url: Option<String>,
    secret: Option<String>,
    interval: Duration,
    sent: Option<Instant>,
}

impl Heartbeat {
    pub(super) fn new(config: &VigilConfig) -> Result<Self, reqwest::Error> {
        service::install_tls();
        Ok(Self {
            client: reqwest::Client::builder()
                .timeout(ANSWER_WITHIN)
                .redirect(reqwest::redirect::Policy::none())
                .build()?,
            url: config.heartbeat_url.clone(),
            secret: config.heartbeat_secret.clone(),
            interval: config.heartbeat_interval,
            sent: None,
        })
    }

    /// Sends if it is time to. A beat that is not taken is followed by the next one, not repeated.
    pub(super) async fn beat(&mut self, looks: &Looks) {
        let is_due = self.sent.is_none_or(|sent| sent.elapsed() >= self.interval);
        let (Some(url), true) = (&self.url, is_due) else {
            return;
        };
        let (position, findings, ago) = looks.last();
        let body = json!({
            "event": "heartbeat",
            "block_number": position.map(|(block, _)| block),
            "fact_seq": position.map(|(_, fact)| fact),
            "findings": findings,
            "look_ms_ago": ago.as_millis(),
        })
        .to_string();
        let mut request = self.client.post(url).header("content-type", "application/json");
        if let Some(secret) = &self.secret {
            request = request.header("x-trellis-signature", signature(secret, &body));
        }
        self.sent = Some(Instant::now());
        match request.body(body).send().await {
            Ok(answer) if answer.status().is_success() => {
                metrics::counter!("trellis_reconciler_heartbeats_total").increment(1);
            }
            Ok(answer) => tracing::warn!(status = answer.status().as_u16(), "a heartbeat was rejected"),
            // The URL may hold a secret.
            Err(error) => {
                let error = super::told(&error.without_url());
                tracing::warn!(error, "a heartbeat was not delivered");
            }
        }
    }
}
