//! A generated ledger is one that the posting worker could have written.

use population::Size;
use testkit::TestDatabase;

#[tokio::test]
async fn a_population_is_what_a_recomputation_from_its_facts_gives() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    let size = Size {
        users: 2_000,
        transfers: 20_000,
    };
    let filled = population::fill(&mut connection, size).await.unwrap();
    assert_eq!(filled.users, 2_000);
    assert!((20_000..24_000).contains(&filled.transfers), "{filled:?}");

    let snapshot = store::snapshot::read(&mut connection).await.unwrap();
    let found = audit::verify(&plan::Book::new(population::plan()), &snapshot);
    assert!(found.is_empty(), "{:?}", found.first());
    assert_eq!(snapshot.books.transfers.len() as u64, filled.transfers);
}

#[tokio::test]
async fn indexes_are_there_again_and_a_second_filling_is_refused() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    let indexes = async |connection: &mut sqlx::PgConnection| -> Vec<String> {
        sqlx::query_scalar("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
            .fetch_all(connection)
            .await
            .unwrap()
    };
    let before = indexes(&mut connection).await;
    let size = Size {
        users: 50,
        transfers: 0,
    };
    population::fill(&mut connection, size).await.unwrap();
    assert_eq!(indexes(&mut connection).await, before);
    assert!(population::fill(&mut connection, size).await.is_err());
}
