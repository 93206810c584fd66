//! Jurisdiction profiles: files that define which findings are warnings or errors in a jurisdiction, from when and
//! why. A finding of severity error prevents the start.
//!
//! A profile judges findings; it makes none, except that something was not stated. Not responsible for who may choose a
//! profile, nor for reading files. A profile is no legal advice.

pub mod file;
pub mod statements;

use alloy_primitives::{B256, keccak256};

use file::{Chains, Checked, ProfileFile, Raised, RuleTable};
use plan::Day;
use plan::compiled::ChainClass;
use plan_file::{Finding, Severity};
use plan_file::{Refusal, field};

/// The names of the profiles that are shipped. Every other profile is an operator's own.
pub const SHIPPED: [&str; 4] = ["local", "EU", "IN", "US"];

/// The longest name: it stands in every raised finding.
pub const NAME_MAX: usize = 16;

/// The longest text of a field: each becomes part of what a newcomer is shown.
pub const TEXT_MAX: usize = 2_000;

/// Maximum number of rules of a profile.
pub const RULES_MAX: usize = 64;

/// A checked profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    name: String,
    as_of: Day,
    chains: Chains,
    legal_basis: Option<String>,
    notice: String,
    rules: Vec<Rule>,
    hash: B256,
}

/// What it makes of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    finding: String,
    limit: Option<Limit>,
    severity: Severity,
    when_missing: Option<Severity>,
    reason: String,
    source: String,
    checked: Checked,
}

/// Where a figure decides.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Limit {
    figure: String,
    bound: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Above(u64),
    Below(u64),
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// The first broken rule: `profile_malformed`, `profile_name`, `profile_text`, `legal_basis_missing`,
    /// `date_malformed`, `list_length`, `profile_limit`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let file: ProfileFile = toml::from_str(text).map_err(|error| {
            let problem = error.message().to_owned();
            let hint = "write the profile in the format of the shipped profiles";
            Refusal::new("profile_malformed", place(text, error.span()), problem, hint)
        })?;
        check_name(&file.name)?;
        check_text("notice", &file.notice)?;
        match &file.legal_basis {
            Some(basis) if !basis.trim().is_empty() => check_text("legal_basis", basis)?,
            None if SHIPPED.contains(&file.name.as_str()) => {}
            Some(_) | None => {
                let problem = format!(
                    "{} is an operator's own profile but states no legal basis",
                    file.name
                );
                let hint = "name the law and the rule that this profile relies on";
                return Err(Refusal::new("legal_basis_missing", "legal_basis", problem, hint));
            }
        }
        field::list_length("rules", file.rules.len(), 0, RULES_MAX)?;
        let rules = file.rules.iter().enumerate();
        Ok(Self {
            as_of: field::date("as_of", &file.as_of)?,
            chains: file.chains,
            rules: rules
                .map(|(index, table)| Rule::check(index, table))
                .collect::<Result<_, _>>()?,
            legal_basis: file.legal_basis,
            notice: file.notice,
            name: file.name,
            hash: keccak256(text),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The day whose state of the law it tries to describe.
    pub const fn as_of(&self) -> Day {
        self.as_of
    }

    /// The law on which it relies.
    pub fn legal_basis(&self) -> Option<&str> {
        self.legal_basis.as_deref()
    }

    /// What a reader must know about it.
    pub fn notice(&self) -> &str {
        &self.notice
    }

    /// Commits to the text of the file, so that a disclosure can name it. A shipped profile is recognized by this, not by
    /// its name.
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// Whether it may be used on such a chain.
    pub fn permits(&self, chain: ChainClass) -> bool {
        match (self.chains, chain) {
            (Chains::Any, _) | (Chains::Local, ChainClass::Local) => true,
            (Chains::Local, ChainClass::Public) => false,
        }
    }

    /// The findings as this place sees them: some of higher severity, each with the reason, none of a lower one; and one
    /// `not_stated` for everything that the profile asks about and no finding says.
    pub fn apply(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        for finding in &mut findings {
            for rule in &self.rules {
                if rule.finding == finding.code && rule.is_broken_by(finding) {
                    finding.severity = finding.severity.max(rule.severity);
                    finding.text.push(' ');
                    finding.text.push_str(&self.sentence(rule, rule.severity));
                }
            }
        }
        let missing: Vec<Finding> = self
            .rules
            .iter()
            .filter(|rule| findings.iter().all(|finding| finding.code != rule.finding))
            .filter_map(|rule| {
                let severity = rule.when_missing?;
                let sentence = self.sentence(rule, severity);
                Some(Finding {
                    code: "not_stated",
                    severity,
                    text: format!("The plan makes no statement about {:?}. {sentence}", rule.finding),
                    figures: vec![],
                })
            })
            .collect();
        findings.extend(missing);
        findings
    }

    fn sentence(&self, rule: &Rule, severity: Severity) -> String {
        let checked = match rule.checked {
            Checked::Official => "",
            Checked::Summary => "; read in summaries only",
            Checked::Unverified => "; not verified",
        };
        format!(
            "{} in the profile {} of {}: {} (source: {}{checked}; not legal advice).",
            match severity {
                Severity::Info => "Noted",
                Severity::Warning => "A warning",
                Severity::Error => "An error",
            },
            self.name,
            self.as_of,
            rule.reason.trim_end_matches('.'),
            rule.source,
        )
    }
}

impl Rule {
    fn check(index: usize, table: &RuleTable) -> Result<Self, Refusal> {
        let path = |name: &str| format!("rules[{index}].{name}");
        for (name, text) in [
            ("finding", &table.finding),
            ("reason", &table.reason),
            ("source", &table.source),
        ] {
            check_text(&path(name), text)?;
        }
        let limit = match (&table.figure, table.above, table.below) {
            (None, None, None) => None,
            (Some(figure), Some(above), None) => Some((figure, Bound::Above(above))),
            (Some(figure), None, Some(below)) => Some((figure, Bound::Below(below))),
            (None, Some(_), _) | (None, _, Some(_)) | (Some(_), None, None) | (Some(_), Some(_), Some(_)) => {
                return Err(Refusal::new(
                    "profile_limit",
                    path("figure"),
                    "a limit is a figure with one bound",
                    "write figure = \"…\" with either above = … or below = …, or omit all three",
                ));
            }
        };
        Ok(Self {
            finding: table.finding.clone(),
            limit: limit.map(|(figure, bound)| Limit {
                figure: figure.clone(),
                bound,
            }),
            severity: table.severity.into(),
            when_missing: table.when_missing.map(Severity::from),
            reason: table.reason.clone(),
            source: table.source.clone(),
            checked: table.checked,
        })
    }

    /// A finding without the figure that decides is taken for the worst.
    fn is_broken_by(&self, finding: &Finding) -> bool {
        let Some(limit) = &self.limit else {
            return true;
        };
        match (finding.figure(&limit.figure), limit.bound) {
            (None, _) => true,
            (Some(figure), Bound::Above(bound)) => figure > u128::from(bound),
            (Some(figure), Bound::Below(bound)) => figure < u128::from(bound),
        }
    }
}

impl From<Raised> for Severity {
    fn from(raised: Raised) -> Self {
        match raised {
            Raised::Warning => Self::Warning,
            Raised::Error => Self::Error,
        }
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let is_own = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    let is_plain = !name.is_empty() && name.len() <= NAME_MAX && name.bytes().all(is_own);
    if is_plain || SHIPPED.contains(&name) {
        return Ok(());
    }
    let problem = format!("{name:?} is not a valid name");
    let hint = format!("write 1 to {NAME_MAX} characters of A-Z, 0-9 and hyphen, such as \"CH-ZH\"");
    Err(Refusal::new("profile_name", "name", problem, hint))
}

fn check_text(field: &str, text: &str) -> Result<(), Refusal> {
    if !text.trim().is_empty() && text.len() <= TEXT_MAX {
        return Ok(());
    }
    let problem = format!("it has {} bytes", text.len());
    let hint = format!("write 1 to {TEXT_MAX} bytes");
    Err(Refusal::new("profile_text", field, problem, hint))
}

/// The line of a span.
fn place(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start));
    before.map_or_else(
        || "profile".to_owned(),
        |before| format!("line {}", before.split('\n').count()),
    )
}
