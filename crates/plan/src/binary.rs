//! Binary plan: left and right legs by level order under the sponsor, pairs by lots, and the instalment that pairs help to pay.
