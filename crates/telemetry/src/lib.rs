//! Tracing, metrics, error chains, fault points.
