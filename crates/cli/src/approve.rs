//! `trellis approve`: an operator approves a batch, a root, an allocation to a fund, the end of stops or a new list of people
//! with the operator's own key.
//!
//! The message is made here, from what the operator is shown, and not taken from the API: what it answers must be exactly
//! what is signed. Not responsible for handing a list of people to the signers; `signer people change` does that.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alloy::primitives::{Address, B256};
use alloy::signers::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, bail, ensure};
use approval::{
    BatchProposal, Domain, FundProposal, Message, People, PeopleProposal, Proposal, ResumeProposal,
    RootProposal,
};
use money::Asset;
use serde_json::{Value, json};

use crate::{input, key};

/// Maximum size of an answer or list of people in bytes: about a hundred times the usual size.
const TEXT_BYTES_MAX: usize = 1 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    key: key::Arguments,
    /// The chain
    #[arg(long, global = true, env = "TRELLIS_CHAIN_ID", default_value_t = 31_337)]
    chain_id: u64,
    /// The custody contract
    #[arg(long, global = true, env = "TRELLIS_CONTRACT")]
    contract: Option<Address>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Approve an API proposal: the response to `GET …/approval`, from a file or `-` for standard input
    Message {
        /// The answer
        file: PathBuf,
    },
    /// Approve a new list of people
    People {
        /// The current list, as printed by `signer people show`
        #[arg(long)]
        present: PathBuf,
        /// Its number
        #[arg(long)]
        version: u64,
        /// The new list
        #[arg(long)]
        next: PathBuf,
        /// Expiry of the signature, in seconds of the chain's time
        #[arg(long)]
        expires: u64,
    },
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let key = arguments.key.read()?;
    let key =
        key.context("give the operator's key: --keystore and --keystore-password-file, or --key-file")?;
    let contract = arguments.contract.context("give the contract: --contract")?;
    let domain = Domain {
        chain_id: arguments.chain_id,
        contract,
    };
    let (proposal, expires) = match &arguments.what {
        What::Message { file } => read_message(file, &domain)?,
        What::People {
            present,
            version,
            next,
            expires,
        } => {
            let proposal = Proposal::People(PeopleProposal {
                version: version.saturating_add(1),
                previous: read_people(present)?.hash(),
                next: read_people(next)?.hash(),
            });
            (proposal, *expires)
        }
    };
    let message = proposal.message(expires);
    show(&message, &domain);
    outln!("{}", signed(&key, &proposal, &message, expires, &domain)?);
    Ok(ExitCode::SUCCESS)
}

/// Shows the operator what is being approved; only the signature goes to standard output.
fn show(message: &Message, domain: &Domain) {
    errln!(
        "{} on chain {}, contract {}",
        message.primary,
        domain.chain_id,
        domain.contract
    );
    for field in &message.fields {
        errln!("  {:<14} {}", field.name, field.value.text());
    }
}

fn signed(
    key: &PrivateKeySigner,
    proposal: &Proposal,
    message: &Message,
    expires: u64,
    domain: &Domain,
) -> anyhow::Result<Value> {
    let signature = key
        .sign_hash_sync(&message.digest(domain))
        .context("cannot sign")?;
    let mut body = json!({
        "wallet": format!("{:#x}", key.address()),
        "expires": expires,
        "signature": format!("0x{}", hex::encode(signature.as_bytes())),
    });
    match proposal {
        Proposal::Batch { batch, .. } => body["list_hash"] = json!(batch.list_hash),
        Proposal::Resume(resume) => body["stops"] = json!(resume.stops),
        Proposal::Root { .. } | Proposal::Fund { .. } | Proposal::People(_) => {}
    }
    Ok(body)
}

fn read_people(file: &Path) -> anyhow::Result<People> {
    let text = input::read_text(file, TEXT_BYTES_MAX)?;
    text.parse()
        .with_context(|| format!("{} is not a list of people", file.display()))
}

/// The proposal described by an API response, rebuilt from its fields.
fn read_message(file: &Path, domain: &Domain) -> anyhow::Result<(Proposal, u64)> {
    let text = input::read_text(file, TEXT_BYTES_MAX)?;
    let answer: Value = serde_json::from_str(&text).context("the answer is not JSON")?;
    let typed = &answer["typed_data"];
    let (proposal, expires) = proposal(typed)?;
    let digest = proposal.message(expires).digest(domain);
    let answered: B256 = (answer["digest"]
        .as_str()
        .context("the answer has no digest")?
        .parse())
    .context("the answer's digest is not 32 bytes")?;
    ensure!(
        digest == answered,
        "the digest in the response does not match its message on chain {} at {}: nothing was signed",
        domain.chain_id,
        domain.contract
    );
    Ok((proposal, expires))
}

fn proposal(typed: &Value) -> anyhow::Result<(Proposal, u64)> {
    let fields = Fields(&typed["message"]);
    let expires = fields.number("expires")?;
    let proposal = match typed["primaryType"].as_str() {
        Some("PayoutBatchApproval") => Proposal::Batch {
            batch: BatchProposal {
                batch_id: fields.read("batchId")?,
                list_hash: fields.read("listHash")?,
                manifest_hash: fields.read("manifestHash")?,
                total: fields.read("total")?,
                payouts: fields.read("payouts")?,
            },
            proposer: fields.read("proposer")?,
        },
        Some("LiabilitiesRootApproval") => Proposal::Root {
            root: RootProposal {
                root: fields.read("root")?,
                total: fields.read("total")?,
                leaves: fields.read("leaves")?,
                as_of_seq: fields.number("asOfSeq")?,
            },
            proposer: fields.read("proposer")?,
        },
        Some("FundAllocationApproval") => Proposal::Fund {
            allocation: FundProposal {
                proposal: fields.read("proposal")?,
                fund: fields.read("fund")?,
                name: fields.read("name")?,
                asset: Asset::by_code(fields.text("asset")?)
                    .context("`asset` of the message is malformed")?,
                amount: fields.read("amount")?,
            },
            proposer: fields.read("proposer")?,
        },
        Some("SettlementResumeApproval") => {
            let stops = fields.text("stops")?.split(", ").map(str::parse);
            Proposal::Resume(ResumeProposal {
                stops: stops
                    .collect::<Result<_, _>>()
                    .context("`stops` is not a list of numbers")?,
            })
        }
        other => bail!("{other:?} is not something that operators approve"),
    };
    Ok((proposal, expires))
}

/// Fields of a typed message.
struct Fields<'a>(&'a Value);

impl Fields<'_> {
    fn text(&self, name: &str) -> anyhow::Result<&str> {
        self.0[name]
            .as_str()
            .with_context(|| format!("the message has no text `{name}`"))
    }

    fn read<T: std::str::FromStr>(&self, name: &str) -> anyhow::Result<T> {
        self.text(name)?
            .parse()
            .map_err(|_| anyhow::anyhow!("`{name}` of the message is malformed"))
    }

    fn number(&self, name: &str) -> anyhow::Result<u64> {
        self.read(name)
    }
}
