//! Golden vectors made by an independent implementation (`contracts/vectors/generate.mjs`), read by forge tests, too.

use std::collections::BTreeMap;
use std::str::FromStr;

use abi::typed_data::{
    self, Message, PayoutBatch, Refund, Registration, RegistrationConsent, Retopup, RetopupConsent,
};
use abi::{ICustody, Journal};
use alloy::primitives::{Address, B256, Bytes, FixedBytes, LogData, U256, keccak256};
use alloy::sol_types::Eip712Domain;
use alloy_signer_local::PrivateKeySigner;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypedDataVectors {
    domain: DomainVector,
    domain_separator: B256,
    signer: SignerVector,
    types: BTreeMap<String, TypeVector>,
    messages: Vec<MessageVector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DomainVector {
    chain_id: String,
    verifying_contract: Address,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignerVector {
    address: Address,
    private_key: B256,
}

#[derive(Deserialize)]
struct TypeVector {
    encoded: String,
    hash: B256,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageVector {
    r#type: String,
    name: String,
    message: Map<String, Value>,
    struct_hash: B256,
    digest: B256,
    signature: Bytes,
}

#[derive(Deserialize)]
struct JournalVectors {
    logs: Vec<LogVector>,
}

#[derive(Deserialize)]
struct LogVector {
    event: String,
    main: bool,
    topics: Vec<B256>,
    data: Bytes,
    seq: u64,
    root: FixedBytes<24>,
}

fn typed_data_vectors() -> TypedDataVectors {
    serde_json::from_str(include_str!("../vectors/typed-data.json")).expect("well formed vectors")
}

fn journal_vectors() -> JournalVectors {
    serde_json::from_str(include_str!("../vectors/journal.json")).expect("well formed vectors")
}

impl TypedDataVectors {
    fn domain(&self) -> Eip712Domain {
        typed_data::domain(
            self.domain.chain_id.parse().expect("a chain id"),
            self.domain.verifying_contract,
        )
    }
}

impl MessageVector {
    fn get<T: FromStr>(&self, field: &str) -> T
    where
        T::Err: std::fmt::Debug,
    {
        let text = self.message[field].as_str().expect("a string");
        text.parse()
            .unwrap_or_else(|error| panic!("{field} of {}: {error:?}", self.name))
    }

    fn check<M: Message>(&self, message: &M, vectors: &TypedDataVectors) {
        let ty = &vectors.types[&self.r#type];
        let context = format!("{}: {}", self.r#type, self.name);
        assert_eq!(M::TYPE, ty.encoded, "{context}");
        assert_eq!(M::type_hash(), ty.hash, "{context}");
        assert_eq!(message.struct_hash(), self.struct_hash, "{context}");
        let digest = typed_data::digest(message, &vectors.domain());
        assert_eq!(digest, self.digest, "{context}");
        let signer = PrivateKeySigner::from_bytes(&vectors.signer.private_key).expect("a valid key");
        assert_eq!(signer.address(), vectors.signer.address);
        let signature =
            alloy::signers::SignerSync::sign_hash_sync(&signer, &digest).expect("a digest can be signed");
        assert_eq!(Bytes::from(signature.as_bytes()), self.signature, "{context}");
        assert_eq!(
            signature.recover_address_from_prehash(&digest).ok(),
            Some(signer.address()),
            "{context}"
        );
    }

    fn intake(&self) -> ICustody::Intake {
        ICustody::Intake {
            user: self.get("user"),
            sponsor: self.get("sponsor"),
            amount: self.get("amount"),
            planHash: self.get("planHash"),
            disclosureHash: self.get("disclosureHash"),
            r#ref: self.get("ref"),
            deadline: self.get("deadline"),
        }
    }

    fn payout_batch(&self) -> PayoutBatch {
        let words = self.message["payouts"].as_array().expect("a list").iter();
        PayoutBatch {
            batch: ICustody::PayoutBatch {
                batchId: self.get("batchId"),
                submitter: self.get("submitter"),
                maxTotal: self.get("maxTotal"),
                manifestHash: self.get("manifestHash"),
                validAfter: self.get("validAfter"),
                deadline: self.get("deadline"),
            },
            payouts: words
                .map(|word| word.as_str().expect("a string").parse().expect("a word"))
                .collect(),
        }
    }

    fn liabilities_root(&self) -> ICustody::LiabilitiesRoot {
        ICustody::LiabilitiesRoot {
            root: self.get("root"),
            total: self.get("total"),
            asOfSeq: self.get("asOfSeq"),
            validAfter: self.get("validAfter"),
            deadline: self.get("deadline"),
        }
    }

    fn refund(&self) -> ICustody::Refund {
        ICustody::Refund {
            r#ref: self.get("ref"),
            to: self.get("to"),
            deadline: self.get("deadline"),
        }
    }

    fn claim(&self) -> ICustody::Claim {
        ICustody::Claim {
            user: self.get("user"),
            to: self.get("to"),
            root: self.get("root"),
            entitled: self.get("entitled"),
            deadline: self.get("deadline"),
        }
    }

    fn withdrawal(&self) -> ICustody::Withdrawal {
        ICustody::Withdrawal {
            user: self.get("user"),
            to: self.get("to"),
            amount: self.get("amount"),
            nonce: self.get("nonce"),
            deadline: self.get("deadline"),
        }
    }
}

#[test]
fn the_domain_separator_is_that_of_the_vectors() {
    let vectors = typed_data_vectors();
    assert_eq!(vectors.domain().separator(), vectors.domain_separator);
}

#[test]
fn type_hashes_digests_and_signatures_are_those_of_the_vectors() {
    let vectors = typed_data_vectors();
    let mut seen = BTreeMap::<&str, usize>::new();
    for vector in &vectors.messages {
        *seen.entry(&vector.r#type).or_default() += 1;
        match vector.r#type.as_str() {
            "Registration" => vector.check(&Registration(vector.intake()), &vectors),
            "Retopup" => vector.check(&Retopup(vector.intake()), &vectors),
            "PayoutBatch" => vector.check(&vector.payout_batch(), &vectors),
            "LiabilitiesRoot" => vector.check(&vector.liabilities_root(), &vectors),
            "RegistrationConsent" => vector.check(&RegistrationConsent(vector.intake()), &vectors),
            "RetopupConsent" => vector.check(&RetopupConsent(vector.intake()), &vectors),
            "Refund" => vector.check(&Refund(vector.refund()), &vectors),
            "Claim" => vector.check(&vector.claim(), &vectors),
            "Withdrawal" => vector.check(&vector.withdrawal(), &vectors),
            unknown => panic!("vectors of an unknown type {unknown}"),
        }
    }
    assert_eq!(seen.len(), 9, "every type has vectors: {seen:?}");
    assert_eq!(seen.values().sum::<usize>(), vectors.messages.len());
}

#[test]
fn a_registration_is_never_valid_as_a_retopup() {
    let vectors = typed_data_vectors();
    let vector = vectors.messages.first().expect("vectors");
    let domain = vectors.domain();
    assert_ne!(
        typed_data::digest(&Registration(vector.intake()), &domain),
        typed_data::digest(&Retopup(vector.intake()), &domain)
    );
}

#[test]
fn the_journal_over_the_sample_events_has_the_roots_of_the_vectors() {
    let mut journal = Journal::default();
    for vector in journal_vectors().logs {
        let log = LogData::new_unchecked(vector.topics, vector.data);
        let taken = journal
            .take(&log)
            .unwrap_or_else(|error| panic!("{}: {error}", vector.event));
        assert_eq!(taken, vector.main.then_some(vector.seq), "{}", vector.event);
        assert_eq!(
            (journal.seq, journal.root),
            (vector.seq, vector.root),
            "{}",
            vector.event
        );
    }
    assert_eq!(journal.seq, 22);
}

#[test]
fn leaving_out_any_main_event_is_noticed_at_the_next_one() {
    let logs: Vec<(bool, LogData)> = journal_vectors()
        .logs
        .into_iter()
        .map(|vector| (vector.main, LogData::new_unchecked(vector.topics, vector.data)))
        .collect();
    for gap in 0..logs.len() - 1 {
        let rest = logs
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != gap)
            .map(|(_, (_, log))| log);
        assert_eq!(
            Journal::default().fold(rest).is_err(),
            logs[gap].0,
            "without log {gap}"
        );
    }
}

#[test]
fn the_vectors_cover_every_event_of_the_interface() {
    let mut topics: Vec<B256> = journal_vectors().logs.iter().map(|log| log.topics[0]).collect();
    topics.sort_unstable();
    topics.dedup();
    let mut declared: Vec<B256> = abi::CustodyEvent::SELECTORS
        .iter()
        .map(|topic| B256::from(*topic))
        .collect();
    declared.sort_unstable();
    assert_eq!(topics, declared);
}

#[test]
fn roles_of_the_vectors_hash_as_the_names_do() {
    let freezer = journal_vectors()
        .logs
        .iter()
        .find(|log| log.event == "RoleChanged")
        .map(|log| log.topics[1]);
    assert_eq!(freezer, Some(keccak256("FREEZER_ROLE")));
    assert_eq!(freezer, Some(abi::roles::FREEZER));
    assert_eq!(U256::from_be_bytes(abi::roles::ADMIN.0), U256::ZERO);
}
