//! The stored form of causes: these texts are hashed into the ledger's chain, so they never change.

use alloy_primitives::{Address, B256};
use ledger::Fund;
use money::Amount;
use plan::report::Side;
use plan::{
    BatchEnd, Cause, Day, Intake, PayoutOutcome, Report, RequestedPayout, ReserveChoice, SettledPayout, Tier,
};
use store::cause_json::{read, write};

const ID: &str = "0x0101010101010101010101010101010101010101010101010101010101010101";
const MANIFEST: &str = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
const WHO: &str = "0x0202020202020202020202020202020202020202";

/// Every report, with its text; `ID`, `MANIFEST` and `WHO` stand for the constants.
fn reports() -> Vec<(Cause, &'static str)> {
    let (id, who) = (B256::repeat_byte(1), Address::repeat_byte(2));
    let other = B256::repeat_byte(0xee);
    let (amount, day) = (Amount::new(7), Day::new(20_778));
    let order = |customer, volume| Report::OrderPlaced {
        order_ref: id,
        wallet: who,
        customer,
        amount,
        volume,
        day,
    };
    [
        (Report::DayEnded { day }, r#"{"type":"reported","report":"day_ended","day":20778}"#),
        (
            Report::FundAllocated {
                fund: Fund::new(3),
                amount,
            },
            r#"{"type":"reported","report":"fund_allocated","fund":3,"amount":"7"}"#,
        ),
        (
            Report::PlanChanged { plan_hash: id },
            r#"{"type":"reported","report":"plan_changed","plan_hash":"ID"}"#,
        ),
        (
            Report::WithdrawalRequested { wallet: who, amount },
            r#"{"type":"reported","report":"withdrawal_requested","wallet":"WHO","amount":"7"}"#,
        ),
        (
            Report::UserVerified { wallet: who },
            r#"{"type":"reported","report":"user_verified","wallet":"WHO"}"#,
        ),
        (
            Report::TaxIdRecorded { wallet: who },
            r#"{"type":"reported","report":"tax_id_recorded","wallet":"WHO"}"#,
        ),
        (
            Report::SideChosen {
                wallet: who,
                side: Some(Side::Right),
            },
            r#"{"type":"reported","report":"side_chosen","wallet":"WHO","side":"right"}"#,
        ),
        (
            Report::SideChosen {
                wallet: who,
                side: None,
            },
            r#"{"type":"reported","report":"side_chosen","wallet":"WHO","side":null}"#,
        ),
        (
            order(Some(other), None),
            r#"{"type":"reported","report":"order_placed","order_ref":"ID","wallet":"WHO","customer":"MANIFEST","amount":"7","day":20778}"#,
        ),
        (
            order(None, None),
            r#"{"type":"reported","report":"order_placed","order_ref":"ID","wallet":"WHO","customer":null,"amount":"7","day":20778}"#,
        ),
        (
            order(None, Some(Amount::new(5))),
            r#"{"type":"reported","report":"order_placed","order_ref":"ID","wallet":"WHO","customer":null,"amount":"7","volume":"5","day":20778}"#,
        ),
        (
            Report::OrderRefunded { order_ref: id, amount },
            r#"{"type":"reported","report":"order_refunded","order_ref":"ID","amount":"7"}"#,
        ),
        (
            Report::PeriodFinalized { period: 5 },
            r#"{"type":"reported","report":"period_finalized","period":5}"#,
        ),
        (
            Report::PeriodReleased { period: 5 },
            r#"{"type":"reported","report":"period_released","period":5}"#,
        ),
        (
            Report::ConversionReported {
                conversion_ref: id,
                wallet: who,
                referee: other,
                amount,
                day,
            },
            r#"{"type":"reported","report":"conversion_reported","conversion_ref":"ID","wallet":"WHO","referee":"MANIFEST","amount":"7","day":20778}"#,
        ),
        (
            Report::ConversionReversed {
                conversion_ref: id,
                amount,
            },
            r#"{"type":"reported","report":"conversion_reversed","conversion_ref":"ID","amount":"7"}"#,
        ),
    ]
    .map(|(report, text)| (Cause::Reported(report), text))
    .to_vec()
}

/// Every cause of settlement, with its text; `ID`, `MANIFEST` and `WHO` stand for the constants.
fn forms() -> Vec<(Cause, &'static str)> {
    let (id, who) = (B256::repeat_byte(1), Address::repeat_byte(2));
    let line = |outcome| SettledPayout { wallet: who, outcome };
    let amount = Amount::new(u128::MAX);
    let credited = |frozen| line(PayoutOutcome::Credited { amount, frozen });
    let released = |end| Cause::BatchReleased { batch_id: id, end };
    vec![
        (
            Cause::BatchRequested {
                batch_id: id,
                payouts: vec![RequestedPayout { wallet: who, amount }],
            },
            r#"{"type":"batch_requested","batch_id":"ID","payouts":[{"wallet":"WHO","amount":"340282366920938463463374607431768211455"}]}"#,
        ),
        (
            released(BatchEnd::Expired),
            r#"{"type":"batch_released","batch_id":"ID","end":"expired"}"#,
        ),
        (
            released(BatchEnd::Cancelled),
            r#"{"type":"batch_released","batch_id":"ID","end":"cancelled"}"#,
        ),
        (
            Cause::BatchSettled {
                batch_id: id,
                manifest_hash: B256::repeat_byte(0xee),
                payouts: vec![
                    line(PayoutOutcome::Executed(Amount::new(5))),
                    credited(false),
                    credited(true),
                    line(PayoutOutcome::Skipped),
                ],
            },
            r#"{"type":"batch_settled","batch_id":"ID","manifest_hash":"MANIFEST","payouts":[{"wallet":"WHO","outcome":"executed","amount":"5"},{"wallet":"WHO","outcome":"credited","amount":"340282366920938463463374607431768211455"},{"wallet":"WHO","outcome":"credited_frozen","amount":"340282366920938463463374607431768211455"},{"wallet":"WHO","outcome":"skipped","amount":"0"}]}"#,
        ),
        (
            Cause::BatchCancelled { batch_id: id },
            r#"{"type":"batch_cancelled","batch_id":"ID"}"#,
        ),
        (
            Cause::Claimed {
                wallet: who,
                root: id,
                entitled: Amount::new(9),
                amount: Amount::new(4),
            },
            r#"{"type":"claimed","wallet":"WHO","root":"ID","entitled":"9","amount":"4"}"#,
        ),
        (
            Cause::LeavesSettled {
                root: id,
                payouts: vec![
                    line(PayoutOutcome::Executed(Amount::new(5))),
                    credited(true),
                    line(PayoutOutcome::Skipped),
                ],
            },
            r#"{"type":"leaves_settled","root":"ID","payouts":[{"wallet":"WHO","outcome":"executed","amount":"5"},{"wallet":"WHO","outcome":"credited_frozen","amount":"340282366920938463463374607431768211455"},{"wallet":"WHO","outcome":"skipped","amount":"0"}]}"#,
        ),
        (
            Cause::CreditWithdrawn {
                wallet: who,
                to: who,
                amount: Amount::new(4),
            },
            r#"{"type":"credit_withdrawn","wallet":"WHO","to":"WHO","amount":"4"}"#,
        ),
        (
            Cause::TreasuryPaid {
                to: who,
                amount: Amount::new(4),
            },
            r#"{"type":"treasury_paid","to":"WHO","amount":"4"}"#,
        ),
        (
            Cause::RootPublished {
                root: id,
                total: Amount::new(9),
                as_of_seq: u64::MAX,
                claimable_from: 1_800_000_000,
            },
            r#"{"type":"root_published","root":"ID","total":"9","as_of_seq":18446744073709551615,"claimable_from":1800000000}"#,
        ),
        (
            Cause::RootVetoed { root: id },
            r#"{"type":"root_vetoed","root":"ID"}"#,
        ),
    ]
}

/// The other causes of the chain and of users, with their texts; `ID`, `MANIFEST` and `WHO` stand for the constants.
fn intakes_and_commands() -> Vec<(Cause, &'static str)> {
    let (id, who) = (B256::repeat_byte(1), Address::repeat_byte(2));
    let amount = Amount::new(7);
    let intake = |sponsor| Intake {
        deposit_ref: id,
        wallet: who,
        sponsor,
        amount,
        refundable_until: 1_800_000_000,
        plan_hash: B256::repeat_byte(0xee),
        disclosure_hash: id,
    };
    let chosen = |choice| Cause::ReserveChosen {
        wallet: who,
        tier: Tier::new(3).expect("a tier"),
        choice,
    };
    vec![
        (
            Cause::Registered(intake(Some(who))),
            r#"{"type":"registered","deposit_ref":"ID","wallet":"WHO","sponsor":"WHO","amount":"7","refundable_until":1800000000,"plan_hash":"MANIFEST","disclosure_hash":"ID"}"#,
        ),
        (
            Cause::RetoppedUp(intake(None)),
            r#"{"type":"retopped_up","deposit_ref":"ID","wallet":"WHO","sponsor":null,"amount":"7","refundable_until":1800000000,"plan_hash":"MANIFEST","disclosure_hash":"ID"}"#,
        ),
        (
            Cause::Refunded {
                deposit_ref: id,
                wallet: who,
                to: who,
                amount,
            },
            r#"{"type":"refunded","deposit_ref":"ID","wallet":"WHO","to":"WHO","amount":"7"}"#,
        ),
        (
            Cause::EscrowMatured {
                through_day: 20_778,
                amount,
            },
            r#"{"type":"escrow_matured","through_day":20778,"amount":"7"}"#,
        ),
        (
            Cause::Funded { from: who, amount },
            r#"{"type":"funded","from":"WHO","amount":"7"}"#,
        ),
        (
            Cause::UserFrozen {
                wallet: who,
                until: 1_800_000_000,
            },
            r#"{"type":"user_frozen","wallet":"WHO","until":1800000000}"#,
        ),
        (
            Cause::UserUnfrozen { wallet: who },
            r#"{"type":"user_unfrozen","wallet":"WHO"}"#,
        ),
        (Cause::Noted, r#"{"type":"noted"}"#),
        (Cause::Continued { part: 2 }, r#"{"type":"continued","part":2}"#),
        (
            chosen(ReserveChoice::In),
            r#"{"type":"reserve_chosen","wallet":"WHO","tier":3,"choice":"in"}"#,
        ),
        (
            chosen(ReserveChoice::Out),
            r#"{"type":"reserve_chosen","wallet":"WHO","tier":3,"choice":"out"}"#,
        ),
        (
            Cause::Corrected { wallet: who, amount },
            r#"{"type":"corrected","wallet":"WHO","amount":"7"}"#,
        ),
    ]
}

#[test]
fn causes_have_these_texts_and_come_back_from_them() {
    let all = forms().into_iter().chain(reports()).chain(intakes_and_commands());
    for (cause, text) in all {
        let text = text
            .replace("ID", ID)
            .replace("MANIFEST", MANIFEST)
            .replace("WHO", WHO);
        assert_eq!(write(&cause).text, text);
        assert_eq!(read(&text).unwrap(), cause);
    }
}

#[test]
fn a_text_that_no_cause_has_is_refused() {
    let settled = |outcome: &str| {
        format!(
            r#"{{"type":"batch_settled","batch_id":"{ID}","manifest_hash":"{MANIFEST}","payouts":[{{"wallet":"{WHO}","outcome":{outcome}}}]}}"#
        )
    };
    for text in [
        settled(r#""skipped","amount":"1""#),
        settled(r#""burnt","amount":"1""#),
        settled(r#""executed","amount":"-1""#),
        settled(r#""executed","amount":1"#),
        format!(r#"{{"type":"reserve_chosen","wallet":"{WHO}","tier":0,"choice":"in"}}"#),
        format!(r#"{{"type":"reserve_chosen","wallet":"{WHO}","tier":300,"choice":"in"}}"#),
        format!(r#"{{"type":"user_unfrozen","wallet":"{ID}"}}"#),
        r#"{"type":"user_unfrozen","wallet":"0xzz"}"#.to_owned(),
        r#"{"type":"reported","report":"rumoured"}"#.to_owned(),
        r#"{"type":"told"}"#.to_owned(),
        "{".to_owned(),
    ] {
        assert!(read(&text).is_err(), "{text}");
    }
}
