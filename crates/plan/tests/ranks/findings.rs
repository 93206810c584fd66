//! What the compiler says about ranks, and that the worst case it names can happen.

use money::Asset;
use plan::component::Terms as _;
use plan::ranks::{RankDecision, Ranks};
use plan::sponsors::Sponsors;
use plan::{Severity, UserId};
use plan_file::calendar::Week;

use super::plans::{SEED, check};
use super::scenario::week;

fn figure(finding: &plan::Finding, name: &str) -> Option<u128> {
    let found = finding.figures.iter().find(|(other, _)| *other == name);
    found.map(|(_, value)| *value)
}

#[test]
fn the_seeds_bonuses_are_this_part_of_the_volume_that_they_take() {
    let findings = check(SEED).unwrap().findings(Asset::Usdt);
    let shares: Vec<_> = findings
        .iter()
        .filter(|finding| finding.code == "rank_bonus_share")
        .map(|finding| (figure(finding, "share_bps"), figure(finding, "worst_share_bps")))
        .collect();
    let expected = [
        (2_600, 5_200),
        (5_200, 10_400),
        (6_500, 13_000),
        (5_200, 10_400),
        (5_200, 10_400),
        (6_500, 13_000),
    ];
    assert_eq!(shares, expected.map(|(share, worst)| (Some(share), Some(worst))));
    assert_eq!(
        findings[0].text,
        "rank 1 (Connector): a promotion opens 52 weekly bonuses of 50, of which the same volume yields at most 52: 26 % of \
         the 10000 of volume required at least; the same volume counts for every upline: each further 5000 of volume can qualify one more user, and the bonuses are then 52 % of that"
    );
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity <= Severity::Warning)
    );
}

#[test]
fn a_rank_of_one_leg_has_no_bound() {
    let text = SEED.replace("other_min = \"5000\"", "other_min = \"0\"");
    let findings = check(&text).unwrap().findings(Asset::Usdt);
    assert_eq!(figure(&findings[0], "worst_share_bps"), None);
    assert!(findings[0].text.contains("no bound"));
}

/// How many users have a rank when everyone bought what the list says.
fn qualified(people: &[(Option<u32>, u128)]) -> usize {
    let terms = check(SEED).unwrap();
    let (mut ranks, mut sponsors) = (Ranks::default(), Sponsors::default());
    let now: Week = week(1);
    for (number, (sponsor, units)) in (1u32..).zip(people) {
        let user = UserId::new(number).unwrap();
        let sponsor = sponsor.map(|number| UserId::new(number).unwrap());
        assert_eq!(sponsors.join(sponsor), Some(user));
        ranks.join();
        assert!(ranks.add(&sponsors, user, money::Amount::new(units * 1_000_000), now));
    }
    let mut out = Vec::new();
    ranks
        .close_week(&sponsors, &terms, now, money::Amount::ZERO, &mut out)
        .unwrap();
    let with_rank = |decision: &&RankDecision| matches!(decision, RankDecision::Qualified { .. });
    out.iter().filter(with_rank).count()
}

#[test]
fn each_further_5000_qualifies_one_more_upline_and_less_does_not() {
    let chain = |side: u128| {
        // 1 ← 2 ← … ← 10, each with a direct that buys; the last has a main leg of 5,000 too.
        let mut people: Vec<(Option<u32>, u128)> = (0..10u32)
            .map(|above| ((above > 0).then_some(above), 0))
            .collect();
        people.extend((1..=10).map(|sponsor| (Some(sponsor), side)));
        people.push((Some(10), 5_000));
        people
    };
    assert_eq!(qualified(&chain(5_000)), 10);
    assert_eq!(qualified(&chain(4_999)), 0);
}
