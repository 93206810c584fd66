//! The binary tree and what is booked, as a user sees it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use money::Amount;
use plan::binary::{BinaryTerms, Side};
use serde::{Deserialize, Serialize};
use store::api::records::{self, Member, Pair};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::{IdempotencyKey, JsonBody, OwnUser, Query, VisibleUser};
use super::history::Page;
use super::parse;
use super::reserve::{CommandAnswer, MessageAnswer};
use super::schema::{BaseUnits, BinarySideName, Cursor, IdempotencyKeyText, PairState, WalletSignature};
use crate::app::side as use_case;

/// A user in the binary tree.
#[derive(Debug, Serialize, ToSchema)]
pub struct BinaryAnswer {
    /// Where the user stands; null at the top.
    #[schema(required = true)]
    place: Option<BinaryPlaceView>,
    /// The side that the user chose for the next direct; null for wherever a place is free first.
    #[schema(required = true)]
    side: Option<BinarySideName>,
    /// Members of the left side who count and are not in a pair, as of the last closing of a month or refund.
    lots_left: i32,
    /// The same of the right side.
    lots_right: i32,
    /// Pairs that stand.
    pair_count: i64,
    /// Base units that these granted, before tax.
    granted: BaseUnits,
    /// Newest first.
    pairs: Vec<PairView>,
    /// For the next page of pairs; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// A place in the binary tree.
#[derive(Debug, Serialize, ToSchema)]
pub struct BinaryPlaceView {
    /// Number of the user directly above.
    parent: i64,
    /// On which side of that one.
    side: BinarySideName,
}

/// A pair that was granted: `amount = withheld + instalment +` what the user gets.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairView {
    /// Number of the reward.
    reward: i32,
    /// `paid`, or `undone` when one of its members no longer counts.
    state: PairState,
    /// Base units that the fund granted.
    amount: BaseUnits,
    /// Base units of tax in it.
    withheld: BaseUnits,
    /// Base units that pay the user's own price.
    instalment: BaseUnits,
    /// Number of the fact that granted it.
    fact_seq: i64,
    /// Seconds since 1970-01-01 UTC.
    at: i64,
    /// Number of the fact that took it back.
    #[schema(required = true)]
    undone_fact: Option<i64>,
}

/// What a user has booked, and what is paid of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingsAnswer {
    /// Base units that what is booked costs.
    price: BaseUnits,
    /// Base units that are paid, instalments included.
    paid: BaseUnits,
    /// Base units of it that were kept from rewards.
    instalments: BaseUnits,
    /// Base units that are not paid.
    outstanding: BaseUnits,
    /// Whether enough is paid for later pairs to be paid whole.
    is_active_buyer: bool,
    /// Pairs that an instalment was kept from, newest first.
    kept: Vec<PairView>,
    /// For the next page of pairs; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// Which choice is to be signed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SideSearch {
    /// The side.
    side: SideWanted,
}

/// A choice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SideChoice {
    side: SideWanted,
    /// The wallet's signature over the choice: 65 bytes in hexadecimal with prefix. `GET /users/{id}/binary/side` has the message.
    signature: WalletSignature,
}

/// Where the next direct goes.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SideWanted {
    /// The left side, if it is free.
    Left,
    /// The right side, if it is free.
    Right,
    /// Wherever a place is free first.
    None,
}

/// A user's place in the binary tree, lots, pairs and the chosen side.
#[utoipa::path(get, path = "/users/{id}/binary", operation_id = "binary", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1), Page),
    responses((status = 200, body = BinaryAnswer)))]
pub async fn place(
    State(server): State<Server>,
    VisibleUser(user): VisibleUser,
    Query(page): Query<Page>,
) -> Result<Json<BinaryAnswer>, Problem> {
    terms(&server)?;
    let (limit, below) = bounds('b', &page)?;
    let mut connection = server.app.connection().await?;
    let place = records::find_place(&mut connection, user.id).await?;
    let member = records::find_member(&mut connection, user.id).await?;
    let sums = records::fetch_pair_sums(&mut connection, user.id).await?;
    let mut pairs = records::list_pairs(&mut connection, user.id, Amount::ZERO, below, limit + 1).await?;
    let next_cursor = parse::next_page(&mut pairs, limit, |last| parse::cursor('b', last.reward, 0));
    let lots = |lots: fn(&Member) -> i32| member.as_ref().map_or(0, lots);
    Ok(Json(BinaryAnswer {
        place: place.map(|place| BinaryPlaceView {
            parent: place.parent,
            side: place.side.into(),
        }),
        lots_left: lots(|member| member.lots_left),
        lots_right: lots(|member| member.lots_right),
        side: member.and_then(|member| member.side).map(Into::into),
        pair_count: sums.pairs,
        granted: sums.amount.into(),
        pairs: pairs.into_iter().map(PairView::from).collect(),
        next_cursor,
    }))
}

/// What a user signs to choose a side; the `Idempotency-Key` is that of the command.
#[utoipa::path(get, path = "/users/{id}/binary/side", operation_id = "side_message", tag = "users", security(("session" = [])), params(SideSearch,
    ("id" = i32, Path, description = "Number of the user", minimum = 1),
    ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for the command, 1 to 128 printable ASCII characters")),
    responses((status = 200, body = MessageAnswer)))]
pub async fn side_message(
    State(server): State<Server>,
    OwnUser(user): OwnUser,
    IdempotencyKey(key): IdempotencyKey,
    Query(search): Query<SideSearch>,
) -> Result<Json<MessageAnswer>, Problem> {
    terms(&server)?;
    let message = use_case::command(&user, search.side.side(), &key).message();
    Ok(Json(MessageAnswer::of(&message, &server.app.domain())))
}

/// Says where the user's next direct goes; with the same `Idempotency-Key` a repeat changes nothing.
#[utoipa::path(post, path = "/users/{id}/binary/side", operation_id = "choose_side", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1),
           ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for this command, 1 to 128 printable ASCII characters")),
    request_body = SideChoice, responses((status = 202, body = CommandAnswer)))]
pub async fn choose_side(
    State(server): State<Server>,
    OwnUser(user): OwnUser,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(body): JsonBody<SideChoice>,
) -> Result<(StatusCode, Json<CommandAnswer>), Problem> {
    let signature = parse::signature(&body.signature)?;
    let stored = use_case::choose(&server.app, &user, body.side.side(), &key, signature).await?;
    Ok((StatusCode::ACCEPTED, Json(stored.into())))
}

/// What a user has booked: the price, what is paid of it, and the instalments that were kept from rewards.
#[utoipa::path(get, path = "/users/{id}/bookings", operation_id = "bookings", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1), Page),
    responses((status = 200, body = BookingsAnswer)))]
pub async fn bookings(
    State(server): State<Server>,
    VisibleUser(user): VisibleUser,
    Query(page): Query<Page>,
) -> Result<Json<BookingsAnswer>, Problem> {
    let terms = terms(&server)?;
    let (limit, below) = bounds('o', &page)?;
    let mut connection = server.app.connection().await?;
    let member = records::find_member(&mut connection, user.id).await?;
    let sums = records::fetch_pair_sums(&mut connection, user.id).await?;
    let least = Amount::new(1);
    let mut kept = records::list_pairs(&mut connection, user.id, least, below, limit + 1).await?;
    let next_cursor = parse::next_page(&mut kept, limit, |last| parse::cursor('o', last.reward, 0));
    let paid = member.map_or(Amount::ZERO, |member| member.paid);
    Ok(Json(BookingsAnswer {
        price: terms.price().into(),
        paid: paid.into(),
        instalments: sums.instalments.into(),
        outstanding: terms.price().saturating_sub(paid).into(),
        is_active_buyer: paid >= terms.activation_amount(),
        kept: kept.into_iter().map(PairView::from).collect(),
        next_cursor,
    }))
}

fn terms(server: &Server) -> Result<&BinaryTerms, Problem> {
    let terms = server.app.ledger.plan.components().binary.as_ref();
    terms.ok_or(Problem::new(Code::NotInPlan))
}

/// Entries of a page and the reward below which it starts.
fn bounds(kind: char, page: &Page) -> Result<(i64, i32), Problem> {
    let limit = parse::page(page.limit)?;
    let (below, _): (i32, i32) = parse::read_cursor(kind, page.cursor.as_deref())?.unwrap_or((i32::MAX, 0));
    Ok((limit, below))
}

impl SideWanted {
    const fn side(self) -> Option<Side> {
        match self {
            Self::Left => Some(Side::Left),
            Self::Right => Some(Side::Right),
            Self::None => None,
        }
    }
}

impl From<Pair> for PairView {
    fn from(pair: Pair) -> Self {
        let state = match pair.returned_fact {
            Some(_) => "undone",
            None => "paid",
        };
        Self {
            reward: pair.reward,
            state: state.into(),
            amount: pair.amount.into(),
            withheld: pair.withheld.into(),
            instalment: pair.instalment.into(),
            fact_seq: pair.fact_seq,
            at: pair.at,
            undone_fact: pair.returned_fact,
        }
    }
}
