//! Answers of many rows: text that is written while it is read from the database, page by page.
//!
//! A page takes a connection of its own, so a slow reader holds none. What a spreadsheet would calculate is written as text.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use service::ErrorChain;
use store::{PgConnection, StoreError};

use super::code::Code;
use super::error::Problem;
use crate::app::App;

/// Rows that are read at once.
pub(super) const ROWS_AT_ONCE: i64 = 1_000;

/// How long an export may take: a reader that is slower asks for less.
const WITHIN: Duration = Duration::from_secs(120);

/// Characters with which a cell of a spreadsheet begins to calculate.
const OF_FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The text of some rows, and what follows them.
pub(super) struct Part<R> {
    pub(super) text: Vec<u8>,
    pub(super) rest: Option<R>,
}

/// Rows of an answer, in their order.
pub(super) trait Rows: Send + Sized + 'static {
    /// The next rows.
    fn next(
        self,
        connection: &mut PgConnection,
    ) -> impl Future<Output = Result<Part<Self>, StoreError>> + Send;
}

/// The answer of these rows.
pub(super) fn answer<R: Rows>(app: Arc<App>, media_type: &'static str, name: &str, rows: R) -> Response {
    let begun = Instant::now();
    let pages = futures::stream::try_unfold(Some(rows), move |rows| {
        let app = app.clone();
        async move {
            let Some(rows) = rows else { return Ok(None) };
            let read = async {
                let mut connection = app.connection().await?;
                rows.next(&mut connection).await
            };
            if begun.elapsed() > WITHIN {
                tracing::warn!("an export took too long and was truncated");
                return Err(std::io::Error::other("the export took too long"));
            }
            let page: Part<R> = read.await.map_err(|error| {
                tracing::error!(error = %ErrorChain(&error), "an export was truncated");
                std::io::Error::other("the rows cannot be read")
            })?;
            Ok(Some((Bytes::from(page.text), page.rest)))
        }
    });
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        // Other people's data stays in no cache.
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from_stream(pages)).into_response()
}

/// One line of CSV (RFC 4180) for each row.
pub(super) fn csv<R, C>(rows: impl IntoIterator<Item = R>) -> Vec<u8>
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut writer = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        let cells = row.into_iter().map(|cell| plain(cell.as_ref()));
        // A vector takes everything, and every row has the same cells.
        let _ = writer.write_record(cells);
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula.
fn plain(cell: &str) -> String {
    if cell.starts_with(OF_FORMULAS) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// A range of time in microseconds, of seconds since 1970-01-01 UTC.
pub(super) fn micros(from: Option<u64>, to: Option<u64>) -> Result<(i64, i64), Problem> {
    let limit = super::parse::NEWEST_US;
    let of = |seconds: Option<u64>, otherwise: i64| {
        seconds.map_or(Some(otherwise), |seconds| {
            i64::try_from(seconds)
                .ok()?
                .checked_mul(super::parse::MICROS)
                .filter(|us| *us <= limit)
        })
    };
    match (of(from, 0), of(to, limit)) {
        (Some(from), Some(to)) if from < to => Ok((from, to)),
        _ => Err(Problem::because(
            Code::MalformedQuery,
            "`from` must be before `to`; both are seconds since 1970-01-01 UTC",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let rows = [
            ["a", "b"],
            ["=1+1", "+2"],
            ["-3", "@x"],
            ["\t=1", "\r"],
            ["a,\"b\"\n", "1-1"],
        ];
        let expected = "a,b\r\n'=1+1,'+2\r\n'-3,'@x\r\n'\t=1,\"'\r\"\r\n\"a,\"\"b\"\"\n\",1-1\r\n";
        assert_eq!(String::from_utf8(csv(rows)).unwrap(), expected);
    }
}
