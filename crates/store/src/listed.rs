//! [`Listed`]: rows of which some may be unreadable, so that one of them does not block the others.

use alloy_primitives::B256;

use crate::StoreError;

/// Rows by what they are about.
#[derive(Debug)]
pub struct Listed<T> {
    /// Those that can be read.
    pub good: Vec<T>,
    /// The others: the id of the batch or root, and what is wrong.
    pub broken: Vec<(B256, &'static str)>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            good: Vec::new(),
            broken: Vec::new(),
        }
    }
}

impl<T> Listed<T> {
    /// Adds a row.
    pub(crate) fn add(&mut self, id: B256, row: Result<T, StoreError>) -> Result<(), StoreError> {
        match row {
            Ok(row) => self.good.push(row),
            Err(StoreError::Corrupt { what }) => self.broken.push((id, what)),
            Err(error @ (StoreError::Constraint { .. } | StoreError::Database(_))) => return Err(error),
        }
        Ok(())
    }
}
