//! The fund that pays a component's rewards: its name in the plan file, and its number in the plan.

use ledger::Fund;
use plan_file::Refusal;

/// Longest name of a fund: it appears in reports and on the screen.
pub const NAME_BYTES_MAX: usize = 32;

/// A fund as a table of the plan file names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundName {
    name: String,
    number: Fund,
}

impl FundName {
    /// Checks the name: lower-case letters, digits, hyphens and underscores. Which fund it is follows by [`FundName::find`].
    ///
    /// # Errors
    /// `fund_malformed`.
    pub fn check(field: &str, name: &str) -> Result<Self, Refusal> {
        let is_plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(is_plain) {
            let problem = format!("{name:?} is not a valid fund name");
            let hint =
                format!("write 1 to {NAME_BYTES_MAX} lower-case letters, digits, hyphens or underscores");
            return Err(Refusal::new("fund_malformed", field, problem, hint));
        }
        Ok(Self::unchecked(name))
    }

    /// A name about which the table has rules of its own.
    pub(crate) fn unchecked(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            number: Fund::UNALLOCATED,
        }
    }

    /// Finds the fund among those that the file declares, in their order.
    ///
    /// # Errors
    /// `unknown_reference`.
    pub fn find(&mut self, field: &str, declared: &[String]) -> Result<(), Refusal> {
        let place = declared.iter().position(|name| *name == self.name);
        self.number = place.and_then(numbered).ok_or_else(|| {
            let problem = format!("there is no fund {:?}", self.name);
            let hint = format!("declare it: [[funds]] with name = {:?}", self.name);
            Refusal::new("unknown_reference", field, problem, hint)
        })?;
        Ok(())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The fund; [`Fund::UNALLOCATED`] before it was found.
    pub const fn number(&self) -> Fund {
        self.number
    }
}

/// The number of the fund at a place of the file's list.
pub fn numbered(place: usize) -> Option<Fund> {
    let number = u8::try_from(place).ok()?.checked_add(1)?;
    Some(Fund::new(number))
}
