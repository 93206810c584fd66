//! Looking for users, for operators.

use alloy_primitives::Address;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::user::UserStatus;
use store::user::search::{Position, Search};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::Query;
use super::parse;
use super::schema::{Cursor, SearchText, UserStatusName};
use super::users::UserView;
use crate::app::access::{Operator, Searching};
use crate::app::search as use_case;

/// Digits of a whole wallet.
const WALLET_DIGITS: usize = 40;

/// Fewest digits of a beginning.
const PREFIX_DIGITS_MIN: usize = 4;

/// Who is looked for; all that is given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserSearch {
    /// The number of a user, or a wallet or its beginning: `0x` and 4 to 40 hexadecimal digits in any case of letters.
    query: Option<SearchText>,
    /// The number of the sponsor.
    #[param(minimum = 1)]
    sponsor: Option<i32>,
    /// `active` or `refunded`.
    status: Option<UserStatusName>,
    /// Where the last page ended: its `next_cursor`.
    cursor: Option<Cursor>,
    /// Number of users, 1 to 100; 50 when it is absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Users, by wallet when a wallet was looked for, and otherwise by number.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundUsers {
    users: Vec<UserView>,
    /// For the next page; null on the last. A page can have fewer users than asked for, or none, and still have a next one.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// Looks for users by number, wallet, sponsor and state.
#[utoipa::path(get, path = "/admin/users", operation_id = "search_users", tag = "admin", security(("session" = [])),
    params(UserSearch), responses((status = 200, body = FoundUsers)))]
pub async fn search(
    State(server): State<Server>,
    caller: Operator<Searching>,
    Query(wanted): Query<UserSearch>,
) -> Result<Json<FoundUsers>, Problem> {
    let limit = usize::try_from(parse::page(wanted.limit)?).unwrap_or_default();
    let mut search = Search {
        sponsor: wanted.sponsor,
        status: wanted.status.map(|name| status(&name)).transpose()?,
        ..Search::default()
    };
    match wanted.query.as_deref().map(str::trim) {
        Some(text) if text.starts_with("0x") => search.wallets = Some(wallets(text)?),
        Some(text) => search.id = Some(number(text)?),
        None => {}
    }
    let after = if search.wallets.is_some() {
        parse::read_cursor::<Address, u8>('w', wanted.cursor.as_deref())?
            .map(|(wallet, _)| Position::Wallet(wallet))
    } else {
        parse::read_cursor::<i32, u8>('u', wanted.cursor.as_deref())?.map(|(id, _)| Position::Number(id))
    };
    let found = use_case::search(&server.app, &caller, &search, after, limit).await?;
    Ok(Json(FoundUsers {
        users: found.users.iter().map(UserView::from).collect(),
        next_cursor: found.next.map(|next| match next {
            Position::Wallet(wallet) => parse::cursor('w', wallet, 0),
            Position::Number(id) => parse::cursor('u', id, 0),
        }),
    }))
}

fn malformed(detail: &str) -> Problem {
    Problem::because(Code::MalformedQuery, detail)
}

fn status(name: &str) -> Result<UserStatus, Problem> {
    UserStatus::by_name(name).ok_or_else(|| malformed("status must be `active` or `refunded`"))
}

fn number(text: &str) -> Result<i32, Problem> {
    let id = text.parse().ok().filter(|id| *id > 0);
    id.ok_or_else(|| malformed("query must be the number of a user, or 0x and 4 to 40 hexadecimal digits"))
}

/// The first and the last wallet that begin so.
fn wallets(text: &str) -> Result<(Address, Address), Problem> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let is_prefix = (PREFIX_DIGITS_MIN..=WALLET_DIGITS).contains(&digits.len());
    let filled = |with: &str| {
        let missing = with.repeat(WALLET_DIGITS.saturating_sub(digits.len()));
        format!("0x{digits}{missing}").parse().ok()
    };
    match (filled("0"), filled("f")) {
        (Some(first), Some(last)) if is_prefix => Ok((first, last)),
        _ => Err(malformed(
            "a wallet's beginning is 0x and 4 to 40 hexadecimal digits",
        )),
    }
}
