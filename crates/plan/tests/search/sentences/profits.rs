pub(crate) const CHECKED: &[&str] = &[];
