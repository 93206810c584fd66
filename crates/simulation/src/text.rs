//! Values as strings in JSON.

use std::fmt::Display;

use money::Amount;
use serde::{Serialize, Serializer};

/// A value as a string, the way it is displayed.
pub(crate) struct Text<T>(pub(crate) T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// For `serialize_with`.
pub(crate) fn text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// For `serialize_with`.
pub(crate) fn texts<S: Serializer>(values: &[Amount], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(Text))
}
