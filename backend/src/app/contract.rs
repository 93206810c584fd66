//! The contract's constructor arguments. They never change, so they are read once.

use alloy_primitives::Address;
use chain::At;

use super::App;
use super::head::{self, HeadError};

/// What participants must know of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The cooling-off time, in seconds.
    pub cooling_off_seconds: u32,
    /// The token that it holds; `None` for the chain's own coin.
    pub token: Option<Address>,
}

/// The contract's terms.
///
/// # Errors
/// [`HeadError`], while they are not known yet.
pub async fn terms(app: &App) -> Result<Terms, HeadError> {
    let ask = async || {
        let reader = head::reader(app)?;
        let [cooling_off_seconds, ..] = reader.constructed(At::Latest).await?.delays;
        let token = reader.held_token(At::Latest).await?;
        Ok(Terms {
            cooling_off_seconds,
            token,
        })
    };
    app.terms.get_or_try_init(ask).await.copied()
}
