//! All RPC: blocks, logs, journal heads, finality, sending.
