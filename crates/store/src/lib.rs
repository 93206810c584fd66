//! All SQL of the ledger database and its migrations.
