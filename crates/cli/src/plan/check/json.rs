//! The JSON output of `trellis plan check --json`. Names of fields are stable; amounts are strings of base units.

use plan::compile::{Counterexample, Placement, Step};
use plan::{ChainClass, CompileError};
use plan_review::sybil::{Replay, Search};
use serde_json::{Map, Value, json};

use super::{Checked, Sound};

pub(super) fn of(checked: &Checked) -> Value {
    let mut object = match &checked.compiled {
        Ok(sound) => of_sound(sound),
        Err(error) => {
            let all = checked.refusals();
            let all = all.iter().map(|error| of_refusal(checked, error));
            // The first one, for who fixes one after the other, and all.
            json!({ "refused": of_refusal(checked, error), "refusals": all.collect::<Vec<_>>() })
        }
    };
    object["file"] = json!(checked.file);
    object["verdict"] = json!(checked.verdict().name());
    object
}

fn of_refusal(checked: &Checked, error: &CompileError) -> Value {
    let refusal = error.refusal();
    let place = refusal.place_in(&checked.text);
    let counterexample = if let CompileError::ProgressionNotFunded(example) = error {
        of_counterexample(example)
    } else {
        Value::Null
    };
    json!({
        "code": refusal.code,
        "text": refusal.problem,
        "field": refusal.field,
        "line": place.line,
        "column": place.column,
        "hint": refusal.hint,
        "counterexample": counterexample,
    })
}

fn of_counterexample(example: &Counterexample) -> Value {
    json!({
        "asset": example.asset.code(),
        "entrant": example.entrant,
        "taken_in": example.taken_in.to_string(),
        "owed": example.owed.to_string(),
        "steps": example.steps.iter().map(of_step).collect::<Vec<_>>(),
    })
}

fn of_step(step: &Step) -> Value {
    json!({
        "entrant": step.entrant,
        "paid_in": step.paid_in.to_string(),
        "placements": step.placements.iter().map(of_placement).collect::<Vec<_>>(),
        "taken_in": step.taken_in.to_string(),
        "users": step.users.to_string(),
        "company": step.company.to_string(),
        "balance": step.balance().to_string(),
        "missing": step.missing().to_string(),
    })
}

fn of_placement(placement: &Placement) -> Value {
    let payments = placement.payments.iter().map(|payment| {
        json!({ "user": payment.user, "layer": payment.layer, "amount": payment.amount.to_string() })
    });
    json!({
        "user": placement.user,
        "tier": placement.tier,
        "index": placement.index,
        "price": placement.price.to_string(),
        "is_paid": placement.is_paid,
        "payments": payments.collect::<Vec<_>>(),
        "company": placement.company.to_string(),
    })
}

fn of_sound(sound: &Sound) -> Value {
    let plan = &sound.plan;
    let findings = sound.review.findings.iter().map(|finding| {
        json!({
            "code": finding.code,
            "severity": finding.severity.name(),
            "text": finding.text,
            "figures": figures(&finding.figures),
        })
    });
    let refusals = sound.review.refusals();
    let obstacles: Vec<Value> = refusals
        .map(|(code, text)| json!({ "code": code, "text": text }))
        .collect();
    let jurisdiction = sound.jurisdiction.as_ref().map(|profile| {
        json!({
            "name": profile.name(),
            "as_of": profile.as_of().to_string(),
            "legal_basis": profile.legal_basis(),
            "notice": profile.notice(),
            "hash": profile.hash().to_string(),
        })
    });
    json!({
        "name": plan.name(),
        "version": plan.version(),
        "hash": plan.hash().to_string(),
        "asset": plan.asset().code(),
        "tables": plan.component_names().collect::<Vec<_>>(),
        "time_zone": plan.time_zone().name(),
        "registration_price": plan.registration_price().to_string(),
        "retopup_price": plan.retopup_price().to_string(),
        "findings": findings.collect::<Vec<_>>(),
        "sybil": sound.sybil.as_ref().map(of_search),
        "chain": match sound.chain {
            ChainClass::Local => "local",
            ChainClass::Public => "public",
        },
        "jurisdiction": jurisdiction,
        // The first obstacle, for who wants to know only whether there is one.
        "gate": obstacles.first(),
        "obstacles": obstacles,
    })
}

fn of_search(search: &Search) -> Value {
    json!({
        "strategies": search.replays,
        "identities_max": search.bounds.identities_max,
        "brought": search.bounds.brought,
        "others": search.bounds.others,
        "gain": search.gain().to_string(),
        "gain_per_identity": search.gain_per_identity().to_string(),
        "best": of_replay(&search.best),
        "honest": of_replay(&search.honest),
    })
}

fn of_replay(replay: &Replay) -> Value {
    let identities = replay
        .identities
        .iter()
        .map(|(paid, received)| json!({ "paid_in": paid.to_string(), "received": received.to_string() }));
    json!({
        "strategy": replay.strategy.to_string(),
        "paid_in": replay.paid_in().to_string(),
        "received": replay.received().to_string(),
        "identities": identities.collect::<Vec<_>>(),
    })
}

fn figures(figures: &[(&'static str, u128)]) -> Value {
    let figures = figures
        .iter()
        .map(|(name, figure)| ((*name).to_owned(), json!(figure.to_string())));
    Value::Object(figures.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests;
