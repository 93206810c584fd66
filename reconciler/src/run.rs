//! One run: read, compare, and return the findings. The watcher stores and reports them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use alloy_primitives::B256;
use anyhow::Context;
use approval::Domain;
use audit::checks::{self, BatchState, Ledger, Position, Skip, Snapshot};
use chain::ChainReader;
use plan::CompiledPlan;
use service::transport;
use store::deadline::BEGIN_WITHIN;
use store::deployment::{self, Deployment};
use store::reconciliation::Moment;
use store::rights::Role;
use store::{Connections, Deadlines, StoreError, within};

use crate::attest::Attestor;
use crate::checking;
use crate::config::Config;
use crate::contract::{self, Read, Wanted};
use crate::memory::{Memory, Reading};
use crate::mirror::Slice;
use crate::run_report::RunReport;
use crate::signers::Signers;

/// Accounts that a run reads at the contract although no event touched them: all in turn.
const SAMPLE: usize = 200;

/// Batches whose state a run reads at the contract, beyond which their events must do.
const BATCHES_MAX: usize = 200;

/// Connections: one for the look, one for what it found, one for alerts, one for what is seen between runs.
const CONNECTIONS_MAX: u32 = 4;

/// Between two looks while a fact is posted in parts: there is nothing to see before its last.
const AMID_PAUSE: Duration = Duration::from_millis(250);

/// One endpoint alone could show a chain of its own.
const ENDPOINTS_MIN: usize = 2;

/// Books, events, contract and signers, and what is remembered of them.
#[derive(Debug)]
pub struct Reconciler {
    pool: Connections,
    /// The longest reading of one look.
    read_max: Duration,
    /// Looks are read from the first; one that does not respond goes to the end.
    readers: Vec<ChainReader>,
    plan: CompiledPlan,
    chain_id: u64,
    signers: Signers,
    pinned: checks::Configuration,
    memory: Memory,
    /// Users of a slice.
    slice_users: u32,
    /// The last user of the last sample.
    sampled: u32,
}

/// What came of looking.
#[derive(Debug)]
pub(crate) enum Look {
    /// Nothing is posted yet.
    Nothing,
    /// The books, or the events, are not read to the end yet.
    Reading,
    /// A fact is posted only in part, so that books and chain cannot agree.
    Amid,
    /// The checks ran.
    Seen(Box<RunReport>),
}

/// Which ledger it is, if the role may not do more than the reconciler.
async fn find_deployment(pool: &Connections) -> anyhow::Result<Deployment> {
    let mut connection = pool.acquire().await?;
    let opening = deployment::open(&mut connection, Role::Reconciler, service::is_local_chain);
    Ok(opening.await?)
}

impl Reconciler {
    /// Reaches the ledger's database and finds out which ledger it is.
    pub async fn new(config: &Config) -> anyhow::Result<Self> {
        let pool = Connections::open(
            &config.database_url,
            CONNECTIONS_MAX,
            "trellis-reconciler",
            (Deadlines::OFFLINE, config.deadline),
        )
        .await
        .context("cannot reach the ledger's database")?;
        let deployment = within(BEGIN_WITHIN, find_deployment(&pool)).await?;
        let chain_id = deployment.chain_id;
        transport::check_database("TRELLIS_DATABASE_URL", &config.database_url, chain_id)?;
        for url in &config.signer_database_urls {
            transport::check_database("TRELLIS_SIGNER_DATABASE_URL", url, chain_id)?;
        }
        let plan = deployment.served_plan()?;
        let readers: Result<Vec<_>, _> = config
            .rpc_urls
            .iter()
            .map(|url| ChainReader::connect(url, deployment.contract))
            .collect();
        let readers = readers?;
        anyhow::ensure!(
            service::is_local_chain(chain_id) || readers.len() >= ENDPOINTS_MIN,
            "TRELLIS_RPC_URL needs at least {ENDPOINTS_MIN} endpoints on chain {}",
            deployment.chain_id
        );
        Ok(Self {
            pool,
            read_max: config.vigil.look_max,
            readers,
            plan,
            chain_id: deployment.chain_id,
            signers: Signers::new(
                &config.signer_database_urls,
                deployment.chain_id,
                deployment.contract,
            ),
            pinned: config.expected.clone(),
            memory: Memory::default(),
            slice_users: config.slice_users,
            sampled: 0,
        })
    }

    /// Who attests, with the key that the configuration names.
    ///
    /// # Errors
    /// The key cannot be used, or everyone knows it on a public chain.
    pub(crate) fn attestor(&self, config: &Config) -> anyhow::Result<Option<Attestor>> {
        let Some(source) = &config.attestor else {
            return Ok(None);
        };
        let key = source.open(self.chain_id).context("the attestor's key")?;
        let domain = Domain {
            chain_id: self.chain_id,
            contract: self.readers[0].contract(),
        };
        let (reader, plan) = (self.readers[0].clone(), self.plan.clone());
        Ok(Some(Attestor::new(key, domain, reader, plan)))
    }

    /// The ledger's plan.
    pub(crate) const fn plan(&self) -> &CompiledPlan {
        &self.plan
    }

    /// The ledger's database.
    pub const fn pool(&self) -> &Connections {
        &self.pool
    }

    /// The endpoints.
    pub fn readers(&self) -> &[ChainReader] {
        &self.readers
    }

    /// Looks at everything, slice by slice, or at what is new since the last look; `None` when nothing has been posted yet.
    pub async fn run(&mut self, everything: bool) -> anyhow::Result<Option<RunReport>> {
        if everything {
            self.memory = Memory::default();
        }
        loop {
            match self.look(everything).await? {
                Look::Nothing => return Ok(None),
                Look::Seen(looked) if looked.is_full || !everything => return Ok(Some(*looked)),
                Look::Seen(_) | Look::Reading => {}
                Look::Amid => tokio::time::sleep(AMID_PAUSE).await,
            }
        }
    }

    /// Whether a way through the books is in progress.
    pub(crate) fn is_sweeping(&self) -> bool {
        self.memory.is_sweeping()
    }

    /// Looks at what is new, and if it `sweeps` also at the next slice of all books. Whatever the database fails at leaves
    /// the memory as it was.
    pub(crate) async fn look(&mut self, sweeps: bool) -> anyhow::Result<Look> {
        let (started, started_at) = (Instant::now(), SystemTime::now());
        let mut connection = self.pool.acquire().await?;
        let reading = within(self.read_max, async {
            let Some(mut moment) = Moment::now(&mut connection).await? else {
                return Ok(Err(Look::Nothing));
            };
            if moment.is_amid_a_fact().await? {
                return Ok(Err(Look::Amid));
            }
            self.memory.forget_what_is_gone(moment.last());
            let reading = self.memory.read(&mut moment, self.slice_users, sweeps).await?;
            moment.end().await?;
            Ok::<_, StoreError>(Ok(reading))
        });
        let reading = match reading.await? {
            Ok(reading) => reading,
            Err(look) => return Ok(look),
        };
        drop(connection);
        let Reading { position, slice, .. } = &reading;
        let (position, slice) = (*position, slice.clone());
        let Some(books) = self.memory.take(reading) else {
            return Ok(Look::Reading);
        };
        let reading = started.elapsed();
        let is_full = slice.as_ref().is_some_and(|slice| slice.is_last);
        let wanted = self.wanted(&books, slice.as_ref());
        let read = contract::read(
            &self.readers[0],
            &position,
            &wanted,
            &self.memory.known.governance,
        )
        .await;
        self.heard(&read);
        let signers = self.signers.read(is_full, self.read_max).await;
        let snapshot = self.snapshot(position, books, read, signers);
        let checking = Instant::now();
        let mut report = checking::run(&snapshot);
        let complete = self.memory.carried.take(&mut report, is_full);
        let checking = checking.elapsed();
        let looked = RunReport {
            position,
            report,
            is_full,
            complete,
            started_at: started_at
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs_f64(),
            duration: started.elapsed(),
            working: reading.saturating_add(checking),
            checking,
            users: snapshot.books.users.len(),
            accounts: snapshot.chain.as_ref().map_or(0, |chain| chain.accounts.len()),
        };
        self.memory.keep(snapshot.events, snapshot.books);
        Ok(Look::Seen(Box::new(looked)))
    }

    /// Leaves the current connections to their fate, if a failure was the database's silence. Returns whether it was.
    pub(crate) fn reconnect_after(&self, error: &anyhow::Error) -> bool {
        let is_outage = store::outage(error.as_ref()).is_some();
        if is_outage {
            self.pool.renew();
        }
        is_outage
    }

    /// Takes note of whether the contract was read.
    fn heard(&mut self, read: &Result<Read, Skip>) {
        match read {
            Ok(_) => {
                self.memory.touched.clear();
                self.memory.batches_touched.clear();
            }
            Err(skip) => {
                // The next look asks the next endpoint.
                tracing::debug!(chain.node = self.readers[0].name(), why = %skip, "cannot read the contract");
                self.readers.rotate_left(1);
            }
        }
    }

    fn snapshot(
        &mut self,
        position: Position,
        books: Ledger,
        read: Result<Read, Skip>,
        signers: Result<Vec<checks::SignerMemory>, Skip>,
    ) -> Snapshot {
        let (chain, expected) = match read {
            Ok(Read { chain, expected }) => (Ok(chain), Ok(expected)),
            Err(skip) => (Err(skip.clone()), Err(skip)),
        };
        Snapshot {
            position,
            plan: self.plan.clone(),
            books,
            events: std::mem::take(&mut self.memory.known.events),
            chain,
            signers,
            expected,
        }
    }

    /// All users of a slice, those touched by events, and a few others in turn.
    fn wanted(&mut self, books: &Ledger, slice: Option<&Slice>) -> Wanted {
        let mut wallets = self.memory.touched.clone();
        match slice {
            Some(slice) => {
                let users = books.users.range(slice.subjects.clone());
                wallets.extend(users.map(|(_, user)| user.wallet));
            }
            None => {
                let sample = books.users.range(self.sampled.saturating_add(1)..).take(SAMPLE);
                let sample: Vec<_> = sample.map(|(id, user)| (*id, user.wallet)).collect();
                wallets.extend(sample.iter().map(|(_, wallet)| *wallet));
                // After the last one, from the beginning.
                let is_end = sample.len() < SAMPLE;
                self.sampled = sample.last().filter(|_| !is_end).map_or(0, |(id, _)| *id);
            }
        }
        let mut batches: Vec<B256> = self.memory.batches_touched.iter().copied().collect();
        let open = books.batches.iter().filter(|batch| match batch.state {
            BatchState::Open | BatchState::Signed | BatchState::Quarantined => true,
            BatchState::Executed | BatchState::Released => false,
        });
        batches.extend(open.map(|batch| batch.id));
        batches.sort_unstable();
        batches.dedup();
        batches.truncate(BATCHES_MAX);
        Wanted {
            wallets: wallets.into_iter().collect(),
            batches,
            senders: books.senders.iter().map(|sender| sender.address).collect(),
            pinned: self.pinned.clone(),
        }
    }
}
