//! Tests of `governance`.

use super::*;

const FIRST: Address = Address::repeat_byte(1);
const SECOND: Address = Address::repeat_byte(2);

fn standing() -> Standing {
    Standing::constructed(Permission::NAMED.map(|(permission, _)| (permission, FIRST)))
}

fn scheduled(operation: Operation, account: Address) -> (B256, CustodyEvent) {
    let argument = account.into_word();
    let id = operation.id(argument, U256::ZERO);
    let event = ICustody::OperationScheduled {
        id,
        seq: U256::ONE,
        operation: operation.number(),
        argument,
        value: U256::ZERO,
        eta: U256::from(9),
    };
    (id, CustodyEvent::OperationScheduled(event))
}

fn executed(operation: Operation, account: Address) -> CustodyEvent {
    let argument = account.into_word();
    CustodyEvent::OperationExecuted(ICustody::OperationExecuted {
        id: operation.id(argument, U256::ZERO),
        seq: U256::ONE,
        operation: operation.number(),
        argument,
        value: U256::ZERO,
    })
}

#[test]
fn an_operation_is_pending_until_it_is_executed_or_cancelled() {
    let mut standing = standing();
    let (kept, event) = scheduled(Operation::AddFreezer, SECOND);
    standing.apply(&event);
    let (cancelled, event) = scheduled(Operation::AddSigner, SECOND);
    standing.apply(&event);
    assert_eq!(standing.pending().len(), 2);
    assert_eq!(standing.pending()[&kept].eta, U256::from(9));
    let event = ICustody::OperationCancelled {
        id: cancelled,
        seq: U256::ONE,
    };
    standing.apply(&CustodyEvent::OperationCancelled(event));
    assert_eq!(standing.pending().keys().collect::<Vec<_>>(), [&kept]);
    standing.apply(&executed(Operation::AddFreezer, SECOND));
    assert!(standing.pending().is_empty());
    assert!(standing.permissions()[&(Permission::Role(FREEZER), SECOND)]);
    assert!(!standing.permissions().contains_key(&(Permission::Sign, SECOND)));
}

#[test]
fn a_handed_over_admin_is_one_and_a_revoked_signer_signs_nothing() {
    let mut standing = standing();
    standing.apply(&executed(Operation::TransferAdmin, SECOND));
    let event = ICustody::SignerRevoked {
        signer: FIRST,
        seq: U256::ONE,
    };
    standing.apply(&CustodyEvent::SignerRevoked(event));
    let has = |permission, account| standing.permissions()[&(permission, account)];
    assert!(!has(Permission::Role(ADMIN), FIRST) && has(Permission::Role(ADMIN), SECOND));
    assert!(!has(Permission::Sign, FIRST) && !has(Permission::SignRoots, FIRST));
    assert!(has(Permission::Role(GUARDIAN), FIRST), "others keep theirs");
}

#[test]
fn permissions_have_the_names_of_the_configuration() {
    assert_eq!(Permission::SignRoots.name(), "root_signer");
    assert_eq!(Permission::Role(SUBMITTER).name(), "submitter");
    let unknown = B256::repeat_byte(5);
    assert_eq!(Permission::Role(unknown).name(), unknown.to_string());
}
