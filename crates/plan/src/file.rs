//! A whole plan file: what a plan designer writes, before anything is checked.
//!
//! Amounts are decimal strings in units of the plan's asset (`"20"`, `"0.5"`); shares are basis points. An
//! unknown field is an error, so a misspelt parameter cannot be ignored. Not responsible for meaning.

use serde::Deserialize;

use crate::autopool::table::{PoolTable, RegistrationTable, RetopupTable};
use crate::list::components;
use crate::subscription::table::AllocationTable;

macro_rules! declare {
    ($($name:ident: $terms:ty = ($($(#[$meta:meta])* $table:ident: $Table:ty, $about:literal),+);)+) => {
        /// A whole plan file.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct PlanFile {
            /// Name of the plan: lower-case letters, digits and hyphens.
            pub name: String,
            /// Version of the plan, from 1. A changed plan has another version.
            pub version: u32,
            /// Code of the asset in which everything is counted, such as `BNB`.
            pub asset: String,
            /// IANA name of the time zone in which the plan's days end, such as `Asia/Kolkata`; UTC without it.
            pub time_zone: Option<String>,
            /// The first payment of a user, in a plan with pools.
            pub registration: Option<RegistrationTable>,
            /// Any further payment, in a plan with pools.
            pub retopup: Option<RetopupTable>,
            /// The pools.
            pub pool: Option<PoolTable>,
            /// The only payment of a user, in a plan that sells nothing.
            pub joining: Option<JoiningTable>,
            /// Revenue accounts that pay rewards.
            pub funds: Option<Vec<FundTable>>,
            /// What funds receive of payments for bookings, or for joining.
            pub allocations: Option<Vec<AllocationTable>>,
            $($(
                $(#[$meta])*
                #[doc = $about]
                pub $table: Option<$Table>,
            )+)+
        }

        /// Of each component: copies its tables into another file.
        pub(crate) const TABLES_OF_COMPONENTS: &[fn(&mut PlanFile, &PlanFile)] =
            &[$(|one, file| { $(one.$table.clone_from(&file.$table);)+ }),+];
    };
}

components!(declare);

/// The only payment of a user, in a plan that sells nothing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JoiningTable {
    /// What it costs: the company's, but for what funds receive.
    pub price: String,
}

/// A revenue account that pays rewards.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FundTable {
    /// What other tables call it.
    pub name: String,
    /// Name of the fund that pays when this one is empty.
    pub fallback: Option<String>,
}
