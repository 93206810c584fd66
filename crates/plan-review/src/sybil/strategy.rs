//! What a person with several names can do: how the names sponsor each other, below which outsiders are referred, who
//! buys a retopup, and when the names enter.

use std::fmt;

/// A strategy. The first name always enters below the first user of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strategy {
    /// Names, at least 1.
    pub identities: u32,
    /// How they sponsor each other.
    pub shape: Shape,
    /// Below which of them outsiders are referred.
    pub under: Under,
    /// Which of them buy a retopup.
    pub retopups: Retopups,
    /// When those after the first enter.
    pub order: Order,
}

/// How the names of one person sponsor each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Each the next.
    Chain,
    /// The first all others.
    Star,
    /// Each two others.
    Pairs,
}

/// Below which names outsiders are referred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// The first.
    First,
    /// The last that has entered.
    Last,
    /// Each in turn.
    Each,
}

/// Which names buy a retopup, as soon as they have entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retopups {
    /// None.
    None,
    /// The first.
    First,
    /// All.
    All,
}

/// When the names after the first enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Before any outsider is referred.
    Before,
    /// One after each outsider who is referred, the rest at the end.
    Between,
    /// After all outsiders who are referred.
    After,
}

const SHAPES: [Shape; 3] = [Shape::Chain, Shape::Star, Shape::Pairs];
const UNDER: [Under; 3] = [Under::First, Under::Last, Under::Each];
const RETOPUPS: [Retopups; 3] = [Retopups::None, Retopups::First, Retopups::All];
const ORDERS: [Order; 3] = [Order::Before, Order::Between, Order::After];

impl Strategy {
    /// The name that sponsors this one, both counted from 0; the first has none.
    pub(super) const fn sponsor_of(&self, identity: u32) -> Option<u32> {
        let Some(before) = identity.checked_sub(1) else {
            return None;
        };
        Some(match self.shape {
            Shape::Chain => before,
            Shape::Star => 0,
            Shape::Pairs => before >> 1,
        })
    }

    /// Whether this name buys a retopup.
    pub(super) const fn retops_up(&self, identity: u32) -> bool {
        match self.retopups {
            Retopups::None => false,
            Retopups::First => identity == 0,
            Retopups::All => true,
        }
    }
}

/// Every strategy with up to this many names, those with few names first, without those that do the same.
pub(super) fn all(identities_max: u32) -> impl Iterator<Item = Strategy> {
    let single = RETOPUPS.into_iter().take(2).map(|retopups| Strategy {
        identities: 1,
        shape: Shape::Chain,
        under: Under::First,
        retopups,
        order: Order::Before,
    });
    let several = (2..=identities_max).flat_map(|identities| {
        SHAPES.into_iter().flat_map(move |shape| {
            UNDER.into_iter().flat_map(move |under| {
                RETOPUPS.into_iter().flat_map(move |retopups| {
                    ORDERS.into_iter().map(move |order| Strategy {
                        identities,
                        shape,
                        under,
                        retopups,
                        order,
                    })
                })
            })
        })
    });
    single.chain(several)
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.identities;
        let retopups = match self.retopups {
            Retopups::None => "none buys a retopup",
            Retopups::First => "the first buys a retopup",
            Retopups::All => "all buy a retopup",
        };
        if names == 1 {
            return write!(f, "one name; {retopups}");
        }
        let shape = match self.shape {
            Shape::Chain => "each sponsored by the one before",
            Shape::Star => "all sponsored by the first",
            Shape::Pairs => "each sponsoring two others",
        };
        let order = match self.order {
            Order::Before => "entering before anyone is recruited",
            Order::Between => "one entering after each recruited outsider",
            Order::After => "entering after all recruited outsiders",
        };
        let under = match self.under {
            Under::First => "below the first",
            Under::Last => "below the last",
            Under::Each => "below each in turn",
        };
        write!(
            f,
            "{names} names, {shape}, {order}; outsiders come {under}; {retopups}"
        )
    }
}
