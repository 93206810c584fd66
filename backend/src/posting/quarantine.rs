//! Commands that cannot be posted are quarantined, and the worker continues with later ones.
//!
//! What cannot be read is seen before anything is applied. What the ledger refuses is seen when its batch is written: then the
//! worker's memory is ahead, is rebuilt, and takes commands one at a time until it is known which one it was. What the chain
//! says is never quarantined: such a refusal ends the worker.

use sqlx::{Connection, PgConnection};
use store::lease;
use store::posting::PostingError;
use store::quarantine::{self, QuarantineCause, SetAside};

use super::suspect::Suspect;
use super::writer::{StepError, Writer};

impl Writer {
    /// Puts these commands aside.
    pub(super) async fn set_aside(
        &mut self,
        connection: &mut PgConnection,
        commands: &[SetAside],
    ) -> Result<(), StepError> {
        let mut transaction = connection.begin().await?;
        lease::check(&mut transaction, self.lease).await?;
        quarantine::insert(&mut transaction, commands).await?;
        transaction.commit().await?;
        metrics::counter!("trellis_posting_quarantined_total").increment(commands.len() as u64);
        for command in commands {
            tracing::error!(
                inbox.id = command.inbox_id,
                cause = command.cause.name(),
                detail = command.detail,
                "a command was quarantined"
            );
        }
        Ok(())
    }

    /// Notes which command the ledger may have refused, and puts it aside if it is known. This writer is a new one, which knows
    /// what is posted and nothing else.
    pub async fn suspect(
        &mut self,
        connection: &mut PgConnection,
        suspect: Suspect,
        reason: &PostingError,
    ) -> Result<(), StepError> {
        self.one_by_one_through = suspect.last();
        match suspect {
            Suspect::One(id) => {
                let command = SetAside::new(id, QuarantineCause::Refused, reason);
                self.set_aside(connection, &[command]).await
            }
            Suspect::UpTo(id) => {
                tracing::warn!(
                    inbox.id = id,
                    "a command was rejected; posting commands one by one"
                );
                Ok(())
            }
        }
    }
}
