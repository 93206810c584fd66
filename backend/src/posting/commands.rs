//! Verifies commands of operators before posting: each must carry the signatures of those who may give it.
//!
//! The inbox is a table that the API writes. What operators command is posted on the word of their keys, not of that row: a
//! command that nobody signed who counts is quarantined, and later ones are posted.

use approval::Domain;
use causes::commands::{Given, Judge, is_of_operators};
use plan::CompiledPlan;
use sqlx::PgConnection;
use store::inbox::Entry;
use store::quarantine::{QuarantineCause, SetAside};
use store::{StoreError, attestation, authorization, deployment};

use crate::agreement;

/// Those among the waiting causes that operators must have signed and did not.
pub(super) async fn list_unproven(
    connection: &mut PgConnection,
    plan: &CompiledPlan,
    entries: &[Entry],
) -> Result<Vec<SetAside>, StoreError> {
    let commands: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.chain.is_none() && is_of_operators(&entry.cause))
        .collect();
    if commands.is_empty() {
        return Ok(Vec::new());
    }
    let deployed = deployment::find(connection).await?;
    let deployed = deployed.ok_or(StoreError::Corrupt {
        what: "commands of operators in a ledger that is not deployed",
    })?;
    let domain = Domain {
        chain_id: deployed.chain_id,
        contract: deployed.contract,
    };
    let people = agreement::people(connection).await?;
    let judge = Judge {
        plan,
        domain: &domain,
        people: &people,
        time: authorization::find_chain_time(connection)
            .await?
            .unwrap_or_default(),
    };
    let ids: Vec<i64> = commands.iter().map(|entry| entry.id).collect();
    let proofs = attestation::list_proofs(connection, &ids).await?;
    let judged = commands.into_iter().filter_map(|entry| {
        let proof = proofs.get(&entry.id);
        let given = Given {
            cause: &entry.cause,
            natural_key: proof.map_or("", |proof| &proof.natural_key),
            signature: proof.and_then(|proof| proof.signature.as_deref()),
            at: entry.effective_at,
        };
        let unproven = judge.check(&given).err()?;
        Some(SetAside::new(entry.id, QuarantineCause::Unproven, &unproven))
    });
    Ok(judged.collect())
}
