//! Tests of the crate.

use super::*;

const AUTO_POOL: &str = include_str!("../../../plans/auto-pool.toml");
const CAMPAIGN: &str = include_str!("../../../plans/referral-campaign.toml");

fn admitted(text: &str, chain_id: u64, variables: &[(&str, &str)]) -> Result<(), String> {
    let place = Place::from_env(&Env::of(variables)).map_err(|error| error.to_string())?;
    let plan = plan::compile(text).expect("it is shipped");
    place.admit(&plan, chain_id).map_err(|error| error.to_string())
}

#[test]
fn a_local_chain_needs_nothing_and_a_public_one_a_profile_that_is_for_it() {
    assert_eq!(admitted(AUTO_POOL, 31_337, &[]), Ok(()));
    let refused = admitted(CAMPAIGN, 56, &[]).unwrap_err();
    assert!(
        refused.starts_with("plan_not_admitted: the plan must not run on chain 56: jurisdiction_missing: "),
        "{refused}"
    );
    let refused = admitted(CAMPAIGN, 56, &[(JURISDICTION, "local")]).unwrap_err();
    assert!(refused.contains("jurisdiction_elsewhere"), "{refused}");
}

#[test]
fn the_profile_and_the_days_of_the_place_decide() {
    let days = |days| [(JURISDICTION, "EU"), (COOLING_OFF_DAYS, days)];
    assert_eq!(admitted(CAMPAIGN, 56, &days("14")), Ok(()));
    let refused = admitted(CAMPAIGN, 56, &days("13")).unwrap_err();
    assert!(refused.contains("cooling_off: "), "{refused}");
    let refused = admitted(CAMPAIGN, 56, &days("31")).unwrap_err();
    assert!(refused.contains("hold_below_cooling_off: "), "{refused}");
    let refused = admitted(AUTO_POOL, 56, &days("14")).unwrap_err();
    assert!(refused.contains("payout_share: "), "{refused}");
    let refused = admitted(CAMPAIGN, 56, &[(JURISDICTION, "XX")]).unwrap_err();
    assert!(
        refused.contains("XX is neither one of the profiles local, EU, IN, US"),
        "{refused}"
    );
}

#[test]
fn only_whole_days_are_said_as_days() {
    assert_eq!(whole_days(14 * 86_400).unwrap(), 14);
    let error = whole_days(14 * 86_400 + 1).unwrap_err().to_string();
    assert!(error.contains("is not a whole number of days"), "{error}");
}
