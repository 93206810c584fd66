//! Fields of stored causes that have another form than their type: amounts as decimal strings, other numbers as numbers.

/// A decimal string.
pub(super) mod decimal {
    use std::borrow::Cow;

    use money::Amount;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(amount: &Amount, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(amount)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Amount, D::Error> {
        Cow::<str>::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// A decimal string that may be missing.
pub(super) mod optional_decimal {
    use money::Amount;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Decimal(#[serde(with = "super::decimal")] Amount);

    pub(in super::super) fn serialize<S: Serializer>(
        amount: &Option<Amount>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        amount.map(Decimal).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Amount>, D::Error> {
        Ok(Option::<Decimal>::deserialize(from)?.map(|decimal| decimal.0))
    }
}

/// A newtype as the number in it; `None` of its constructor is not valid.
macro_rules! number {
    ($module:ident, $type:ty, $number:ty, $new:expr) => {
        pub(super) mod $module {
            use serde::de::Error as _;
            use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

            pub(in super::super) fn serialize<S: Serializer>(
                value: &$type,
                to: S,
            ) -> Result<S::Ok, S::Error> {
                value.get().serialize(to)
            }

            pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<$type, D::Error> {
                let new: fn($number) -> Option<$type> = $new;
                new(<$number>::deserialize(from)?).ok_or_else(|| D::Error::custom("a number out of range"))
            }
        }
    };
}

number!(day, plan::Day, u32, |number| Some(plan::Day::new(number)));
number!(fund, ledger::Fund, u8, |number| Some(ledger::Fund::new(number)));
number!(tier, plan::Tier, u8, plan::Tier::new);
