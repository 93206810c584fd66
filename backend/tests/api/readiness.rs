//! `/ready` tells the truth about what the API depends on.

use backend::app::readiness;
use backend::config::Config;
use backend::serve::assemble;

use crate::world::{World, config};

/// What an API says whose newest final block may be a minute old.
async fn looked(world: &World) -> Result<(), String> {
    let config = Config {
        chain_age_max_seconds: Some(60),
        ..config(&world.database, &world.signer.url)
    };
    let app = assemble(&config).await.unwrap();
    let looked = readiness::look(&app).await;
    looked.map(|_| ()).map_err(|error| error.to_string())
}

async fn finality_is(world: &World, seconds_ago: i64) {
    world
        .sql(&format!(
            "INSERT INTO checkpoint
                 (head_number, head_hash, final_number, final_hash, final_timestamp, final_seq, final_root)
             VALUES (1, decode(repeat('01', 32), 'hex'), 1, decode(repeat('01', 32), 'hex'),
                     extract(epoch FROM now())::bigint - {seconds_ago}, 0, decode(repeat('00', 24), 'hex'))
             ON CONFLICT (id) DO UPDATE SET final_timestamp = excluded.final_timestamp"
        ))
        .await;
}

#[tokio::test]
async fn a_chain_that_stands_still_makes_the_api_unready() {
    let world = World::empty().await;
    assert_eq!(
        looked(&world).await,
        Err("the chain's time is not known".to_owned())
    );
    finality_is(&world, 10).await;
    assert_eq!(looked(&world).await, Ok(()));
    finality_is(&world, 75).await;
    let old = looked(&world).await.unwrap_err();
    assert!(
        old.starts_with("the newest final block is 7") && old.ends_with("the limit is 60 s"),
        "{old}"
    );
    // Without a limit, as on a local chain, its age is shown.
    let answer = world.get("/ready", None).await.ok();
    assert!(answer["chain_age_seconds"].as_i64().unwrap() >= 75, "{answer}");
    assert_eq!(answer["signer"], "unavailable");
}
