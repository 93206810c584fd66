//! End-to-end tests: real processes, real PostgreSQL, real anvil.
