//! Tests of `account`.

use abi::development::{FREEZER, SUBMITTER};
use service::Env;

use super::*;

fn opened(secret: B256, chain_id: u64) -> Result<Relayer, RelayerError> {
    let secret = secret.to_string();
    let env = Env::of(&[("TRELLIS_DEVELOPMENT_RELAYER_KEY", secret.as_str())]);
    let config = RelayerConfig::find(&env).unwrap().unwrap();
    Relayer::open(&config, chain_id, Address::repeat_byte(1), SUBMITTER.address)
}

#[test]
fn the_submitter_never_relays_and_a_development_key_relays_on_local_chains_only() {
    let refused = opened(SUBMITTER.private_key, 31_337);
    assert!(
        matches!(refused, Err(RelayerError::IsSubmitter(_))),
        "{refused:?}"
    );
    let refused = opened(FREEZER.private_key, 56);
    assert!(
        matches!(refused, Err(RelayerError::Key(OpenError::Development))),
        "{refused:?}"
    );
    let relayer = opened(FREEZER.private_key, 31_337).unwrap();
    assert_eq!(relayer.address(), FREEZER.address);
}
