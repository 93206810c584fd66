//! A referral campaign.
