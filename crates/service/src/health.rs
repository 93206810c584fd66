//! A worker's health, readiness and metrics over HTTP: `/health`, `/ready` (also `/health/ready`), `/metrics`.
//!
//! A worker lives as long as it makes steps. It is ready when it also has what it depends on; one that stands by for
//! another is ready. Not responsible for what a worker depends on: the worker says so by its [`Pulse`].

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::metrics::Metrics;
use crate::server::{self, Limits, Options};

/// What a worker does, as seen from outside. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pulse {
    /// A worker that makes no step for this long is stuck.
    silence_max: Duration,
    state: Arc<Mutex<Beats>>,
}

#[derive(Debug, Default)]
struct Beats {
    last: Option<Instant>,
    role: Option<Role>,
    lacks: Option<String>,
    notes: Map<String, Value>,
}

/// A long task of a worker, until this is dropped.
#[derive(Debug)]
pub struct Busy {
    _ends: DropGuard,
}

names::names! {
    /// What a process of several of a kind does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Role {
        /// It has the lease.
        Leads = "leads",
        /// Another one has the lease.
        StandsBy = "stands_by",
    }
}

impl Pulse {
    /// The pulse of a worker that is stuck when it makes no step for this long.
    pub fn new(silence_max: Duration) -> Self {
        Self {
            silence_max,
            state: Arc::default(),
        }
    }

    /// The worker made a step.
    pub fn beat(&self) {
        self.change(|beats| beats.last = Some(Instant::now()));
    }

    /// The worker made a step in this role.
    pub fn beat_as(&self, role: Role) {
        self.change(|beats| {
            beats.last = Some(Instant::now());
            beats.role = Some(role);
        });
    }

    /// The worker lives and cannot work for this cause.
    pub fn lacks(&self, cause: impl Into<String>) {
        let cause = cause.into();
        self.change(|beats| beats.lacks = Some(cause));
    }

    /// The worker has everything again.
    pub fn has_everything(&self) {
        self.change(|beats| beats.lacks = None);
    }

    /// Something that people may want to know.
    pub fn note(&self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        self.change(|beats| {
            beats.notes.insert(name.to_owned(), value);
        });
    }

    /// The worker is at one long task, which is no silence, until what is returned is dropped.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn while_busy(&self) -> Busy {
        let (pulse, end) = (self.clone(), CancellationToken::new());
        let ended = end.clone();
        let every = self.silence_max / 4;
        tokio::spawn(async move {
            while !ended.is_cancelled() {
                pulse.beat();
                let _ = tokio::time::timeout(every, ended.cancelled()).await;
            }
        });
        Busy {
            _ends: end.drop_guard(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Beats)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether it lives, whether it is ready, and everything that is known of it.
    fn look(&self) -> (bool, bool, Value) {
        let beats = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let silence = beats.last.map(|last| last.elapsed());
        let lives = silence.is_some_and(|silence| silence < self.silence_max);
        let ready = lives && beats.lacks.is_none();
        let mut shown = beats.notes.clone();
        shown.insert("alive".to_owned(), json!(lives));
        shown.insert("ready".to_owned(), json!(ready));
        shown.insert("role".to_owned(), json!(beats.role.map(Role::name)));
        shown.insert("lacks".to_owned(), json!(beats.lacks));
        shown.insert(
            "last_step_seconds_ago".to_owned(),
            json!(silence.map(|silence| silence.as_secs())),
        );
        (lives, ready, Value::Object(shown))
    }
}

/// The routes of a worker.
pub fn router(pulse: Pulse, metrics: Metrics) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/health/ready", get(ready))
        .route("/metrics", get(render))
        .with_state((metrics, pulse))
}

/// Serves a worker's health from now on as long as the process lives, if there is an address to serve at.
pub async fn serve(listen: Option<SocketAddr>, metrics: Metrics, pulse: Pulse) -> std::io::Result<()> {
    let Some(listen) = listen else {
        return Ok(());
    };
    let listener = TcpListener::bind(listen).await?;
    tracing::info!(address = %listen, "health and metrics are served");
    let options = Options::plain(Limits::INTERNAL);
    // Until the very end: whoever stops the process wants to see its progress.
    let never = CancellationToken::new();
    tokio::spawn(server::serve(listener, router(pulse, metrics), options, never));
    Ok(())
}

type Shown = (StatusCode, Json<Value>);

fn status(good: bool) -> StatusCode {
    if good {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

async fn health(State((_, pulse)): State<(Metrics, Pulse)>) -> Shown {
    let (lives, _, shown) = pulse.look();
    (status(lives), Json(shown))
}

async fn ready(State((_, pulse)): State<(Metrics, Pulse)>) -> Shown {
    let (_, ready, shown) = pulse.look();
    (status(ready), Json(shown))
}

async fn render(State((metrics, _)): State<(Metrics, Pulse)>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, crate::metrics::MEDIA_TYPE)],
        metrics.render(),
    )
}

#[cfg(test)]
mod tests;
