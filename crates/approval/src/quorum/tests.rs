//! Tests of `quorum`.

use alloy_primitives::B256;
use money::Amount;

use super::*;
use crate::{BatchProposal, PeopleProposal, ResumeProposal};

fn wallet(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

/// Alice builds with two wallets and approves, Bob and Carol approve, Dave was an approver until second 50.
fn people() -> People {
    let person = |id: &str, roles: &[Role], until, wallets: &[u8]| Person {
        id: id.to_owned(),
        roles: roles.iter().copied().collect(),
        from: 0,
        until,
        wallets: wallets.iter().copied().map(wallet).collect(),
    };
    People::new(
        1,
        2,
        vec![
            person("alice", &[Role::Builder, Role::Approver], None, &[1, 2]),
            person("bob", &[Role::Approver, Role::ConfigAdmin], None, &[3]),
            person("carol", &[Role::ConfigAdmin], None, &[4]),
            person("dave", &[Role::Approver], Some(50), &[5]),
        ],
    )
    .unwrap()
}

fn batch(proposer: u8) -> Proposal {
    Proposal::Batch {
        batch: BatchProposal {
            batch_id: B256::repeat_byte(1),
            list_hash: B256::repeat_byte(2),
            manifest_hash: B256::repeat_byte(3),
            total: Amount::new(4),
            payouts: 5,
        },
        proposer: wallet(proposer),
    }
}

fn agreed(proposal: &Proposal, wallets: &[u8], time: u64) -> Result<Vec<String>, &'static str> {
    let votes: Vec<Vote> = wallets
        .iter()
        .map(|byte| Vote {
            wallet: wallet(*byte),
            expires: 100,
        })
        .collect();
    check(&people(), proposal, &votes, time)
        .map(|agreed| agreed.voters.into_iter().collect())
        .map_err(|rule| rule.code())
}

#[test]
fn two_people_must_sign_and_wallets_are_no_people() {
    assert_eq!(agreed(&batch(1), &[1, 3], 10), Ok(vec!["bob".to_owned()]));
    // The proposer signs with another wallet than the one that built it: the same person.
    assert_eq!(agreed(&batch(1), &[2, 3], 10), Ok(vec!["bob".to_owned()]));
    for (wallets, code) in [
        (&[][..], "proposer_unsigned"),
        (&[3], "proposer_unsigned"),
        (&[1], "votes_missing"),
        // Alice twice.
        (&[1, 2], "votes_missing"),
        // Carol does not approve payments, and 9 is nobody.
        (&[1, 4, 9], "votes_missing"),
    ] {
        assert_eq!(agreed(&batch(1), wallets, 10), Err(code), "{wallets:?}");
    }
    for proposer in [3, 9] {
        assert_eq!(agreed(&batch(proposer), &[1, 3], 10), Err("proposer_unknown"));
    }
}

#[test]
fn who_left_and_what_expired_does_not_count() {
    assert!(agreed(&batch(1), &[1, 5], 49).is_ok());
    assert_eq!(agreed(&batch(1), &[1, 5], 50), Err("votes_missing"));
    assert!(agreed(&batch(1), &[1, 3], 100).is_ok());
    assert_eq!(agreed(&batch(1), &[1, 3], 101), Err("proposer_unsigned"));
    let forever = [wallet(1), wallet(3)].map(|wallet| Vote {
        wallet,
        expires: u64::MAX,
    });
    assert!(check(&people(), &batch(1), &forever, 10).is_err());
}

#[test]
fn stops_and_people_need_two_administrators() {
    let resume = Proposal::Resume(ResumeProposal { stops: vec![1] });
    assert!(agreed(&resume, &[3, 4], 10).is_ok());
    assert!(agreed(&resume, &[1, 2], 10).is_err());
    let list = Proposal::People(PeopleProposal {
        version: 2,
        previous: B256::ZERO,
        next: B256::ZERO,
    });
    assert!(agreed(&list, &[3, 4], 10).is_ok());
    assert_eq!(agreed(&list, &[3, 1, 5], 10), Err("votes_missing"));
}
