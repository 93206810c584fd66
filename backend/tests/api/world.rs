//! A served API, a database with posted facts, and people who talk to it.

use std::sync::Arc;
use std::time::Duration;

use alloy::signers::SignerSync;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use backend::app::App;
use backend::config::{Config, Origin};
use backend::http::{self, Server, Site};
use backend::posting::{Step, Writer, writer};
use money::Amount;
use plan::{Book, Cause, CompiledPlan, Intake};
use reqwest::Method;
use serde_json::{Value, json};
use service::client::TrustedProxies;
use service::server::{Limits, Options};
use sqlx::{AssertSqlSafe, Connection};
use store::deployment::Deployment;
use store::inbox::{BlockRef, ChainEntry};
use store::lease::{self, LeaseName};
use testkit::TestDatabase;
use tokio_util::sync::CancellationToken;

use crate::chain::Chain;
use crate::clock::written;
use crate::described::Exchange;
use crate::played_signer::PlayedSigner;

pub(crate) const PLAN: &str = include_str!("../../../plans/auto-pool.toml");
pub(crate) const CHAIN_ID: u64 = 31_337;
pub(crate) const CONTRACT: Address = Address::repeat_byte(0xcc);
pub(crate) const BNB: u128 = 1_000_000_000_000_000_000;
/// Time of the newest block: the 100th day of 1970.
pub(crate) const CHAIN_TIME: u64 = 100 * 86_400;
/// The block that every world begins with; causes come in later ones.
const FIRST_BLOCK: u64 = 1;
const TTL: Duration = Duration::from_secs(60);

pub(crate) fn compiled() -> CompiledPlan {
    plan::compile(PLAN).unwrap()
}

/// The wallet of the person with this number, from 1. User 1 is the first that registers, and so on.
pub(crate) fn key(person: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(person)).unwrap()
}

pub(crate) fn wallet(person: u8) -> Address {
    key(person).address()
}

/// The disclosure that posted facts name.
pub(crate) const DISCLOSURE: B256 = B256::repeat_byte(0xdd);

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) signer: PlayedSigner,
    pub(crate) app: Arc<App>,
    pub(crate) url: String,
    pub(crate) chain: Option<Chain>,
    plan: CompiledPlan,
    client: reqwest::Client,
    journal: u64,
}

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("no problem")
    }
}

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) access: String,
    pub(crate) refresh: String,
    /// Whose; 0 when it was not signed in here.
    pub(crate) person: u8,
}

pub(crate) fn config(database: &TestDatabase, signer_url: &str) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        database_url: database.url_as("trellis_api"),
        signer_url: signer_url.to_owned(),
        signer_key: None,
        signer_tls: None,
        signer_key_is_public_knowledge: false,
        origin: Some("http://trellis.test".parse::<Origin>().unwrap()),
        chain_id: None,
        contract: None,
        plan_hash: None,
        root_wallet: Some(wallet(1)),
        rpc_url: None,
        requests_per_second: None,
        chain_age_max_seconds: None,
        cors_origins: Vec::new(),
        place: admission::Place::default(),
        proxies: TrustedProxies::default(),
        connections_max: Limits::PUBLIC.connections_max,
        connections_per_address: None,
    }
}

pub(crate) async fn deployed_on(chain_id: u64) -> TestDatabase {
    deployed_at(chain_id, CONTRACT, PLAN).await
}

/// A database that is bound to a plan.
pub(crate) async fn deployed_at(chain_id: u64, contract: Address, plan_text: &str) -> TestDatabase {
    let database = TestDatabase::new().await;
    let plan = plan::compile(plan_text).unwrap();
    let deployment = Deployment {
        chain_id,
        contract,
        contract_block: 1,
        contract_block_hash: B256::repeat_byte(1),
        asset: plan.asset().code().into(),
        plan_hash: plan.hash(),
        plan_text: plan_text.into(),
    };
    let mut connection = database.connection().await;
    store::deployment::insert(&mut connection, &deployment)
        .await
        .unwrap();
    database
}

impl World {
    /// A served ledger in which nobody has registered.
    pub(crate) async fn empty() -> Self {
        Self::within(http::REQUEST_WITHIN).await
    }

    pub(crate) async fn within(request_within: Duration) -> Self {
        Self::start(request_within, None, PLAN).await
    }

    /// A served ledger of this plan with the same people as [`World::with`].
    pub(crate) async fn of_plan(plan_text: &str, sponsors: &[u8]) -> Self {
        let empty = Self::start(http::REQUEST_WITHIN, None, plan_text).await;
        empty.peopled(sponsors).await
    }

    async fn start(request_within: Duration, chain: Option<Chain>, plan_text: &str) -> Self {
        service::install_tls();
        let contract = chain.as_ref().map_or(CONTRACT, |chain| chain.contract);
        let database = deployed_at(CHAIN_ID, contract, plan_text).await;
        let signer = PlayedSigner::start().await;
        let config = Config {
            rpc_url: chain.as_ref().map(Chain::rpc_url),
            ..config(&database, &signer.url)
        };
        let app = Arc::new(backend::serve::assemble(&config).await.unwrap());
        let server = Server {
            app: app.clone(),
            metrics: service::metrics::install().ok(),
            per_address: backend::serve::per_address(1_000),
            sign_ins: backend::serve::sign_ins(CHAIN_ID),
            request_within,
            site: Site::default(),
        };
        let listener = tokio::net::TcpListener::bind(config.listen).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let options = Options::plain(config.limits(CHAIN_ID));
        let stop = CancellationToken::new();
        tokio::spawn(service::server::serve(
            listener,
            http::router(server),
            options,
            stop,
        ));
        let world = Self {
            database,
            signer,
            app,
            url,
            chain,
            plan: plan::compile(plan_text).unwrap(),
            client: reqwest::Client::new(),
            journal: 0,
        };
        world
            .sql(&format!(
                "INSERT INTO chain_block (hash, number, parent_hash, timestamp, seq_end, root_end)
                 VALUES (decode(repeat('01', 32), 'hex'), {FIRST_BLOCK}, decode(repeat('00', 32), 'hex'), {CHAIN_TIME}, 0,
                         decode(repeat('00', 24), 'hex'))"
            ))
            .await;
        world
    }

    /// A served ledger with `users` under each other as `sponsors` says: person n is sponsored by `sponsors[n - 2]`.
    pub(crate) async fn with(sponsors: &[u8]) -> Self {
        Self::empty().await.peopled(sponsors).await
    }

    /// The same beside a real chain, whose contract has funds that belong to nobody.
    pub(crate) async fn on_chain(sponsors: &[u8]) -> Self {
        let chain = Chain::start().await;
        Self::start(http::REQUEST_WITHIN, Some(chain), PLAN)
            .await
            .peopled(sponsors)
            .await
    }

    /// A served ledger of this plan beside a real chain, in which nobody has registered.
    pub(crate) async fn of_plan_on_chain(plan_text: &str) -> Self {
        Self::start(http::REQUEST_WITHIN, Some(Chain::start().await), plan_text).await
    }

    /// A served ledger beside a real chain, in which nobody has registered.
    pub(crate) async fn beside_chain() -> Self {
        Self::start(http::REQUEST_WITHIN, Some(Chain::start().await), PLAN).await
    }

    async fn peopled(self, sponsors: &[u8]) -> Self {
        let mut world = self;
        let mut causes = vec![registered(1, None)];
        for (person, sponsor) in (2..).zip(sponsors) {
            causes.push(registered(person, Some(*sponsor)));
        }
        world.post_causes(causes).await;
        world
    }

    pub(crate) async fn sql(&self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(self.database.pool())
            .await
            .unwrap();
    }

    /// How many rows a query has.
    pub(crate) async fn rows(&self, query: &str) -> usize {
        let found = sqlx::query(AssertSqlSafe(query.to_owned()));
        found.fetch_all(self.database.pool()).await.unwrap().len()
    }

    /// Enters causes as the listener does and posts everything that waits.
    pub(crate) async fn post_causes(&mut self, causes: Vec<Cause>) {
        let mut entries = Vec::new();
        for cause in causes {
            self.journal += 1;
            entries.push(ChainEntry {
                seq: self.journal,
                block: BlockRef {
                    number: FIRST_BLOCK + self.journal,
                    hash: keccak256(self.journal.to_be_bytes()),
                },
                transaction_hash: keccak256([1, self.journal.to_le_bytes()[0]]),
                effective_at: CHAIN_TIME,
                cause,
            });
        }
        let url = self.database.url_as("trellis_poster");
        let mut connection = self.database.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        recorded::record(&mut transaction, &entries).await.unwrap();
        transaction.commit().await.unwrap();
        let mut connection = writer::connect(&url).await.unwrap();
        let lease = lease::claim(&mut connection, LeaseName::Posting, "test", TTL)
            .await
            .unwrap()
            .expect("nobody else posts");
        let empty = Book::new(self.plan.clone());
        let mut writer = Writer::rebuild(&mut connection, empty, lease, TTL).await.unwrap();
        while writer.step(&mut connection).await.unwrap() != Step::Idle {}
        store::figures::refresh(&mut connection).await.unwrap();
        lease::release(&mut connection, lease).await.unwrap();
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().to_string(), request.url().path().to_owned());
        let sent = request
            .body()
            .and_then(|body| serde_json::from_slice(body.as_bytes()?).ok());
        let response = client.execute(request).await.unwrap();
        let status = response.status().as_u16();
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let (kind, id) = (header("content-type"), header("x-request-id"));
        let text = response.text().await.unwrap();
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        if status >= 400 {
            assert_eq!(kind.as_deref(), Some("application/problem+json"), "{body}");
            assert_eq!(body["status"], status);
            assert_eq!(body["trace_id"].as_str(), id.as_deref());
            let kind = format!("urn:trellis:problem:{}", body["code"].as_str().unwrap());
            assert_eq!(body["type"], kind);
        }
        Exchange {
            method: &method,
            path: &path,
            sent: sent.as_ref(),
            status,
            media_type: kind.as_deref(),
            body: &body,
        }
        .check();
        Answer { status, body }
    }

    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        session: Option<&Session>,
    ) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match session {
            Some(session) => request.bearer_auth(&session.access),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str, session: Option<&Session>) -> Answer {
        self.send(self.request(Method::GET, path, session)).await
    }

    pub(crate) async fn post(&self, path: &str, session: Option<&Session>, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path, session).json(body))
            .await
    }

    pub(crate) async fn nonce(&self) -> String {
        let answer = self.post("/auth/nonce", None, &json!({})).await.ok();
        answer["nonce"].as_str().unwrap().to_owned()
    }

    /// Signs the person in.
    pub(crate) async fn sign_in(&self, person: u8) -> Session {
        let message = Login::of(person, self.nonce().await).text();
        let answer = self.log_in(&message, &sign(person, &message)).await.ok();
        Session {
            person,
            ..session_of(&answer)
        }
    }

    pub(crate) async fn log_in(&self, message: &str, signature: &str) -> Answer {
        let body = json!({ "message": message, "signature": signature });
        self.post("/auth/wallet", None, &body).await
    }

    pub(crate) async fn disclosure(&self) -> String {
        let answer = self.get("/disclosure", None).await.ok();
        answer["hash"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn session_of(answer: &Value) -> Session {
    Session {
        access: answer["access_token"].as_str().unwrap().to_owned(),
        refresh: answer["refresh_token"].as_str().unwrap().to_owned(),
        person: 0,
    }
}

pub(crate) fn sign(person: u8, text: &str) -> String {
    format!(
        "0x{}",
        hex::encode(key(person).sign_message_sync(text.as_bytes()).unwrap().as_bytes())
    )
}

/// The fields of a login message.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) domain: String,
    pub(crate) address: String,
    pub(crate) uri: String,
    pub(crate) chain_id: u64,
    pub(crate) nonce: String,
    pub(crate) issued_at: i64,
    pub(crate) more: String,
}

impl Login {
    pub(crate) fn of(person: u8, nonce: String) -> Self {
        Self {
            domain: "trellis.test".into(),
            address: wallet(person).to_checksum(None),
            uri: "http://trellis.test".into(),
            chain_id: CHAIN_ID,
            nonce,
            issued_at: backend::app::now(),
            more: String::new(),
        }
    }

    pub(crate) fn text(&self) -> String {
        format!(
            "{} wants you to sign in with your Ethereum account:\n{}\n\nSign in to Trellis.\n\nURI: {}\n\
             Version: 1\nChain ID: {}\nNonce: {}\nIssued At: {}{}",
            self.domain,
            self.address,
            self.uri,
            self.chain_id,
            self.nonce,
            written(self.issued_at),
            self.more
        )
    }
}

fn intake(person: u8, number: u8, sponsor: Option<u8>, bnb: u128) -> Intake {
    Intake {
        deposit_ref: reference(person, number),
        wallet: wallet(person),
        sponsor: sponsor.map(wallet),
        amount: Amount::new(bnb * BNB),
        refundable_until: CHAIN_TIME + 86_400,
        plan_hash: compiled().hash(),
        disclosure_hash: DISCLOSURE,
    }
}

/// The reference of a person's deposit: 0 is the registration.
pub(crate) fn reference(person: u8, number: u8) -> B256 {
    B256::from(U256::from(1 + 1_000 * u32::from(person) + u32::from(number)))
}

pub(crate) fn registered(person: u8, sponsor: Option<u8>) -> Cause {
    Cause::Registered(intake(person, 0, sponsor, 20))
}

pub(crate) fn retopped_up(person: u8) -> Cause {
    Cause::RetoppedUp(intake(person, 1, None, 40))
}

pub(crate) fn refunded(person: u8) -> Cause {
    Cause::Refunded {
        deposit_ref: reference(person, 0),
        wallet: wallet(person),
        to: wallet(person),
        amount: Amount::new(20 * BNB),
    }
}

pub(crate) fn frozen(person: u8, until: u64) -> Cause {
    Cause::UserFrozen {
        wallet: wallet(person),
        until,
    }
}

/// Everything of the first day matures: these many base units.
pub(crate) fn matured(amount: u128) -> Cause {
    let day = u32::try_from(CHAIN_TIME / 86_400).unwrap() + 1;
    Cause::EscrowMatured {
        through_day: day,
        amount: Amount::new(amount),
    }
}
