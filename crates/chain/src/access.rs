//! Access lists (EIP-2930) of batch transactions, which make first accesses cheaper.
//!
//! Not responsible for whether it is paid: what is listed and then not touched costs gas for nothing, and changes nothing else.

use alloy::eips::eip2930::{AccessList, AccessListItem};
use alloy::primitives::{Address, B256};

/// Gas of a listed address.
const GAS_ADDRESS: u64 = 2_400;
/// Gas of a listed slot.
const GAS_SLOT: u64 = 1_900;
/// Gas that the first read of a slot costs less when it is listed: 2,100 become 100.
const SAVED_BY_SLOT: u64 = 2_000;

/// The recipients from whose number on their accounts' slots are listed. The contract's own address has to be listed for that and
/// saves nothing: the transaction is sent to it anyway.
pub const SLOTS_FROM: u64 = GAS_ADDRESS / (SAVED_BY_SLOT - GAS_SLOT) + 1;

/// The slot of a user's account in the contract: `user << 96`.
pub fn account_slot(user: Address) -> B256 {
    let mut slot = B256::ZERO;
    slot.0[..Address::len_bytes()].copy_from_slice(user.as_slice());
    slot
}

/// The cheapest list for a batch that pays everyone: each recipient, who is called (2,400 of gas instead of 2,500), and from
/// [`SLOTS_FROM`] recipients on their accounts in the contract. In the order of the batch.
pub fn batch_access_list(contract: Address, recipients: &[Address]) -> AccessList {
    let called = recipients.iter().map(|recipient| AccessListItem {
        address: *recipient,
        storage_keys: Vec::new(),
    });
    let mut items: Vec<AccessListItem> = called.collect();
    if u64::try_from(recipients.len()).is_ok_and(|count| count >= SLOTS_FROM) {
        items.push(AccessListItem {
            address: contract,
            storage_keys: recipients.iter().copied().map(account_slot).collect(),
        });
    }
    AccessList(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gas that a first call costs less when its recipient is listed: 2,600 become 100.
    const SAVED_BY_ADDRESS: i64 = 2_500;

    fn recipients(count: usize) -> Vec<Address> {
        (1..=count)
            .map(|number| Address::left_padding_from(&number.to_be_bytes()))
            .collect()
    }

    /// What a list saves when everyone on it is paid.
    fn saved(list: &AccessList, contract: Address) -> i64 {
        let gas = |gas: u64| i64::try_from(gas).unwrap();
        let of = |item: &AccessListItem| {
            let slots = i64::try_from(item.storage_keys.len()).unwrap();
            let called = if item.address == contract {
                0
            } else {
                SAVED_BY_ADDRESS
            };
            called - gas(GAS_ADDRESS) + slots * (gas(SAVED_BY_SLOT) - gas(GAS_SLOT))
        };
        list.iter().map(of).sum()
    }

    #[test]
    fn a_list_is_never_dearer_than_none_nor_than_the_other_form() {
        let contract = Address::repeat_byte(0xcc);
        for count in 0..=300 {
            let list = batch_access_list(contract, &recipients(count));
            let count = i64::try_from(count).unwrap();
            let best = (100 * count).max(200 * count - 2_400);
            assert_eq!(saved(&list, contract), best, "{count}");
        }
    }

    #[test]
    fn slots_are_listed_from_25_recipients_on() {
        let contract = Address::repeat_byte(0xcc);
        let (few, many) = (recipients(24), recipients(25));
        assert_eq!(batch_access_list(contract, &few).len(), 24);
        let list = batch_access_list(contract, &many);
        assert_eq!(list.len(), 26);
        assert_eq!(list[25].address, contract);
        assert_eq!(list[25].storage_keys[24], account_slot(many[24]));
    }

    #[test]
    fn an_account_lies_at_the_address_moved_by_96_bits() {
        let slot = account_slot(Address::repeat_byte(0xab));
        assert_eq!(slot[..20], [0xab; 20]);
        assert_eq!(slot[20..], [0; 12]);
    }
}
