//! Reads a plan file into its tables and reports every mismatch with its field and how to fix it.
//!
//! An own deserializer over parsed TOML, because only here path, found value and expected type are known at once.
//! Not responsible for meaning: it knows types of fields, not rules.

mod error;
mod every;
mod found;
mod wrong_type;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::error::ReadError;
pub use self::every::read_every;
use self::found::Found;
use crate::Refusal;
use crate::place::Step;

/// Reads a file.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    let document = DeTable::parse(text).map_err(|error| error::syntax(text, &error))?;
    let root = DeValue::Table(document.into_inner());
    T::deserialize(Value(&root)).map_err(|error| error.refusal())
}

/// A value of the file.
struct Value<'a>(&'a DeValue<'a>);

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0 {
            DeValue::String(text) => visitor.visit_str(text),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => Err(ReadError::wrong_type(Found::Number(number.to_string()), &visitor)),
            },
            // Nothing in a plan is a float, so none is ever made.
            DeValue::Float(number) => Err(ReadError::wrong_type(Found::Number(number.to_string()), &visitor)),
            DeValue::Boolean(value) => visitor.visit_bool(*value),
            DeValue::Datetime(date) => Err(ReadError::wrong_type(Found::Date(date.to_string()), &visitor)),
            DeValue::Array(list) => visitor.visit_seq(Entries(list.iter().enumerate())),
            DeValue::Table(table) => visitor.visit_map(Fields::of(table)),
        }
    }

    /// What is left out is not here, so what is here is something.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.0 {
            DeValue::String(text) => visitor.visit_enum(StrDeserializer::new(text)),
            DeValue::Table(table) => visitor.visit_enum(MapAccessDeserializer::new(Fields::of(table))),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => Err(ReadError::unknown_choice(Found::of(self.0), variants)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

/// The entries of a list.
struct Entries<'a>(std::iter::Enumerate<std::slice::Iter<'a, Spanned<DeValue<'a>>>>);

impl<'de> SeqAccess<'de> for Entries<'_> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let Some((index, value)) = self.0.find(|(_, value)| !every::is_set_aside(value)) else {
            return Ok(None);
        };
        let read = seed.deserialize(Value(value.get_ref()));
        read.map(Some).map_err(|error| error.inside(Step::Index(index)))
    }
}

/// The fields of a table, as they follow each other in the file.
struct Fields<'a> {
    left: std::vec::IntoIter<(&'a str, &'a DeValue<'a>)>,
    value: Option<(&'a str, &'a DeValue<'a>)>,
}

impl<'a> Fields<'a> {
    fn of(table: &'a DeTable<'a>) -> Self {
        let mut fields: Vec<_> = table.iter().collect();
        fields.sort_by_key(|(key, _)| key.span().start);
        let fields = fields
            .into_iter()
            .map(|(key, value)| (key.get_ref().as_ref(), value.get_ref()));
        Self {
            left: fields.collect::<Vec<_>>().into_iter(),
            value: None,
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        self.value = self.left.next();
        match self.value {
            Some((key, _)) => seed.deserialize(Key(key)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, ReadError> {
        let Some((key, value)) = self.value.take() else {
            return Err(serde::de::Error::custom("a value was requested before its name"));
        };
        let read = seed.deserialize(Value(value));
        read.map_err(|error| error.inside(Step::Key(key.to_owned())))
    }
}

/// The name of a field.
struct Key<'a>(&'a str);

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_str(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
