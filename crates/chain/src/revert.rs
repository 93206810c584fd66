//! Why a call of the contract reverts, by the contract's own errors.

use std::fmt;

use abi::ICustody::ICustodyErrors;
use abi::bindings::deployable::Custody::CustodyErrors;
use alloy::primitives::Bytes;
use alloy::sol_types::{Panic, Revert as Text, SolError, SolInterface};

/// How much of a text that a contract reverts with is kept.
const TEXT_MAX: usize = 200;

/// What a call reverted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revert {
    /// An error of the contract's interface.
    Custody(Box<ICustodyErrors>),
    /// An error of a library that the contract is built on, by its name.
    Library(&'static str),
    /// A text.
    Text(String),
    /// The code of a broken assumption of the compiler.
    Panic(String),
    /// Something else; nothing when the gas ran out.
    Unknown(Bytes),
}

impl Revert {
    /// Reads what a call reverted with.
    pub fn of(data: &Bytes) -> Self {
        if let Ok(error) = ICustodyErrors::abi_decode_validate(data) {
            return Self::Custody(Box::new(error));
        }
        if let Ok(error) = Text::abi_decode_validate(data) {
            return Self::Text(error.reason.chars().take(TEXT_MAX).collect());
        }
        if let Ok(panic) = Panic::abi_decode_validate(data) {
            return Self::Panic(panic.code.to_string());
        }
        let name = data
            .first_chunk()
            .and_then(|selector| CustodyErrors::name_by_selector(*selector));
        match name {
            Some(name) => Self::Library(name),
            None => Self::Unknown(data.clone()),
        }
    }

    /// The error's name, as the contract declares it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Custody(error) => ICustodyErrors::name_by_selector(error.selector()).unwrap_or("error"),
            Self::Library(name) => name,
            Self::Text(_) => "Error",
            Self::Panic(_) => "Panic",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custody(error) => write!(f, "{error:?}"),
            Self::Library(name) => f.write_str(name),
            Self::Text(text) => write!(f, "Error({text:?})"),
            Self::Panic(code) => write!(f, "Panic({code})"),
            Self::Unknown(data) if data.is_empty() => f.write_str("no reason"),
            Self::Unknown(data) => write!(f, "{} unknown bytes", data.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use abi::ICustody;
    use alloy::primitives::B256;

    use super::*;

    #[test]
    fn an_error_of_the_contract_is_read_with_its_values() {
        let error = ICustody::BatchAlreadyExecuted {
            batchId: B256::repeat_byte(7),
        };
        let revert = Revert::of(&error.abi_encode().into());
        assert_eq!(revert.name(), "BatchAlreadyExecuted");
        assert!(
            matches!(&revert, Revert::Custody(read) if **read == ICustodyErrors::BatchAlreadyExecuted(error))
        );
        assert!(revert.to_string().contains("0x0707"), "{revert}");
    }

    #[test]
    fn errors_of_libraries_texts_and_panics_are_told_apart() {
        let paused = alloy::primitives::keccak256("EnforcedPause()")[..4].to_vec();
        assert_eq!(Revert::of(&paused.into()), Revert::Library("EnforcedPause"));
        let text = Text::from("no").abi_encode();
        assert_eq!(Revert::of(&text.into()), Revert::Text("no".to_owned()));
        let panic = Panic::from(alloy::sol_types::PanicKind::UnderOverflow).abi_encode();
        assert_eq!(Revert::of(&panic.into()).name(), "Panic");
        for data in [vec![], vec![1, 2], vec![9; 40]] {
            assert_eq!(Revert::of(&data.clone().into()), Revert::Unknown(data.into()));
        }
    }
}
