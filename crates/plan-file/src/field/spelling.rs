//! How an amount should have been spelt, guessed from how it was.

use money::{Amount, Asset, AssetError};

/// What to write instead of a text that is no amount of an asset: nothing below `least`, which would be refused, too.
pub(super) fn hint(asset: Asset, text: &str, error: AssetError, least: Amount) -> String {
    let unit = asset.code();
    if let AssetError::TooPrecise { decimals } = error {
        let kept = truncated(text, usize::from(decimals));
        let is_enough = asset.parse_amount(&kept).is_ok_and(|amount| amount >= least);
        let kept = if is_enough {
            kept
        } else {
            asset.display_amount(least)
        };
        return format!(
            "write at most {decimals} digits after the point, such as \"{kept}\": the smallest unit is {} {unit}",
            asset.display_amount(Amount::new(1))
        );
    }
    let trimmed = text.trim();
    if trimmed.ends_with('%') {
        return format!(
            "write an amount of {unit}; percentages belong in fields whose names end in _bps, in basis points"
        );
    }
    let is_amount = |guess: &String| asset.parse_amount(guess).is_ok_and(|amount| amount >= least);
    if let Some(decimal) = without_base(trimmed).filter(is_amount) {
        return format!("write \"{decimal}\": an amount is written in decimal digits");
    }
    if let Some(guess) = guess(trimmed).filter(is_amount) {
        if is_exponent(trimmed) {
            return format!(
                "write all digits, without an exponent: \"{guess}\" means that many {unit}, not base units"
            );
        }
        let why = if trimmed.starts_with('-') {
            "an amount is never negative"
        } else if trimmed.chars().any(char::is_alphabetic) {
            "the asset is named once for the whole plan"
        } else {
            "digits with at most one decimal point and nothing else"
        };
        return format!("write \"{guess}\": {why}");
    }
    format!(
        "write units of {unit} as a string of digits with at most {} after the point, such as \"20\" or \"0.5\"",
        asset.decimals()
    )
}

fn truncated(text: &str, decimals: usize) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let kept: String = fraction.chars().take(decimals).collect();
    match kept.trim_end_matches('0') {
        "" => whole.to_owned(),
        kept => format!("{whole}.{kept}"),
    }
}

fn is_exponent(text: &str) -> bool {
    text.split_once(['e', 'E']).is_some_and(|(mantissa, exponent)| {
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        digits(mantissa) && digits(exponent.trim_start_matches('+'))
    })
}

/// The number that was probably meant; it may be no amount either.
fn guess(text: &str) -> Option<String> {
    if is_exponent(text) {
        return without_exponent(text);
    }
    let unsigned = text.trim_start_matches(['-', '+']).trim_start();
    if unsigned.starts_with("0x") || unsigned.starts_with("0X") {
        return None;
    }
    let number: String = unsigned
        .chars()
        .take_while(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ',' | '_' | '\'' | ' '))
        .filter(|letter| !matches!(letter, '_' | '\'' | ' '))
        .collect();
    let number = match number.split_once(',') {
        // A comma before other than three digits is a decimal one.
        Some((whole, fraction)) if fraction.len() != 3 && !fraction.contains([',', '.']) => {
            format!("{whole}.{fraction}")
        }
        Some(_) => number.replace(',', ""),
        None => number,
    };
    let number = number.trim_end_matches('.');
    match number.strip_prefix('.') {
        Some(fraction) => Some(format!("0.{fraction}")),
        None => Some(number.to_owned()),
    }
}

/// The digits of a hexadecimal number.
fn without_base(text: &str) -> Option<String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    let number = u128::from_str_radix(digits, 16).ok()?;
    Some(number.to_string())
}

fn without_exponent(text: &str) -> Option<String> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: usize = exponent.trim_start_matches('+').parse().ok()?;
    // More digits than any amount has.
    let zeros = exponent.checked_sub(fraction.len()).filter(|zeros| *zeros < 40)?;
    let digits = format!("{whole}{fraction}{}", "0".repeat(zeros));
    let digits = digits.trim_start_matches('0');
    (!digits.is_empty()).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests;
