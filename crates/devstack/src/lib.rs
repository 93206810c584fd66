//! Finds and starts PostgreSQL, anvil and the services for development and tests.
