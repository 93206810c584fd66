//! R22: quarantined commands.

use alloy_primitives::B256;
use audit::checks::Severity;
use audit::vigil::{CommandSeen, quarantine};

use crate::found;

#[test]
fn every_command_that_is_put_aside_is_a_finding_of_its_own() {
    assert_eq!(found(quarantine(&[], &[])), []);
    let seen = |inbox_id, cause: &str| CommandSeen {
        inbox_id,
        natural_key: "0x01:key".to_owned(),
        cause: cause.to_owned(),
        detail: "not the JSON of a cause".to_owned(),
    };
    // A mark without a row beside it is one, too: someone hides a command.
    let all = quarantine(&[seen(7, "unreadable"), seen(9, "")], &[B256::repeat_byte(1)]);
    assert_eq!(
        found(all),
        [
            (Severity::S2, "command 7".to_owned()),
            (Severity::S2, "command 9".to_owned()),
            (Severity::S2, format!("batch 0x{}", "01".repeat(32))),
        ]
    );
}
