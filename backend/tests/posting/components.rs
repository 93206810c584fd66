//! Plans with components on PostgreSQL: what is stored is what the book says, also when the writer starts again, and
//! what is changed behind its back is found.

use std::collections::BTreeSet;

use histories::{Kind, Variant, World, history};
use ledger::{BalanceChanges, fold_into};
use plan::effect::Detail;
use plan::{Book, Cause, CompiledPlan, Effect, Outcome};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, Row};
use store::lease;
use testkit::TestDatabase;

use crate::operators;
use crate::{TTL, Writer, balances, claim, contents, entry, post_all, poster, rows_of};

const STEPS: usize = 300;
/// Causes that arrive between two looks of the writer.
const PART: usize = 90;

/// Causes on their way into the inbox, in their order.
#[derive(Default)]
pub(crate) struct Source {
    chain_seq: u64,
    commands: u64,
}

impl Source {
    pub(crate) async fn receive(
        &mut self,
        connection: &mut PgConnection,
        plan: &CompiledPlan,
        causes: &[(Cause, Outcome)],
    ) {
        for (cause, _) in causes {
            if cause.is_command() {
                self.commands += 1;
                operators::give(connection, plan, self.commands, cause).await;
            } else {
                self.chain_seq += 1;
                let mut transaction = connection.begin().await.unwrap();
                let entries = [entry(self.chain_seq, cause.clone())];
                recorded::record(&mut transaction, &entries).await.unwrap();
                transaction.commit().await.unwrap();
            }
        }
    }
}

pub(crate) fn empty(world: &World) -> Book {
    let [plan, _] = &world.versions;
    Book::new(plan.clone()).with_versions(world.versions.to_vec())
}

/// Posts a history in parts, by one writer or by another one for each half.
async fn post(
    database: &TestDatabase,
    world: &World,
    happened: &[(Cause, Outcome)],
    starts_again: bool,
) -> Writer {
    let mut connection = poster(database).await;
    let mut source = database.connection().await;
    let [plan, _] = &world.versions;
    operators::enter(&mut source, plan).await;
    let mut lease = claim(&mut connection, TTL).await;
    let mut writer = Writer::rebuild(&mut connection, empty(world), lease, TTL)
        .await
        .unwrap();
    let mut arriving = Source::default();
    let (first, second) = happened.split_at(happened.len() / 2);
    for half in [first, second] {
        for part in half.chunks(PART) {
            arriving.receive(&mut source, plan, part).await;
            assert_eq!(post_all(&mut writer, &mut connection).await, part.len());
        }
        if starts_again {
            lease::release(&mut connection, lease).await.unwrap();
            lease = claim(&mut connection, TTL).await;
            writer = Writer::rebuild(&mut connection, empty(world), lease, TTL)
                .await
                .unwrap();
        }
    }
    writer
}

/// Fact, leg, debit, credit, amount, reason, phase.
pub(crate) type TransferRow = (i64, i32, i64, i64, String, i16, i16);

pub(crate) async fn transfers(connection: &mut PgConnection) -> Vec<TransferRow> {
    let statement = "SELECT fact_seq, leg, debit_id, credit_id, amount::text, reason, phase FROM transfer \
                     ORDER BY fact_seq, leg";
    let rows = sqlx::query(statement).fetch_all(connection).await.unwrap();
    rows.iter()
        .map(|row| {
            (
                row.get(0),
                row.get(1),
                row.get(2),
                row.get(3),
                row.get(4),
                row.get(5),
                row.get(6),
            )
        })
        .collect()
}

/// Fact, position, kind, user, number, amount, detail.
pub(crate) type EffectRow = (
    i64,
    i32,
    String,
    Option<i32>,
    Option<i64>,
    Option<String>,
    Option<Value>,
);

pub(crate) async fn effects(connection: &mut PgConnection) -> Vec<EffectRow> {
    let statement = "SELECT fact_seq, position, kind, user_id, number, amount::text, detail \
                     FROM component_effect ORDER BY fact_seq, position";
    let rows = sqlx::query(statement).fetch_all(connection).await.unwrap();
    rows.iter()
        .map(|row| {
            (
                row.get(0),
                row.get(1),
                row.get(2),
                row.get(3),
                row.get(4),
                row.get(5),
                row.get(6),
            )
        })
        .collect()
}

/// What the tables ought to hold.
#[derive(Default)]
struct Expected {
    balances: BalanceChanges,
    transfers: Vec<TransferRow>,
    effects: Vec<EffectRow>,
}

impl Expected {
    fn of(happened: &[(Cause, Outcome)]) -> Self {
        let mut expected = Self::default();
        for ((_, outcome), seq) in happened.iter().zip(1..) {
            expected.take(seq, outcome);
        }
        expected
    }

    fn take(&mut self, seq: u64, outcome: &Outcome) {
        let fact = i64::try_from(seq).unwrap();
        for (leg, number) in outcome.legs.iter().zip(0..) {
            let transfer = leg.at(seq, number);
            fold_into(&mut self.balances, &transfer).unwrap();
            self.transfers.push((
                fact,
                i32::try_from(number).unwrap(),
                transfer.debit.get(),
                transfer.credit.get(),
                transfer.amount.to_string(),
                transfer.reason.code(),
                transfer.phase.code(),
            ));
        }
        let of_components = outcome.effects.iter().filter_map(|effect| {
            if let Effect::Component(effect) = effect {
                effect.row()
            } else {
                None
            }
        });
        for (row, position) in of_components.zip(0..) {
            self.effects.push((
                fact,
                position,
                row.kind.to_owned(),
                row.user.map(|user| i32::try_from(user.get()).unwrap()),
                row.number.map(i64::from),
                row.amount.map(|amount| amount.to_string()),
                detail(row.detail),
            ));
        }
    }
}

fn detail(detail: Detail) -> Option<Value> {
    Some(match detail {
        Detail::None => return None,
        Detail::Word(word) => json!({ "word": word }),
        Detail::Number(number) => json!({ "number": number }),
        Detail::Amount(amount) => json!({ "amount": amount.base_units().to_string() }),
        Detail::Reward(rule, day) => {
            json!({ "rule": rule.name(), "reason": rule.code(), "available_at": day.to_string() })
        }
        Detail::Missed(rule, cause) => {
            json!({ "rule": rule.name(), "reason": rule.code(), "cause": cause.name() })
        }
    })
}

/// Posts histories of a plan file and of variations of it, and compares what is stored with what the book said. All
/// of them together do everything that `all` names.
async fn check(kind: Kind, all: &[&str]) {
    let mut done = BTreeSet::new();
    for (bits, seed) in VARIATIONS {
        let variant = Variant { kind, bits };
        let (world, happened) = history(&variant, STEPS, seed);
        let expected = Expected::of(&happened);
        let database = TestDatabase::new().await;
        let writer = post(&database, &world, &happened, true).await;
        let context = format!("{variant:?}, seed {seed}");
        assert!(writer.book().state() == world.book.state(), "{context}");
        let mut source = database.connection().await;
        assert_eq!(
            balances(&mut source).await,
            rows_of(&expected.balances),
            "{context}"
        );
        assert_eq!(transfers(&mut source).await, expected.transfers, "{context}");
        assert_eq!(effects(&mut source).await, expected.effects, "{context}");
        let snapshot = store::snapshot::read(&mut source).await.unwrap();
        assert_eq!(audit::verify(&empty(&world), &snapshot), [], "{context}");
        done.extend(expected.effects.into_iter().map(|effect| effect.2));
        done.extend(snapshot.books.deposits.into_values().map(|deposit| deposit.state));
        done.extend(snapshot.books.claims.into_values().map(|claim| claim.state));
    }
    let all: BTreeSet<&str> = all.iter().chain(&EVERYWHERE).copied().collect();
    assert_eq!(done.iter().map(String::as_str).collect::<BTreeSet<_>>(), all);
}

/// What happens in histories of every plan: effects, states of deposits, and how a claim ends.
const EVERYWHERE: [&str; 12] = [
    "day_ended",
    "held",
    "matured",
    "not_granted",
    "paid",
    "plan_changed",
    "refunded",
    "reward_granted",
    "reward_released",
    "reward_reversed",
    "withdrawn",
    "withheld",
];
/// The plan file as it is, two halves of its variations, and orders that are paid out soon; each with a seed.
const VARIATIONS: [(u32, u8); 4] = [(0, 1), (0x5555_5555, 2), (0x2aaa_aaaa, 3), (0x40a1, 7)];

#[tokio::test]
async fn subscriptions_are_stored_as_the_book_says() {
    let all = [
        "bonus_granted",
        "fund_short",
        "rank_paid_as",
        "rank_reached",
        "subscription_bought",
        "subscription_ended",
    ];
    check(Kind::Subscription, &all).await;
}

#[tokio::test]
async fn bookings_and_pairs_are_stored_as_the_book_says() {
    let all = [
        "activated",
        "deactivated",
        "pair_matched",
        "pair_undone",
        "pairs_closed",
        "side_placed",
    ];
    check(Kind::Binary, &all).await;
}

#[tokio::test]
async fn orders_and_commissions_are_stored_as_the_book_says() {
    let all = [
        "fund_short",
        "order_placed",
        "order_refunded",
        "period_moved",
        "rank_paid_as",
        "rank_reached",
    ];
    check(Kind::Orders, &all).await;
}

#[tokio::test]
async fn campaigns_are_stored_as_the_book_says() {
    let all = [
        "achieved",
        "achievement_lost",
        "conversion_recorded",
        "conversion_reversed",
    ];
    check(Kind::Campaign, &all).await;
}

#[tokio::test]
async fn a_writer_of_components_that_starts_again_posts_the_same() {
    let variant = Variant {
        kind: Kind::Subscription,
        bits: 0,
    };
    let (world, happened) = history(&variant, STEPS, 4);
    let mut results = Vec::new();
    for starts_again in [false, true] {
        let database = TestDatabase::new().await;
        post(&database, &world, &happened, starts_again).await;
        results.push(contents(&mut database.connection().await).await);
    }
    assert_eq!(results[0], results[1]);
}

/// A change of one row is found in exactly these tables.
async fn found_exactly(source: &mut PgConnection, world: &World, fault: &'static str, tables: &[&str]) {
    let mut transaction = source.begin().await.unwrap();
    let changed = sqlx::query(fault).execute(&mut *transaction).await.unwrap();
    assert_eq!(changed.rows_affected(), 1, "{fault}");
    let snapshot = store::snapshot::read_in(&mut transaction).await.unwrap();
    let found = audit::verify(&empty(world), &snapshot);
    let found_in: Vec<&str> = found.iter().map(|one| one.table().unwrap_or("sums")).collect();
    assert_eq!(found_in, tables, "{fault}: {found:#?}");
    transaction.rollback().await.unwrap();
}

#[tokio::test]
async fn what_is_changed_of_components_behind_the_ledgers_back_is_found_exactly() {
    let variant = Variant {
        kind: Kind::Subscription,
        bits: 0,
    };
    let (world, happened) = history(&variant, STEPS, 4);
    let database = TestDatabase::new().await;
    post(&database, &world, &happened, false).await;
    let mut source = database.connection().await;
    for (fault, tables) in [
        (
            "UPDATE component_effect SET amount = amount + 1 WHERE (fact_seq, position) =
                 (SELECT fact_seq, position FROM component_effect WHERE kind = 'reward_granted' LIMIT 1)",
            &["component_effect"][..],
        ),
        (
            "UPDATE component_effect SET user_id = user_id + 1 WHERE (fact_seq, position) =
                 (SELECT fact_seq, position FROM component_effect WHERE kind = 'withdrawn' LIMIT 1)",
            &["component_effect"],
        ),
        (
            "UPDATE component_effect SET number = number + 1 WHERE (fact_seq, position) =
                 (SELECT fact_seq, position FROM component_effect WHERE kind = 'subscription_bought' LIMIT 1)",
            &["component_effect"],
        ),
        (
            "UPDATE component_effect SET detail = detail || '{\"available_at\": \"1970-01-01\"}'
             WHERE (fact_seq, position) =
                 (SELECT fact_seq, position FROM component_effect WHERE kind = 'reward_granted' LIMIT 1)",
            &["component_effect"],
        ),
        (
            "UPDATE component_effect SET kind = 'rank_reached' WHERE (fact_seq, position) =
                 (SELECT fact_seq, position FROM component_effect WHERE kind = 'rank_paid_as' LIMIT 1)",
            &["component_effect"],
        ),
        (
            "UPDATE component_effect SET position = 1000 WHERE (fact_seq, position) =
                 (SELECT fact_seq, position FROM component_effect LIMIT 1)",
            &["component_effect", "component_effect"],
        ),
        (
            "DELETE FROM component_effect WHERE (fact_seq, position) =
                 (SELECT fact_seq, position FROM component_effect ORDER BY fact_seq DESC, position DESC LIMIT 1)",
            &["component_effect"],
        ),
        (
            "INSERT INTO component_effect (fact_seq, position, kind) VALUES (1, 7, 'day_ended')",
            &["component_effect"],
        ),
        // The sums see a balance as well: debits and credits, and what is owed.
        (
            "UPDATE balance SET credits_posted = credits_posted + 1
             WHERE account_id = (SELECT max(id) FROM account WHERE kind = 'revenue')",
            &["balance", "sums", "sums"],
        ),
        (
            "UPDATE balance SET credits_posted = credits_posted + 1
             WHERE account_id = (SELECT min(id) FROM account WHERE kind = 'wallet')",
            &["balance", "sums", "sums"],
        ),
        (
            "UPDATE balance SET credits_posted = credits_posted + 1
             WHERE account_id = (SELECT max(id) FROM account WHERE kind = 'deferred')",
            &["balance", "sums", "sums"],
        ),
        (
            "UPDATE deposit SET state = 'matured' WHERE id =
                 (SELECT min(deposit.id) FROM deposit JOIN transfer USING (fact_seq) JOIN account ON account.id = credit_id
                  WHERE state = 'held' AND account.kind = 'held')",
            &["deposit", "sums"],
        ),
    ] {
        found_exactly(&mut source, &world, fault, tables).await;
    }
    let snapshot = store::snapshot::read(&mut source).await.unwrap();
    assert_eq!(audit::verify(&empty(&world), &snapshot), []);
}

#[tokio::test]
async fn what_is_changed_of_records_behind_the_ledgers_back_is_found_exactly() {
    let variant = Variant {
        kind: Kind::Binary,
        bits: 0,
    };
    let (world, happened) = history(&variant, STEPS, 1);
    let database = TestDatabase::new().await;
    post(&database, &world, &happened, true).await;
    let mut source = database.connection().await;
    for (fault, tables) in [
        (
            "UPDATE withholding_record SET base = base + 1 WHERE (fact_seq, position) =
                 (SELECT fact_seq, position FROM withholding_record WHERE NOT is_returned LIMIT 1)",
            &["withholding_record"][..],
        ),
        (
            "UPDATE withholding_record SET is_returned = NOT is_returned WHERE (fact_seq, position) =
                 (SELECT fact_seq, position FROM withholding_record LIMIT 1)",
            &["withholding_record"],
        ),
        (
            "UPDATE withholding_year SET withheld_returned = withheld_returned + 1 WHERE (user_id, financial_year, policy) =
                 (SELECT user_id, financial_year, policy FROM withholding_year LIMIT 1)",
            &["withholding_year"],
        ),
        (
            "UPDATE binary_pair SET returned_fact = 1 WHERE reward = (SELECT min(reward) FROM binary_pair)",
            &["binary_pair"],
        ),
        (
            "UPDATE member_record SET lots_left = lots_left + 1 WHERE user_id = (SELECT min(user_id) FROM member_record)",
            &["member_record"],
        ),
        (
            "UPDATE member_record SET paid = paid + 1 WHERE user_id = (SELECT max(user_id) FROM member_record)",
            &["member_record"],
        ),
        (
            "DELETE FROM member_record WHERE user_id = (SELECT max(user_id) FROM member_record)",
            &["member_record"],
        ),
        (
            "UPDATE record_start SET after_fact = after_fact",
            &[],
        ),
    ] {
        found_exactly(&mut source, &world, fault, tables).await;
    }
}

/// What is stored of each member is what the state has.
#[tokio::test]
async fn what_is_paid_of_a_price_is_what_the_book_says() {
    for (bits, seed) in VARIATIONS {
        let variant = Variant {
            kind: Kind::Binary,
            bits,
        };
        let (world, happened) = history(&variant, STEPS, seed);
        let database = TestDatabase::new().await;
        let writer = post(&database, &world, &happened, true).await;
        let mut source = database.connection().await;
        let snapshot = store::snapshot::read(&mut source).await.unwrap();
        let (plan, state) = (writer.book().plan(), writer.book().state());
        let price = plan.components().binary.as_ref().unwrap().price();
        for (user, member) in &snapshot.books.members {
            let user = plan::UserId::new(*user).unwrap();
            let outstanding = state.outstanding(plan, user);
            assert_eq!(price.saturating_sub(member.paid), outstanding, "{user}");
        }
        assert!(!snapshot.books.members.is_empty() && !snapshot.books.pairs.is_empty());
    }
}
