//! The signers' records: what they signed, read incrementally, and whether their audit trails are intact.

use std::collections::BTreeSet;
use std::time::Duration;

use alloy_primitives::{Address, B256};
use audit::checks::{SignerMemory, Skip};
use service::ErrorChain;
use signer::audit::{VerifyError, list_recorded, verify};
use sqlx::{Connection, PgConnection};
use store::{StoreError, within};

/// One database of signers, and what was read of it.
#[derive(Debug)]
struct Remembered {
    url: String,
    last_id: i64,
    memory: SignerMemory,
}

impl Remembered {
    /// Whatever was read before is re-read.
    fn forget(&mut self) {
        self.last_id = 0;
        let memory = &mut self.memory;
        for keys in [&mut memory.intakes, &mut memory.batches, &mut memory.roots] {
            *keys = Some(BTreeSet::new());
        }
    }

    async fn read(&mut self, is_full: bool, scope: &str) -> Result<(), StoreError> {
        if is_full {
            self.forget();
        }
        let mut connection = PgConnection::connect(&self.url).await?;
        for record in list_recorded(&mut connection, self.last_id).await? {
            self.last_id = record.id;
            remember(&mut self.memory, &record.business_key, scope);
        }
        if is_full {
            self.memory.broken_trail = match verify(&mut connection, None).await {
                Ok(_) => None,
                Err(VerifyError::Broken(broken)) => Some(broken.to_string()),
                Err(VerifyError::Database(error)) => return Err(error.into()),
            };
        }
        Ok(connection.close().await?)
    }
}

/// All databases of signers.
#[derive(Debug)]
pub(crate) struct Signers {
    remembered: Vec<Remembered>,
    scope: String,
}

impl Signers {
    /// Nothing is read yet.
    pub(crate) fn new(urls: &[String], chain_id: u64, contract: Address) -> Self {
        let remembered = urls.iter().zip(1..).map(|(url, number)| Remembered {
            url: url.clone(),
            last_id: 0,
            memory: SignerMemory {
                name: format!("signers {number}"),
                broken_trail: None,
                intakes: Some(BTreeSet::new()),
                batches: Some(BTreeSet::new()),
                roots: Some(BTreeSet::new()),
            },
        });
        Self {
            remembered: remembered.collect(),
            scope: format!("{chain_id}:{contract:#x}:"),
        }
    }

    /// Reads what was recorded since, and in a full run the audit trails; the deadline is for each database.
    pub(crate) async fn read(&mut self, is_full: bool, limit: Duration) -> Result<Vec<SignerMemory>, Skip> {
        if self.remembered.is_empty() {
            return Err(Skip::NotConfigured("TRELLIS_SIGNER_DATABASE_URL"));
        }
        for remembered in &mut self.remembered {
            within(limit, remembered.read(is_full, &self.scope))
                .await
                .map_err(|error| Skip::Unreachable(ErrorChain(&error).to_string()))?;
        }
        Ok(self
            .remembered
            .iter()
            .map(|remembered| remembered.memory.clone())
            .collect())
    }
}

/// Files a business key of our contract by its kind; those of others do not concern us.
fn remember(memory: &mut SignerMemory, business_key: &str, scope: &str) {
    let Some((kind, rest)) = business_key.split_once(':') else {
        return;
    };
    let key = rest.strip_prefix(scope).and_then(|key| key.parse::<B256>().ok());
    let keys = match kind {
        "intake" => &mut memory.intakes,
        "batch" => &mut memory.batches,
        "root" => &mut memory.roots,
        _ => return,
    };
    if let (Some(keys), Some(key)) = (keys, key) {
        keys.insert(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn business_keys_of_our_contract_are_filed_by_kind() {
        let contract = Address::repeat_byte(0xab);
        let signers = Signers::new(&["postgres://a".to_owned()], 31_337, contract);
        let mut memory = signers.remembered[0].memory.clone();
        let key = |number: u8| format!("0x{}", format!("{number:02x}").repeat(32));
        for (kind, contract, number) in [
            ("intake", contract, 1),
            ("batch", contract, 2),
            ("root", contract, 3),
            ("transaction", contract, 4),
            ("intake", Address::ZERO, 5),
        ] {
            let text = format!("{kind}:31337:{contract:#x}:{}", key(number));
            remember(&mut memory, &text, &signers.scope);
        }
        remember(&mut memory, "nonsense", &signers.scope);
        assert_eq!(memory.intakes, Some(BTreeSet::from([B256::repeat_byte(1)])));
        assert_eq!(memory.batches, Some(BTreeSet::from([B256::repeat_byte(2)])));
        assert_eq!(memory.roots, Some(BTreeSet::from([B256::repeat_byte(3)])));
    }
}
