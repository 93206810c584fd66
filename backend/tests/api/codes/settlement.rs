//! The codes of payouts and of roots of liabilities.

use backend::http::code::Code;
use serde_json::json;

use super::Seen;
use crate::operators::{APPROVER, BOTH, BUILDER, due_world};
use crate::world::World;

pub(super) async fn settlement(seen: &mut Seen) {
    let mut world = due_world().await;
    let unknown = format!("0x{}", "12".repeat(32));
    let builder = world.sign_in(BUILDER).await;
    let approver = world.sign_in(APPROVER).await;
    let both = world.sign_in(BOTH).await;
    let root = json!({ "accept_claims": false });
    unknown_things(seen, &world, &unknown).await;
    let built = world.build(&both, "key", &json!({})).await.ok();
    let id = built["batch"]["id"].as_str().unwrap().to_owned();
    let path = format!("/payouts/{id}/manifest");
    seen.expect(Code::NoManifest, &world.get(&path, Some(&builder)).await);
    seen.expect(
        Code::NothingDue,
        &world.build(&builder, "another", &json!({})).await,
    );
    seen.expect(
        Code::BatchesLive,
        &world.post("/liabilities/roots", Some(&builder), &root).await,
    );
    world.post_causes(vec![]).await;
    world.seal(&id).await;
    seen.expect(Code::ApproverIsBuilder, &world.approve(&both, &id).await);
    let path = format!("/payouts/{id}/approve");
    let mut guess = world
        .sign_wanted(&approver, &format!("/payouts/{id}/approval"))
        .await
        .unwrap();
    guess["list_hash"] = json!(unknown);
    seen.expect(
        Code::ListChanged,
        &world.post(&path, Some(&approver), &guess).await,
    );
    seen.expect(Code::WrongBatchState, &world.step(&builder, &id, "submit").await);
    guess["list_hash"] = world.batch(&id).await["list_hash"].clone();
    let with = |field: &str, value: serde_json::Value| {
        let mut body = guess.clone();
        body[field] = value;
        body
    };
    for (body, code) in [
        (
            with("signature", json!(format!("0x{}", "11".repeat(65)))),
            Code::BadSignature,
        ),
        (with("expires", json!(1)), Code::ApprovalExpired),
        (
            with("wallet", json!(format!("{:#x}", crate::world::wallet(BUILDER)))),
            Code::WalletOfAnother,
        ),
    ] {
        seen.expect(code, &world.post(&path, Some(&approver), &body).await);
    }
    world.approve(&approver, &id).await.ok();
    world
        .sql("INSERT INTO settlement_stop (cause) VALUES ('R1')")
        .await;
    seen.expect(Code::SettlementStopped, &world.step(&builder, &id, "sign").await);
    world.resume(&approver).await.ok();
    seen.expect(Code::SecondOperatorNeeded, &world.resume(&approver).await);
    world.sql("DELETE FROM settlement_stop").await;
    world.step(&builder, &id, "sign").await.ok();
    world.chain.as_ref().unwrap().pass(1_801).await;
    seen.expect(Code::DeadlinePassed, &world.step(&builder, &id, "submit").await);
    world.step(&builder, &id, "cancel").await.ok();
    seen.expect(Code::CancelRequested, &world.step(&builder, &id, "submit").await);
    world.expire(&id).await;
    intake(seen, &world).await;
    roots(seen, &world).await;
}

async fn intake(seen: &mut Seen, world: &World) {
    let builder = world.sign_in(BUILDER).await;
    let user = world.sign_in(2).await;
    let ask = json!({ "disclosure_hash": world.disclosure().await });
    let reason = json!({ "reason": "a key was stolen" });
    world.post("/admin/stop", Some(&builder), &reason).await.ok();
    seen.expect(
        Code::IntakeStopped,
        &world.post("/users/2/retopup", Some(&user), &ask).await,
    );
    world.sql("DELETE FROM settlement_stop").await;
}

async fn roots(seen: &mut Seen, world: &World) {
    let builder = world.sign_in(BUILDER).await;
    let approver = world.sign_in(APPROVER).await;
    let root = json!({ "accept_claims": false });
    let first = world.post("/liabilities/roots", Some(&builder), &root).await.ok();
    let first = world.built_root(&first).await.ok();
    let path = format!("/liabilities/roots/{}", first["root"].as_str().unwrap());
    world.agree(&builder, &path, json!({})).await.ok();
    world.agree(&approver, &path, json!({})).await.ok();
    seen.expect(
        Code::WrongRootState,
        &world.agree(&approver, &path, json!({})).await,
    );
    world.sql("UPDATE users SET paid = paid + 1 WHERE id = 1").await;
    let second = world.post("/liabilities/roots", Some(&builder), &root).await.ok();
    let second = world.built_root(&second).await.ok();
    let path = format!("/liabilities/roots/{}", second["root"].as_str().unwrap());
    seen.expect(
        Code::RootUnderWay,
        &world.agree(&approver, &path, json!({})).await,
    );
    world
        .sql("UPDATE paid_total SET paid = 5_000 * 10::numeric ^ 18")
        .await;
    seen.expect(
        Code::RootUnfunded,
        &world.post("/liabilities/roots", Some(&builder), &root).await,
    );
}

async fn unknown_things(seen: &mut Seen, world: &World, unknown: &str) {
    let builder = world.sign_in(BUILDER).await;
    let approver = world.sign_in(APPROVER).await;
    let user = world.sign_in(1).await;
    let nobody = world.sign_in(4).await;
    seen.expect(Code::RoleMissing, &world.get("/payouts", Some(&user)).await);
    seen.expect(Code::NoProof, &world.get("/users/1/proof", Some(&user)).await);
    let path = format!("/payouts/{unknown}");
    seen.expect(Code::UnknownBatch, &world.get(&path, Some(&builder)).await);
    let path = format!("/liabilities/roots/{unknown}/leaves");
    seen.expect(Code::UnknownRoot, &world.get(&path, None).await);
    seen.expect(
        Code::NothingAvailable,
        &world.post("/users/withdraw", Some(&nobody), &json!({})).await,
    );
    seen.expect(Code::NotStopped, &world.resume(&approver).await);
}
