//! Every command of the runbooks is one that exists.

use alloy::primitives::{Address, B256};

use crate::world::trellis;

const RUNBOOKS: &str = include_str!("../../../../docs/runbooks.md");

/// The commands `$AS_ADMIN …` and `$AS_GUARDIAN …`, each as its words.
fn commands() -> Vec<Vec<&'static str>> {
    let mut commands = Vec::new();
    for line in RUNBOOKS.lines() {
        for part in line.split("$AS_").skip(1) {
            // In a table it ends with its mark, in a block with the line or its comment.
            let end = part.find(['`', '#', '|']).unwrap_or(part.len());
            commands.push(part[..end].split_whitespace().skip(1).collect());
        }
    }
    commands.retain(|words: &Vec<&str>| !words.is_empty());
    commands
}

/// Something of the form that stands for a word in capitals; an operation for the one that names any.
fn filled(word: &str) -> String {
    match word {
        "NEW" | "OLD" | "STOLEN" | "USER" | "TO" | "ARGUMENT" => Address::repeat_byte(0x5a).to_checksum(None),
        "AMOUNT" | "CAP" | "FLOOR" => "1".to_owned(),
        "ROOT" | "BATCH_ID" => B256::repeat_byte(1).to_string(),
        "KIND" => "add-signer".to_owned(),
        other => other.to_owned(),
    }
}

#[test]
fn every_command_of_the_runbooks_gives_a_call() {
    let commands = commands();
    assert!(commands.len() > 25, "{commands:?}");
    let contract = Address::repeat_byte(0xc0).to_checksum(None);
    for words in commands {
        let words: Vec<String> = words.iter().map(|word| filled(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // Nothing is asked of the node, because nobody is named who sends.
        let before = ["operate", "--contract", &contract, "--rpc", "http://127.0.0.1:1"];
        let ran = trellis(&[&before[..], &words].concat());
        assert!(
            ran.succeeded && ran.value("data ").starts_with("0x"),
            "{words:?}: {ran:?}"
        );
    }
}
