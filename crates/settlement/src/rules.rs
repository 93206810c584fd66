//! What every list of rules has: a stable code beside each rule.

/// Declares an enum of rules that can be broken, each with its code, and gives it `code`: the rule's stable name on the wire, in
/// records and in metrics.
///
/// ```
/// settlement::rules! {
///     /// What a door does not allow.
///     #[derive(Debug)]
///     pub enum DoorRule {
///         /// It is shut.
///         Shut = "door_shut",
///         /// It is too low.
///         TooLow {
///             /// Its height.
///             height: u32,
///         } = "door_too_low",
///         /// Someone else goes first.
///         Taken(u32) = "door_taken",
///     }
/// }
/// assert_eq!(DoorRule::Shut.code(), "door_shut");
/// assert_eq!(DoorRule::TooLow { height: 1 }.code(), "door_too_low");
/// assert_eq!(DoorRule::Taken(7).code(), "door_taken");
/// ```
#[macro_export]
macro_rules! rules {
    (
        $(#[$about:meta])*
        $visibility:vis enum $enum:ident {
            $(
                $(#[$about_rule:meta])*
                $rule:ident $({ $($fields:tt)* })? $(($($values:tt)*))? = $code:literal,
            )+
        }
    ) => {
        $(#[$about])*
        $visibility enum $enum {
            $($(#[$about_rule])* $rule $({ $($fields)* })? $(($($values)*))?,)+
        }

        impl $enum {
            /// Its stable name.
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$rule { .. } => $code,)+
                }
            }
        }
    };
}
