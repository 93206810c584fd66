//! Reconciliation checks, pure: a snapshot in, discrepancies out.
