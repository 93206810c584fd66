//! What an application needs to work with this ledger.

use axum::Json;
use axum::extract::State;
use money::Amount;
use plan::{CompiledPlan, DepositKind, PaymentBounds};
use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::schema::{BaseUnits, Hash, Wallet};
use crate::app::contract;
use crate::app::intake::AUTHORIZATION_SECONDS;

/// What an application must know. Nothing of it changes while the service runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfigAnswer {
    chain_id: u64,
    /// The custody contract; `GET /abi` is its interface.
    contract: Wallet,
    asset: AssetView,
    plan: PlanView,
    payments: PaymentsView,
    /// Null for a plan without pools.
    #[schema(required = true)]
    prices: Option<PricesView>,
    /// For how many seconds of the chain's time whoever paid can take it back; null while no node responds.
    #[schema(required = true)]
    cooling_off_seconds: Option<u32>,
    /// For how many seconds of the chain's time an authorization counts.
    authorization_seconds: u64,
    login: LoginView,
    links: LinksView,
}

/// What is paid with.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssetView {
    /// Such as `BNB`.
    code: &'static str,
    /// A unit is 10 to the power of this many base units.
    decimals: u8,
    /// The token's contract; null for the chain's own coin, and while no node responds.
    #[schema(required = true)]
    token: Option<Wallet>,
}

/// The plan by which rewards are computed.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanView {
    name: String,
    version: u32,
    hash: Hash,
}

/// What payments the plan takes. The contract takes whole gwei (10^9 base units) of the chain's coin only.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentsView {
    registration: PaymentBoundsView,
    /// Of later payments; null when the plan takes none.
    #[schema(required = true)]
    later: Option<PaymentBoundsView>,
}

/// What one payment may be, in base units.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentBoundsView {
    least: BaseUnits,
    /// Null without a limit.
    #[schema(required = true)]
    most: Option<BaseUnits>,
}

/// What has to be paid, in base units.
#[derive(Debug, Serialize, ToSchema)]
pub struct PricesView {
    registration: BaseUnits,
    retopup: BaseUnits,
    /// Of a place in each tier, from the first.
    tiers: Vec<BaseUnits>,
}

/// What a login message must contain.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoginView {
    domain: String,
    /// The URI, or what its pages begin with.
    uri: String,
}

/// Paths of what else an application reads first.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinksView {
    description: &'static str,
    abi: &'static str,
    disclosure: &'static str,
}

/// What an application must know: chain, contract, asset, plan and prices.
#[utoipa::path(get, path = "/config", tag = "plan", responses((status = 200, body = ConfigAnswer)))]
pub async fn config(State(server): State<Server>) -> Json<ConfigAnswer> {
    let ledger = &server.app.ledger;
    let terms = contract::terms(&server.app).await.ok();
    let asset = ledger.plan.asset();
    Json(ConfigAnswer {
        chain_id: ledger.chain_id,
        contract: ledger.contract.into(),
        asset: AssetView {
            code: asset.code(),
            decimals: asset.decimals(),
            token: terms.and_then(|terms| terms.token).map(Wallet::from),
        },
        plan: PlanView {
            name: ledger.plan.name().to_owned(),
            version: ledger.plan.version(),
            hash: ledger.plan.hash().into(),
        },
        payments: PaymentsView::of(&ledger.plan),
        prices: ledger.plan.auto_pool().map(|_| PricesView::of(&ledger.plan)),
        cooling_off_seconds: terms.map(|terms| terms.cooling_off_seconds),
        authorization_seconds: AUTHORIZATION_SECONDS,
        login: LoginView {
            domain: server.app.origin.domain.clone(),
            uri: server.app.origin.uri.clone(),
        },
        links: LinksView {
            description: "/openapi.json",
            abi: "/abi",
            disclosure: "/disclosure",
        },
    })
}

impl PaymentsView {
    fn of(plan: &CompiledPlan) -> Self {
        let bounds = |kind| plan.payment_bounds(kind);
        let nothing = PaymentBounds {
            least: Amount::ZERO,
            most: Some(Amount::ZERO),
        };
        Self {
            registration: bounds(DepositKind::Registration).unwrap_or(nothing).into(),
            later: bounds(DepositKind::Retopup).map(Into::into),
        }
    }
}

impl From<PaymentBounds> for PaymentBoundsView {
    fn from(bounds: PaymentBounds) -> Self {
        Self {
            least: bounds.least.into(),
            most: bounds.most.map(BaseUnits::from),
        }
    }
}

impl PricesView {
    fn of(plan: &CompiledPlan) -> Self {
        let tiers = (1..=plan.tiers()).filter_map(ledger::Tier::new);
        Self {
            registration: plan.registration_price().into(),
            retopup: plan.retopup_price().into(),
            tiers: tiers
                .filter_map(|tier| plan.price(tier))
                .map(BaseUnits::from)
                .collect(),
        }
    }
}
