//! A user's own view: profile, sponsor, balances, reserves, places.

use alloy_primitives::Address;
use money::Amount;
use store::StoreError;
use store::api::pending::{self, Pending};
use store::api::pool::{self, Node};
use store::user::{self, Balances, User};

use super::App;

/// Everything about a user.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The user.
    pub user: User,
    /// The user's sponsor.
    pub sponsor: Option<User>,
    /// What the user has.
    pub balances: Balances,
    /// Tier, whether the user reserves, and how much is reserved.
    pub reserves: Vec<(i16, bool, Amount)>,
    /// Places in the pools.
    pub places: Vec<Node>,
}

/// The profile of a user.
pub async fn of(app: &App, user: User) -> Result<Profile, StoreError> {
    let mut connection = app.connection().await?;
    let sponsor = match user.sponsor_id {
        Some(id) => user::find(&mut connection, id).await?,
        None => None,
    };
    Ok(Profile {
        sponsor,
        balances: user::fetch_balances(&mut connection, user.id).await?,
        reserves: user::list_reserves(&mut connection, user.id).await?,
        places: pool::list_places(&mut connection, user.id).await?,
        user,
    })
}

/// What the wallet did on the chain that the ledger does not count yet.
pub async fn list_pending(app: &App, wallet: Address) -> Result<Vec<Pending>, StoreError> {
    pending::list(&mut *app.connection().await?, wallet).await
}

/// The user with this wallet and, for staff, the operator's roles.
pub async fn find(app: &App, wallet: Address) -> Result<(Option<User>, Vec<String>), StoreError> {
    let mut connection = app.connection().await?;
    let user = user::find_by_wallet(&mut connection, wallet).await?;
    let roles = user::find_operator_roles(&mut connection, wallet).await?;
    Ok((user, roles.unwrap_or_default()))
}
