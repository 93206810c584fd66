//! What a model says of the money that a cause moves, in the words of explanations: component, rule, outcome and whom it is about.

use alloy_primitives::Address;

use crate::Changes;

/// The user that a rule is about, if there is one.
pub fn who(user: Option<Address>) -> String {
    user.map_or("-".to_owned(), |wallet| wallet.to_string())
}

/// The outcome of money in an account with this name.
pub fn outcome(account: &str) -> String {
    match account.split_once(':') {
        _ if account == "company" => "company".to_owned(),
        _ if account.starts_with("residual") => "residual".to_owned(),
        Some(("breakage", cause)) => format!("not_paid:{cause}"),
        Some(_) => "moved".to_owned(),
        None => "paid".to_owned(),
    }
}

/// Adds what moved; nothing for no amount.
pub fn tell(told: &mut Changes, what: String, amount: i128) {
    if amount != 0 {
        *told.entry(what).or_default() += amount;
    }
}
