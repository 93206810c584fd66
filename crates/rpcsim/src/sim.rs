//! The running proxy, for the test that holds it: what it is told to do, and what it tells that it did.

use std::iter::repeat_n;
use std::sync::{Arc, Mutex};

use alloy::primitives::Bytes;
use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::chance::Rates;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::replica::{Changing, Core, State, lock};
use crate::server::{Port, router};
use crate::upstream::Upstream;
use crate::view::View;

/// One node of several that claim to follow the same chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replica {
    /// What it sees.
    pub view: View,
    /// The real node behind it, when it is not the one behind all: another branch of the chain.
    pub upstream: Option<String>,
}

/// What to start.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The URL of the real node.
    pub upstream: String,
    /// Decides with the rates which request meets which fault.
    pub seed: u64,
    /// How many requests meet a fault by chance.
    pub rates: Rates,
    /// At least one.
    pub replicas: Vec<Replica>,
}

/// A running proxy. Its servers end with it.
#[derive(Debug)]
pub struct RpcSim {
    core: Arc<Core>,
    urls: Vec<String>,
    servers: Vec<JoinHandle<()>>,
}

impl Spec {
    /// One replica that behaves, until it is told otherwise.
    pub fn honest(upstream: &str) -> Self {
        Self::seeded(upstream, 0, Rates::NONE)
    }

    /// One replica with faults by chance.
    pub fn seeded(upstream: &str, seed: u64, rates: Rates) -> Self {
        Self {
            upstream: upstream.to_owned(),
            seed,
            rates,
            replicas: vec![Replica::default()],
        }
    }

    /// One replica for each view.
    #[must_use]
    pub fn with_views(mut self, views: &[View]) -> Self {
        self.replicas = views
            .iter()
            .map(|view| Replica {
                view: *view,
                upstream: None,
            })
            .collect();
        self
    }
}

impl RpcSim {
    /// Starts a server for each replica, on free ports of this machine.
    ///
    /// # Errors
    /// When there is no replica, the rates exceed a thousand, or no port is free.
    pub async fn start(spec: Spec) -> anyhow::Result<Self> {
        anyhow::ensure!(!spec.replicas.is_empty(), "a proxy without replicas");
        anyhow::ensure!(spec.rates.total() <= 1_000, "the rates exceed a thousand");
        let common = Upstream::new(spec.upstream);
        let replicas: Vec<State> = spec
            .replicas
            .into_iter()
            .map(|replica| State {
                upstream: match replica.upstream {
                    Some(url) if url != common.url() => Upstream::new(url),
                    Some(_) | None => common.clone(),
                },
                changing: Mutex::new(Changing {
                    view: replica.view,
                    ..Changing::default()
                }),
            })
            .collect();
        let core = Arc::new(Core {
            seed: spec.seed,
            rates: Mutex::new(spec.rates),
            replicas,
            record: Mutex::default(),
        });
        let mut urls = Vec::new();
        let mut servers = Vec::new();
        for replica in 0..core.replicas.len() {
            let socket = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
            urls.push(format!("http://{}", socket.local_addr()?));
            let app = router(Port {
                core: core.clone(),
                replica,
            });
            servers.push(tokio::spawn(async move {
                let _ = axum::serve(socket, app).await;
            }));
        }
        Ok(Self { core, urls, servers })
    }

    /// A proxy of one replica that behaves.
    pub async fn honest(upstream: &str) -> anyhow::Result<Self> {
        Self::start(Spec::honest(upstream)).await
    }

    /// The URL of the first replica.
    pub fn url(&self) -> &str {
        &self.urls[0]
    }

    /// The URLs of all replicas.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The next request of this method, at each replica, meets this fault; after those that were ordered before. `*` is
    /// every method.
    pub fn next(&self, method: &str, fault: Fault) {
        for (replica, fault) in repeat_n(fault, self.urls.len()).enumerate() {
            self.next_at(replica, method, fault);
        }
    }

    /// The next request of this method at one replica meets this fault.
    ///
    /// # Panics
    /// When there is no such replica; so do all functions that name one.
    pub fn next_at(&self, replica: usize, method: &str, fault: Fault) {
        self.core.changing(replica).script.next(method, fault);
    }

    /// Every request of this method meets this fault, until it is cleared. `*` is every method.
    pub fn always(&self, method: &str, fault: Fault) {
        for (replica, fault) in repeat_n(fault, self.urls.len()).enumerate() {
            self.always_at(replica, method, fault);
        }
    }

    /// Every request of this method at one replica meets this fault.
    pub fn always_at(&self, replica: usize, method: &str, fault: Fault) {
        self.core.changing(replica).script.always(method, fault);
    }

    /// Forgets all ordered faults, and all chance of others. Views stay.
    pub fn clear(&self) {
        self.set_rates(Rates::NONE);
        for replica in 0..self.urls.len() {
            self.core.changing(replica).script.clear();
        }
    }

    /// Forgets what was ordered for this method.
    pub fn clear_method(&self, method: &str) {
        for replica in 0..self.urls.len() {
            self.core.changing(replica).script.clear_method(method);
        }
    }

    /// How many faults were ordered for a next request that did not come yet.
    pub fn waiting(&self) -> usize {
        (0..self.urls.len())
            .map(|replica| self.core.changing(replica).script.waiting())
            .sum()
    }

    /// From now on the replica sees this.
    pub fn set_view(&self, replica: usize, view: View) {
        self.core.changing(replica).view = view;
    }

    /// From now on faults come by chance at these rates.
    pub fn set_rates(&self, rates: Rates) {
        *lock(&self.core.rates) = rates;
    }

    /// What was asked and answered, oldest first; the newest twenty thousand.
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.core.record).exchanges()
    }

    /// The exchanges of one method.
    pub fn exchanges_of(&self, method: &str) -> Vec<Exchange> {
        let mut exchanges = self.exchanges();
        exchanges.retain(|exchange| exchange.method == method);
        exchanges
    }

    /// All raw transactions that anyone ever sent here, in the order of their coming, with repetitions; whether the real
    /// node got them or not.
    pub fn raw_transactions(&self) -> Vec<Bytes> {
        lock(&self.core.record).raw_transactions()
    }

    /// The newest block that someone who asked this replica for its head was told of, at the last time.
    pub fn head_told(&self, replica: usize) -> Option<u64> {
        lock(&self.core.record).head_told(replica)
    }

    /// Forgets what was asked and answered.
    pub fn forget(&self) {
        lock(&self.core.record).forget();
    }
}

impl Drop for RpcSim {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}
