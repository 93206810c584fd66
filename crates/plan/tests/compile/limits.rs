//! The largest and smallest values that are accepted, and what is proposed instead of those that are not.

use money::{Amount, Asset};
use plan::compile;
use plan::compile::{TEXT_BYTES_MAX, too_long};
use plan_file::{NAME_BYTES_MAX, PRICE_MAX, field};

use crate::{AUTO_POOL, changed};

#[test]
fn a_text_and_a_name_may_have_exactly_their_greatest_length() {
    let filled = |bytes: usize| format!("{AUTO_POOL}#{}", "x".repeat(bytes - AUTO_POOL.len() - 1));
    assert!(compile(&filled(TEXT_BYTES_MAX)).is_ok());
    assert_eq!(
        compile(&filled(TEXT_BYTES_MAX + 1)),
        Err(too_long(TEXT_BYTES_MAX + 1).into())
    );
    let named = |bytes: usize| {
        let name = format!("name = \"{}\"", "a".repeat(bytes));
        compile(&changed("name = \"auto-pool\"", &name)).map(|plan| plan.name().len())
    };
    assert_eq!(named(NAME_BYTES_MAX), Ok(NAME_BYTES_MAX));
    for bytes in [1, 2] {
        let refused = named(NAME_BYTES_MAX + bytes).map_err(|error| error.code());
        assert_eq!(refused, Err("name_malformed"));
    }
}

#[test]
fn the_greatest_price_has_96_bits() {
    let read = |units: u128| {
        let text = Asset::Bnb.display_amount(Amount::new(units));
        field::price(Asset::Bnb, "price", &text).map_err(|refusal| refusal.code)
    };
    let max = PRICE_MAX.base_units();
    assert_eq!(max, (1 << 96) - 1);
    assert_eq!(read(max), Ok(PRICE_MAX));
    assert_eq!(read(max + 1), Err("price_out_of_range"));
}

#[test]
fn instead_of_a_tree_that_is_not_full_the_nearest_full_ones_are_proposed() {
    for (size, hint) in [
        (0, "write 3"),
        (1, "write 3"),
        (2, "write 3"),
        (4, "write 3 or 7"),
        (6, "write 3 or 7"),
        (16, "write 15 or 31"),
        (1_022, "write 511 or 1023"),
        (1_024, "write 1023"),
        (2_047, "write 1023"),
        (u32::MAX, "write 1023"),
    ] {
        let text = changed("tree_size = 15", &format!("tree_size = {size}"));
        assert_eq!(compile(&text).unwrap_err().refusal().hint, hint, "{size}");
    }
}

#[test]
fn of_the_tables_of_a_plan_with_pools_the_first_that_is_missing_is_named() {
    let tables = ["registration", "retopup", "pool"];
    let without = |left_out: &[&str]| {
        let mut kept = true;
        let lines: Vec<&str> = AUTO_POOL
            .lines()
            .filter(|line| {
                if let Some(table) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                    kept = !left_out.contains(&table);
                }
                kept
            })
            .collect();
        compile(&lines.join("\n")).unwrap_err().refusal()
    };
    for (left_out, missing) in [
        (&tables[..1], "registration"),
        (&tables[1..2], "retopup"),
        (&tables[2..], "pool"),
        (&tables[..2], "registration"),
        (&tables[1..], "retopup"),
    ] {
        let refusal = without(left_out);
        assert_eq!((refusal.code, refusal.field.as_str()), ("missing_field", missing));
        assert!(refusal.hint.contains(&format!("[{missing}]")), "{}", refusal.hint);
    }
}

#[test]
fn a_refusal_reports_the_same_as_the_error_that_it_is_made_of() {
    let text = changed("price = \"20\"", "price = \"-20\"");
    let error = compile(&text).unwrap_err();
    let refusal = error.refusal();
    let report = refusal.report("plan.toml", &text);
    assert_eq!(report, error.report("plan.toml", &text));
    assert!(report.starts_with("refused  amount_malformed: "), "{report}");
    assert_eq!(refusal.place_in(&text), error.place_in(&text));
}
