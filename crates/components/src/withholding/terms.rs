//! [`WithholdingTerms`]: the checked policies, each with its versions by date.

use crate::component::{Booked, Terms};
use ledger::Reason;
use money::{Amount, Asset, Bps};

use crate::withholding::table::{Basis, Crossing, WithholdingTable};
use ledger::UserId;
use plan_file::Day;
use plan_file::Encoder;
use plan_file::{Finding, Severity, percent};
use plan_file::{Refusal, field};

use super::version::{KINDS, Kinds, Version};

/// Policies of a plan: the lines of one payment are kept in place, without an allocation.
pub const POLICIES_MAX: usize = 4;

/// Versions of all policies together: half a century of yearly changes to one, so nobody is limited by it.
pub const VERSIONS_MAX: usize = 64;

/// Letters of a name: it stands in every line of a certificate.
pub const NAME_MAX: usize = 32;

/// The policies of a plan. A plan without any withholds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WithholdingTerms {
    policies: Vec<Policy>,
}

/// A policy: its versions replace each other, its users' years go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    name: String,
    basis: Basis,
    year_starts_month: u32,
    /// By ascending first day.
    versions: Vec<Version>,
}

/// On what occasion a user receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A reward of this rule is credited.
    Credit(Reason),
    /// The user withdraws.
    Payout,
}

/// What a user receives, before anything is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Who.
    pub user: UserId,
    /// How much, in base units.
    pub gross: Amount,
    /// For what.
    pub occasion: Occasion,
    /// When: it decides which version is in force and to which financial year it belongs.
    pub day: Day,
}

impl WithholdingTerms {
    /// No policy.
    pub const fn none() -> Self {
        Self { policies: Vec::new() }
    }

    /// Checks the tables, which stand in the file in this order.
    ///
    /// # Errors
    /// `list_length`, `withholding_name`, `withholding_versions_unordered`, `withholding_versions_disagree`,
    /// `threshold_without_scope`, `scope_without_threshold`, `crossing_without_threshold`, `ceiling_without_scope`,
    /// `scope_without_ceiling`, `no_tax_id_rate_below_rate`, `kinds_at_payout`, `kind_unknown`, and those of single fields.
    pub fn check(tables: &[WithholdingTable], asset: Asset) -> Result<Self, Refusal> {
        field::list_length("withholding", tables.len(), 0, VERSIONS_MAX)?;
        let mut terms = Self::default();
        for (index, table) in tables.iter().enumerate() {
            let path = |name: &str| format!("withholding[{index}].{name}");
            check_name(&path("name"), &table.name)?;
            let starts = table.financial_year_starts_month;
            field::number(&path("financial_year_starts_month"), starts, 1, 12)?;
            let version = Version {
                entry: u8::try_from(index).unwrap_or(u8::MAX),
                ..Version::check(table, asset, &path)?
            };
            match terms.policies.iter_mut().find(|policy| policy.name == table.name) {
                Some(policy) => policy.replace_from(table, version, &path)?,
                None => terms.policies.push(Policy {
                    name: table.name.clone(),
                    basis: table.basis,
                    year_starts_month: starts,
                    versions: vec![version],
                }),
            }
        }
        field::list_length("withholding", terms.policies.len(), 0, POLICIES_MAX).map_err(|refusal| {
            Refusal {
                hint: format!("write at most {POLICIES_MAX} different policies"),
                ..refusal
            }
        })?;
        Ok(terms)
    }

    /// Where the plan file says this rate: `withholding[0].rate_bps`.
    pub fn path_of(&self, entry: u8, rate: Bps) -> String {
        let mut versions = self.policies.iter().flat_map(|policy| &policy.versions);
        let with_tax_id = versions.any(|version| version.entry == entry && version.rate == rate);
        let field = if with_tax_id {
            "rate_bps"
        } else {
            "no_tax_id_rate_bps"
        };
        format!("withholding[{entry}].{field}")
    }

    /// The policies, in the order of the file.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// Whether a policy withholds from withdrawals, so that matured rewards wait in a wallet balance.
    #[inline]
    pub fn has_payout_basis(&self) -> bool {
        self.policies.iter().any(|policy| policy.basis == Basis::Payout)
    }

    /// The most that all policies of a basis together withhold of a user's payments of one of these kinds, in basis points of their
    /// sum, from a user whose tax id is not known. Policies about all kinds count whatever the kinds.
    pub fn rate_max(&self, basis: Basis, kinds: &[&str]) -> u128 {
        let policies = || self.policies.iter().filter(|policy| policy.basis == basis);
        // Rates change only where a version begins.
        let days = policies().flat_map(|policy| policy.versions.iter().map(|version| version.valid_from));
        let on = |day: Day, kind: &str| {
            let in_force = policies().filter_map(|policy| {
                let mut versions = policy.versions.iter().rev();
                versions.find(|version| version.valid_from <= day)
            });
            let concerned = in_force.filter(|version| version.kinds.has_name(kind));
            concerned.fold(0u128, |sum, version| {
                sum.saturating_add(u128::from(version.no_tax_id_rate.get()))
            })
        };
        let kinds = || kinds.iter().copied().chain([""]);
        let most = days.flat_map(|day| kinds().map(move |kind| (day, kind)));
        let most = most.map(|(day, kind)| on(day, kind)).max().unwrap_or(0);
        most.min(u128::from(Bps::WHOLE.get()))
    }

    /// Whether a reward of one of these kinds can bear the tax of all rewards of a year before it when it is credited.
    pub fn crosses_with(&self, kinds: &[&str]) -> bool {
        let at_credit = self
            .policies
            .iter()
            .filter(|policy| policy.basis == Basis::Credit);
        at_credit.flat_map(|policy| &policy.versions).any(|version| {
            let concerned =
                version.kinds == Kinds::All || kinds.iter().any(|kind| version.kinds.has_name(kind));
            let taxes_before = version.crossing == Crossing::WholeAggregate && version.threshold().is_some();
            concerned && taxes_before && version.no_tax_id_rate.get() > 0
        })
    }

    /// Where the plan file says that something is withheld from withdrawals.
    pub fn payout_path(&self) -> Option<String> {
        let mut policies = self.policies.iter();
        let policy = policies.find(|policy| policy.basis == Basis::Payout)?;
        let version = policy.versions.first()?;
        Some(format!("withholding[{}].basis", version.entry))
    }

    /// Whether a policy withholds from rewards when they are credited.
    #[inline]
    pub fn has_credit_basis(&self) -> bool {
        self.policies.iter().any(|policy| policy.basis == Basis::Credit)
    }
}

impl Terms for WithholdingTerms {
    type Tables<'a> = Option<&'a Vec<WithholdingTable>>;
    type Rules = Booked;
    const NAME: &'static str = "withholding";

    fn read(tables: Self::Tables<'_>, asset: Asset) -> Result<Option<Self>, Refusal> {
        let terms = tables.map(|tables| Self::check(tables, asset)).transpose()?;
        Ok(terms.filter(|terms| !terms.policies.is_empty()))
    }

    fn encode(&self, out: &mut Encoder) {
        out.length(self.policies.len());
        for policy in &self.policies {
            out.text(&policy.name);
            out.u32(match policy.basis {
                Basis::Credit => 1,
                Basis::Payout => 2,
            });
            out.u32(policy.year_starts_month);
            out.length(policy.versions.len());
            for version in &policy.versions {
                version.encode(out);
            }
        }
    }

    fn findings(&self, asset: Asset) -> Vec<Finding> {
        let policies = self.policies.iter();
        let mut found: Vec<Finding> = policies.flat_map(|policy| policy.findings(asset)).collect();
        let withholds = |basis| self.rate_max(basis, &KINDS) > 0;
        if withholds(Basis::Credit) && withholds(Basis::Payout) {
            found.push(Finding {
                code: "withheld_twice",
                severity: Severity::Warning,
                text: "Tax can be withheld when a reward is credited and again when it is withdrawn.".into(),
                figures: vec![],
            });
        }
        found
    }
}

impl Policy {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it withholds.
    pub const fn basis(&self) -> Basis {
        self.basis
    }

    /// The month with which its financial years start.
    pub const fn year_starts_month(&self) -> u32 {
        self.year_starts_month
    }

    /// What it says about this payment; `None` when it does not concern it.
    pub(super) fn version_for(&self, payment: &Payment) -> Option<&Version> {
        let version = self
            .versions
            .iter()
            .rev()
            .find(|version| version.valid_from <= payment.day)?;
        let concerned = match (payment.occasion, self.basis) {
            (Occasion::Credit(reason), Basis::Credit) => version.kinds.has(reason),
            (Occasion::Payout, Basis::Payout) => true,
            (Occasion::Credit(_), Basis::Payout) | (Occasion::Payout, Basis::Credit) => false,
        };
        concerned.then_some(version)
    }

    fn replace_from(
        &mut self,
        table: &WithholdingTable,
        version: Version,
        path: &dyn Fn(&str) -> String,
    ) -> Result<(), Refusal> {
        let last = self.versions.last().map(|last| last.valid_from);
        if last.is_some_and(|last| last >= version.valid_from) {
            let problem = format!("{} is not later than the previous version", version.valid_from);
            let hint = "write the versions of a policy in the order of their dates";
            let code = "withholding_versions_unordered";
            return Err(Refusal::new(code, path("valid_from"), problem, hint));
        }
        if (self.basis, self.year_starts_month) != (table.basis, table.financial_year_starts_month) {
            let problem = format!("the versions of {} differ in basis or financial year", self.name);
            let hint = "give a policy with a different basis or year its own name";
            return Err(Refusal::new(
                "withholding_versions_disagree",
                path("basis"),
                problem,
                hint,
            ));
        }
        self.versions.push(version);
        Ok(())
    }

    /// What each version says, and for how long.
    fn findings(&self, asset: Asset) -> impl Iterator<Item = Finding> {
        let next = self.versions.iter().skip(1).map(Some).chain([None]);
        self.versions.iter().zip(next).map(move |(version, next)| {
            let until = next.map_or_else(
                || " on".to_owned(),
                |next| format!(" to {}", Day::new(next.valid_from.get().saturating_sub(1))),
            );
            let what = match self.basis {
                Basis::Credit => format!("credited rewards{}", version.kinds),
                Basis::Payout => "withdrawals".to_owned(),
            };
            Finding {
                code: "withholding",
                severity: Severity::Info,
                text: format!(
                    "{} of {what} is withheld under {} from {}{until}{}.",
                    percent(u128::from(version.rate.get())),
                    self.name,
                    version.valid_from,
                    version.conditions(asset),
                ),
                figures: vec![
                    ("rate_bps", u128::from(version.rate.get())),
                    ("no_tax_id_rate_bps", u128::from(version.no_tax_id_rate.get())),
                    ("threshold_units", version.threshold.base_units()),
                ],
            }
        })
    }
}

fn check_name(field: &str, name: &str) -> Result<(), Refusal> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !name.is_empty() && name.len() <= NAME_MAX && name.bytes().all(is_word) {
        return Ok(());
    }
    let problem = format!("{name:?} is not a valid name");
    let hint = format!("write 1 to {NAME_MAX} letters, digits and hyphens");
    Err(Refusal::new("withholding_name", field, problem, hint))
}
