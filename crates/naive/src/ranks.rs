//! Legs and weekly ranks.
