//! The audit log of a running system is sealed, and whoever changes it is found.

use serde_json::json;

use crate::world::Watched;

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_sealed_and_a_changed_row_is_told_until_it_is_back() {
    let watched = Watched::start_with(&[("TRELLIS_VIGIL_INTERVAL_MS", "200")]).await;
    // The operators of the ledger were noted when it was made.
    let unsealed = "SELECT count(*) FROM audit_log AS a WHERE NOT EXISTS (SELECT FROM audit_seal AS s WHERE s.audit_id = a.id)";
    watched.becomes(unsealed, 0).await;
    assert!(watched.count("SELECT count(*) FROM audit_seal").await > 0);

    let first = "id = (SELECT min(id) FROM audit_log)";
    watched
        .execute(&format!(
            "UPDATE audit_log SET action = action || '!' WHERE {first}"
        ))
        .await;
    let raised = |told: &serde_json::Value| told["check"] == "R24" && told["event"] == "raised";
    let told = watched.receiver.find(raised, "a changed row").await;
    assert_eq!(
        (&told["severity"], &told["subject"]),
        (&json!("S2"), &json!("seal 1"))
    );
    watched
        .execute(&format!(
            "UPDATE audit_log SET action = rtrim(action, '!') WHERE {first}"
        ))
        .await;
    let resolved = |told: &serde_json::Value| told["check"] == "R24" && told["event"] == "resolved";
    watched.receiver.find(resolved, "the row is back").await;
}
