//! Access control: users see their own data, operators with the right role see everyone's.

use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

use serde_json::json;
use service::limiter::Quota;
use store::user::{self, User};
use store::{StoreError, audit_log};
use thiserror::Error;

pub use store::operator::Role;

use super::App;
use super::session::Caller;

/// Roles of operators who may look at users.
const LOOKING_ROLES: [Role; 2] = [Role::Viewer, Role::Support];

/// Refusals of one wallet that are written to the audit log: more of them say nothing new, and everyone can cause them.
const REFUSALS_NOTED: Quota = Quota {
    name: "refusals_noted",
    burst: 10,
    refill: Duration::from_secs(60),
};

/// Why a user's data is not shown.
#[derive(Debug, Error)]
pub enum AccessError {
    /// It is someone else's, or nobody's.
    #[error("this belongs to another user")]
    NotYours,
    /// Nobody registered has the wallet.
    #[error("the wallet is not registered")]
    NotRegistered,
    /// User not found. Only said to those who may see all.
    #[error("there is no such user")]
    UnknownUser,
    /// The caller is no operator with one of these roles.
    #[error("one of these roles is required: {}", names(.0))]
    RoleMissing(&'static [Role]),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn names(roles: &[Role]) -> String {
    roles
        .iter()
        .map(|role| role.name())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Roles of which a caller needs one.
pub trait Needs {
    /// The roles.
    const ROLES: &'static [Role];
}

macro_rules! needs {
    ($( #[doc = $doc:literal] $name:ident $roles:expr; )*) => { $(
        #[doc = $doc]
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Needs for $name {
            const ROLES: &'static [Role] = $roles;
        }
    )* };
}

needs! {
    /// Looks at what operators see.
    Looking &Role::ALL;
    /// Builds batches and roots.
    Building &[Role::Builder];
    /// Takes the other steps, and signs: the builder as the proposer, approvers as voters.
    Handling &[Role::Builder, Role::Approver];
    /// Confirms what was checked about a user.
    Confirming &[Role::Support];
    /// Stops intake and settlement: the safe direction, so one person is enough.
    Stopping &[Role::Builder, Role::Approver, Role::ConfigAdmin];
    /// Looks for users.
    Searching &LOOKING_ROLES;
    /// Takes reports on all users.
    Reporting &[Role::Viewer, Role::Auditor];
    /// Reads the audit log.
    Auditing &[Role::Auditor, Role::ConfigAdmin];
    /// Ends stops, and adds blocks that were missed.
    Mending &[Role::ConfigAdmin, Role::Approver];
}

/// A caller with one of these roles. Use cases of operators take one, so that none can be reached without the check.
#[derive(Debug, Clone, Copy)]
pub struct Operator<N> {
    caller: Caller,
    needs: PhantomData<N>,
}

impl<N> Deref for Operator<N> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<N: Needs> Operator<N> {
    /// Refuses everyone but operators with one of the roles.
    ///
    /// # Errors
    /// [`AccessError::RoleMissing`].
    pub async fn admit(app: &App, caller: &Caller) -> Result<Self, AccessError> {
        require(app, caller, N::ROLES).await?;
        Ok(Self {
            caller: *caller,
            needs: PhantomData,
        })
    }
}

async fn require(app: &App, caller: &Caller, any_of: &'static [Role]) -> Result<(), AccessError> {
    let roles = user::find_operator_roles(&mut *app.connection().await?, caller.wallet).await?;
    let roles = roles.unwrap_or_default();
    if has_any(&roles, any_of) {
        return Ok(());
    }
    // Whoever only wanted to look did nothing dangerous.
    let is_dangerous = !any_of.contains(&Role::Viewer);
    if is_dangerous && app.limiter.take(REFUSALS_NOTED, caller.wallet.as_slice()).is_ok() {
        let detail = json!({ "needs": names(any_of), "has": roles });
        let mut connection = app.connection().await?;
        audit_log::insert(&mut connection, caller.wallet, "operator.refused", "", &detail).await?;
    }
    Err(AccessError::RoleMissing(any_of))
}

fn has_any(roles: &[String], any_of: &[Role]) -> bool {
    any_of
        .iter()
        .any(|role| roles.iter().any(|held| held == role.name()))
}

/// The user of this number, if the caller is that user.
///
/// # Errors
/// [`AccessError::NotYours`] for every other number, so that nobody learns which exist.
pub async fn own_user(app: &App, caller: &Caller, id: i32) -> Result<User, AccessError> {
    let own = user::find_by_wallet(&mut *app.connection().await?, caller.wallet).await?;
    own.filter(|user| user.id == id).ok_or(AccessError::NotYours)
}

/// The user of this number, if the caller is that user, for what only a registration opens.
///
/// # Errors
/// [`AccessError::NotRegistered`], and [`AccessError::NotYours`] for every other number.
pub async fn registered_user(app: &App, caller: &Caller, id: i32) -> Result<User, AccessError> {
    let own = user::find_by_wallet(&mut *app.connection().await?, caller.wallet).await?;
    let own = own.ok_or(AccessError::NotRegistered)?;
    (own.id == id).then_some(own).ok_or(AccessError::NotYours)
}

/// The user of this number, if the caller may see that user.
pub async fn visible_user(app: &App, caller: &Caller, id: i32) -> Result<User, AccessError> {
    match own_user(app, caller, id).await {
        Err(AccessError::NotYours) => {}
        decided @ (Ok(_)
        | Err(
            AccessError::UnknownUser
            | AccessError::NotRegistered
            | AccessError::RoleMissing(_)
            | AccessError::Store(_),
        )) => {
            return decided;
        }
    }
    let mut connection = app.connection().await?;
    let roles = user::find_operator_roles(&mut connection, caller.wallet).await?;
    if !has_any(&roles.unwrap_or_default(), &LOOKING_ROLES) {
        return Err(AccessError::NotYours);
    }
    user::find(&mut connection, id)
        .await?
        .ok_or(AccessError::UnknownUser)
}
