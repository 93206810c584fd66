//! Which message a user signs for a command, as the attestor compares it.

use super::*;

const WALLET: Address = Address::repeat_byte(7);

fn chosen(side: Option<Side>) -> Cause {
    Cause::Reported(Report::SideChosen { wallet: WALLET, side })
}

#[test]
fn who_chooses_a_side_signs_this_side_under_this_key() {
    let command = |side, key: &str| SideCommand {
        wallet: WALLET,
        side,
        nonce: command_nonce(key),
    };
    let sides = [
        (None, None),
        (Some(Side::Left), Some(ChosenSide::Left)),
        (Some(Side::Right), Some(ChosenSide::Right)),
    ];
    for (said, signed) in sides {
        let expected = (WALLET, command(signed, "a").message());
        assert_eq!(signed_message(&chosen(said), "a"), Some(expected));
        for (other, _) in sides.into_iter().filter(|(other, _)| *other != said) {
            assert_ne!(
                signed_message(&chosen(other), "a"),
                signed_message(&chosen(said), "a")
            );
        }
        assert_ne!(
            signed_message(&chosen(said), "a"),
            signed_message(&chosen(said), "b")
        );
    }
}

#[test]
fn what_no_user_commands_has_no_message_of_a_user() {
    let verified = Cause::Reported(Report::UserVerified { wallet: WALLET });
    assert_eq!(signed_message(&verified, "a"), None);
}
