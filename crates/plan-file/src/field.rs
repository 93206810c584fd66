//! Reading single fields of a plan file: amounts, shares, lists and days, each with its limits.

mod spelling;

use money::{Amount, Asset, Bps};

use crate::{Day, PRICE_MAX, Refusal, percent};

/// A price: more than nothing, at most [`PRICE_MAX`].
///
/// # Errors
/// `amount_malformed`, `price_out_of_range`.
pub fn price(asset: Asset, field: &str, text: &str) -> Result<Amount, Refusal> {
    let amount = amount_from(asset, field, text, Amount::new(1))?;
    if amount.is_zero() {
        let hint = "write an amount above zero";
        return Err(Refusal::new("price_out_of_range", field, "it is zero", hint));
    }
    Ok(amount)
}

/// An amount that may be zero, at most [`PRICE_MAX`].
///
/// # Errors
/// `amount_malformed`, `price_out_of_range`.
pub fn amount(asset: Asset, field: &str, text: &str) -> Result<Amount, Refusal> {
    amount_from(asset, field, text, Amount::ZERO)
}

/// An amount of which nothing below `least` is proposed as the right spelling.
fn amount_from(asset: Asset, field: &str, text: &str, least: Amount) -> Result<Amount, Refusal> {
    let amount = asset.parse_amount(text).map_err(|error| {
        let problem = format!("{text:?} is not an amount of {asset}: {error}");
        let hint = spelling::hint(asset, text, error, least);
        Refusal::new("amount_malformed", field, problem, hint)
    })?;
    if amount > PRICE_MAX {
        let problem = "it is more than 2^96 - 1 base units";
        let hint = "write a smaller amount: the contract stores a user's money in 96 bits";
        return Err(Refusal::new("price_out_of_range", field, problem, hint));
    }
    Ok(amount)
}

/// A share of at most the whole.
///
/// # Errors
/// `bps_above_whole`.
pub fn bps(field: &str, value: u16) -> Result<Bps, Refusal> {
    Bps::new(value).map_err(|error| {
        let hint = "write a share in basis points: 10000 is 100 %, 100 is 1 %";
        Refusal::new("bps_above_whole", field, error.to_string(), hint)
    })
}

/// Shares that together are at most the whole.
///
/// # Errors
/// `bps_above_whole`, `shares_above_whole`.
pub fn shares(field: &str, values: &[u16]) -> Result<Vec<Bps>, Refusal> {
    let total = values
        .iter()
        .fold(0u64, |sum, value| sum.saturating_add(u64::from(*value)));
    if total > u64::from(Bps::WHOLE.get()) {
        let problem = format!(
            "the shares sum to {}: more would be paid out than came in",
            percent(u128::from(total))
        );
        let hint = "lower the shares until they sum to at most 10000";
        return Err(Refusal::new("shares_above_whole", field, problem, hint));
    }
    values.iter().map(|value| bps(field, *value)).collect()
}

/// A number within limits.
///
/// # Errors
/// `out_of_range`.
pub fn number(field: &str, value: u32, min: u32, max: u32) -> Result<u32, Refusal> {
    if (min..=max).contains(&value) {
        return Ok(value);
    }
    let problem = format!("{value} is not from {min} to {max}");
    let hint = format!("write a number from {min} to {max}");
    Err(Refusal::new("out_of_range", field, problem, hint))
}

/// A list with a number of entries within limits.
///
/// # Errors
/// `list_length`.
pub fn list_length(field: &str, found: usize, min: usize, max: usize) -> Result<(), Refusal> {
    if (min..=max).contains(&found) {
        return Ok(());
    }
    let entries = |count: usize| match count {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    };
    let problem = format!("it has {}", entries(found));
    let hint = if min == max {
        format!("write {}", entries(max))
    } else {
        format!("write {min} to {}", entries(max))
    };
    Err(Refusal::new("list_length", field, problem, hint))
}

/// A fund that has a share already.
pub fn fund_repeated(field: &str, fund: &str) -> Refusal {
    let problem = format!("the fund {fund:?} already has a share");
    let hint = "merge the shares of each fund into one";
    Refusal::new("fund_repeated", field, problem, hint)
}

/// Whether a name consists of what everyone sees, without blanks around it: no control, no line break, and nothing that turns
/// the direction of text or takes no place (general categories Cc, Cf, Zl and Zp of Unicode 17).
pub fn is_visible(name: &str) -> bool {
    let is_hidden = |letter: char| {
        letter.is_control()
            || matches!(letter,
                '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
                | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
    };
    !name.is_empty() && name.trim() == name && !name.chars().any(is_hidden)
}

/// A date such as `2026-04-01`.
///
/// # Errors
/// `date_malformed`.
pub fn date(field: &str, text: &str) -> Result<Day, Refusal> {
    Day::of_date(text).ok_or_else(|| {
        let problem = format!("{text:?} is not a date from 1970-01-01 on");
        let hint = "write year, month and day as in \"2026-04-01\"";
        Refusal::new("date_malformed", field, problem, hint)
    })
}

#[cfg(test)]
mod tests;
