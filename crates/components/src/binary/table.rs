//! The tables of a binary plan in a plan file: what a plan designer writes, before anything is checked.

use serde::Deserialize;

/// Table `[binary]`: pairs of members on the two sides of a place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BinaryTable {
    /// What one pair grants.
    pub pair_value: String,
    /// Pairs of one user that are paid in a month.
    pub pairs_max_per_month: u32,
    /// What happens to pairs above that number.
    pub excess: Excess,
    /// A user's first pairs, counted over the whole life, that pay no instalment.
    pub full_pairs: u32,
    /// The share of a later pair that pays the instalment of a user who is not an active buyer.
    pub instalment_bps: u16,
    /// Payments, instalments included, that make an active buyer.
    pub activation_amount: String,
    /// From when on a user counts as a member on the sides above; `activation` when it is left out.
    pub counts_from: Option<CountsFrom>,
    /// Where a new user is put; `level_order` when it is left out.
    pub placement: Option<Placement>,
    /// Directs that count, before which a user's pairs wait; 0 when it is left out.
    pub directs_required: Option<u32>,
    /// What is paired: `member`, the only quantity there is, also when it is left out.
    pub quantity: Option<String>,
    /// Name of the revenue fund that pays pairs.
    pub fund: String,
    /// Days for which a pair is held, in which a refund takes it back whole; 0 when it is left out.
    #[serde(default)]
    pub hold_days: u32,
    /// What happens when the fund has less than a month's pairs are worth; `queue` when it is left out.
    pub when_short: Option<WhenShort>,
    /// What a sponsor gets once for the first payment of a direct; nothing when it is left out.
    pub direct_bonus: Option<String>,
}

/// Table `[booking]`: what users buy and pay in instalments.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BookingTable {
    /// What it costs. The outstanding instalment of a user is what is not yet paid of it.
    pub price: String,
    /// The least that the first payment may be.
    pub first_payment_min: String,
}

/// What happens to pairs above the number that is paid in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Excess {
    /// They wait for the next month: the limit is one of speed.
    Carry,
    /// They are lost, on both sides.
    Flush,
}

/// From when on a user counts as a member on the sides above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CountsFrom {
    /// From being an active buyer.
    Activation,
    /// From the least first payment.
    FirstPayment,
}

/// Where a new user is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// On the wanted side of the sponsor if it is free, else in the first free place below the sponsor, nearest and
    /// then leftmost first.
    LevelOrder,
}

/// What happens when the fund has less than a month's pairs are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenShort {
    /// Pairs are paid whole, in the order in which their users joined; what is not covered waits.
    Queue,
    /// Every pair is paid, with its share of what there is.
    ProRata,
}
