//! Jurisdiction profiles: what the law of a place demands of a plan before it may run with public money.
//!
//! Three are built in; an operator's own is a file that must state its legal basis. Not responsible for who may choose
//! one, nor for geography: a profile judges a plan.

use serde::Deserialize;

use super::{Refusal, field, reader};
use crate::compiled::{CompiledPlan, Finding, Severity};

/// Longest name of a profile.
pub const NAME_BYTES_MAX: usize = 16;
/// Longest legal basis: it becomes part of what a newcomer is shown.
pub const LEGAL_BASIS_BYTES_MAX: usize = 2_000;

/// What a place demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    name: String,
    legal_basis: String,
    recruitment_share_max_bps: u16,
}

/// A profile's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    name: String,
    legal_basis: String,
    recruitment_share_max_bps: u16,
}

/// Name, legal basis and largest recruitment-funded share, in basis points, of what is built in.
const BUILT_IN: [(&str, &str, u16); 3] = [
    (
        "EU",
        "Directive 2005/29/EC, annex I no. 14: compensation must not be derived primarily from introducing others",
        5_000,
    ),
    (
        "IN",
        "Consumer Protection (Direct Selling) Rules 2021: no pyramid and no money circulation scheme",
        5_000,
    ),
    (
        "US",
        "Section 5 of the FTC Act and Koscot, 86 F.T.C. 1106: no rewards for recruiting that are unrelated to sales to \
         ultimate users",
        5_000,
    ),
];

impl Profile {
    /// A profile that is built in, by its name: `EU`, `IN` or `US`.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let (name, legal_basis, share) = BUILT_IN.into_iter().find(|(known, ..)| *known == name)?;
        Some(Self {
            name: name.to_owned(),
            legal_basis: legal_basis.to_owned(),
            recruitment_share_max_bps: share,
        })
    }

    /// The names of what is built in.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.into_iter().map(|(name, ..)| name)
    }

    /// Reads an operator's own profile.
    ///
    /// # Errors
    /// The first broken rule, with its field: not such a file, `jurisdiction_name`, `legal_basis_missing`,
    /// `bps_above_whole`.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let file: ProfileFile = reader::read(text)?;
        let plain = file
            .name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
        if file.name.is_empty() || file.name.len() > NAME_BYTES_MAX || !plain {
            let problem = format!("a name has 1 to {NAME_BYTES_MAX} characters of A-Z, 0-9 and hyphen");
            return Err(Refusal::new(
                "jurisdiction_name",
                "name",
                problem,
                "write a name such as \"CH-ZH\"",
            ));
        }
        if Self::built_in(&file.name).is_some() {
            let problem = format!("the profile {} is built in", file.name);
            let mend = "write another name: a profile of one's own is never taken for a built-in one";
            return Err(Refusal::new("jurisdiction_name", "name", problem, mend));
        }
        let legal_basis = file.legal_basis.trim();
        if legal_basis.is_empty() || legal_basis.len() > LEGAL_BASIS_BYTES_MAX {
            let problem = format!("a legal basis has 1 to {LEGAL_BASIS_BYTES_MAX} bytes");
            let mend = "name the law and the rule on which this profile relies";
            return Err(Refusal::new("legal_basis_missing", "legal_basis", problem, mend));
        }
        let share = field::bps("recruitment_share_max_bps", file.recruitment_share_max_bps)?;
        Ok(Self {
            legal_basis: legal_basis.to_owned(),
            recruitment_share_max_bps: share.get(),
            name: file.name,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The law and the rule on which it relies.
    #[must_use]
    pub fn legal_basis(&self) -> &str {
        &self.legal_basis
    }

    /// Largest share of rewards that participants' payments may fund, in basis points.
    #[must_use]
    pub const fn recruitment_share_max_bps(&self) -> u16 {
        self.recruitment_share_max_bps
    }

    /// What of a plan this place does not allow; with any of it nothing starts.
    #[must_use]
    pub fn judge(&self, plan: &CompiledPlan) -> Vec<Finding> {
        let (share, max) = (plan.recruitment_share_bps(), self.recruitment_share_max_bps);
        if share <= max {
            return Vec::new();
        }
        vec![Finding {
            code: "jurisdiction_recruitment_funded",
            severity: Severity::Error,
            text: format!(
                "{}: {share} of 10,000 parts of the rewards are funded by recruitment, at most {max} may be ({}).",
                self.name, self.legal_basis
            ),
            figures: vec![("share_bps", u128::from(share)), ("max_bps", u128::from(max))],
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = include_str!("../../../../plans/auto-pool.toml");

    fn file(name: &str, basis: &str, share: u32) -> Result<Profile, Refusal> {
        let text =
            format!("name = \"{name}\"\nlegal_basis = \"{basis}\"\nrecruitment_share_max_bps = {share}\n");
        Profile::read(&text)
    }

    #[test]
    fn no_built_in_profile_allows_a_plan_that_recruitment_funds() {
        let plan = crate::compile(PLAN).unwrap();
        for name in Profile::built_in_names() {
            let profile = Profile::built_in(name).unwrap();
            let findings = profile.judge(&plan);
            assert_eq!(findings.len(), 1, "{name}");
            assert_eq!(findings[0].severity, Severity::Error);
            assert_eq!(findings[0].figures, [("share_bps", 10_000), ("max_bps", 5_000)]);
            assert!(findings[0].text.contains(profile.legal_basis()));
        }
        assert_eq!(Profile::built_in("XX"), None);
    }

    #[test]
    fn the_limit_of_a_profile_is_still_allowed() {
        let plan = crate::compile(PLAN).unwrap();
        assert_eq!(file("CH", "Art. 1", 10_000).unwrap().judge(&plan), []);
        assert_eq!(file("CH", "Art. 1", 9_999).unwrap().judge(&plan).len(), 1);
    }

    #[test]
    fn a_profile_of_ones_own_states_its_name_and_legal_basis() {
        let code = |profile: Result<Profile, Refusal>| profile.unwrap_err().code;
        assert_eq!(code(file("EU", "Art. 1", 5_000)), "jurisdiction_name");
        assert_eq!(code(file("ch", "Art. 1", 5_000)), "jurisdiction_name");
        assert_eq!(code(file("", "Art. 1", 5_000)), "jurisdiction_name");
        assert_eq!(code(file("CH", "  ", 5_000)), "legal_basis_missing");
        assert_eq!(code(file("CH", "Art. 1", 10_001)), "bps_above_whole");
        assert_eq!(code(Profile::read("name = \"CH\"")), "missing_field");
        let profile = file("CH", " Art. 1 ", 5_000).unwrap();
        assert_eq!((profile.name(), profile.legal_basis()), ("CH", "Art. 1"));
        assert_eq!(profile.recruitment_share_max_bps(), 5_000);
    }
}
