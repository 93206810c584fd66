//! What many crates declare in the same way: enums whose variants have stable names, in SQL, JSON, metrics and records, and dense ids.
//! A name stands beside its variant, so a renamed variant renames nothing that is stored.
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
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The one with this name.
            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.name() == name)
            }
        }
    };
}

/// Declares ids that count from 1 and fit SQL's `integer`, each with `new`, `get`, its place in an array, and
/// [`Display`](std::fmt::Display). An `Option` of one
/// is as small as the id.
///
/// ```
/// names::ids! {
///     /// A door: dense, from 1.
///     pub struct DoorId;
/// }
/// assert_eq!(DoorId::new(7).map(DoorId::get), Some(7));
/// assert_eq!(DoorId::new(0), None);
/// assert_eq!(DoorId::new(1 << 31), None);
/// assert_eq!(DoorId::from_index(6).map(DoorId::index), Some(6));
/// assert_eq!(size_of::<Option<DoorId>>(), 4);
/// ```
#[macro_export]
macro_rules! ids {
    ($($(#[$about:meta])* $visibility:vis struct $id:ident;)+) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility struct $id(std::num::NonZeroU32);

        impl $id {
            /// The id with this number, from 1 to `i32::MAX`.
            #[inline]
            pub const fn new(number: u32) -> Option<Self> {
                match std::num::NonZeroU32::new(number) {
                    Some(number) if number.get() <= i32::MAX as u32 => Some(Self(number)),
                    _ => None,
                }
            }

            /// The number, from 1.
            #[inline]
            pub const fn get(self) -> u32 {
                self.0.get()
            }

            /// Its place in an array that has one entry for each id.
            #[inline]
            pub const fn index(self) -> usize {
                (self.0.get() as usize).saturating_sub(1)
            }

            /// The id whose entry is at this place.
            #[inline]
            pub fn from_index(index: usize) -> Option<Self> {
                Self::new(u32::try_from(index).ok()?.checked_add(1)?)
            }
        }

        impl std::fmt::Display for $id {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    )+};
}
