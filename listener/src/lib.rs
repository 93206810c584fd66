//! The listener: follows blocks by hash and records facts; decides nothing.
