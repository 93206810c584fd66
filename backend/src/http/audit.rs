//! The audit log, for auditors: pages, exports, and the comparison with its hash chain.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::PgConnection;
use store::StoreError;
use store::api::audit::{self, Entry, Filter, Position};
use store::audit_seal::Place;
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::export::{self, Part, ROWS_AT_ONCE, Rows};
use super::extract::{JsonBody, Query, limit_exports};
use super::parse::{self, MICROS, NEWEST_US};
use super::schema::{AnyValue, AuditText, BrokenName, Cursor, ExportFormat, FreeObject, Hash};
use super::view::view;
use crate::app::access::{Auditing, Operator};
use crate::app::audit::{self as use_case, Known};

/// Columns of an export.
const COLUMNS: [&str; 8] = [
    "id", "at_us", "operator", "action", "subject", "detail", "seal", "hash",
];

/// Which entries; all that is given must hold. Each text is compared as a whole.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditPage {
    /// Who did it: a wallet in any case of letters, `settlement`, or `database:` and a role.
    operator: Option<AuditText>,
    /// What was done, such as `settlement.stop`.
    action: Option<AuditText>,
    /// To what, such as the id of a batch.
    subject: Option<AuditText>,
    /// Not before this, in seconds since 1970-01-01 UTC.
    from: Option<u64>,
    /// Before this, in seconds since 1970-01-01 UTC.
    to: Option<u64>,
    /// Where the last page ended: its `next_cursor`.
    cursor: Option<Cursor>,
    /// Number of entries, 1 to 100; 50 when it is absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Which entries to export, and how; all that is given must hold. Each text is compared as a whole.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditExport {
    /// `csv` or `ndjson`: a JSON object on each line.
    format: ExportFormat,
    /// Who did it: a wallet in any case of letters, `settlement`, or `database:` and a role.
    operator: Option<AuditText>,
    /// What was done, such as `settlement.stop`.
    action: Option<AuditText>,
    /// To what, such as the id of a batch.
    subject: Option<AuditText>,
    /// Not before this, in seconds since 1970-01-01 UTC.
    from: Option<u64>,
    /// Before this, in seconds since 1970-01-01 UTC.
    to: Option<u64>,
}

/// Entries of the audit log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditAnswer {
    entries: Vec<AuditView>,
    /// For the next page; null on the last. A page can have fewer entries than asked for, or none, and still have a next one: when
    /// few of the entries that one filter finds satisfy the others.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

view! {
    /// Something that an operator or a process did.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct AuditView from entry: Entry {
        id: i64 = entry.id,
        /// Microseconds since 1970-01-01 UTC.
        at_us: i64 = entry.at_us,
        /// A wallet in lower case, `settlement`, or `database:` and a role.
        operator: String = entry.actor,
        action: String = entry.action,
        subject: String = entry.subject,
        /// What was before, where the entry says so.
        before: AnyValue = AnyValue(part(&entry.detail, "before")),
        /// What is afterwards, where the entry says so.
        after: AnyValue = AnyValue(part(&entry.detail, "after")),
        /// Everything that the entry says.
        detail: FreeObject = FreeObject(entry.detail),
        /// Place in the hash chain; null until the entry is sealed.
        #[schema(required = true)]
        seal: Option<i64> = entry.seal_seq,
        /// The chain's hash up to this entry.
        #[schema(required = true)]
        hash: Option<Hash> = entry.seal_hash.map(Hash::from),
    }
}

fn part(detail: &Value, name: &str) -> Value {
    detail.get(name).cloned().unwrap_or(Value::Null)
}

/// Entries of the audit log, newest first.
#[utoipa::path(get, path = "/admin/audit", operation_id = "list_audit", tag = "admin", security(("session" = [])),
    params(AuditPage), responses((status = 200, body = AuditAnswer)))]
pub async fn list(
    State(server): State<Server>,
    caller: Operator<Auditing>,
    Query(page): Query<AuditPage>,
) -> Result<Json<AuditAnswer>, Problem> {
    let limit = parse::page(page.limit)?;
    let below =
        parse::read_cursor('a', page.cursor.as_deref())?.map_or(NEWEST, |(at_us, id)| Position { at_us, id });
    let filter = filter(page.operator, page.action, page.subject, (page.from, page.to))?;
    let found = use_case::list(&server.app, &caller, &filter, below, limit).await?;
    Ok(Json(AuditAnswer {
        entries: found.entries.into_iter().map(AuditView::from).collect(),
        next_cursor: found.next.map(|next| parse::cursor('a', next.at_us, next.id)),
    }))
}

/// Above everything.
const NEWEST: Position = Position {
    at_us: NEWEST_US,
    id: i64::MAX,
};

fn filter(
    operator: Option<AuditText>,
    action: Option<AuditText>,
    subject: Option<AuditText>,
    (from, to): (Option<u64>, Option<u64>),
) -> Result<Filter, Problem> {
    let (from_us, to_us) = export::micros(from, to)?;
    // Wallets are stored in lower case.
    let actor = operator.map(|text| match parse::wallet("operator", &text) {
        Ok(wallet) => format!("{wallet:#x}"),
        Err(_) => text.to_string(),
    });
    Ok(Filter {
        actor,
        action: action.map(|text| text.to_string()),
        subject: subject.map(|text| text.to_string()),
        from_us,
        to_us,
    })
}

/// A file of entries of the audit log, newest first. That it was taken is an entry itself.
#[utoipa::path(get, path = "/admin/audit/export", operation_id = "export_audit", tag = "admin", security(("session" = [])),
    params(AuditExport),
    responses((status = 200, description = "Entries, one a line; CSV has a first line with the names of its columns",
               content((String = "text/csv"), (String = "application/x-ndjson")))))]
pub async fn export(
    State(server): State<Server>,
    caller: Operator<Auditing>,
    Query(wanted): Query<AuditExport>,
) -> Result<Response, Problem> {
    let is_csv = match &*wanted.format {
        "csv" => true,
        "ndjson" => false,
        _ => {
            let detail = "format must be `csv` or `ndjson`";
            return Err(Problem::because(Code::MalformedQuery, detail));
        }
    };
    let filter = filter(
        wanted.operator,
        wanted.action,
        wanted.subject,
        (wanted.from, wanted.to),
    )?;
    limit_exports(&server, &caller)?;
    use_case::begin_export(&server.app, &caller, &filter, &wanted.format).await?;
    let pages = Pages {
        filter,
        below: NEWEST,
        is_csv,
        is_first: true,
    };
    let (media_type, name) = if is_csv {
        ("text/csv; charset=utf-8", "audit.csv")
    } else {
        ("application/x-ndjson", "audit.ndjson")
    };
    Ok(export::answer(server.app.clone(), media_type, name, pages))
}

/// The entries that are still to be written.
struct Pages {
    filter: Filter,
    below: Position,
    is_csv: bool,
    is_first: bool,
}

impl Rows for Pages {
    async fn next(self, connection: &mut PgConnection) -> Result<Part<Self>, StoreError> {
        let found = audit::list(connection, &self.filter, self.below, ROWS_AT_ONCE).await?;
        let mut text = Vec::new();
        if self.is_csv {
            if self.is_first {
                text.extend(export::csv([COLUMNS]));
            }
            text.extend(export::csv(found.entries.into_iter().map(cells)));
        } else {
            for entry in found.entries {
                let line = serde_json::to_vec(&AuditView::from(entry));
                text.extend(line.unwrap_or_default());
                text.push(b'\n');
            }
        }
        let rest = found.next.map(|below| Self {
            below,
            is_first: false,
            ..self
        });
        Ok(Part { text, rest })
    }
}

fn cells(entry: Entry) -> [String; 8] {
    [
        entry.id.to_string(),
        entry.at_us.to_string(),
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail.to_string(),
        entry.seal_seq.map_or_else(String::new, |seq| seq.to_string()),
        entry.seal_hash.map_or_else(String::new, |hash| hash.to_string()),
    ]
}

/// Which part of the audit log is compared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyAudit {
    /// Where the last part ended: its `next_cursor`.
    cursor: Option<Cursor>,
    /// A link that was noted outside the system: it must still be there.
    known: Option<KnownSeal>,
}

/// A link of the hash chain.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownSeal {
    /// Its place, from 1.
    #[schema(minimum = 1)]
    seq: u64,
    hash: Hash,
}

/// What a part of the audit log is, compared with its hash chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerifiedAudit {
    /// How many links were compared with their entries.
    seals: usize,
    /// In how many entries some were looked for that were inserted late.
    entries: usize,
    /// Where the chain is broken.
    broken: Vec<BreakView>,
    /// The newest link: to be noted where nobody who can write to the database can change it.
    #[schema(required = true)]
    head: Option<SealView>,
    /// For how many seconds the oldest entry waits that is not sealed; null when all are.
    #[schema(required = true)]
    unsealed_seconds: Option<u64>,
    /// For the next part; null when everything was compared.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// A place at which the chain is broken.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreakView {
    how: BrokenName,
    /// Place in the chain; null of an entry that is not sealed.
    #[schema(required = true)]
    seal: Option<u64>,
    /// The entry's id; null when nothing is known of it.
    #[schema(required = true)]
    entry: Option<i64>,
    /// What it means.
    meaning: &'static str,
}

/// A link of the hash chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct SealView {
    seq: u64,
    hash: Hash,
    /// Seconds since 1970-01-01 UTC.
    sealed_at: i64,
}

/// Compares up to 1,000 entries of the audit log with its hash chain, from the first on. It changes nothing.
#[utoipa::path(post, path = "/admin/audit/verify", operation_id = "verify_audit", tag = "admin", security(("session" = [])),
    request_body = VerifyAudit, responses((status = 200, body = VerifiedAudit)))]
pub async fn verify(
    State(server): State<Server>,
    caller: Operator<Auditing>,
    JsonBody(body): JsonBody<VerifyAudit>,
) -> Result<Json<VerifiedAudit>, Problem> {
    let after = place(body.cursor.as_deref())?;
    let known = body.known.map(KnownSeal::read).transpose()?;
    let verified = use_case::verify(&server.app, &caller, after, known).await?;
    let checked = verified.checked;
    let next = (checked.last_seal.is_some() || checked.last_row.is_some()).then(|| {
        // The one that has ended stays at its end.
        let read = u64::try_from(checked.seals).unwrap_or(u64::MAX);
        let seal = checked.last_seal.unwrap_or(after.seal.saturating_add(read));
        let row = checked.last_row.unwrap_or(i64::MAX);
        parse::cursor('v', seal, row)
    });
    Ok(Json(VerifiedAudit {
        seals: checked.seals,
        entries: checked.rows,
        broken: (checked.broken.iter())
            .map(|broken| BreakView {
                how: broken.how.name().into(),
                seal: broken.seq,
                entry: broken.audit_id,
                meaning: broken.how.meaning(),
            })
            .collect(),
        head: verified.head.map(|head| SealView {
            seq: head.seq,
            hash: head.hash.into(),
            sealed_at: head.sealed_at_us / MICROS,
        }),
        unsealed_seconds: verified.unsealed_seconds,
        next_cursor: next,
    }))
}

impl KnownSeal {
    fn read(self) -> Result<Known, Problem> {
        let hash = parse::hash("known.hash", &self.hash)?;
        if !i64::try_from(self.seq).is_ok_and(|seq| seq > 0) {
            return Err(Problem::field("known.seq", "not a place in the chain"));
        }
        Ok(Known { seq: self.seq, hash })
    }
}

/// Where a part begins.
fn place(cursor: Option<&str>) -> Result<Place, Problem> {
    match parse::read_cursor::<u64, i64>('v', cursor)? {
        None => Ok(Place::default()),
        Some((seal, row)) if i64::try_from(seal).is_ok() && row >= 0 => Ok(Place { seal, row }),
        Some(_) => Err(Problem::because(
            Code::MalformedQuery,
            "cursor does not belong to this list",
        )),
    }
}
