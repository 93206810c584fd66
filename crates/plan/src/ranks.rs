//! Ranks: legs by volume of the downline, weekly qualification and paid-as rank, bonus weeks.
