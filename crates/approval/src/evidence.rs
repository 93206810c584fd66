//! The signatures under a proposal, as they travel with the command that follows from it: whoever reads the command verifies
//! it without believing any other row.

use alloy_primitives::Address;

use crate::{Approval, SIGNATURE_BYTES_MAX};

/// What the natural key of a command that follows from a proposal begins with; the proposal's hash is the rest.
pub const PROPOSAL_KEY_PREFIX: &str = "proposal:";

const WALLET_BYTES: usize = 20;
const KEY_SIGNATURE_BYTES: usize = 65;
/// Wallet, expiry, signature.
const APPROVAL_BYTES: usize = WALLET_BYTES + 8 + KEY_SIGNATURE_BYTES;

/// Who proposed something, and the signatures over it. Only signatures of keys: the readers have no node to ask what a contract
/// wallet takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The wallet that proposed it.
    pub proposer: Address,
    /// The signatures, the proposer's among them.
    pub approvals: Vec<Approval>,
}

impl Evidence {
    /// Signatures that fit beside a command.
    pub const APPROVALS_MAX: usize = (SIGNATURE_BYTES_MAX - WALLET_BYTES) / APPROVAL_BYTES;

    /// As it is stored: the proposer's wallet, then wallet, expiry (8 bytes, big-endian) and signature of each approval; `None`
    /// when there are too many, or one is not of a key.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        if self.approvals.len() > Self::APPROVALS_MAX {
            return None;
        }
        let mut bytes = self.proposer.to_vec();
        for approval in &self.approvals {
            if approval.signature.len() != KEY_SIGNATURE_BYTES {
                return None;
            }
            bytes.extend_from_slice(approval.wallet.as_slice());
            bytes.extend_from_slice(&approval.expires.to_be_bytes());
            bytes.extend_from_slice(&approval.signature);
        }
        Some(bytes)
    }

    /// What was stored; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (proposer, rest) = bytes.split_first_chunk::<WALLET_BYTES>()?;
        let chunks = rest.chunks_exact(APPROVAL_BYTES);
        if !chunks.remainder().is_empty() {
            return None;
        }
        let approval = |chunk: &[u8]| {
            let (wallet, chunk) = chunk.split_first_chunk::<WALLET_BYTES>()?;
            let (expires, signature) = chunk.split_first_chunk::<8>()?;
            Some(Approval {
                wallet: Address::from(*wallet),
                expires: u64::from_be_bytes(*expires),
                signature: signature.to_vec(),
            })
        };
        Some(Self {
            proposer: Address::from(*proposer),
            approvals: chunks.map(approval).collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests;
