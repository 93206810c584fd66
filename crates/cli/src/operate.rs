//! `trellis operate`: calls of a contract by its admin, guardian, freezer or treasurer.
//!
//! The call is tried before it is sent. Without a key it is printed, for a contract that needs several people. Not
//! responsible for who ought to do it; `docs/runbooks.md` says when.

use std::process::ExitCode;

use abi::ICustody;
use abi::bindings::deployable::Custody;
use abi::operations::{Operation, argument};
use abi::roles;
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::SolCall;
use anyhow::{Context, ensure};
use chain::{At, Call, ChainReader, Sender};
use clap::{Subcommand, ValueEnum};

use crate::{key, transaction};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The contract
    #[arg(long, env = "TRELLIS_CONTRACT", value_parser = account)]
    contract: Address,
    /// A node of the chain
    #[arg(long)]
    rpc: String,
    /// The sender of the printed call, used to simulate it; with a key, the key's account
    #[arg(long, value_parser = account)]
    from: Option<Address>,
    #[command(flatten)]
    key: key::Arguments,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Announce an operation; it can be executed after the contract's delay
    #[command(subcommand)]
    Schedule(Announced),
    /// Execute an announced operation within 14 days after its delay; transfer-admin must be executed by the new admin
    #[command(subcommand)]
    Execute(Announced),
    /// Cancel an announced operation; admin or guardian
    #[command(subcommand)]
    Cancel(Announced),
    /// Revoke a role immediately; admin. Guardian and admin are replaced by operations only
    RevokeRole {
        role: Role,
        #[arg(value_parser = account)]
        holder: Address,
    },
    /// Revoke all signing rights of an account immediately; guardian or admin
    RevokeSigner {
        #[arg(value_parser = account)]
        signer: Address,
    },
    /// Lower the daily outflow cap immediately; guardian or admin
    LowerCap { cap: U256 },
    /// Stop intake, batches, publication and treasury; guardian or admin
    Pause,
    /// End the pause; admin
    Unpause,
    /// Veto a root that is not claimable yet; guardian or admin
    VetoRoot { root: B256 },
    /// Cancel a signed batch; guardian or admin
    CancelBatch { batch: B256 },
    /// Freeze a user's payouts until a Unix time; freezer
    Freeze {
        #[arg(value_parser = account)]
        user: Address,
        until: U256,
        /// The reason; its hash is recorded
        reason: String,
    },
    /// End a freeze; freezer, guardian or admin
    Unfreeze {
        #[arg(value_parser = account)]
        user: Address,
    },
}

/// What can be announced.
#[derive(Debug, Subcommand)]
enum Announced {
    /// Send surplus; treasurer (all other operations: admin)
    Treasury {
        #[arg(value_parser = account)]
        to: Address,
        amount: U256,
    },
    /// Raise the daily outflow cap
    RaiseOutflowCap { cap: U256 },
    /// Accept intakes and batches signed by this account
    AddSigner(Who),
    /// Accept roots signed by this account
    AddRootSigner(Who),
    /// Allow this account to submit batches and roots
    AddSubmitter(Who),
    /// Allow this account to freeze users
    AddFreezer(Who),
    /// Allow this account to announce payments of surplus
    AddTreasurer(Who),
    /// Allow this account to cancel, veto, pause and revoke
    AddGuardian(Who),
    /// Revoke the guardian's role; that guardian cannot cancel this
    RemoveGuardian(Who),
    /// Retire a mature root, even the newest; the previous root then becomes the newest again
    RetireRoot { root: B256 },
    /// Transfer the admin role to this account, which must execute the operation itself
    TransferAdmin(Who),
}

#[derive(Debug, clap::Args)]
struct Who {
    #[arg(value_parser = account)]
    account: Address,
}

/// A role that can be revoked immediately.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    Freezer,
    Treasurer,
    Submitter,
}

/// An address with its checksum, so that typing errors are detected.
pub(crate) fn account(text: &str) -> Result<Address, String> {
    Address::parse_checksummed(text, None).map_err(|_| "not an address with its checksum (EIP-55)".to_owned())
}

impl Announced {
    fn parts(&self) -> (Operation, B256, U256) {
        let about = |operation, who: &Who| (operation, argument(who.account), U256::ZERO);
        match self {
            Self::Treasury { to, amount } => (Operation::Treasury, argument(*to), *amount),
            Self::RaiseOutflowCap { cap } => (Operation::RaiseOutflowCap, B256::ZERO, *cap),
            Self::RetireRoot { root } => (Operation::RetireRoot, *root, U256::ZERO),
            Self::AddSigner(who) => about(Operation::AddSigner, who),
            Self::AddRootSigner(who) => about(Operation::AddRootSigner, who),
            Self::AddSubmitter(who) => about(Operation::AddSubmitter, who),
            Self::AddFreezer(who) => about(Operation::AddFreezer, who),
            Self::AddTreasurer(who) => about(Operation::AddTreasurer, who),
            Self::AddGuardian(who) => about(Operation::AddGuardian, who),
            Self::RemoveGuardian(who) => about(Operation::RemoveGuardian, who),
            Self::TransferAdmin(who) => about(Operation::TransferAdmin, who),
        }
    }

    /// As the contract numbers it.
    fn numbered(&self) -> (u8, B256, U256) {
        let (operation, argument, value) = self.parts();
        (operation.number(), argument, value)
    }

    fn id(&self) -> B256 {
        let (operation, argument, value) = self.parts();
        operation.id(argument, value)
    }
}

impl Act {
    fn call(&self) -> Bytes {
        let input = match self {
            Self::Schedule(announced) => ICustody::scheduleCall::from(announced.numbered()).abi_encode(),
            Self::Execute(announced) => ICustody::executeCall::from(announced.numbered()).abi_encode(),
            Self::Cancel(announced) => ICustody::cancelCall::from(announced.numbered()).abi_encode(),
            Self::RevokeRole { role, holder } => {
                let role = match role {
                    Role::Freezer => roles::FREEZER,
                    Role::Treasurer => roles::TREASURER,
                    Role::Submitter => roles::SUBMITTER,
                };
                Custody::revokeRoleCall {
                    role,
                    account: *holder,
                }
                .abi_encode()
            }
            Self::RevokeSigner { signer } => ICustody::revokeSignerCall { signer: *signer }.abi_encode(),
            Self::LowerCap { cap } => ICustody::lowerOutflowCapCall { cap: *cap }.abi_encode(),
            Self::Pause => ICustody::pauseCall {}.abi_encode(),
            Self::Unpause => ICustody::unpauseCall {}.abi_encode(),
            Self::VetoRoot { root } => ICustody::vetoRootCall { root: *root }.abi_encode(),
            Self::CancelBatch { batch } => ICustody::cancelBatchCall { batchId: *batch }.abi_encode(),
            Self::Freeze { user, until, reason } => {
                let (user, until, reason) = (*user, *until, keccak256(reason));
                ICustody::freezeCall { user, until, reason }.abi_encode()
            }
            Self::Unfreeze { user } => ICustody::unfreezeCall { user: *user }.abi_encode(),
        };
        input.into()
    }

    /// Identity of the operation that it is about, if it is about one.
    fn operation_id(&self) -> Option<B256> {
        let (Self::Schedule(announced) | Self::Execute(announced) | Self::Cancel(announced)) = self else {
            return None;
        };
        Some(announced.id())
    }
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let (contract, input) = (arguments.contract, arguments.act.call());
    let id = arguments.act.operation_id();
    if let Some(id) = id {
        outln!("operation {id}");
    }
    let key = arguments.key.read()?;
    let sender = Sender::connect(&[&arguments.rpc])?;
    if let Some(from) = key
        .as_ref()
        .map(alloy_signer_local::PrivateKeySigner::address)
        .or(arguments.from)
    {
        let call = Call {
            from,
            to: contract,
            value: 0,
            input: input.clone(),
            gas_limit: None,
        };
        let refused = || format!("the contract rejects this call from {from}");
        sender.simulate(&call).await.with_context(refused)?;
        outln!("the contract accepts this call from {from}");
    }
    let Some(key) = key else {
        outln!("to    {contract}\nvalue 0\ndata  {input}");
        return Ok(ExitCode::SUCCESS);
    };
    let reader = ChainReader::connect(&arguments.rpc, contract)?;
    let chain_id = reader.chain_id().await?;
    let (hash, receipt) = transaction::send(&sender, chain_id, &key, contract, input).await?;
    ensure!(receipt.succeeded, "transaction {hash} was reverted");
    outln!("transaction {hash} in block {}", receipt.block.number);
    if let (Some(id), Act::Schedule(_)) = (id, &arguments.act)
        && let Some(eta) = reader.operation_eta(id, At::Latest).await?
    {
        outln!("can be executed from {eta} on (Unix seconds), and cancelled until then");
    }
    Ok(ExitCode::SUCCESS)
}
