//! Tables of a plan file for tests, changed line by line.

use money::{Amount, Asset};
use plan::Refusal;
use plan::binary::BinaryTerms;
use plan::binary::table::{BinaryTable, BookingTable};

/// The terms of the worked examples, in rupees.
pub(crate) const EV: &str = r#"
[binary]
pair_value = "2000"
pairs_max_per_month = 10
excess = "carry"
full_pairs = 5
instalment_bps = 2000
activation_amount = "5000"
fund = "pairs"

[booking]
price = "100000"
first_payment_min = "500"
"#;

#[derive(serde::Deserialize)]
struct Tables {
    binary: BinaryTable,
    booking: BookingTable,
}

/// [`EV`] with other values; a field that it does not have is added to its table `[binary]`.
pub(crate) fn changed(changes: &[(&str, &str)]) -> Result<BinaryTerms, Refusal> {
    let mut lines: Vec<String> = EV.lines().map(str::to_owned).collect();
    for (key, value) in changes {
        let line = format!("{key} = {value}");
        match lines
            .iter()
            .position(|line| line.starts_with(&format!("{key} =")))
        {
            Some(at) => lines[at] = line,
            None => lines.insert(2, line),
        }
    }
    let tables: Tables = toml::from_str(&lines.join("\n")).unwrap();
    BinaryTerms::check(&tables.binary, &tables.booking, Asset::Inr)
}

pub(crate) fn rupees(text: &str) -> Amount {
    Asset::Inr.parse_amount(text).unwrap()
}
