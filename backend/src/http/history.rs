//! A user's history, page by page.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::api::history::{self, Content, Entry, Position};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::error::Problem;
use super::extract::{Query, VisibleUser};
use super::parse;
use super::schema::{BaseUnits, Cursor, EntryKind, EntryState, Hash, Wallet, WithheldCause};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Where the last page ended: its `next_cursor`.
    pub cursor: Option<Cursor>,
    /// Number of entries, 1 to 100; 50 when it is absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// Deposits, rewards and payments, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryAnswer {
    entries: Vec<EntryView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// A deposit of the user, a reward that a rule spoke of, or a payment by the contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// `registration`, `retopup`; rewards of payments: `direct`, `pool_layer`, `generation`; rewards of funds: `accrual`, `rank`,
    /// `bonus`, `pair`, `direct`; `withdrawal` from the wallet balance; `payout`, `claim` or `credit_withdrawal` on the chain.
    kind: EntryKind,
    /// Number of the fact that caused it.
    fact_seq: i64,
    /// Base units.
    amount: BaseUnits,
    /// `held`, `matured` or `refunded`; of rewards also `withheld` (the rule did not pay the user) and `forfeited`
    /// (it relied on something that was refunded); of rewards of funds `reversed` when what caused them went back, whole or in
    /// part; of payouts `held` (a batch holds the money back), `executed`, `credited`
    /// (the contract keeps it for the user), `skipped` (nothing was due any more), `released` and `refused`; of claims `paid` or
    /// `credited`; of withdrawals of credit `paid`.
    state: EntryState,
    /// Seconds since 1970-01-01 UTC.
    at: i64,
    #[schema(required = true)]
    transaction_hash: Option<Hash>,
    /// Of deposits: the contract's `ref`.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Hash, required = false)]
    reference: Option<Hash>,
    /// Of deposits: last second at which it can be refunded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    refundable_until: Option<i64>,
    /// Of rewards: who caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = SourceView, required = false)]
    source: Option<SourceView>,
    /// Of pool rewards.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i16, required = false)]
    tier: Option<i16>,
    /// Of rewards: generation in the sponsor tree or layer in the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i16, required = false)]
    distance: Option<i16>,
    /// Of rewards that were not paid: `no_upline`, `not_retopped`, `refunded` or `residual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = WithheldCause, required = false)]
    withheld: Option<WithheldCause>,
    /// Of payouts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Hash, required = false)]
    batch_id: Option<Hash>,
    /// Of claims: the root of the proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Hash, required = false)]
    root: Option<Hash>,
}

/// Who caused a reward.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceView {
    user_id: i32,
    #[schema(required = true)]
    wallet: Option<Wallet>,
}

/// Deposits, rewards and payments of a user, newest first, with what was not paid and why.
#[utoipa::path(get, path = "/users/{id}/history", operation_id = "list_history", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1), Page),
    responses((status = 200, body = HistoryAnswer)))]
pub async fn history(
    State(server): State<Server>,
    VisibleUser(user): VisibleUser,
    Query(page): Query<Page>,
) -> Result<Json<HistoryAnswer>, Problem> {
    let limit = parse::page(page.limit)?;
    let below = parse::read_cursor('h', page.cursor.as_deref())?
        .map_or(Position::NEWEST, |(fact_seq, leg)| Position { fact_seq, leg });
    let mut connection = server.app.connection().await?;
    let mut entries = history::list(&mut connection, user.id, below, limit + 1).await?;
    let next_cursor = parse::next_page(&mut entries, limit, |last| {
        parse::cursor('h', last.position.fact_seq, last.position.leg)
    });
    Ok(Json(HistoryAnswer {
        entries: entries.into_iter().map(EntryView::of).collect(),
        next_cursor,
    }))
}

impl EntryView {
    fn of(entry: Entry) -> Self {
        let mut view = Self {
            kind: "".into(),
            fact_seq: entry.position.fact_seq,
            amount: entry.amount.into(),
            state: entry.state.into(),
            at: entry.effective_at,
            transaction_hash: entry.transaction_hash.map(Hash::from),
            reference: None,
            refundable_until: None,
            source: None,
            tier: None,
            distance: None,
            withheld: None,
            batch_id: None,
            root: None,
        };
        match entry.content {
            Content::Payout { batch_id } => {
                view.kind = "payout".into();
                view.batch_id = Some(batch_id.into());
            }
            Content::Claim { root } => {
                view.kind = "claim".into();
                view.root = Some(root.into());
            }
            Content::CreditWithdrawal => view.kind = "credit_withdrawal".into(),
            Content::Withdrawal => view.kind = "withdrawal".into(),
            Content::Granted(rule) => view.kind = rule.into(),
            Content::Deposit {
                kind,
                reference,
                refundable_until,
            } => {
                view.kind = kind.into();
                view.reference = Some(reference.into());
                view.refundable_until = Some(refundable_until);
            }
            Content::Reward {
                kind,
                source_user_id,
                source_wallet,
                tier,
                distance,
                withheld,
            } => {
                view.kind = kind.into();
                view.source = Some(SourceView {
                    user_id: source_user_id,
                    wallet: source_wallet.map(Wallet::from),
                });
                view.tier = tier;
                view.distance = Some(distance);
                view.withheld = withheld.map(WithheldCause::from);
            }
        }
        view
    }
}
