//! A block header from a node, accepted only if its hash matches its content.

use alloy::primitives::{Address, B256, Bloom, BloomInput};
use alloy::rpc::types::Header;

use crate::error::ChainError;

/// A block by number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockRef {
    /// Height.
    pub number: u64,
    /// Hash of the header.
    pub hash: B256,
}

/// What is needed of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockHeader {
    /// Height.
    pub number: u64,
    /// Hash of the header: computed here, not taken from the node.
    pub hash: B256,
    /// Hash of the block below.
    pub parent_hash: B256,
    /// Seconds since 1970-01-01 UTC.
    pub timestamp: u64,
    bloom: Bloom,
}

impl BlockHeader {
    /// Accepts a header from a node.
    ///
    /// # Errors
    /// [`ChainError::Malformed`] when the hash is not that of the content.
    pub(crate) fn verified(header: &Header) -> Result<Self, ChainError> {
        let hash = header.inner.hash_slow();
        if hash != header.hash {
            return Err(ChainError::malformed(format!(
                "header {} hashes to {hash}, but the node reports {}",
                header.inner.number, header.hash
            )));
        }
        Ok(Self {
            number: header.inner.number,
            hash,
            parent_hash: header.inner.parent_hash,
            timestamp: header.inner.timestamp,
            bloom: header.inner.logs_bloom,
        })
    }

    /// Number and hash.
    pub fn block(&self) -> BlockRef {
        BlockRef {
            number: self.number,
            hash: self.hash,
        }
    }

    /// Whether the block can hold logs of this contract. `false` is certain: the filter is part of the hash.
    pub fn may_hold_logs_of(&self, contract: Address) -> bool {
        self.bloom.contains_input(BloomInput::Raw(contract.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use alloy::consensus::Header as Content;

    use super::*;

    #[test]
    fn a_header_whose_hash_is_not_its_content_is_refused() {
        let good = Header::new(Content {
            number: 7,
            ..Content::default()
        });
        assert_eq!(
            BlockHeader::verified(&good).map(|header| header.number).ok(),
            Some(7)
        );
        let mut forged = good;
        forged.inner.timestamp += 1;
        assert!(matches!(
            BlockHeader::verified(&forged),
            Err(ChainError::Malformed { .. })
        ));
    }

    #[test]
    fn only_the_filter_of_the_header_rules_a_contract_out() {
        let contract = Address::repeat_byte(3);
        let mut content = Content::default();
        let empty = BlockHeader::verified(&Header::new(content.clone())).unwrap();
        assert!(!empty.may_hold_logs_of(contract));
        content.logs_bloom.accrue(BloomInput::Raw(contract.as_slice()));
        let full = BlockHeader::verified(&Header::new(content)).unwrap();
        assert!(full.may_hold_logs_of(contract));
    }
}
