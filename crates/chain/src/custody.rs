//! What reconciliation reads of the contract at one block: its sums, its accounts by the thousand, who may do what, and
//! its code.
//!
//! Not responsible for what any of it ought to be.

use abi::ICustody;
use abi::bindings::deployable::Custody;
use abi::governance::Permission;
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::error::ChainError;
use crate::node::At;
use crate::reader::ChainReader;
use crate::settlement::AccountState;

/// Accounts read by one call: about 7,000 gas each, far below what any node lets a call use.
const ACCOUNTS_PER_CALL: usize = 1_000;

/// Calls in progress at once; each keeps a node's core busy.
const CALLS_AT_ONCE: usize = 2;

/// Questions about single accounts in progress at once.
const QUESTIONS_AT_ONCE: usize = 16;

/// Bytes of one account in an answer: three words.
const ACCOUNT_BYTES: usize = 96;

/// The account under whose address the program for many accounts runs; nobody has its key, and nothing is stored there.
const PROGRAM_ADDRESS: Address = Address::repeat_byte(0xab);

/// The contract's own sums, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What batches sent or credited.
    pub pushed: u128,
    /// What claims sent.
    pub claimed: u128,
    /// Outstanding credit.
    pub credited: u128,
    /// Outstanding escrow.
    pub escrowed: u128,
}

/// How the contract was configured when it was constructed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constructed {
    /// Members of the roles: admin, guardian, freezer, treasurer, submitter.
    pub members: Vec<(B256, Address)>,
    /// Signer of intakes and batches.
    pub signer: Address,
    /// Signer of roots.
    pub root_signer: Address,
    /// Cooling-off, veto, operation delay and longest freeze, in seconds.
    pub delays: [u32; 4],
    /// The current cap of what may leave in a day, in wei.
    pub outflow_cap: u128,
    /// The least to which it can be lowered.
    pub outflow_floor: u128,
}

impl ChainReader {
    /// The contract's own sums.
    pub async fn totals(&self, at: At) -> Result<Totals, ChainError> {
        let totals = self.view(&ICustody::totalsCall {}, at).await?;
        Ok(Totals {
            pushed: amount(totals.pushed)?,
            claimed: amount(totals.claimed)?,
            credited: amount(totals.credited)?,
            escrowed: amount(totals.escrowed)?,
        })
    }

    /// How the contract was constructed.
    pub async fn constructed(&self, at: At) -> Result<Constructed, ChainError> {
        let config = self.view(&ICustody::configCall {}, at).await?;
        Ok(Constructed {
            members: vec![
                (abi::roles::ADMIN, config.admin),
                (abi::roles::GUARDIAN, config.guardian),
                (abi::roles::FREEZER, config.freezer),
                (abi::roles::TREASURER, config.treasurer),
                (abi::roles::SUBMITTER, config.submitter),
            ],
            signer: config.signer,
            root_signer: config.rootSigner,
            delays: [
                config.coolingOff,
                config.vetoDelay,
                config.operationDelay,
                config.maxFreeze,
            ],
            outflow_cap: config.outflowCap.to(),
            outflow_floor: config.outflowFloor.to(),
        })
    }

    /// The contract whose users may be enrolled; `None` when there is none.
    pub async fn predecessor(&self, at: At) -> Result<Option<Address>, ChainError> {
        let config = self.view(&ICustody::configCall {}, at).await?;
        Ok(Some(config.predecessor).filter(|predecessor| !predecessor.is_zero()))
    }

    /// Whether each of these accounts has this permission.
    pub async fn permissions(
        &self,
        questions: &[(Permission, Address)],
        at: At,
    ) -> Result<Vec<bool>, ChainError> {
        stream::iter(questions)
            .map(async |(permission, account)| {
                let account = *account;
                match *permission {
                    Permission::Role(role) => self.view(&Custody::hasRoleCall { role, account }, at).await,
                    Permission::Sign => self.view(&ICustody::isSignerCall { signer: account }, at).await,
                    Permission::SignRoots => {
                        self.view(&ICustody::isRootSignerCall { signer: account }, at)
                            .await
                    }
                }
            })
            .buffered(QUESTIONS_AT_ONCE)
            .try_collect()
            .await
    }

    /// Whether intake, batches, publication and treasury are paused.
    pub async fn is_paused(&self, at: At) -> Result<bool, ChainError> {
        self.view(&Custody::pausedCall {}, at).await
    }

    /// Hash of the contract's code.
    pub async fn code_hash(&self, at: At) -> Result<B256, ChainError> {
        self.code(at).await.map(keccak256)
    }

    /// Accounts of many users, in their order. The node runs a small program in place of a contract that requests one
    /// account after the other, so that a thousand of them are one request; nothing is sent to the chain.
    ///
    /// # Errors
    /// As [`ChainReader::totals`]; [`ChainError::Malformed`] when the node cannot run it.
    pub async fn accounts(&self, users: &[Address], at: At) -> Result<Vec<AccountState>, ChainError> {
        let chunks: Vec<Vec<AccountState>> = stream::iter(users.chunks(ACCOUNTS_PER_CALL))
            .map(|users| self.chunk_of_accounts(users, at))
            .buffered(CALLS_AT_ONCE)
            .try_collect()
            .await?;
        Ok(chunks.concat())
    }

    async fn chunk_of_accounts(&self, users: &[Address], at: At) -> Result<Vec<AccountState>, ChainError> {
        let input: Vec<u8> = users.iter().flat_map(|user| user.into_word().0).collect();
        let request = TransactionRequest::default()
            .to(PROGRAM_ADDRESS)
            .input(Bytes::from(input).into());
        let program = Bytes::from(program(self.contract()));
        let overrides = serde_json::json!({ PROGRAM_ADDRESS.to_string(): { "code": program } });
        let answer: Bytes = self
            .call("eth_call", (request, BlockId::from(at), overrides))
            .await?;
        if answer.len() != users.len() * ACCOUNT_BYTES {
            return Err(ChainError::malformed(format!(
                "{} bytes in the answer about {} accounts",
                answer.len(),
                users.len()
            )));
        }
        let words = |account: &[u8]| -> Vec<U256> { account.chunks(32).map(U256::from_be_slice).collect() };
        answer
            .chunks(ACCOUNT_BYTES)
            .map(|account| match words(account).as_slice() {
                [paid, credit, frozen_until] => Ok(AccountState {
                    paid: amount(*paid)?,
                    credit: amount(*credit)?,
                    frozen_until: u64::try_from(*frozen_until)
                        .map_err(|_| ChainError::malformed(format!("the time {frozen_until}")))?,
                }),
                _ => Err(ChainError::malformed("an account of less than three words")),
            })
            .collect()
    }
}

/// A program that takes words of addresses and answers `account(address)` of the contract for each, three words each;
/// it reverts as soon as one call fails. Stack comments show the top first.
fn program(contract: Address) -> Vec<u8> {
    const END: u8 = 0x46;
    const FAIL: u8 = 0x4e;
    let mut code = vec![0x63];
    code.extend_from_slice(&ICustody::accountCall::SELECTOR);
    code.extend_from_slice(&[
        0x60, 0xe0, 0x1b, 0x5f, 0x52, // memory[0..4] = selector
        0x5f, // in = 0
        0x60, 0x40, // out = 0x40: [out, in]
    ]);
    let start = u8::try_from(code.len()).unwrap_or(u8::MAX);
    code.extend_from_slice(&[
        0x5b, // loop:
        0x36, 0x82, 0x10, 0x15, 0x60, END, 0x57, // unless in < calldatasize: end
        0x81, 0x35, 0x60, 0x04, 0x52, // memory[4..36] = calldata[in]
        0x60, 0x60, 0x81, 0x60, 0x24, 0x5f, // [0, 36, out, 96, out, in]
        0x73,
    ]);
    code.extend_from_slice(contract.as_slice());
    code.extend_from_slice(&[
        0x5a, 0xfa, 0x15, 0x60, FAIL, 0x57, // unless staticcall(gas, contract, 0, 36, out, 96): fail
        0x60, 0x60, 0x01, // out += 96
        0x90, 0x60, 0x20, 0x01, 0x90, // in += 32
        0x60, start, 0x56, // again
    ]);
    debug_assert_eq!(code.len(), usize::from(END));
    code.extend_from_slice(&[
        0x5b, 0x60, 0x40, 0x90, 0x03, // end: [out - 0x40]
        0x60, 0x40, 0xf3, // return memory[0x40..out]
    ]);
    debug_assert_eq!(code.len(), usize::from(FAIL));
    code.extend_from_slice(&[0x5b, 0x5f, 0x5f, 0xfd]); // fail: revert
    code
}

fn amount(wei: U256) -> Result<u128, ChainError> {
    u128::try_from(wei).map_err(|_| ChainError::malformed(format!("an amount of {wei} wei")))
}
