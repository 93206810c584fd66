//! Enums whose variants have stable names, in SQL, JSON, metrics and records. The name stands beside its variant, so a renamed variant
//! renames nothing that is stored.
#![deny(missing_docs)]

/// Declares an enum of variants without fields, each with its name, and gives it `ALL`, `name` and `by_name`. It has to be `Copy`.
///
/// ```
/// names::names! {
///     /// Where a door is.
///     #[derive(Clone, Copy, Debug, PartialEq, Eq)]
///     pub enum Door {
///         /// To the street.
///         Front = "front",
///         /// To the garden.
///         Back = "back",
///     }
/// }
/// assert_eq!(Door::Back.name(), "back");
/// assert_eq!(Door::by_name("front"), Some(Door::Front));
/// assert_eq!(Door::by_name("Front"), None);
/// assert_eq!(Door::ALL, [Door::Front, Door::Back]);
/// ```
#[macro_export]
macro_rules! names {
    (
        $(#[$about:meta])*
        $visibility:vis enum $enum:ident {
            $($(#[$about_variant:meta])* $variant:ident = $name:literal,)+
        }
    ) => {
        $(#[$about])*
        $visibility enum $enum {
            $($(#[$about_variant])* $variant,)+
        }

        // What a crate does not use of its own enum is still part of it.
        #[allow(dead_code, reason = "each user needs some of these")]
        impl $enum {
            /// All of them, in the order of their declaration.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// Its stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The one with this name.
            #[must_use]
            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.name() == name)
            }
        }
    };
}
