//! Which ledger a database is: one row, written once when the contract is deployed.

use alloy_primitives::{Address, B256};
use plan::{CompileError, CompiledPlan, GateError};
use sqlx::{Connection, PgConnection};
use thiserror::Error;

use crate::StoreError;
use crate::column::Db;
use crate::operator::{self, Operator};
use crate::rights::{self, Enforcement, RightsError, Role};
use crate::schema::{self, SchemaError};

/// Chain, contract, asset and plan of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The chain's id.
    pub chain_id: u64,
    /// The custody contract.
    pub contract: Address,
    /// Block in which the contract was deployed.
    pub contract_block: u64,
    /// Hash of that block.
    pub contract_block_hash: B256,
    /// Code of the asset, as in [`money::Asset::code`].
    pub asset: String,
    /// Hash of the compiled plan.
    pub plan_hash: B256,
    /// The plan file.
    pub plan_text: String,
}

/// Why a process cannot work on the ledger of a database.
#[derive(Debug, Error)]
pub enum DeploymentError {
    /// There is no ledger.
    #[error("the database is not bound to a deployed contract")]
    NotDeployed,
    /// The schema is not the program's.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The role may do more than the process.
    #[error(transparent)]
    Rights(#[from] RightsError),
    /// The stored plan does not compile any more.
    #[error("the deployment's plan does not compile")]
    NotCompiled(#[source] Box<CompileError>),
    /// The stored plan compiles to something else than was deployed.
    #[error("the deployment's plan has the hash {compiled}, the database says {deployed}")]
    OtherPlan {
        /// Of what it compiles to.
        compiled: B256,
        /// Of what was deployed.
        deployed: B256,
    },
    /// The engine can apply the plan's facts, but the services cannot show and judge what they do.
    #[error("the plan is not served")]
    NotServed(#[source] GateError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Deployment {
    /// The plan that was deployed.
    ///
    /// # Errors
    /// [`DeploymentError::NotCompiled`], [`DeploymentError::OtherPlan`].
    pub fn compile_plan(&self) -> Result<CompiledPlan, DeploymentError> {
        let plan =
            plan::compile(&self.plan_text).map_err(|error| DeploymentError::NotCompiled(Box::new(error)))?;
        if plan.hash() == self.plan_hash {
            return Ok(plan);
        }
        Err(DeploymentError::OtherPlan {
            compiled: plan.hash(),
            deployed: self.plan_hash,
        })
    }

    /// The plan that was deployed, if the services run such plans.
    pub fn served_plan(&self) -> Result<CompiledPlan, DeploymentError> {
        let plan = self.compile_plan()?;
        plan.served().map_err(DeploymentError::NotServed)?;
        Ok(plan)
    }
}

/// The deployment of a process that starts, if the schema is its own and its role may do no more than it needs: on a chain that is not
/// local, a role with more rights is refused.
pub async fn open(
    connection: &mut PgConnection,
    role: Role,
    is_local_chain: fn(u64) -> bool,
) -> Result<Deployment, DeploymentError> {
    schema::check(connection).await?;
    let deployed = find(connection).await?.ok_or(DeploymentError::NotDeployed)?;
    let enforcement = Enforcement::on_chain(is_local_chain(deployed.chain_id));
    rights::check(connection, role, enforcement).await?;
    Ok(deployed)
}

/// Binds the database to a deployment with its first operators: all of it or nothing.
///
/// # Errors
/// As [`insert`] and [`operator::insert`].
pub async fn bind(
    connection: &mut PgConnection,
    deployment: &Deployment,
    operators: &[Operator],
) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await?;
    insert(&mut transaction, deployment).await?;
    operator::insert(&mut transaction, operators).await?;
    Ok(transaction.commit().await?)
}

/// Writes the row that says what the database is bound to.
///
/// # Errors
/// The database is bound already: constraint `deployment_pkey`.
pub async fn insert(connection: &mut PgConnection, deployment: &Deployment) -> Result<(), StoreError> {
    let number = |number: u64| {
        i64::try_from(number).map_err(|_| StoreError::corrupt("a chain id or block number above 2^63"))
    };
    sqlx::query!(
        "INSERT INTO deployment
            (chain_id, contract, contract_block, contract_block_hash, asset, plan_hash, plan_text)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        number(deployment.chain_id)?,
        deployment.contract.as_slice(),
        number(deployment.contract_block)?,
        deployment.contract_block_hash.as_slice(),
        deployment.asset,
        deployment.plan_hash.as_slice(),
        deployment.plan_text,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The deployment that the database is bound to, if it is.
pub async fn find(connection: &mut PgConnection) -> Result<Option<Deployment>, StoreError> {
    Ok(sqlx::query_as!(
        Deployment,
        r#"SELECT chain_id AS "chain_id!: Db<u64>", contract AS "contract!: Db<Address>",
                  contract_block AS "contract_block!: Db<u64>",
                  contract_block_hash AS "contract_block_hash!: Db<B256>", asset,
                  plan_hash AS "plan_hash!: Db<B256>", plan_text
           FROM deployment"#
    )
    .fetch_optional(connection)
    .await?)
}

/// A stored number that cannot be negative.
pub(crate) fn natural(number: i64, what: &'static str) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::corrupt(what))
}

/// A stored address.
pub(crate) fn address(bytes: &[u8], what: &'static str) -> Result<Address, StoreError> {
    Address::try_from(bytes).map_err(|_| StoreError::corrupt(what))
}

/// A stored hash or reference of 32 bytes.
pub(crate) fn hash(bytes: &[u8], what: &'static str) -> Result<B256, StoreError> {
    B256::try_from(bytes).map_err(|_| StoreError::corrupt(what))
}
