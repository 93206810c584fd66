//! Reports as CSV, for operators.

use std::collections::BTreeMap;
use std::ops::Range;

use axum::extract::State;
use axum::response::Response;
use ledger::Reason;
use money::Amount;
use serde::Deserialize;
use store::api::reports::{self, Listed, Place};
use store::{PgConnection, StoreError};
use utoipa::IntoParams;

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::export::{self, Part, Rows};
use super::extract::{Path, Query, limit_exports};
use super::parse::MICROS;
use super::schema::ReportName;
use crate::app::access::{Operator, Reporting};
use crate::app::report::{self as use_case, Report};

/// Of which time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportTime {
    /// Not before this, in seconds since 1970-01-01 UTC.
    from: u64,
    /// Before this, in seconds since 1970-01-01 UTC.
    to: u64,
}

/// What happened in a time, as CSV with a first line of names. Amounts are base units, `at` is seconds since 1970-01-01 UTC.
#[utoipa::path(get, path = "/admin/reports/{report}", operation_id = "report", tag = "admin", security(("session" = [])),
    params(("report" = ReportName, Path, description = "Which report"), ReportTime),
    responses((status = 200, description = "Rows in the order of time; of `top-recipients` the highest first", body = String, content_type = "text/csv")))]
pub async fn report(
    State(server): State<Server>,
    caller: Operator<Reporting>,
    Path(name): Path<String>,
    Query(time): Query<ReportTime>,
) -> Result<Response, Problem> {
    let report = Report::by_name(&name)
        .ok_or_else(|| Problem::because(Code::MalformedPath, "there is no such report"))?;
    let (from_us, to_us) = export::micros(Some(time.from), Some(time.to))?;
    let time = from_us / MICROS..to_us / MICROS;
    limit_exports(&server, &caller)?;
    use_case::begin(&server.app, &caller, report, &time).await?;
    let file = format!("{}.csv", report.name());
    let lines = Lines {
        report,
        time,
        after: Place::default(),
        sums: BTreeMap::new(),
        is_first: true,
    };
    Ok(export::answer(
        server.app.clone(),
        "text/csv; charset=utf-8",
        &file,
        lines,
    ))
}

const fn columns(report: Report) -> &'static [&'static str] {
    match report {
        Report::List(Listed::Registrations) => {
            &["at", "fact", "user", "wallet", "sponsor", "amount", "status"]
        }
        Report::List(Listed::Sales) => &[
            "at", "fact", "deposit", "kind", "user", "wallet", "amount", "state", "ref",
        ],
        Report::List(Listed::Payouts) => &[
            "at",
            "fact",
            "kind",
            "user",
            "wallet",
            "amount",
            "state",
            "batch_or_root",
        ],
        Report::List(Listed::Movements) => &[
            "at",
            "fact",
            "leg",
            "user",
            "wallet",
            "account",
            "direction",
            "amount",
            "reason",
        ],
        Report::Rewards => &["kind", "count", "amount"],
        Report::TopRecipients => &["place", "user", "wallet", "rewards", "amount"],
    }
}

/// The lines that are still to be written.
struct Lines {
    report: Report,
    time: Range<i64>,
    after: Place,
    /// Count and amount by kind, of the facts so far.
    sums: BTreeMap<String, (u64, Amount)>,
    is_first: bool,
}

impl Rows for Lines {
    async fn next(mut self, connection: &mut PgConnection) -> Result<Part<Self>, StoreError> {
        let mut text = Vec::new();
        if self.is_first {
            text.extend(export::csv([columns(self.report)]));
            self.is_first = false;
        }
        let next = match self.report {
            Report::List(listed) => {
                let page = reports::list(connection, listed, &self.time, self.after).await?;
                text.extend(export::csv(page.rows.into_iter().map(|row| named(listed, row))));
                page.next
            }
            Report::Rewards => self.sum(connection, &mut text).await?,
            Report::TopRecipients => {
                text.extend(export::csv(
                    reports::list_recipients(connection, &self.time).await?,
                ));
                None
            }
        };
        let rest = next.map(|after| Self { after, ..self });
        Ok(Part { text, rest })
    }
}

impl Lines {
    /// Adds what the next facts granted; after the last ones, writes the sums.
    async fn sum(
        &mut self,
        connection: &mut PgConnection,
        text: &mut Vec<u8>,
    ) -> Result<Option<Place>, StoreError> {
        let (sums, next) = reports::sum_rewards(connection, &self.time, self.after).await?;
        for found in sums {
            let (count, amount) = self.sums.entry(found.kind).or_default();
            *count = count.saturating_add(found.count);
            *amount = amount
                .checked_add(found.amount)
                .map_err(|_| StoreError::Corrupt {
                    what: "a sum of rewards above 2^128",
                })?;
        }
        if next.is_none() {
            let rows = self
                .sums
                .iter()
                .map(|(kind, (count, amount))| [kind.clone(), count.to_string(), amount.to_string()]);
            text.extend(export::csv(rows));
        }
        Ok(next)
    }
}

/// A row with the name of the reason in place of its number, where it has one.
fn named(listed: Listed, mut row: Vec<String>) -> Vec<String> {
    if let (Listed::Movements, Some(last)) = (listed, row.last_mut()) {
        let reason = last.parse().ok().and_then(Reason::by_code);
        if let Some(reason) = reason {
            reason.name().clone_into(last);
        }
    }
    row
}
