//! Referral campaign: rewards for qualified referrals within caps and a funded budget; achievements and leaderboard.
