//! Databases per test, builders and the scenario language.
