//! Looking for users, for operators who may look at all of them.

use store::StoreError;
use store::user::search::{self, Found, Position, Search};

use super::App;
use super::access::{Operator, Searching};

/// Users who satisfy everything that is asked for, after a place.
pub async fn search(
    app: &App,
    _: &Operator<Searching>,
    wanted: &Search,
    after: Option<Position>,
    limit: usize,
) -> Result<Found, StoreError> {
    search::search(&mut *app.connection().await?, wanted, after, limit).await
}
