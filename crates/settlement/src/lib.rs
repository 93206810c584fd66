//! Settlement decisions, pure: authorizations and their terms.
