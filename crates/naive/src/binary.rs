//! Binary legs, lots and pairs.
