//! The list of components, one entry each: name, terms, and the tables of a plan file with what they are about.
//!
//! Everything that is done with all components goes by this list: reading, checking, encoding, findings, and their
//! [`Rules`](components::component::Rules). Its order is that of the encoding, so a new entry is added at the end. Not in it: the
//! auto-pool, whose three tables the compiler checks itself, because it proves there that places are paid for.

/// Calls another macro with the list and what follows it.
macro_rules! shipped {
    ($with:ident $($more:tt)*) => { $with! {
        subscription: components::subscription::SubscriptionTerms =
            (subscription: components::subscription::table::SubscriptionTable, "Subscriptions of any amount.");
        generation: components::generation::GenerationTerms =
            (generation: components::generation::table::GenerationTable, "Shares of purchases for uplines.");
        cap: components::cap::CapTerms =
            (cap: components::cap::table::CapTable, "The most that a user earns.");
        bonus: components::subscription::BonusTerms =
            (bonus: components::subscription::table::BonusTable, "What new users can spend.");
        ranks: components::ranks::RanksTerms =
            (ranks: components::ranks::table::RanksTable, "Ranks by volume.");
        binary: components::binary::BinaryTerms =
            (binary: components::binary::table::BinaryTable, "A binary tree with pairs.",
             booking: components::binary::table::BookingTable, "What is booked and paid in parts.");
        orders: components::orders::OrdersTerms =
            (orders: components::orders::table::OrdersTable, "Orders and their commissions.");
        campaign: components::campaign::CampaignTerms =
            (campaign: components::campaign::table::CampaignTable, "A referral campaign.");
        withholding: components::withholding::WithholdingTerms =
            (withholding: Vec<components::withholding::table::WithholdingTable>, "Policies of withholding.");
        withdrawal: components::withdrawal::WithdrawalTerms =
            (withdrawal: components::withdrawal::table::WithdrawalTable, "Withdrawals from a wallet balance.");
        $($more)*
    } };
}

/// Calls another macro with the list.
#[cfg(not(feature = "test-component"))]
macro_rules! components {
    ($with:ident) => {
        $crate::list::shipped!($with);
    };
}

/// Calls another macro with the list, in which a component stands that only tests have. The schema does not show it.
#[cfg(feature = "test-component")]
macro_rules! components {
    ($with:ident) => { $crate::list::shipped!($with
        thanks: testkit_component::ThanksTerms =
            (#[cfg_attr(feature = "schema", schemars(skip))] thanks: testkit_component::table::ThanksTable, "Only in tests.");
    ); };
}

pub(crate) use {components, shipped};
