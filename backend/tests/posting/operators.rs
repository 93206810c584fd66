//! Operators of the tests' ledgers, and commands that they signed.

use alloy::signers::SignerSync;
use alloy_primitives::{Address, B256, U256};
use alloy_signer_local::PrivateKeySigner;
use approval::{Approval, Confirmation, Confirmed, Domain, Evidence};
use plan::{Cause, CompiledPlan, Report};
use sqlx::PgConnection;
use store::deployment::Deployment;
use store::inbox::{self, Command};
use store::operator::Operator;

const DOMAIN: Domain = Domain {
    chain_id: 31_337,
    contract: Address::repeat_byte(0xcc),
};
const BUILDER: u8 = 201;
const APPROVER: u8 = 202;
const SUPPORT: u8 = 203;
/// When commands are given, and until when their signatures agree.
const GIVEN_AT: u64 = 5;
const EXPIRES: u64 = 100_000;

fn key(person: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(person)).unwrap()
}

fn sign(person: u8, digest: B256) -> Vec<u8> {
    key(person).sign_hash_sync(&digest).unwrap().as_bytes().to_vec()
}

/// Binds the ledger to a contract and enters those who sign.
pub(crate) async fn enter(connection: &mut PgConnection, plan: &CompiledPlan) {
    let deployment = Deployment {
        chain_id: DOMAIN.chain_id,
        contract: DOMAIN.contract,
        contract_block: 1,
        contract_block_hash: B256::repeat_byte(1),
        asset: plan.asset().code().into(),
        plan_hash: plan.hash(),
        plan_text: String::new(),
    };
    let operators = [(BUILDER, "builder"), (APPROVER, "approver"), (SUPPORT, "support")];
    let operators = operators.map(|(person, role)| Operator {
        wallet: key(person).address(),
        name: role.to_owned(),
        roles: vec![role.to_owned()],
    });
    store::deployment::bind(connection, &deployment, &operators)
        .await
        .unwrap();
}

/// Stores a command, signed by those who must have signed it.
pub(crate) async fn give(connection: &mut PgConnection, plan: &CompiledPlan, number: u64, cause: &Cause) {
    let key_text = number.to_string();
    if let Cause::Reported(Report::FundAllocated { fund, amount }) = cause {
        let (hash, proposer) = (B256::from(U256::from(number)), key(BUILDER).address());
        let proposal = causes::commands::allocation(plan, hash, *fund, *amount, proposer);
        let digest = proposal.message(EXPIRES).digest(&DOMAIN);
        let approvals = [BUILDER, APPROVER].map(|person| Approval {
            wallet: key(person).address(),
            expires: EXPIRES,
            signature: sign(person, digest),
        });
        let evidence = Evidence {
            proposer,
            approvals: approvals.to_vec(),
        };
        let evidence = evidence.to_bytes().unwrap();
        inbox::insert_proposed(connection, hash, GIVEN_AT, cause, &evidence)
            .await
            .unwrap();
        return;
    }
    let confirmed = if let Cause::Reported(Report::UserVerified { wallet }) = cause {
        Some((Confirmed::Identity, *wallet))
    } else if let Cause::Reported(Report::TaxIdRecorded { wallet }) = cause {
        Some((Confirmed::TaxId, *wallet))
    } else {
        None
    };
    let operator = key(SUPPORT).address();
    let signature = confirmed.map(|(what, wallet)| {
        let confirmation = Confirmation {
            what,
            wallet,
            operator,
            nonce: approval::command_nonce(&key_text),
        };
        sign(SUPPORT, confirmation.message().digest(&DOMAIN))
    });
    let command = Command {
        actor: operator,
        idempotency_key: &key_text,
        effective_at: GIVEN_AT,
        cause: cause.clone(),
    };
    inbox::insert_signed(connection, &command, signature.as_deref())
        .await
        .unwrap();
}
