//! Evidence left by a failed test: the end of every log, and where everything stood by the
//! database.
//!
//! Not responsible for judging any of it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use devstack::postgres::connect;
use sqlx::Connection;

/// Lines of each log: enough for the last seconds of a service.
const LINES: usize = 40;

/// What is asked, with a title each. Every row is one column of JSON.
const STANDINGS: [(&str, &str); 11] = [
    (
        "checkpoint",
        "SELECT row_to_json(t)::text FROM (SELECT head_number, final_number, final_timestamp, final_seq, updated_at, \
         clock_timestamp() AS now FROM checkpoint) AS t",
    ),
    (
        "inbox",
        "SELECT row_to_json(t)::text FROM (SELECT count(*) AS facts, max(chain_seq) AS chain_seq, \
         count(*) FILTER (WHERE fact_seq IS NULL) AS not_posted FROM inbox) AS t",
    ),
    (
        "leases",
        "SELECT row_to_json(t)::text FROM (SELECT name, holder, epoch, expires_at FROM lease ORDER BY name) AS t",
    ),
    (
        "sender",
        "SELECT row_to_json(t)::text FROM (SELECT next_nonce, paused FROM sender_account) AS t",
    ),
    (
        "batches",
        "SELECT row_to_json(t)::text FROM (SELECT batch_id, state, count, total::text, deadline, cancel_requested_at \
         FROM payout_batch ORDER BY requested_at DESC LIMIT 10) AS t",
    ),
    (
        "submissions",
        "SELECT row_to_json(t)::text FROM (SELECT s.id, s.kind, s.nonce, s.state, s.allocated_block, a.number, a.noop, \
         a.max_fee::text, a.sends, a.first_sent_block, a.last_sent_block, a.included_block, a.succeeded \
         FROM submission AS s LEFT JOIN attempt AS a ON a.submission_id = s.id \
         ORDER BY s.id DESC, a.number DESC LIMIT 20) AS t",
    ),
    (
        "events of submissions",
        "SELECT row_to_json(t)::text FROM (SELECT at, submission_id, attempt, event, left(detail::text, 300) AS detail \
         FROM submission_event ORDER BY id DESC LIMIT 20) AS t",
    ),
    (
        "stops",
        "SELECT row_to_json(t)::text FROM (SELECT cause, opened_at FROM settlement_stop WHERE resumed_by IS NULL) AS t",
    ),
    (
        "findings",
        "SELECT row_to_json(t)::text FROM (SELECT check_id, subject, expected, actual, first_seen, resolved_at \
         FROM reconciliation_finding ORDER BY id DESC LIMIT 10) AS t",
    ),
    (
        "looks",
        "SELECT row_to_json(t)::text FROM (SELECT started_at, finished_at - started_at AS took, fact_seq, outcome, \
         checks #>> '{R5,everything}' AS everything, (SELECT string_agg(key || ' ' || (value ->> 'cause'), ', ') \
         FROM jsonb_each(checks) WHERE value ->> 'state' = 'skipped') AS skipped \
         FROM reconciliation_run ORDER BY id DESC LIMIT 15) AS t",
    ),
    (
        "audit log",
        "SELECT row_to_json(t)::text FROM (SELECT at, action, subject, left(detail::text, 300) AS detail \
         FROM audit_log ORDER BY id DESC LIMIT 15) AS t",
    ),
];

/// The end of every log in a directory, by name.
pub(crate) fn logs(directory: &Path) -> String {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.sort();
    let mut text = String::new();
    for file in files {
        let said = fs::read(&file).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said.lines().collect();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(text, "--- the end of {name}");
        for line in &lines[lines.len().saturating_sub(LINES)..] {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// Where everything stands by a ledger's database. Waits for the answers; another thread asks, because a test that fails
/// may be inside its runtime.
pub(crate) fn standings(url: &str) -> String {
    let url = url.to_owned();
    let asking = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(ask(&url))
    });
    match asking.join() {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => format!("--- the database does not say where everything stands: {error:#}\n"),
        Err(_) => String::new(),
    }
}

async fn ask(url: &str) -> anyhow::Result<String> {
    let mut connection = connect(url).await?;
    let mut text = String::new();
    for (title, statement) in STANDINGS {
        let rows: Vec<String> = sqlx::query_scalar(statement).fetch_all(&mut connection).await?;
        let _ = writeln!(text, "--- {title}");
        for row in rows {
            let _ = writeln!(text, "{row}");
        }
    }
    connection.close().await?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use testkit::TestDatabase;

    use super::*;

    #[test]
    fn only_the_end_of_a_log_is_shown() {
        let directory = tempfile::tempdir().expect("a directory");
        let lines: Vec<String> = (1..=LINES + 1).map(|line| format!("line {line}.")).collect();
        fs::write(directory.path().join("signer.log"), lines.join("\n")).expect("a log");
        let text = logs(directory.path());
        assert!(text.starts_with("--- the end of signer.log\nline 2.\n"), "{text}");
        assert!(text.ends_with(&format!("line {}.\n", LINES + 1)), "{text}");
    }

    #[tokio::test]
    async fn every_question_is_answered_by_the_schema() {
        let database = TestDatabase::new().await;
        let text = standings(&database.url());
        for (title, _) in STANDINGS {
            assert!(text.contains(&format!("--- {title}\n")), "{title}: {text}");
        }
    }
}
