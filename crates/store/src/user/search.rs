//! Users by what operators know of them: a number, the beginning of a wallet, a sponsor, a state.
//!
//! One of these uses an index, and the others are applied to a bounded part of what it finds; so is the work of a page, however
//! many users there are.

use alloy_primitives::Address;
use sqlx::PgConnection;

use super::{User, UserStatus};
use crate::StoreError;
use crate::column::Db;

/// Users that one page looks through at most.
pub const SCANNED_MAX: i64 = 1_000;

/// Who is looked for; all of it must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// This number.
    pub id: Option<i32>,
    /// A wallet between these two, both included.
    pub wallets: Option<(Address, Address)>,
    /// A direct of this user.
    pub sponsor: Option<i32>,
    /// Whether the registration stands.
    pub status: Option<UserStatus>,
}

/// A place in a list: of wallets in their order, and otherwise of users by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// After this wallet.
    Wallet(Address),
    /// After the user with this number.
    Number(i32),
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// In the order of the list.
    pub users: Vec<User>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Position>,
}

impl Search {
    fn takes(&self, user: &User) -> bool {
        self.id.is_none_or(|id| user.id == id)
            && self
                .sponsor
                .is_none_or(|sponsor| user.sponsor_id == Some(sponsor))
            && self.status.is_none_or(|status| user.status == status)
            && (self.wallets).is_none_or(|(first, last)| (first..=last).contains(&user.wallet))
    }

    const fn position(&self, user: &User) -> Position {
        if self.wallets.is_some() {
            Position::Wallet(user.wallet)
        } else {
            Position::Number(user.id)
        }
    }
}

/// Users after a place, at most `limit`, of at most [`SCANNED_MAX`] that are looked through.
pub async fn search(
    connection: &mut PgConnection,
    search: &Search,
    after: Option<Position>,
    limit: usize,
) -> Result<Found, StoreError> {
    let scanned = list_scanned(connection, search, after).await?;
    let is_full = i64::try_from(scanned.len()).is_ok_and(|found| found >= SCANNED_MAX);
    let end = scanned
        .last()
        .filter(|_| is_full)
        .map(|last| search.position(last));
    let mut users: Vec<User> = scanned
        .into_iter()
        .filter(|user| search.takes(user))
        .take(limit.saturating_add(1))
        .collect();
    let is_more = users.len() > limit;
    users.truncate(limit);
    let next = if is_more {
        users.last().map(|last| search.position(last))
    } else {
        end
    };
    Ok(Found { users, next })
}

/// The part of the users that one page looks through.
async fn list_scanned(
    connection: &mut PgConnection,
    search: &Search,
    after: Option<Position>,
) -> Result<Vec<User>, StoreError> {
    if let Some((first, last)) = search.wallets {
        let (from, but) = match after {
            Some(Position::Wallet(wallet)) => (wallet, wallet.to_vec()),
            Some(Position::Number(_)) | None => (first, Vec::new()),
        };
        let tail = select!(
            "WHERE wallet >= $1 AND wallet <= $2 AND wallet <> $3 ORDER BY wallet LIMIT $4",
            from.as_slice(),
            last.as_slice(),
            but,
            SCANNED_MAX
        );
        return Ok(tail.fetch_all(connection).await?);
    }
    let after = match after {
        Some(Position::Number(id)) => id,
        Some(Position::Wallet(_)) | None => 0,
    };
    if let Some(id) = search.id {
        let one = select!("WHERE id = $1 AND id > $2", id, after);
        return Ok(one.fetch_all(connection).await?);
    }
    if let Some(sponsor) = search.sponsor {
        // Directs register in the order of their numbers.
        let directs = select!(
            "WHERE sponsor_id = $1 AND ordinal > coalesce((SELECT o.ordinal FROM users AS o WHERE o.id = $2), 0)
             ORDER BY ordinal LIMIT $3",
            sponsor,
            after,
            SCANNED_MAX
        );
        return Ok(directs.fetch_all(connection).await?);
    }
    let found = match search.status {
        Some(UserStatus::Refunded) => {
            select!(
                "WHERE status = 'refunded' AND id > $1 ORDER BY id LIMIT $2",
                after,
                SCANNED_MAX
            )
            .fetch_all(connection)
            .await?
        }
        Some(UserStatus::Active) | None => {
            select!("WHERE id > $1 ORDER BY id LIMIT $2", after, SCANNED_MAX)
                .fetch_all(connection)
                .await?
        }
    };
    Ok(found)
}
