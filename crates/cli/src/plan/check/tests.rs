//! Tests of `check`.

use super::*;

pub(super) const AUTO_POOL: &str = include_str!("../../../../../plans/auto-pool.toml");
pub(super) const FREE: &str = include_str!("../../../../../plans/rejected/free-progression.toml");

fn asked(chain: ChainClass, jurisdiction: Option<&str>, names: u32) -> Asked {
    Asked {
        chain,
        jurisdiction: jurisdiction.map(|name| profile(name).expect("it is shipped")),
        cooling_off_days: None,
        names,
    }
}

/// Without a search for false names.
pub(super) fn checked(text: &str, chain: ChainClass, jurisdiction: Option<&str>) -> Checked {
    check("plan.toml".into(), text.into(), &asked(chain, jurisdiction, 1))
}

pub(super) fn searched(text: &str) -> Checked {
    let asked = asked(ChainClass::Local, None, Bounds::default().identities_max);
    check("plan.toml".into(), text.into(), &asked)
}

fn status(text: &str, chain: ChainClass, jurisdiction: Option<&str>) -> u8 {
    checked(text, chain, jurisdiction).verdict().status().number()
}

/// The shipped plan without any reward; an endless pool that nobody enters still deserves a word.
fn quiet() -> String {
    AUTO_POOL
        .replace("direct_share = \"18\"", "direct_share = \"0\"")
        .replace("[3000, 1500, 1000, 500, 500, 500, 500, 500, 1000, 1000]", "[]")
        .replace("[5000, 2500, 1500]", "[0]")
}

#[test]
fn the_exit_status_tells_warnings_from_obstacles() {
    assert_eq!(status(AUTO_POOL, ChainClass::Local, None), 3);
    assert_eq!(status(AUTO_POOL, ChainClass::Local, Some("EU")), 4);
    assert_eq!(status(AUTO_POOL, ChainClass::Public, Some("EU")), 4);
    assert_eq!(status(FREE, ChainClass::Local, None), 4);
    assert_eq!(status("name = ", ChainClass::Local, None), 4);
    assert_eq!(status(&quiet(), ChainClass::Public, None), 4);
    // Nobody said for how long payments can be refunded.
    assert_eq!(status(&quiet(), ChainClass::Public, Some("EU")), 4);
    let mut asked = asked(ChainClass::Public, Some("EU"), 1);
    asked.cooling_off_days = Some(14);
    let warned = check("plan.toml".into(), quiet(), &asked);
    assert_eq!(warned.verdict().status(), Status::Notable);
    assert_eq!(Verdict::Sound.status(), Status::Done);
}

#[test]
fn a_public_chain_demands_a_profile_that_is_for_it() {
    let codes = |chain, jurisdiction| {
        let Ok(sound) = checked(&quiet(), chain, jurisdiction).compiled else {
            panic!("it compiles");
        };
        let codes = sound.review.obstacles.iter().map(|obstacle| obstacle.code);
        codes.collect::<Vec<_>>()
    };
    assert_eq!(codes(ChainClass::Public, None), ["jurisdiction_missing"]);
    assert_eq!(
        codes(ChainClass::Public, Some("local")),
        ["jurisdiction_elsewhere"]
    );
    assert!(codes(ChainClass::Public, Some("US")).is_empty());
    assert!(codes(ChainClass::Local, None).is_empty());
    assert!(codes(ChainClass::Local, Some("local")).is_empty());
}

#[test]
fn arguments_name_a_chain_by_kind_or_number() {
    use clap::Parser as _;
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("plan.toml");
    std::fs::write(&file, AUTO_POOL).unwrap();
    let file = file.to_str().unwrap();
    let class = |more: &[&str]| {
        let line = Line::try_parse_from(["check", file, "--names", "1"].iter().chain(more)).ok()?;
        let asked = line.arguments.asked().unwrap();
        Some(
            load(&line.arguments.files[0], &asked)
                .unwrap()
                .compiled
                .ok()?
                .chain,
        )
    };
    assert_eq!(class(&[]), Some(ChainClass::Local));
    assert_eq!(class(&["--chain", "public"]), Some(ChainClass::Public));
    assert_eq!(class(&["--chain-id", "31337"]), Some(ChainClass::Local));
    assert_eq!(class(&["--chain-id", "56"]), Some(ChainClass::Public));
    assert_eq!(class(&["--chain-id", "56", "--chain", "local"]), None);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("own.toml");
    let name = own.to_str().unwrap();
    let error = format!("{:#}", profile(name).unwrap_err());
    assert!(
        error.contains("is neither one of the profiles local, EU, IN, US nor a readable file"),
        "{error}"
    );
    let text =
        "name = \"CH\"\nas_of = \"2026-04-01\"\nchains = \"any\"\nnotice = \"n\"\nlegal_basis = \"\"\n";
    std::fs::write(&own, text).unwrap();
    let error = profile(name).unwrap_err().to_string();
    assert!(
        error.contains("legal_basis_missing") && error.contains("own.toml:5:15"),
        "{error}"
    );
    std::fs::write(&own, text.replace("\"\"", "\"Art. 1\"")).unwrap();
    assert_eq!(profile(name).unwrap().name(), "CH");
    std::fs::write(&own, "#".repeat(TEXT_BYTES_MAX + 1)).unwrap();
    let error = format!("{:#}", profile(name).unwrap_err());
    assert!(error.contains("has at least 65537 bytes"), "{error}");
}
