//! [`redact!`](crate::redact): what types with secrets show of themselves.

/// Gives a struct with secrets a `Debug` that shows these fields only.
///
/// ```
/// struct Config {
///     listen: u16,
///     database_url: String,
/// }
/// service::redact!(Config { listen });
/// # let config = Config { listen: 80, database_url: "secret".to_owned() };
/// assert_eq!(format!("{config:?}"), "Config { listen: 80, .. }");
/// # drop(config.database_url);
/// ```
#[macro_export]
macro_rules! redact {
    ($type:ident { $($field:ident),+ $(,)? }) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type))
                    $(.field(stringify!($field), &self.$field))+
                    .finish_non_exhaustive()
            }
        }
    };
}
