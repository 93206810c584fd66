//! Plans of any asset on the local chain, whose only money is its coin.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use money::Asset;

/// The text of a plan file in which the chain's coin stands for the asset: the same numbers, counted in the coin. The
/// disclosure of a development system says so.
///
/// # Errors
/// The file cannot be read, or is no plan that the services run.
pub(crate) fn plan_in_coin(file: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    in_coin(&text).with_context(|| format!("{} is refused", file.display()))
}

fn in_coin(text: &str) -> anyhow::Result<String> {
    let compile = |text: &str| {
        plan::compile(text).map_err(|error| anyhow::anyhow!("the plan does not compile: {error}"))
    };
    let plan = compile(text)?;
    plan.served()?;
    let asset = plan.asset();
    if asset == Asset::Bnb {
        return Ok(text.to_owned());
    }
    let said = |asset: Asset| format!("asset = \"{}\"", asset.code());
    let changed = text.replacen(&said(asset), &said(Asset::Bnb), 1);
    ensure!(
        compile(&changed)?.asset() == Asset::Bnb,
        "write the asset of the plan as {}",
        said(asset)
    );
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::in_coin;

    #[test]
    fn amounts_stay_and_are_counted_in_the_coin() {
        let text = include_str!("../../../../plans/subscription.toml");
        let plan = plan::compile(&in_coin(text).unwrap()).unwrap();
        assert_eq!(plan.asset(), money::Asset::Bnb);
        assert_eq!(plan.asset().display_amount(plan.entry_price()), "50");
        let pools = include_str!("../../../../plans/auto-pool.toml");
        assert_eq!(in_coin(pools).unwrap(), pools);
        assert!(in_coin(&text.replace("asset = ", "asset  = ")).is_err());
        let others = in_coin(include_str!("../../../../plans/unilevel-orders.toml"));
        assert!(others.unwrap_err().to_string().starts_with("plan_not_served"));
    }
}
