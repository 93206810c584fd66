//! Figures and words of the page.

use money::{Amount, Asset};

/// Text that is no markup.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Ten-thousandths in percent: `53.33 %`, not torn apart.
pub(super) fn share(bps: u64) -> String {
    let (whole, part) = (bps.checked_div(100), bps.checked_rem(100));
    format!("{}.{:02}\u{a0}%", whole.unwrap_or(0), part.unwrap_or(0))
}

/// An amount in units, thousands apart, at most four digits behind the point, the rest cut off.
pub(super) fn amount(asset: Asset, amount: Amount) -> String {
    let text = asset.display_amount(amount);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction: String = fraction.chars().take(4).collect();
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}", thousands(whole))
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A sum over so many, rounded down.
pub(super) fn average(sum: Amount, count: u64) -> Amount {
    Amount::new(sum.base_units().checked_div(u128::from(count)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_readable() {
        let bnb = |text| amount(Asset::Bnb, Asset::Bnb.parse_amount(text).unwrap());
        assert_eq!(bnb("1234567.5"), "1,234,567.5");
        assert_eq!(bnb("0.123456"), "0.1234");
        assert_eq!(bnb("100.00001"), "100");
        assert_eq!(
            (share(5_333), share(7)),
            ("53.33\u{a0}%".to_owned(), "0.07\u{a0}%".to_owned())
        );
        assert_eq!(escape("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
    }
}
