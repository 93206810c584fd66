//! Reports for operators: which may be taken, and that one was taken.

use std::ops::Range;

use serde_json::json;
use store::api::reports::{self, Listed};

use super::App;
use super::access::{Operator, Reporting};
use super::audit::{ExportError, note_export};

/// Facts from which a report is made at most.
pub const FACTS_MAX: i64 = 100_000;

/// Rewards that are compared for the highest recipients at most.
pub const REWARDS_MAX: i64 = 500_000;

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Rows in the order of time.
    List(Listed),
    /// Sums of rewards by kind.
    Rewards,
    /// Who was granted most.
    TopRecipients,
}

impl Report {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::List(Listed::Registrations),
        Self::List(Listed::Sales),
        Self::List(Listed::Payouts),
        Self::List(Listed::Movements),
        Self::Rewards,
        Self::TopRecipients,
    ];

    /// Its name in paths and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List(listed) => listed.name(),
            Self::Rewards => "rewards",
            Self::TopRecipients => "top-recipients",
        }
    }

    /// The one with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.name() == name)
    }
}

/// Notes that somebody takes a report of this time away, in seconds since 1970-01-01 UTC, unless it would take too much to make it.
///
/// # Errors
/// [`ExportError::RangeTooLarge`].
pub async fn begin(
    app: &App,
    caller: &Operator<Reporting>,
    report: Report,
    time: &Range<i64>,
) -> Result<(), ExportError> {
    let mut connection = app.connection().await?;
    if reports::count_facts(&mut connection, time, FACTS_MAX + 1).await? > FACTS_MAX {
        return Err(ExportError::RangeTooLarge(FACTS_MAX));
    }
    if report == Report::TopRecipients
        && reports::count_rewards(&mut connection, time, REWARDS_MAX + 1).await? > REWARDS_MAX
    {
        return Err(ExportError::RangeTooLarge(REWARDS_MAX));
    }
    let detail = json!({ "from": time.start, "to": time.end });
    note_export(
        &mut connection,
        caller.wallet,
        "report.exported",
        report.name(),
        &detail,
    )
    .await
}
