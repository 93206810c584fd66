//! The downline of a user, generation by generation, bounded in depth and number.

use store::StoreError;
use store::user::{self, User};

use super::App;

/// Deepest downline in one answer.
pub const DEPTH_MAX: u32 = 10;
/// Maximum number of users in one answer.
pub const NODES_MAX: u32 = 1_000;

/// A part of the sponsor tree.
#[derive(Debug, Clone, Default)]
pub struct Downline {
    /// Users with their generation below the root, 1 for directs; in order of generation, sponsor, ordinal.
    pub users: Vec<(u32, User)>,
    /// Whether there are more within the depth that was requested.
    pub truncated: bool,
}

/// The downline of a user.
pub async fn downline(app: &App, user: i32, depth: u32, nodes_max: u32) -> Result<Downline, StoreError> {
    let mut connection = app.connection().await?;
    let limit = usize::try_from(nodes_max.min(NODES_MAX)).unwrap_or(usize::MAX);
    let mut downline = Downline::default();
    let mut sponsors = vec![user];
    for generation in 1..=depth.min(DEPTH_MAX) {
        let room = limit - downline.users.len();
        let ask = i64::try_from(room).unwrap_or(i64::MAX).saturating_add(1);
        let mut found = user::list_directs(&mut connection, &sponsors, (0, 0), ask).await?;
        downline.truncated = found.len() > room;
        found.truncate(room);
        sponsors = found.iter().map(|user| user.id).collect();
        downline
            .users
            .extend(found.into_iter().map(|user| (generation, user)));
        if downline.truncated || sponsors.is_empty() {
            break;
        }
    }
    Ok(downline)
}
