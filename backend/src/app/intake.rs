//! Authorizations to register and to buy a retopup: checked against the ledger, stored, then requested from the signer.
//!
//! Every answer has a new reference. What the contract accepts is decided by the contract; what is refused here is
//! refused because its transaction would fail or its sponsor could not be rewarded.

use alloy_primitives::{Address, B256};
use money::Amount;
use plan::{CompiledPlan, DepositKind, PaymentBounds, Route};
use settlement::authorization::GWEI;
use signer_client::{Authorization, IntakeKind, IntakeTerms, SignerError};
use store::api::records;
use store::authorization::{self, NewRequest};
use store::user::{self, User, UserStatus};
use store::{StoreError, disclosure, stop};
use thiserror::Error;

use super::pending::{is_registering, list_paid};
use super::session::Caller;
use super::{App, placement, random};

/// Life of an authorization in seconds of the chain's time: a person reads and confirms; the contract allows an hour.
pub const AUTHORIZATION_SECONDS: u64 = 15 * 60;

/// How old the disclosure may be that someone registers under, in seconds: what was read is still about the
/// present.
pub const DISCLOSURE_SECONDS_MAX: i64 = 24 * 60 * 60;

/// What someone requests.
#[derive(Debug, Clone)]
pub struct IntakeRequest {
    /// The document that was shown.
    pub disclosure_hash: B256,
    /// What is to be paid. It may be left out where the plan has one price, and is compared with it otherwise.
    pub amount: Option<Amount>,
}

/// An authorization, ready for a wallet.
#[derive(Debug, Clone)]
pub struct Issued {
    /// What was signed.
    pub terms: IntakeTerms,
    /// The signer's account.
    pub signer: Address,
    /// Its signature: 65 bytes.
    pub signature: Vec<u8>,
    /// Where the registration would go if it were final now; `None` for a later payment, and in a plan without pools.
    pub route: Option<Route>,
}

/// Why nothing is authorized.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// Nobody registered has the sponsor's wallet.
    #[error("the sponsor is not registered")]
    UnknownSponsor,
    /// The sponsor is frozen.
    #[error("the sponsor is frozen")]
    FrozenSponsor,
    /// The sponsor's registration was refunded.
    #[error("the sponsor's registration was refunded")]
    RefundedSponsor,
    /// A user cannot be their own sponsor.
    #[error("a user cannot be their own sponsor")]
    SelfReferral,
    /// Only the first user has no sponsor.
    #[error("a registration needs a sponsor")]
    SponsorRequired,
    /// A wallet registers once.
    #[error("the wallet has already registered")]
    AlreadyRegistered,
    /// The wallet's registration is on the chain already.
    #[error("a registration of the wallet is on the chain, but not final yet")]
    RegistrationPending,
    /// The registration was refunded.
    #[error("the registration was refunded")]
    RefundedUser,
    /// The user is frozen.
    #[error("the user is frozen")]
    FrozenUser,
    /// The plan takes no such payment.
    #[error("the plan takes no such payment")]
    NotInPlan,
    /// The plan has no single price, and nobody said how much.
    #[error("the plan has no fixed price: say how much is to be paid")]
    AmountMissing,
    /// The plan does not take this amount.
    #[error("{}", bounds_in_words(.0))]
    WrongAmount(PaymentBounds),
    /// More than what is left of the price.
    #[error("{0} base units of the price are outstanding, payments that are not final yet taken off")]
    AboveOutstanding(Amount),
    /// The contract does not take it.
    #[error("the contract takes whole multiples of {GWEI} base units only")]
    NotWholeGwei,
    /// No such document was shown.
    #[error("no disclosure with this hash has been shown")]
    UnknownDisclosure,
    /// The document is too old.
    #[error("the disclosure is too old")]
    OutdatedDisclosure,
    /// An operator stopped intake.
    #[error("an operator stopped intake")]
    Stopped,
    /// No block is known yet, so there is no time.
    #[error("the chain's time is not known")]
    NoChainTime,
    /// The signer did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Authorizes a registration.
pub async fn register(
    app: &App,
    caller: &Caller,
    sponsor: Option<Address>,
    ask: &IntakeRequest,
) -> Result<Issued, IntakeError> {
    let plan = &app.ledger.plan;
    let amount = amount_of(plan, DepositKind::Registration, ask.amount)?;
    if sponsor == Some(caller.wallet) {
        return Err(IntakeError::SelfReferral);
    }
    let mut connection = app.connection().await?;
    if user::find_by_wallet(&mut connection, caller.wallet)
        .await?
        .is_some()
    {
        return Err(IntakeError::AlreadyRegistered);
    }
    if is_registering(&mut connection, caller.wallet).await? {
        return Err(IntakeError::RegistrationPending);
    }
    let time = chain_time(&mut connection).await?;
    let sponsor = match sponsor {
        Some(wallet) => Some(check_sponsor(
            user::find_by_wallet(&mut connection, wallet).await?,
            time,
        )?),
        None => {
            let anybody = user::any_exists(&mut connection).await?;
            if anybody || app.root_wallet.is_some_and(|root| root != caller.wallet) {
                return Err(IntakeError::SponsorRequired);
            }
            None
        }
    };
    check_open(&mut connection).await?;
    check_disclosure(&mut connection, ask.disclosure_hash).await?;
    drop(connection);
    let route = if plan.auto_pool().is_some() {
        Some(placement::route(app, sponsor.as_ref()).await?)
    } else {
        None
    };
    let terms = IntakeTerms {
        kind: IntakeKind::Registration,
        sponsor: sponsor.map(|sponsor| sponsor.wallet),
        ..terms(app, caller, ask, amount, time)
    };
    let authorization = sign(app, &terms).await?;
    Ok(Issued {
        terms,
        signer: authorization.signer,
        signature: authorization.signature.to_vec(),
        route,
    })
}

/// Authorizes a retopup of the user, who must be the caller, in a plan with pools.
///
/// # Errors
/// [`IntakeError::NotInPlan`] in another plan, and those of [`purchase`].
pub async fn retopup(
    app: &App,
    caller: &Caller,
    user: &User,
    ask: &IntakeRequest,
) -> Result<Issued, IntakeError> {
    app.ledger.plan.auto_pool().ok_or(IntakeError::NotInPlan)?;
    pay_again(app, caller, user, ask).await
}

/// Authorizes a further payment of the user, who must be the caller, in a plan without pools.
///
/// # Errors
/// [`IntakeError::NotInPlan`] in a plan with pools, or one that takes a single payment.
pub async fn purchase(
    app: &App,
    caller: &Caller,
    user: &User,
    ask: &IntakeRequest,
) -> Result<Issued, IntakeError> {
    if app.ledger.plan.auto_pool().is_some() {
        return Err(IntakeError::NotInPlan);
    }
    pay_again(app, caller, user, ask).await
}

async fn pay_again(
    app: &App,
    caller: &Caller,
    user: &User,
    ask: &IntakeRequest,
) -> Result<Issued, IntakeError> {
    let amount = amount_of(&app.ledger.plan, DepositKind::Retopup, ask.amount)?;
    let mut connection = app.connection().await?;
    let time = chain_time(&mut connection).await?;
    match user.status {
        UserStatus::Active if is_frozen(user, time) => return Err(IntakeError::FrozenUser),
        UserStatus::Active => {}
        UserStatus::Refunded => return Err(IntakeError::RefundedUser),
    }
    check_outstanding(app, &mut connection, user, amount).await?;
    check_open(&mut connection).await?;
    check_disclosure(&mut connection, ask.disclosure_hash).await?;
    drop(connection);
    let terms = terms(app, caller, ask, amount, time);
    let authorization = sign(app, &terms).await?;
    Ok(Issued {
        terms,
        signer: authorization.signer,
        signature: authorization.signature.to_vec(),
        route: None,
    })
}

/// What is booked has one price, and nobody owes more than it. A payment that is on the chain and not in the ledger yet counts as
/// paid; one that would be too much would not be divided, and operators would have to look.
async fn check_outstanding(
    app: &App,
    connection: &mut sqlx::PgConnection,
    user: &User,
    amount: Amount,
) -> Result<(), IntakeError> {
    let Some(terms) = &app.ledger.plan.components().binary else {
        return Ok(());
    };
    let member = records::find_member(connection, user.id).await?;
    let mut outstanding = terms
        .price()
        .saturating_sub(member.map_or(Amount::ZERO, |member| member.paid));
    for paid in list_paid(connection, user.wallet).await? {
        outstanding = outstanding.saturating_sub(Amount::new(paid.amount));
    }
    if amount > outstanding {
        return Err(IntakeError::AboveOutstanding(outstanding));
    }
    Ok(())
}

async fn check_open(connection: &mut sqlx::PgConnection) -> Result<(), IntakeError> {
    if stop::is_intake_stopped(connection).await? {
        Err(IntakeError::Stopped)
    } else {
        Ok(())
    }
}

/// Stores the request, then asks the signer, with no transaction open meanwhile. If an operator stops intake while the signer is asked,
/// the signature is kept and not handed out.
async fn sign(app: &App, terms: &IntakeTerms) -> Result<Authorization, IntakeError> {
    let (kind, answer) = match terms.kind {
        IntakeKind::Registration => {
            store_request(app, terms, DepositKind::Registration).await?;
            ("registration", app.signer.authorize_registration(terms).await)
        }
        IntakeKind::Retopup => {
            store_request(app, terms, DepositKind::Retopup).await?;
            ("retopup", app.signer.authorize_retopup(terms).await)
        }
    };
    let outcome = if answer.is_ok() { "signed" } else { "refused" };
    metrics::counter!("trellis_backend_authorizations_total", "kind" => kind, "outcome" => outcome)
        .increment(1);
    let authorization = answer?;
    let mut connection = app.connection().await?;
    authorization::update_signed(
        &mut connection,
        terms.deposit_ref,
        authorization.signer,
        &authorization.signature,
    )
    .await?;
    check_open(&mut connection).await?;
    Ok(authorization)
}

async fn store_request(app: &App, terms: &IntakeTerms, kind: DepositKind) -> Result<(), StoreError> {
    let request = NewRequest {
        reference: terms.deposit_ref,
        kind,
        wallet: terms.user,
        sponsor: terms.sponsor,
        amount: terms.amount,
        plan_hash: terms.plan_hash,
        disclosure_hash: terms.disclosure_hash,
        deadline: terms.deadline,
    };
    authorization::insert(&mut *app.connection().await?, &request).await
}

/// The terms of a retopup; a registration adds its kind and sponsor.
fn terms(app: &App, caller: &Caller, ask: &IntakeRequest, amount: Amount, time: u64) -> IntakeTerms {
    IntakeTerms {
        kind: IntakeKind::Retopup,
        chain_id: app.ledger.chain_id,
        contract: app.ledger.contract,
        user: caller.wallet,
        sponsor: None,
        amount,
        plan_hash: app.ledger.plan.hash(),
        disclosure_hash: ask.disclosure_hash,
        deposit_ref: B256::new(random()),
        deadline: time.saturating_add(AUTHORIZATION_SECONDS),
    }
}

/// How much is to be paid, if the plan takes that.
fn amount_of(plan: &CompiledPlan, kind: DepositKind, asked: Option<Amount>) -> Result<Amount, IntakeError> {
    let bounds = plan.payment_bounds(kind).ok_or(IntakeError::NotInPlan)?;
    let amount = asked.or(bounds.price()).ok_or(IntakeError::AmountMissing)?;
    if !bounds.allow(amount) {
        return Err(IntakeError::WrongAmount(bounds));
    }
    if !amount.base_units().is_multiple_of(GWEI) {
        return Err(IntakeError::NotWholeGwei);
    }
    Ok(amount)
}

fn bounds_in_words(bounds: &PaymentBounds) -> String {
    let PaymentBounds { least, most } = bounds;
    match (bounds.price(), most) {
        (Some(price), _) => format!("the price is {price} base units"),
        (None, Some(most)) => format!("the plan takes {least} to {most} base units"),
        (None, None) => format!("the plan takes at least {least} base units"),
    }
}

fn check_sponsor(sponsor: Option<User>, time: u64) -> Result<User, IntakeError> {
    let sponsor = sponsor.ok_or(IntakeError::UnknownSponsor)?;
    match sponsor.status {
        UserStatus::Active if is_frozen(&sponsor, time) => Err(IntakeError::FrozenSponsor),
        UserStatus::Active => Ok(sponsor),
        UserStatus::Refunded => Err(IntakeError::RefundedSponsor),
    }
}

async fn check_disclosure(connection: &mut sqlx::PgConnection, hash: B256) -> Result<(), IntakeError> {
    let document = disclosure::find(connection, hash)
        .await?
        .ok_or(IntakeError::UnknownDisclosure)?;
    if document.age_seconds > DISCLOSURE_SECONDS_MAX && !document.is_newest {
        return Err(IntakeError::OutdatedDisclosure);
    }
    Ok(())
}

async fn chain_time(connection: &mut sqlx::PgConnection) -> Result<u64, IntakeError> {
    authorization::find_chain_time(connection)
        .await?
        .ok_or(IntakeError::NoChainTime)
}

/// A freeze holds while the chain's time is before its end.
pub(super) fn is_frozen(user: &User, time: u64) -> bool {
    user.frozen_until.is_some_and(|until| time < until)
}
