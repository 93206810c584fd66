//! Which commands of operators count: those that the right people signed, for exactly this, at a time at which they could.
#![expect(clippy::unwrap_used, reason = "tests and what they are made of")]

use alloy::signers::SignerSync;
use alloy_primitives::{Address, B256};
use alloy_signer_local::PrivateKeySigner;
use approval::{
    APPROVAL_LIFE_MAX, Approval, Confirmation, Confirmed, Domain, Evidence, PROPOSAL_KEY_PREFIX, People,
    Person, QuorumRule, Role,
};
use causes::commands::{Given, Judge, Unproven, allocation};
use ledger::Fund;
use money::Amount;
use plan::{Cause, CompiledPlan, Report};

const DOMAIN: Domain = Domain {
    chain_id: 31_337,
    contract: Address::repeat_byte(0xcc),
};
const HASH: B256 = B256::repeat_byte(5);
const AMOUNT: Amount = Amount::new(7);
const NOW: u64 = 1_000;
/// Alice builds and approves, Bob approves until 1,100, Carol supports.
const ALICE: u8 = 1;
const ALICES_OTHER: u8 = 2;
const BOB: u8 = 3;
const CAROL: u8 = 4;
const STRANGER: u8 = 9;

fn plan() -> CompiledPlan {
    plan::compile(include_str!("../../../../plans/subscription.toml")).unwrap()
}

fn key(person: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(person)).unwrap()
}

fn wallet(person: u8) -> Address {
    key(person).address()
}

fn people() -> People {
    let person = |id: &str, roles: &[Role], until, wallets: &[u8]| Person {
        id: id.into(),
        roles: roles.iter().copied().collect(),
        from: 0,
        until,
        wallets: wallets.iter().copied().map(wallet).collect(),
    };
    People::of_ledger(vec![
        person(
            "alice",
            &[Role::Builder, Role::Approver],
            None,
            &[ALICE, ALICES_OTHER],
        ),
        person("bob", &[Role::Approver], Some(1_100), &[BOB]),
        person("carol", &[Role::Support], None, &[CAROL]),
    ])
}

/// Signatures of these people over the allocation of an amount, until then.
fn evidence(amount: u128, signers: &[u8], expires: u64) -> Vec<u8> {
    let proposal = allocation(&plan(), HASH, Fund::new(1), Amount::new(amount), wallet(ALICE));
    let digest = proposal.message(expires).digest(&DOMAIN);
    let approval = |person: &u8| Approval {
        wallet: wallet(*person),
        expires,
        signature: key(*person).sign_hash_sync(&digest).unwrap().as_bytes().to_vec(),
    };
    let evidence = Evidence {
        proposer: wallet(ALICE),
        approvals: signers.iter().map(approval).collect(),
    };
    evidence.to_bytes().unwrap()
}

fn judged(
    report: Report,
    natural_key: &str,
    signature: Option<&[u8]>,
    at: u64,
    time: u64,
) -> Result<(), Unproven> {
    let (plan, people, cause) = (plan(), people(), Cause::Reported(report));
    let judge = Judge {
        plan: &plan,
        domain: &DOMAIN,
        people: &people,
        time,
    };
    judge.check(&Given {
        cause: &cause,
        natural_key,
        signature,
        at,
    })
}

fn allocated(signature: Option<&[u8]>, at: u64, time: u64) -> Result<(), Unproven> {
    let report = Report::FundAllocated {
        fund: Fund::new(1),
        amount: AMOUNT,
    };
    judged(
        report,
        &format!("{PROPOSAL_KEY_PREFIX}{HASH:#x}"),
        signature,
        at,
        time,
    )
}

fn votes_missing() -> Result<(), Unproven> {
    Err(Unproven::Quorum(QuorumRule::VotesMissing { found: 0, needed: 1 }))
}

#[test]
fn an_allocation_counts_with_the_signatures_of_its_proposer_and_another_person() {
    let until = NOW + 50;
    assert_eq!(
        allocated(Some(&evidence(7, &[ALICE, BOB], until)), NOW, NOW),
        Ok(())
    );
    assert_eq!(
        allocated(Some(&evidence(7, &[BOB, ALICES_OTHER], until)), NOW, NOW),
        Ok(())
    );
    for signers in [
        &[ALICE][..],
        &[ALICE, ALICES_OTHER],
        &[ALICE, CAROL],
        &[ALICE, STRANGER],
    ] {
        let refused = allocated(Some(&evidence(7, signers, until)), NOW, NOW);
        assert_eq!(refused, votes_missing(), "{signers:?}");
    }
    let unsigned = Err(Unproven::Quorum(QuorumRule::ProposerUnsigned));
    assert_eq!(allocated(Some(&evidence(7, &[BOB], until)), NOW, NOW), unsigned);
    assert_eq!(
        allocated(Some(&evidence(8, &[ALICE, BOB], until)), NOW, NOW),
        unsigned
    );
    assert_eq!(allocated(None, NOW, NOW), Err(Unproven::Unsigned));
    assert_eq!(allocated(Some(&[1; 30]), NOW, NOW), Err(Unproven::Unsigned));
    let report = Report::FundAllocated {
        fund: Fund::new(1),
        amount: AMOUNT,
    };
    let signed = evidence(7, &[ALICE, BOB], until);
    let elsewhere = judged(
        report,
        &format!("{:#x}:key", wallet(ALICE)),
        Some(&signed),
        NOW,
        NOW,
    );
    assert_eq!(elsewhere, Err(Unproven::Key));
    let other = format!("{PROPOSAL_KEY_PREFIX}{:#x}", B256::ZERO);
    assert_eq!(judged(report, &other, Some(&signed), NOW, NOW), unsigned);
}

#[test]
fn a_signature_counts_until_it_ends_and_no_longer_than_a_week_ahead() {
    let signed = |expires| evidence(7, &[ALICE, BOB], expires);
    let unsigned = Err(Unproven::Quorum(QuorumRule::ProposerUnsigned));
    for (expires, at, time, outcome) in [
        (NOW, NOW, NOW, Ok(())),
        (NOW - 1, NOW, NOW, unsigned.clone()),
        // It says that it was given in time, and the newest block is later.
        (NOW - 1, NOW - 10, NOW, unsigned.clone()),
        (NOW + APPROVAL_LIFE_MAX, NOW, NOW, Ok(())),
        (NOW + APPROVAL_LIFE_MAX + 1, NOW, NOW, unsigned),
    ] {
        assert_eq!(
            allocated(Some(&signed(expires)), at, time),
            outcome,
            "{expires} {at} {time}"
        );
    }
}

#[test]
fn people_count_only_while_they_are_operators() {
    let signed = evidence(7, &[ALICE, BOB], 1_200);
    assert_eq!(allocated(Some(&signed), 1_099, 1_099), Ok(()));
    assert_eq!(allocated(Some(&signed), 1_100, 1_099), votes_missing());
    assert_eq!(allocated(Some(&signed), 1_099, 1_100), votes_missing());
}

#[test]
fn a_confirmation_counts_with_the_signature_of_who_gives_it_and_supports_users() {
    let user = Address::repeat_byte(0x11);
    let word = |operator: u8, what, about, name: &str| {
        let confirmation = Confirmation {
            what,
            wallet: about,
            operator: wallet(operator),
            nonce: approval::command_nonce(name),
        };
        let digest = confirmation.message().digest(&DOMAIN);
        key(operator).sign_hash_sync(&digest).unwrap().as_bytes().to_vec()
    };
    let given = |operator: u8, report, signature: &[u8]| {
        judged(
            report,
            &format!("{:#x}:a:b", wallet(operator)),
            Some(signature),
            NOW,
            NOW,
        )
    };
    let verified = Report::UserVerified { wallet: user };
    let recorded = Report::TaxIdRecorded { wallet: user };
    let (identity, tax) = (Confirmed::Identity, Confirmed::TaxId);
    assert_eq!(
        given(CAROL, verified, &word(CAROL, identity, user, "a:b")),
        Ok(())
    );
    assert_eq!(given(CAROL, recorded, &word(CAROL, tax, user, "a:b")), Ok(()));
    for signature in [
        word(CAROL, tax, user, "a:b"),
        word(CAROL, identity, Address::ZERO, "a:b"),
        word(CAROL, identity, user, "a"),
        word(STRANGER, identity, user, "a:b"),
        vec![0x1b; 65],
    ] {
        let refused = given(CAROL, verified, &signature);
        assert_eq!(refused, Err(Unproven::BadSignature(wallet(CAROL))));
    }
    for operator in [ALICE, BOB, STRANGER] {
        let refused = given(operator, verified, &word(operator, identity, user, "a:b"));
        assert_eq!(
            refused,
            Err(Unproven::NotAnOperator(wallet(operator))),
            "{operator}"
        );
    }
    assert_eq!(judged(verified, "key", Some(&[1]), NOW, NOW), Err(Unproven::Key));
}

#[test]
fn what_others_command_is_not_judged_here() {
    let requested = Report::WithdrawalRequested {
        wallet: Address::ZERO,
        amount: AMOUNT,
    };
    assert_eq!(judged(requested, "", None, 0, NOW), Ok(()));
}
