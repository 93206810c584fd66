//! Everything signed before money moves: proposals approved by operators, attestations of the reconciler,
//! commands of users; the operators, and their quorum.
//!
//! Every message is EIP-712 under a domain of its own, so that no signature of it is good at the contract, and readable
//! in a wallet. Not responsible for contract wallets (EIP-1271 needs a node), for storage, nor for what the contract
//! verifies (`abi::typed_data`).
#![deny(missing_docs, clippy::float_arithmetic)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)
)]

mod attestation;
mod choice;
mod confirmation;
mod evidence;
mod message;
mod people;
mod proposal;
mod quorum;
mod signature;

pub use attestation::{Attestation, Attested, Moment};
pub use choice::{ChosenSide, ReserveCommand, SideCommand, WithdrawalCommand, command_nonce};
pub use confirmation::{Confirmation, Confirmed};
pub use evidence::{Evidence, PROPOSAL_KEY_PREFIX};
pub use message::{DOMAIN_NAME, DOMAIN_VERSION, Domain, Field, Message, Value};
pub use people::{PEOPLE_TEXT_BYTES_MAX, People, PeopleError, Person, Role};
pub use proposal::{BatchProposal, FundProposal, PeopleProposal, Proposal, ResumeProposal, RootProposal};
pub use quorum::{APPROVAL_LIFE_MAX, Agreed, QuorumRule, Vote, check};
pub use signature::{Approval, SIGNATURE_BYTES_MAX, normalize, recover};
