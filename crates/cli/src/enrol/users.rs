//! The users of a contract, from its events or a file.
//!
//! Not responsible for whether the contract knows them.

use std::collections::BTreeSet;
use std::path::Path;

use abi::ICustody;
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent;
use chain::ChainReader;

use crate::status::unusable;
use crate::{input, logs};

/// Maximum size of a file in bytes: more than a million addresses.
const TEXT_BYTES_MAX: usize = 64 << 20;

/// Everyone whom final events of the reader's contract name as registered or enrolled. Other events are not read: an older
/// edition has other ones.
pub(super) async fn of_events(reader: &ChainReader, from_block: u64) -> anyhow::Result<BTreeSet<Address>> {
    let last = reader.finalized().await?.number;
    let mut users = BTreeSet::new();
    logs::each(reader, from_block..=last, |log| {
        users.extend(user_of(log.data.topics()));
        Ok(())
    })
    .await?;
    Ok(users)
}

fn user_of(topics: &[B256]) -> Option<Address> {
    let user = match *topics.first()? {
        ICustody::RegistrationAccepted::SIGNATURE_HASH => topics.get(2),
        ICustody::UserEnrolled::SIGNATURE_HASH => topics.get(1),
        _ => None,
    };
    user.map(|word| Address::from_word(*word))
}

/// The addresses of a file, one a line; empty lines, and what follows a `#`, mean nothing.
pub(super) fn of_file(file: &Path) -> anyhow::Result<BTreeSet<Address>> {
    parse(&input::read_text(file, TEXT_BYTES_MAX)?)
}

fn parse(text: &str) -> anyhow::Result<BTreeSet<Address>> {
    let mut users = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let word = line.split('#').next().unwrap_or_default().trim();
        if word.is_empty() {
            continue;
        }
        let malformed = |_| {
            unusable(anyhow::anyhow!(
                "malformed: line {number} is not an address: {word}"
            ))
        };
        users.insert(word.parse().map_err(malformed)?);
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_an_address_a_line_and_each_counts_once() {
        let (one, two) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let text = format!("# users\n\n  {two}  # the second\r\n{one}\n{two}\n");
        let users = parse(&text).expect("addresses");
        assert_eq!(users.into_iter().collect::<Vec<_>>(), [one, two]);
        assert!(parse("").expect("nobody").is_empty());
        let refused = parse("\n0x12\n").unwrap_err();
        assert!(refused.to_string().starts_with("malformed: line 2"), "{refused}");
        assert_eq!(crate::status::of(&refused), crate::status::Status::Unusable);
    }

    #[test]
    fn a_user_is_named_by_registration_and_by_enrolment() {
        let user = Address::repeat_byte(7).into_word();
        let other = B256::repeat_byte(9);
        let registered = [ICustody::RegistrationAccepted::SIGNATURE_HASH, other, user, other];
        assert_eq!(user_of(&registered), Some(Address::repeat_byte(7)));
        let enrolled = [ICustody::UserEnrolled::SIGNATURE_HASH, user];
        assert_eq!(user_of(&enrolled), Some(Address::repeat_byte(7)));
        assert_eq!(user_of(&[ICustody::UserFrozen::SIGNATURE_HASH, user]), None);
        assert_eq!(user_of(&[]), None);
    }
}
