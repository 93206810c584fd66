//! Views: what of a row is shown, field by field.

/// Declares the JSON of a row: each field with its type and what it shows of the row, from which the view is made by `From`.
macro_rules! view {
    (
        $(#[$about:meta])*
        pub struct $view:ident from $row:ident: $type:ty {
            $($(#[$about_field:meta])* $field:ident: $shown:ty = $value:expr,)+
        }
    ) => {
        $(#[$about])*
        pub struct $view {
            $($(#[$about_field])* $field: $shown,)+
        }

        impl From<$type> for $view {
            fn from($row: $type) -> Self {
                Self {
                    $($field: $value,)+
                }
            }
        }
    };
}
pub(super) use view;
