//! The JSON of every request and answer.

use alloy_primitives::{Address, B256, Bytes, keccak256};
use approval::{Approval, Moment, SIGNATURE_BYTES_MAX};
use money::Amount;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use settlement::authorization::{IntakeKind, IntakeTerms};

use super::{APPROVALS_MAX, IntakeRequest, explain};
use crate::{
    AttestedRoot, Authorization, BatchTerms, Call, Justification, LiabilitiesRoot, Payout, PayoutBatch,
    ProofNode, RootTerms, SignedBy, SignedMoment, SignedTransaction, TransactionTerms,
};

fn intake() -> IntakeTerms {
    IntakeTerms {
        kind: IntakeKind::Registration,
        chain_id: 31337,
        contract: Address::repeat_byte(0xc0),
        user: Address::repeat_byte(0xaa),
        sponsor: Some(Address::repeat_byte(0xbb)),
        amount: Amount::new(u128::MAX),
        plan_hash: B256::repeat_byte(1),
        disclosure_hash: B256::repeat_byte(2),
        deposit_ref: B256::repeat_byte(3),
        deadline: 1_800_000_000,
    }
}

fn moment() -> SignedMoment {
    SignedMoment {
        moment: Moment {
            fact_seq: 1,
            journal_seq: 2,
            journal_root: B256::repeat_byte(3),
            block_number: 4,
            block_hash: B256::repeat_byte(5),
            seen_at: 6,
            attested_at: 7,
        },
        signature: [8; 65],
    }
}

fn justification() -> Justification {
    Justification {
        proposer: Address::repeat_byte(1),
        approvals: vec![Approval {
            wallet: Address::repeat_byte(2),
            expires: u64::MAX,
            signature: vec![3; 100],
        }],
        attestation: moment(),
    }
}

fn batch() -> PayoutBatch {
    let payout = |byte, target| Payout {
        wallet: Address::repeat_byte(byte),
        target: Amount::new(target),
    };
    PayoutBatch {
        batch_id: B256::repeat_byte(1),
        submitter: Address::repeat_byte(2),
        max_total: Amount::new(u128::MAX),
        manifest_hash: B256::repeat_byte(3),
        valid_after: 1,
        deadline: 2,
        payouts: vec![payout(4, 0), payout(5, u128::MAX)],
    }
}

fn root() -> LiabilitiesRoot {
    LiabilitiesRoot {
        root: B256::repeat_byte(1),
        total: Amount::new(7),
        as_of_seq: u64::MAX,
        valid_after: 1,
        deadline: 2,
    }
}

fn batch_terms() -> BatchTerms {
    BatchTerms {
        chain_id: 31337,
        contract: Address::repeat_byte(0xc0),
        plan_hash: B256::repeat_byte(9),
        batch: batch(),
        justification: justification(),
    }
}

fn transaction(call: Call) -> TransactionTerms {
    let attested_root = AttestedRoot {
        total: Amount::new(9),
        attestation: moment(),
    };
    TransactionTerms {
        chain_id: 31337,
        contract: Address::repeat_byte(0xc0),
        nonce: u64::MAX,
        attempt: 3,
        gas_limit: 21_000,
        max_fee_per_gas: u128::MAX,
        max_priority_fee_per_gas: 0,
        claimed_root: matches!(call, Call::Claim { .. }).then_some(attested_root),
        call,
    }
}

fn calls() -> [Call; 5] {
    let authorization = SignedBy {
        signer: Address::repeat_byte(8),
        signature: [9; 65],
    };
    [
        Call::ExecuteBatch {
            batch: batch(),
            authorization,
        },
        Call::PublishRoot {
            root: root(),
            authorization,
        },
        Call::Claim {
            user: Address::repeat_byte(1),
            entitled: Amount::new(2),
            root: B256::repeat_byte(3),
            proof: vec![ProofNode {
                hash: B256::repeat_byte(4),
                sum: Amount::new(5),
            }],
        },
        Call::SweepMatured { max_days: 7 },
        Call::Noop {},
    ]
}

/// What a text is refused for; nothing when it is taken.
fn refusal<T: DeserializeOwned>(json: &Value) -> Option<String> {
    let read = serde_json::from_str::<T>(&json.to_string());
    read.err().map(|error| explain(&error))
}

#[test]
fn intakes_survive_the_wire() {
    for sponsor in [None, Some(Address::repeat_byte(9))] {
        let terms = IntakeTerms { sponsor, ..intake() };
        let json = serde_json::to_string(&IntakeRequest::of(&terms)).unwrap();
        let read: IntakeRequest = serde_json::from_str(&json).unwrap();
        assert_eq!(read.terms(IntakeKind::Registration), terms);
    }
    let mut json = serde_json::to_value(IntakeRequest::of(&intake())).unwrap();
    json.as_object_mut().unwrap().remove("sponsor");
    let read: IntakeRequest = serde_json::from_value(json).unwrap();
    assert_eq!(read.terms(IntakeKind::Retopup).sponsor, None);
}

#[test]
fn values_have_one_form() {
    let json = serde_json::to_value(batch_terms()).unwrap();
    assert_eq!(
        json["batch"]["payouts"][1],
        json!({"wallet": format!("0x{}", "05".repeat(20)), "target": u128::MAX.to_string()})
    );
    assert_eq!(json["plan_hash"], format!("0x{}", "09".repeat(32)));
    let attestation = &json["justification"]["attestation"];
    assert_eq!(attestation["signature"], format!("0x{}", "08".repeat(65)));
    assert_eq!(attestation["attested_at"], 7);
}

#[test]
fn an_authorization_survives_the_wire() {
    let authorization = Authorization {
        signer: Address::repeat_byte(7),
        signature: [8; 65],
        digest: B256::repeat_byte(9),
    };
    let json = serde_json::to_string(&authorization).unwrap();
    let read: Authorization = serde_json::from_str(&json).unwrap();
    assert_eq!(read, authorization);
}

#[test]
fn what_is_not_exactly_a_value_is_refused_with_its_field() {
    let good = serde_json::to_value(IntakeRequest::of(&intake())).unwrap();
    let address = "an address of 20 bytes in hexadecimal with prefix";
    let amount = "a decimal integer of base units";
    let table = [
        ("user", "aa".repeat(20), address),
        ("user", format!("0x{}", "aa".repeat(21)), address),
        ("user", format!("0x0x{}", "aa".repeat(19)), address),
        ("user", format!("0x0x{}", "aa".repeat(20)), address),
        ("contract", String::new(), address),
        ("sponsor", String::new(), address),
        ("amount", "1.0".to_owned(), amount),
        ("amount", "-1".to_owned(), amount),
        (
            "plan_hash",
            format!("0x{}", "01".repeat(31)),
            "32 bytes in hexadecimal with prefix",
        ),
    ];
    for (row, (field, value, expected)) in table.into_iter().enumerate() {
        let mut json = good.clone();
        json[field] = value.into();
        let refused = refusal::<IntakeRequest>(&json);
        assert_eq!(refused, Some(format!("`{field}` is not {expected}")), "row {row}");
    }
}

#[test]
fn an_unknown_field_is_refused_with_its_place() {
    let mut json = serde_json::to_value(IntakeRequest::of(&intake())).unwrap();
    json["digest"] = "0x00".into();
    let refused = refusal::<IntakeRequest>(&json).unwrap();
    assert!(refused.starts_with("unknown field `digest`"), "{refused}");
    assert!(refused.contains(" at line 1 column "), "{refused}");
}

#[test]
fn batches_and_roots_survive_the_wire() {
    let terms = batch_terms();
    let json = serde_json::to_string(&terms).unwrap();
    assert_eq!(serde_json::from_str::<BatchTerms>(&json).unwrap(), terms);
    let terms = RootTerms {
        chain_id: 31337,
        contract: Address::repeat_byte(0xc0),
        plan_hash: B256::repeat_byte(9),
        root: root(),
        leaves: 3,
        justification: justification(),
    };
    let json = serde_json::to_string(&terms).unwrap();
    assert_eq!(serde_json::from_str::<RootTerms>(&json).unwrap(), terms);
}

#[test]
fn unknown_fields_are_refused_at_every_depth() {
    let good = serde_json::to_value(batch_terms()).unwrap();
    for at in [
        "",
        "/batch",
        "/batch/payouts/0",
        "/justification",
        "/justification/approvals/0",
        "/justification/attestation",
    ] {
        let mut json = good.clone();
        json.pointer_mut(at).unwrap()["digest"] = "0x00".into();
        assert!(refusal::<BatchTerms>(&json).is_some(), "{at}");
    }
}

#[test]
fn too_many_and_too_long_signatures_are_refused() {
    let good = serde_json::to_value(batch_terms()).unwrap();
    assert_eq!(refusal::<BatchTerms>(&good), None);
    let mut json = good.clone();
    json["justification"]["approvals"][0]["signature"] =
        format!("0x{}", "00".repeat(SIGNATURE_BYTES_MAX + 1)).into();
    assert_eq!(
        refusal::<BatchTerms>(&json).unwrap(),
        "`signature` is not at most 4096 bytes in hexadecimal with prefix"
    );
    let mut json = good.clone();
    let approval = good["justification"]["approvals"][0].clone();
    json["justification"]["approvals"] = vec![approval; APPROVALS_MAX + 1].into();
    assert_eq!(
        refusal::<BatchTerms>(&json).unwrap(),
        "`approvals` is not at most 16 signatures"
    );
}

#[test]
fn every_call_survives_the_wire_under_its_name() {
    for call in calls() {
        let name = call.name();
        let terms = transaction(call);
        let json = serde_json::to_value(&terms).unwrap();
        assert!(json["call"][name].is_object(), "{json}");
        let read: TransactionTerms = serde_json::from_value(json).unwrap();
        assert_eq!(read, terms);
    }
}

#[test]
fn what_is_beside_or_inside_a_call_is_not_overlooked() {
    for call in calls() {
        let name = call.name();
        let good = serde_json::to_value(transaction(call)).unwrap();
        let pointers = ["".to_owned(), "/call".to_owned(), format!("/call/{name}")];
        for at in pointers {
            let mut json = good.clone();
            json.pointer_mut(&at).unwrap()["data"] = "0x00".into();
            assert!(refusal::<TransactionTerms>(&json).is_some(), "{at}");
        }
        let mut json = good;
        json["call"] = name.into();
        assert!(refusal::<TransactionTerms>(&json).is_some());
    }
}

#[test]
fn an_answer_whose_hash_is_not_that_of_its_bytes_is_noticed() {
    let raw = Bytes::from_static(&[2, 1, 0]);
    let transaction = SignedTransaction {
        hash: keccak256(&raw),
        raw,
        sender: Address::repeat_byte(1),
    };
    let mut json = serde_json::to_value(&transaction).unwrap();
    assert_eq!(json["raw"], "0x020100");
    let read: SignedTransaction = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(read, transaction);
    assert!(read.has_its_hash());
    json["raw"] = "0x02010000".into();
    let read: SignedTransaction = serde_json::from_value(json).unwrap();
    assert!(!read.has_its_hash());
}
