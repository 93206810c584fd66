//! The chart of accounts, and the packed id under which an account is stored.
//!
//! An [`AccountId`] is a bijection of its [`Account`], so ledgers that post the same facts have the same ids
//! and no table is needed to find one: bits 56–62 kind, 32–55 detail, 0–31 subject (user or tree number).
//!
//! ```
//! use ledger::{Account, UserId};
//!
//! let available = Account::Available(UserId::new(7).unwrap());
//! assert_eq!(available.id().get(), 3 << 56 | 7);
//! assert_eq!(available.id().account(), Some(available));
//! ```

mod kind;
mod subject;

use std::fmt;

pub use kind::{AccountKind, Side};
pub use subject::{DepositId, Fund, Tier, TreeNumber, UserId};

names::names! {
    /// Why money that a rule is about is not paid to a user.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum BreakageCause {
        /// The sponsor chain is shorter than the generations of the plan.
        NoUpline = "no_upline",
        /// The upline has no retopup that stands.
        NotRetopped = "not_retopped",
        /// The recipient, or an action that the reward relied on, has been refunded.
        Refunded = "refunded",
        /// The upline does not meet what the plan requests this share: too few directs, too low a rank.
        Unqualified = "unqualified",
        /// The upline has nothing active: no subscription that runs, no volume in the period.
        Inactive = "inactive",
        /// The recipient has earned as much as the plan's cap allows.
        Capped = "capped",
        /// It could not be paid in its period, and the plan does not carry it.
        Flushed = "flushed",
    }
}

impl BreakageCause {
    /// Its place in the declaration, from 1. It is stored: new causes stand at the end.
    const fn code(self) -> u16 {
        (self as u16).saturating_add(1)
    }

    fn by_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }
}

names::names! {
    /// Why money of a chain fact waits for a human: it has moved, so it is posted, but it fits nothing.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum ClearingCause {
        /// An intake whose amount is not the plan's price, or from a wallet that cannot have it.
        UnexpectedIntake = "unexpected_intake",
        /// A refund of an intake that the ledger does not hold (any more).
        UnexpectedRefund = "unexpected_refund",
        /// A treasury operation beyond what belongs to the operator.
        UnexpectedTreasury = "unexpected_treasury",
        /// A payout or claim of an unknown wallet.
        UnexpectedPayout = "unexpected_payout",
        /// A withdrawal beyond the user's credit.
        UnexpectedWithdrawal = "unexpected_withdrawal",
    }
}

impl ClearingCause {
    /// Its place in the declaration, likewise.
    const fn code(self) -> u16 {
        (self as u16).saturating_add(1)
    }

    fn by_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }
}

/// The beneficiary of money that is held until the cooling-off time of its deposit has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Beneficiary {
    /// A user's reward.
    User(UserId),
    /// The company's share.
    Company,
    /// The share of an ancestor that a tree does not have, or whose registration was refunded.
    Residual(Tier, TreeNumber),
    /// What a rule does not pay, with its cause.
    Breakage(BreakageCause),
    /// The part of a payment that a fund receives.
    Fund(Fund),
}

/// A ledger account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// The money in the custody contract. Its debit balance is what the contract holds for the books.
    Custody,
    /// Not yet past the cooling-off time.
    Held(Beneficiary),
    /// What a user may be paid.
    Available(UserId),
    /// What a live payout batch carries to a user.
    InTransit(UserId),
    /// What a user reserves from a tier's rewards towards the price of the next tier.
    Reserve(UserId, Tier),
    /// What a user owes after a correction of matured rewards.
    Receivable(UserId),
    /// The operator's share.
    Company,
    /// What the contract holds for a user that it could not pay.
    Credit(UserId),
    /// Shares of missing ancestors of a tree.
    Residual(Tier, TreeNumber),
    /// What rules do not pay, by cause.
    Breakage(BreakageCause),
    /// Funds that belong to no user and pay rewards, each under its number; 0 is not allocated yet.
    Revenue(Fund),
    /// Withheld tax.
    Tax,
    /// Money of a chain fact that fits nothing, until a human decides.
    Clearing(ClearingCause),
    /// Rewards from a fund that wait for their day.
    Deferred(UserId),
    /// Matured rewards of a plan with withdrawals: the chain may pay them once their user requests them.
    Wallet(UserId),
}

/// The stored id of an account: positive, and in one-to-one correspondence with [`Account`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(i64);

/// To whom an account belongs.
enum Owner {
    User(UserId),
    Tree(TreeNumber),
    Nobody,
}

/// What a held account is held for, in the upper byte of its detail.
const HELD_USER: u32 = 0;
const HELD_COMPANY: u32 = 1;
const HELD_RESIDUAL: u32 = 2;
const HELD_BREAKAGE: u32 = 3;
const HELD_FUND: u32 = 4;

const KIND_SHIFT: u32 = 56;
const DETAIL_SHIFT: u32 = 32;
const HELD_SHIFT: u32 = 16;
const DETAIL_MASK: u32 = 0x00ff_ffff;

impl Account {
    /// The kind.
    pub const fn kind(self) -> AccountKind {
        match self {
            Self::Custody => AccountKind::Custody,
            Self::Held(_) => AccountKind::Held,
            Self::Available(_) => AccountKind::Available,
            Self::InTransit(_) => AccountKind::InTransit,
            Self::Reserve(..) => AccountKind::Reserve,
            Self::Receivable(_) => AccountKind::Receivable,
            Self::Company => AccountKind::Company,
            Self::Credit(_) => AccountKind::Credit,
            Self::Residual(..) => AccountKind::Residual,
            Self::Breakage(_) => AccountKind::Breakage,
            Self::Revenue(_) => AccountKind::Revenue,
            Self::Tax => AccountKind::Tax,
            Self::Clearing(_) => AccountKind::Clearing,
            Self::Deferred(_) => AccountKind::Deferred,
            Self::Wallet(_) => AccountKind::Wallet,
        }
    }

    /// The user or the tree to which the account belongs.
    const fn owner(self) -> Owner {
        match self {
            Self::Held(Beneficiary::User(user))
            | Self::Available(user)
            | Self::InTransit(user)
            | Self::Reserve(user, _)
            | Self::Receivable(user)
            | Self::Credit(user)
            | Self::Deferred(user)
            | Self::Wallet(user) => Owner::User(user),
            Self::Held(Beneficiary::Residual(_, tree)) | Self::Residual(_, tree) => Owner::Tree(tree),
            Self::Held(Beneficiary::Company | Beneficiary::Breakage(_) | Beneficiary::Fund(_))
            | Self::Custody
            | Self::Company
            | Self::Breakage(_)
            | Self::Revenue(_)
            | Self::Tax
            | Self::Clearing(_) => Owner::Nobody,
        }
    }

    /// The user to whom the account belongs, if it belongs to one.
    pub const fn user(self) -> Option<UserId> {
        let Owner::User(user) = self.owner() else {
            return None;
        };
        Some(user)
    }

    /// Tier, cause or class of what is held: 24 bits. Together with kind and subject it names the account.
    pub const fn detail(self) -> u32 {
        match self {
            Self::Held(Beneficiary::User(_)) => HELD_USER << HELD_SHIFT,
            Self::Held(Beneficiary::Company) => HELD_COMPANY << HELD_SHIFT,
            Self::Held(Beneficiary::Residual(tier, _)) => (HELD_RESIDUAL << HELD_SHIFT) | tier.get() as u32,
            Self::Held(Beneficiary::Breakage(cause)) => (HELD_BREAKAGE << HELD_SHIFT) | cause.code() as u32,
            Self::Held(Beneficiary::Fund(fund)) => (HELD_FUND << HELD_SHIFT) | fund.get() as u32,
            Self::Revenue(fund) => fund.get() as u32,
            Self::Reserve(_, tier) | Self::Residual(tier, _) => tier.get() as u32,
            Self::Breakage(cause) => cause.code() as u32,
            Self::Clearing(cause) => cause.code() as u32,
            Self::Custody
            | Self::Available(_)
            | Self::InTransit(_)
            | Self::Receivable(_)
            | Self::Company
            | Self::Credit(_)
            | Self::Tax
            | Self::Deferred(_)
            | Self::Wallet(_) => 0,
        }
    }

    /// The tree to which a residual belongs.
    pub const fn tree(self) -> Option<TreeNumber> {
        let Owner::Tree(tree) = self.owner() else {
            return None;
        };
        Some(tree)
    }

    /// The stored id.
    pub fn id(self) -> AccountId {
        let subject = match self.owner() {
            Owner::User(user) => user.get(),
            Owner::Tree(tree) => tree.get(),
            Owner::Nobody => 0,
        };
        let kind = i64::from(self.kind().code()) << KIND_SHIFT;
        AccountId(kind | (i64::from(self.detail()) << DETAIL_SHIFT) | i64::from(subject))
    }
}

impl AccountId {
    /// The number, for SQL.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The number of the user or tree that it belongs to; 0 for nobody's.
    pub fn subject(self) -> u32 {
        u32::try_from(self.0 & i64::from(u32::MAX)).unwrap_or_default()
    }

    /// The id with this number, if it names an account.
    pub fn new(number: i64) -> Option<Self> {
        let id = Self(number);
        id.account().map(|_| id)
    }

    /// The account that it names; `None` if no account has this id.
    pub fn account(self) -> Option<Account> {
        let kind = AccountKind::by_code(u8::try_from(self.0 >> KIND_SHIFT).ok()?)?;
        let detail = u32::try_from((self.0 >> DETAIL_SHIFT) & i64::from(DETAIL_MASK)).ok()?;
        let account = parts_to_account(kind, detail, self.subject())?;
        (account.id() == self).then_some(account)
    }
}

fn parts_to_account(kind: AccountKind, detail: u32, subject: u32) -> Option<Account> {
    let user = UserId::new(subject);
    let tree = TreeNumber::new(subject);
    let low = u16::try_from(detail & 0xffff).ok()?;
    let tier = u8::try_from(low).ok().and_then(Tier::new);
    Some(match kind {
        AccountKind::Custody => Account::Custody,
        AccountKind::Held => Account::Held(match detail >> HELD_SHIFT {
            HELD_USER => Beneficiary::User(user?),
            HELD_COMPANY => Beneficiary::Company,
            HELD_RESIDUAL => Beneficiary::Residual(tier?, tree?),
            HELD_BREAKAGE => Beneficiary::Breakage(BreakageCause::by_code(low)?),
            HELD_FUND => Beneficiary::Fund(Fund::new(u8::try_from(low).ok()?)),
            5.. => return None,
        }),
        AccountKind::Available => Account::Available(user?),
        AccountKind::InTransit => Account::InTransit(user?),
        AccountKind::Reserve => Account::Reserve(user?, tier?),
        AccountKind::Receivable => Account::Receivable(user?),
        AccountKind::Company => Account::Company,
        AccountKind::Credit => Account::Credit(user?),
        AccountKind::Residual => Account::Residual(tier?, tree?),
        AccountKind::Breakage => Account::Breakage(BreakageCause::by_code(low)?),
        AccountKind::Revenue => Account::Revenue(Fund::new(u8::try_from(detail).ok()?)),
        AccountKind::Tax => Account::Tax,
        AccountKind::Clearing => Account::Clearing(ClearingCause::by_code(low)?),
        AccountKind::Deferred => Account::Deferred(user?),
        AccountKind::Wallet => Account::Wallet(user?),
    })
}

impl fmt::Display for Account {
    /// A readable name, stable enough for reports: `available(7)`, `held:residual(1,3)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind().name();
        match self {
            Self::Held(Beneficiary::User(user)) => write!(f, "{kind}({user})"),
            Self::Held(Beneficiary::Company) => write!(f, "{kind}:company"),
            Self::Held(Beneficiary::Residual(tier, tree)) => write!(f, "{kind}:residual({tier},{tree})"),
            Self::Held(Beneficiary::Breakage(cause)) => write!(f, "{kind}:breakage:{}", cause.name()),
            Self::Held(Beneficiary::Fund(fund)) => write!(f, "{kind}:revenue:{fund}"),
            Self::Available(user)
            | Self::InTransit(user)
            | Self::Receivable(user)
            | Self::Credit(user)
            | Self::Deferred(user)
            | Self::Wallet(user) => write!(f, "{kind}({user})"),
            Self::Reserve(user, tier) => write!(f, "{kind}({user},{tier})"),
            Self::Residual(tier, tree) => write!(f, "{kind}({tier},{tree})"),
            Self::Breakage(cause) => write!(f, "{kind}:{}", cause.name()),
            Self::Clearing(cause) => write!(f, "{kind}:{}", cause.name()),
            Self::Revenue(fund) if *fund != Fund::UNALLOCATED => write!(f, "{kind}:{fund}"),
            Self::Custody | Self::Company | Self::Revenue(_) | Self::Tax => f.write_str(kind),
        }
    }
}

#[cfg(test)]
mod tests;
