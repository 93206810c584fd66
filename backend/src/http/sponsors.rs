//! Looking a sponsor up.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::Path;
use super::parse;
use super::schema::{SponsorState, Wallet};
use crate::app::sponsor::{self, Sponsor};

/// Whether someone can be named as a sponsor.
#[derive(Debug, Serialize, ToSchema)]
pub struct SponsorAnswer {
    wallet: Wallet,
    /// `registered` can be named; `pending` is on the chain, but not final; `frozen` and `refunded` cannot; `unknown` is not
    /// registered.
    state: SponsorState,
    /// Of who is frozen: the end, in seconds since 1970-01-01 UTC.
    #[schema(required = true)]
    frozen_until: Option<u64>,
}

/// Whether a wallet can be named as a sponsor now.
#[utoipa::path(get, path = "/sponsors/{wallet}", operation_id = "find_sponsor", tag = "plan",
    params(("wallet" = Wallet, Path, description = "The sponsor's wallet")),
    responses((status = 200, body = SponsorAnswer)))]
pub async fn sponsor(
    State(server): State<Server>,
    Path(wallet): Path<String>,
) -> Result<Json<SponsorAnswer>, Problem> {
    let malformed = |_| {
        Problem::because(
            Code::MalformedPath,
            "a wallet is 0x and 40 hexadecimal digits, with a valid checksum or in lower case",
        )
    };
    let wallet = parse::wallet("wallet", &wallet).map_err(malformed)?;
    let sponsor = sponsor::find(&server.app, wallet).await?;
    Ok(Json(SponsorAnswer {
        wallet: wallet.into(),
        state: sponsor.name().into(),
        frozen_until: match sponsor {
            Sponsor::Frozen(until) => Some(until),
            Sponsor::Unknown | Sponsor::Pending | Sponsor::Registered | Sponsor::Refunded => None,
        },
    }))
}
