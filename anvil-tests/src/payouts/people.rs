//! Users who become due, and operators who sign in.

use std::sync::Arc;

use anyhow::Context;
use devstack::Wallet;
use devstack::world::{Person, Site, operators as known_operators, root_user};
use testkit::wait_for;
use tokio::task::JoinSet;

use crate::{PATIENCE, World};

const DAY: u64 = 86_400;

/// The operators that payouts need: builder, approver and auditor.
pub(super) async fn operators(world: &World) -> anyhow::Result<[Person; 3]> {
    let mut found = ["builder", "approver", "auditor"].map(|wanted| {
        let (wallet, ..) = known_operators()
            .find(|(_, name, _)| *name == wanted)
            .expect("a development system has these operators");
        Person::with(wallet)
    });
    for operator in &mut found {
        operator.sign_in(world).await?;
    }
    Ok(found)
}

/// Registers the root, `count` users below it and one below each of those; then the cooling-off time passes. Each of the
/// `count` is due the direct reward for one registration.
pub(super) async fn make_due(world: &World, count: usize) -> anyhow::Result<Vec<Person>> {
    let root = root_user().index();
    let person = |index: usize| Person::with(Wallet::at(root + index));
    let site = Arc::new(Site::new(&world.api_url, &world.spec().rpc_url, world.custody)?);
    join(world, &site, vec![(person(0), None)]).await?;
    let sponsor = person(0).address();
    let earners = (1..=count).map(|index| (person(index), Some(sponsor)));
    let earners = join(world, &site, earners.collect()).await?;
    let recruits = earners.iter().enumerate();
    let recruits = recruits.map(|(index, earner)| (person(count + 1 + index), Some(earner.address())));
    join(world, &site, recruits.collect()).await?;
    world.mine_by_itself(false).await?;
    world.pass_time(15 * DAY).await?;
    // The settlement worker sweeps by itself.
    wait_for("everything to mature", PATIENCE, async || {
        // More blocks than the listener follows would only keep everyone busy.
        if is_followed(world).await? {
            world.mine(1).await.ok()?;
        }
        let totals = world.contract().totals().call().await.ok()?;
        totals.escrowed.is_zero().then_some(())
    })
    .await;
    world.mine(6).await?;
    world.settle().await?;
    Ok(earners)
}

/// Whether the listener holds the newest block.
pub(super) async fn is_followed(world: &World) -> Option<bool> {
    let head = world.head().await.ok()?;
    let statement = "SELECT head_number FROM checkpoint";
    let followed: Option<i64> = sqlx::query_scalar(statement)
        .fetch_optional(world.ledger.pool())
        .await
        .ok()?;
    Some(followed.is_some_and(|followed| u64::try_from(followed).is_ok_and(|followed| followed >= head)))
}

/// Registers all of them at once and waits until they are posted.
async fn join(
    world: &World,
    site: &Arc<Site>,
    people: Vec<(Person, Option<alloy::primitives::Address>)>,
) -> anyhow::Result<Vec<Person>> {
    let mut joining = JoinSet::new();
    for (index, (mut person, sponsor)) in people.into_iter().enumerate() {
        let site = Arc::clone(site);
        joining.spawn(async move {
            person.register(&site, sponsor).await?;
            anyhow::Ok((index, person))
        });
    }
    let mut joined = Vec::new();
    while let Some(done) = joining.join_next().await {
        joined.push(done.context("a registration panicked")??);
    }
    joined.sort_by_key(|(index, _)| *index);
    world.mine(5).await?;
    world.settle().await?;
    Ok(joined.into_iter().map(|(_, person)| person).collect())
}
