//! Withholding policies and fees.
