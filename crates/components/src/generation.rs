//! Generation income: which uplines get which share of a purchase, and why others do not.
//!
//! A purchase offers generation 1, 2, … a share each. An upline is **refused** a share, in this order of causes:
//! refunded; inactive (in the modes `physical` and `compressed`: there is a cap and nothing is paid in; in `active_only`:
//! no active subscription); unqualified (fewer directs than the generation needs). Whoever is not refused takes the
//! share up to the [cap](crate::cap), and what the cap holds back is breakage: it never moves up.
//!
//! | mode | who is refused | generation of the next upline |
//! | --- | --- | --- |
//! | `physical` | breakage with the cause | the next one |
//! | `compressed` | is skipped | the same one |
//! | `active_only` | is skipped when refunded or inactive, else breakage | the same after a skip, else the next |
//!
//! The lines of a purchase sum to the floored shares of all generations, whatever happens. Not responsible for what the
//! generations leave of a purchase, nor for who counts as active: see [`subscription`](crate::subscription).

mod prefetch;
pub mod table;
mod terms;
mod walk;

use ledger::{BreakageCause, UserId};
use money::Amount;

pub use crate::generation::table::{DirectsCounted, GenerationTable, Mode};
pub use prefetch::prefetch;
pub use terms::{DIRECTS_REQUIRED_MAX, GenerationStep, GenerationTerms};

use crate::cap::Caps;

/// What the walk asks about users. Answers are those of the moment before the purchase.
pub trait Uplines {
    /// The uplines of a user, nearest first, into as many slots as there are; `None` above the last. Each is older than the one
    /// below, so every walk ends: what [`Sponsors::nearest`](crate::sponsors::Sponsors::nearest) gives.
    fn above(&self, user: UserId, into: &mut [Option<UserId>]);
    /// Whom the user referred, counted as [`GenerationTerms::directs_counted`] says.
    fn directs(&self, user: UserId) -> u32;
    /// Whether the user has an active subscription.
    fn is_active(&self, user: UserId) -> bool;
    /// Whether the user's joining was refunded.
    fn is_refunded(&self, user: UserId) -> bool;
}

/// One part of the money that generations take of a purchase; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How much, in base units.
    pub amount: Amount,
    /// The upline that the line is about; `None` above the last upline.
    pub upline: Option<UserId>,
    /// How far above the purchaser the upline is, sponsor 1: the physical generation. 0 without an upline.
    pub distance: u32,
    /// The generation whose share it is, from 1.
    pub generation: u8,
    /// Whether it is paid.
    pub fate: Fate,
}

/// What becomes of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// The upline gets it.
    Paid,
    /// Nobody does, for this cause.
    Breakage(BreakageCause),
}

/// An upline who was passed over without a share, because the same generation was offered to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip {
    /// Who.
    pub upline: UserId,
    /// How far above the purchaser.
    pub distance: u32,
    /// The generation that was not offered.
    pub generation: u8,
    /// Why.
    pub cause: BreakageCause,
}

/// Distributes a purchase: `out` is cleared and gets the lines by generation; what is paid counts against the caps. An
/// upline who is partly capped has two lines, the paid part first.
///
/// Undo it with [`undo`].
pub fn distribute(
    terms: &GenerationTerms,
    amount: Amount,
    purchaser: UserId,
    uplines: &impl Uplines,
    caps: &mut Caps,
    out: &mut Vec<Share>,
) {
    out.clear();
    walk::walk(terms, amount, purchaser, uplines, caps, out, &mut ());
}

/// [`distribute`], and the uplines that it skips: `skipped` is cleared first.
pub fn distribute_and_tell(
    terms: &GenerationTerms,
    amount: Amount,
    purchaser: UserId,
    uplines: &impl Uplines,
    caps: &mut Caps,
    out: &mut Vec<Share>,
    skipped: &mut Vec<Skip>,
) {
    out.clear();
    skipped.clear();
    walk::walk(terms, amount, purchaser, uplines, caps, out, skipped);
}

/// What [`distribute`] would do, and the uplines that it would skip; `out` and `skipped` are cleared first. Changes nothing.
pub fn explain(
    terms: &GenerationTerms,
    amount: Amount,
    purchaser: UserId,
    uplines: &impl Uplines,
    caps: &Caps,
    out: &mut Vec<Share>,
    skipped: &mut Vec<Skip>,
) {
    out.clear();
    skipped.clear();
    walk::walk(terms, amount, purchaser, uplines, caps, out, skipped);
}

/// Takes back what a refunded purchase paid: its lines no longer count against the caps.
pub fn undo(lines: &[Share], caps: &mut Caps) {
    for line in lines {
        if let (Some(upline), Fate::Paid) = (line.upline, line.fate) {
            caps.give_back(upline, line.amount);
        }
    }
}
