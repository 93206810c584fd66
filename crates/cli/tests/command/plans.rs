//! What is said about plans.

use std::collections::HashMap;

use serde_json::Value;

use crate::{AUTO_POOL, run};

#[test]
fn names_of_profiles_are_read_in_any_case() {
    let at = |name| run(&["plan", "check", "--names", "1", AUTO_POOL, "--jurisdiction", name]);
    let (upper, lower) = (at("EU"), at("eu"));
    assert_eq!((upper.status, &upper.out), (Some(4), &lower.out));
    assert_eq!(at("Local").status, Some(3));
}

fn changed(from: &str, to: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.toml").display().to_string();
    let text = std::fs::read_to_string(AUTO_POOL).expect("a plan");
    assert!(text.contains(from), "{from}");
    std::fs::write(&file, text.replace(from, to)).expect("written");
    (folder, file)
}

#[test]
fn all_mistakes_of_a_file_are_in_the_object() {
    let (_folder, file) = changed("version = 1", "version = 0\nvarsion = 7");
    let ran = run(&["plan", "check", "--json", &file]);
    let object: Value = serde_json::from_str(&ran.out).expect("JSON");
    let all = object["refusals"].as_array().expect("a list");
    let codes: Vec<&str> = all
        .iter()
        .filter_map(|refusal| refusal["code"].as_str())
        .collect();
    assert_eq!(codes, ["unknown_field", "version_is_zero"]);
    assert_eq!(object["refused"], all[0]);
    let ran = run(&["plan", "simulate", &file, "--users", "2"]);
    assert!(
        ran.error.contains("unknown_field") && ran.error.contains("version_is_zero"),
        "{ran:?}"
    );
}

#[test]
fn a_refund_names_the_wallet_that_paid() {
    let folder = tempfile::tempdir().expect("a folder");
    let facts = folder.path().join("facts").display().to_string();
    for plan in [AUTO_POOL, "../../plans/subscription.toml"] {
        let ran = run(&[
            "plan", "simulate", plan, "--users", "60", "--refund", "5000", "--facts", &facts,
        ]);
        assert_eq!(ran.status, Some(0), "{ran:?}");
        let text = std::fs::read_to_string(&facts).expect("facts");
        let mut payers: HashMap<String, String> = HashMap::new();
        let mut refunds = 0;
        for line in text.lines() {
            let fact: Value = serde_json::from_str(line).expect("JSON");
            let word = |name: &str| fact[name].as_str().unwrap_or_default().to_owned();
            match word("type").as_str() {
                "registered" | "retopped_up" => {
                    payers.insert(word("deposit_ref"), word("wallet"));
                }
                "refunded" => {
                    refunds += 1;
                    let payer = payers.get(&word("deposit_ref")).cloned();
                    assert_eq!(
                        (Some(word("wallet")), Some(word("to"))),
                        (payer.clone(), payer),
                        "{line}"
                    );
                }
                _ => {}
            }
        }
        assert!(refunds > 5, "{refunds}");
    }
}

#[test]
fn accounts_that_differ_name_their_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let facts = folder.path().join("facts").display().to_string();
    let ran = run(&["plan", "simulate", AUTO_POOL, "--users", "60", "--facts", &facts]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let (_folder, other) = changed("price = \"40\"", "price = \"50\"");
    let ran = run(&["plan", "diff", AUTO_POOL, &other, "--facts", &facts, "--json"]);
    assert_eq!(ran.status, Some(3), "{ran:?}");
    let object: Value = serde_json::from_str(&ran.out).expect("JSON");
    let balances = object["balances"].as_array().expect("a list");
    assert!(!balances.is_empty());
    for balance in balances {
        let is_claim = matches!(balance["account"].as_str(), Some("custody" | "receivable"));
        let expected = if is_claim { "debit" } else { "credit" };
        assert_eq!(balance["side"], expected, "{balance}");
    }
    let text = run(&["plan", "diff", AUTO_POOL, &other, "--facts", &facts]).out;
    assert!(text.contains("\naccount  company (credit): "), "{text}");
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.status, Some(0), "{shell}");
        for word in ["simulate", "liabilities", "cooling-off-days"] {
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(run(&["completions", "tcsh"]).status, Some(2));
}
