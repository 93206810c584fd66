//! Who connects to a server of ours, and with what.

use anyhow::Context;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};

/// Connects to a database, without logging its statements.
pub async fn connect(url: &str) -> anyhow::Result<PgConnection> {
    let options: PgConnectOptions = url.parse().context("not a PostgreSQL URL")?;
    options
        .disable_statement_logging()
        .connect()
        .await
        .context("cannot connect to PostgreSQL")
}

/// Lets the system's own roles log in with this password. The migrations create them without one: in
/// production, their operator decides how each process proves itself.
pub async fn let_roles_log_in(connection: &mut PgConnection, password: &str) -> anyhow::Result<()> {
    let names = "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'trellis\\_%' AND rolcanlogin";
    let roles: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut *connection).await?;
    for role in roles {
        let statement = "SELECT format('ALTER ROLE %I PASSWORD %L', $1, $2)";
        let statement: String = sqlx::query_scalar(statement)
            .bind(role)
            .bind(password)
            .fetch_one(&mut *connection)
            .await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The same URL for another role with the same password.
pub fn url_as(url: &str, role: &str) -> anyhow::Result<String> {
    let (scheme, rest) = url.split_once("://").context("not a URL")?;
    let (login, place) = rest
        .split_once('@')
        .context("the URL of the database names no user")?;
    let secret = login
        .split_once(':')
        .map(|(_, password)| format!(":{password}"))
        .unwrap_or_default();
    Ok(format!("{scheme}://{role}{secret}@{place}"))
}

/// The password in a URL, if it has one.
pub fn password_of(url: &str) -> Option<&str> {
    url.split_once("://")?
        .1
        .split_once('@')?
        .0
        .split_once(':')
        .map(|(_, password)| password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_role_keeps_password_place_and_parameters_of_a_url() {
        let url = url_as("postgres://postgres:secret@127.0.0.1:5/db?a=b", "trellis_api").unwrap();
        assert_eq!(url, "postgres://trellis_api:secret@127.0.0.1:5/db?a=b");
        assert_eq!(password_of(&url), Some("secret"));
        assert!(url_as("postgres://127.0.0.1/db", "trellis_api").is_err());
    }
}
