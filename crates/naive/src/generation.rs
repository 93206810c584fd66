//! Generation income with gates, three modes and the earnings cap.
