//! Who may see what: users their own, operators with a role for it everybody's.

use store::StoreError;
use store::member::{self, User};
use thiserror::Error;

use super::App;
use super::session::Caller;

/// Roles of operators who may look at users.
const LOOKING_ROLES: [&str; 2] = ["viewer", "support"];

/// Why a user's data is not shown.
#[derive(Debug, Error)]
pub enum AccessError {
    /// It is somebody else's, or nobody's.
    #[error("this belongs to somebody else")]
    NotYours,
    /// There is no such user. Only said to those who may see all.
    #[error("there is no such user")]
    UnknownUser,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The user of this number, if the caller is that user.
///
/// # Errors
/// [`AccessError::NotYours`] for every other number, so that nobody learns which exist.
pub async fn own_user(app: &App, caller: &Caller, id: i32) -> Result<User, AccessError> {
    let own = member::find_by_wallet(&mut *app.connection().await?, caller.wallet).await?;
    own.filter(|user| user.id == id).ok_or(AccessError::NotYours)
}

/// The user of this number, if the caller may see that user.
///
/// # Errors
/// [`AccessError`].
pub async fn visible_user(app: &App, caller: &Caller, id: i32) -> Result<User, AccessError> {
    match own_user(app, caller, id).await {
        Err(AccessError::NotYours) => {}
        decided @ (Ok(_) | Err(AccessError::UnknownUser | AccessError::Store(_))) => return decided,
    }
    let mut connection = app.connection().await?;
    let roles = member::find_operator_roles(&mut connection, caller.wallet).await?;
    let may_look = roles
        .unwrap_or_default()
        .iter()
        .any(|role| LOOKING_ROLES.contains(&role.as_str()));
    if !may_look {
        return Err(AccessError::NotYours);
    }
    member::find(&mut connection, id)
        .await?
        .ok_or(AccessError::UnknownUser)
}
