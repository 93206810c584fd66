//! The deployed contract, in both forms, has nothing but what the interface declares and what its libraries bring.

use std::collections::BTreeSet;

use alloy::json_abi::{Event, JsonAbi};
use serde_json::Value;

/// Functions of OpenZeppelin's AccessControl, EIP712 and Pausable.
const LIBRARY_FUNCTIONS: [&str; 9] = [
    "DEFAULT_ADMIN_ROLE()",
    "eip712Domain()",
    "getRoleAdmin(bytes32)",
    "grantRole(bytes32,address)",
    "hasRole(bytes32,address)",
    "paused()",
    "renounceRole(bytes32,address)",
    "revokeRole(bytes32,address)",
    "supportsInterface(bytes4)",
];
/// Events of the same libraries.
const LIBRARY_EVENTS: [&str; 6] = [
    "EIP712DomainChanged()",
    "Paused(address)",
    "RoleAdminChanged(bytes32,bytes32,bytes32)",
    "RoleGranted(bytes32,address,address)",
    "RoleRevoked(bytes32,address,address)",
    "Unpaused(address)",
];
/// Errors of libraries, and the one that only the constructor raises.
const LIBRARY_AND_CONSTRUCTOR_ERRORS: [&str; 11] = [
    "AccessControlBadConfirmation()",
    "AccessControlUnauthorizedAccount(address,bytes32)",
    "AddressEmptyCode(address)",
    "EnforcedPause()",
    "ExpectedPause()",
    "FailedCall()",
    "InvalidConfig(string)",
    "InvalidShortString()",
    "ReentrancyGuardReentrantCall()",
    "SafeCastOverflowedUintDowncast(uint8,uint256)",
    "StringTooLong(string)",
];

fn exported(json: &str) -> JsonAbi {
    let file: Value = serde_json::from_str(json).expect("well formed export");
    serde_json::from_value(file["abi"].clone()).expect("an ABI")
}

/// The whole interface: the agreed one, and what the contract offers beyond it.
fn interface() -> JsonAbi {
    exported(include_str!("../json/ICustodyLeaves.json"))
}

fn contract() -> JsonAbi {
    exported(include_str!("../json/Custody.json"))
}

fn token_form() -> JsonAbi {
    exported(include_str!("../json/CustodyToken.json"))
}

/// Everything that a caller can see of a contract but its constructor.
fn visible(abi: &JsonAbi) -> BTreeSet<String> {
    let calls = abi.functions().map(|function| {
        format!(
            "{} {:?}",
            function.signature_with_outputs(),
            function.state_mutability
        )
    });
    let errors = abi.errors().map(alloy::json_abi::Error::signature);
    calls.chain(abi.events().map(full)).chain(errors).collect()
}

/// Signature, outputs and mutability.
fn functions(abi: &JsonAbi) -> BTreeSet<String> {
    abi.functions()
        .filter(|function| !LIBRARY_FUNCTIONS.contains(&function.signature().as_str()))
        .map(|function| {
            format!(
                "{} {:?}",
                function.signature_with_outputs(),
                function.state_mutability
            )
        })
        .collect()
}

/// Signature with names and which parameters are indexed.
fn full(event: &Event) -> String {
    let inputs: Vec<String> = event
        .inputs
        .iter()
        .map(|input| {
            format!(
                "{}{} {}",
                input.ty,
                if input.indexed { " indexed" } else { "" },
                input.name
            )
        })
        .collect();
    format!(
        "{}({}){}",
        event.name,
        inputs.join(", "),
        if event.anonymous { " anonymous" } else { "" }
    )
}

#[test]
fn every_function_is_declared_in_the_interface() {
    let declared = functions(&interface());
    for function in functions(&contract()) {
        assert!(declared.contains(&function), "not in the interface: {function}");
    }
}

#[test]
fn beyond_the_agreed_interface_leaves_can_be_settled_and_nothing_else() {
    let agreed = exported(include_str!("../json/ICustody.json"));
    let (whole, part) = (functions(&interface()), functions(&agreed));
    assert!(part.is_subset(&whole));
    let more: Vec<&String> = whole.difference(&part).collect();
    assert!(
        matches!(&more[..], [function] if function.starts_with("settleLeaves(bytes32,bytes32[],(bytes32,uint256)[])")),
        "{more:?}"
    );
    let events = |abi: &JsonAbi| abi.events().map(full).collect::<BTreeSet<_>>();
    let (whole, part) = (events(&interface()), events(&agreed));
    assert!(part.is_subset(&whole));
    let more: Vec<&String> = whole.difference(&part).collect();
    let names: Vec<&str> = more.iter().filter_map(|event| event.split('(').next()).collect();
    assert_eq!(
        names,
        ["LeafCredited", "LeafPaid", "LeafSkipped", "LeavesSettled"]
    );
    let errors = |abi: &JsonAbi| {
        abi.errors()
            .map(alloy::json_abi::Error::signature)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(errors(&interface()), errors(&agreed));
}

/// The contract is at least the interface: the compiler holds it to the functions, this to the events.
#[test]
fn every_event_of_the_interface_is_in_the_contract() {
    let emitted: BTreeSet<String> = contract().events().map(full).collect();
    for event in interface().events().map(full) {
        assert!(emitted.contains(&event), "not in Custody: {event}");
    }
}

#[test]
fn every_event_is_declared_in_the_interface() {
    let declared: BTreeSet<String> = interface().events().map(full).collect();
    for event in contract()
        .events()
        .filter(|event| !LIBRARY_EVENTS.contains(&event.signature().as_str()))
    {
        assert!(
            declared.contains(&full(event)),
            "not in the interface: {}",
            full(event)
        );
    }
}

#[test]
fn every_error_is_declared_in_the_interface() {
    let declared: BTreeSet<String> = interface()
        .errors()
        .map(alloy::json_abi::Error::signature)
        .collect();
    for error in contract().errors().map(alloy::json_abi::Error::signature) {
        assert!(
            declared.contains(&error) || LIBRARY_AND_CONSTRUCTOR_ERRORS.contains(&error.as_str()),
            "not in the interface: {error}"
        );
    }
}

/// So bindings, decoders and words for errors of the one serve for the other.
#[test]
fn the_form_for_a_token_is_the_other_form_with_its_token() {
    let (token, native) = (visible(&token_form()), visible(&contract()));
    assert_eq!(
        names_of_more(&token, &native),
        ["registerFor", "retopupFor", "token"]
    );
    let less: Vec<&String> = native.difference(&token).collect();
    assert!(less.is_empty(), "{less:?}");
    let interface_of_token = exported(include_str!("../json/ICustodyToken.json"));
    let (declared, other) = (visible(&interface_of_token), visible(&interface()));
    assert_eq!(
        names_of_more(&declared, &other),
        ["registerFor", "retopupFor", "token"]
    );
    assert!(other.is_subset(&declared));
    assert!(token_form().receive.is_none() && token_form().fallback.is_none());
}

fn names_of_more<'a>(more: &'a BTreeSet<String>, less: &'a BTreeSet<String>) -> Vec<&'a str> {
    more.difference(less)
        .filter_map(|function| function.split('(').next())
        .collect()
}

#[test]
fn the_library_lists_name_nothing_that_is_not_there() {
    let contract = contract();
    let functions: BTreeSet<String> = contract
        .functions()
        .map(alloy::json_abi::Function::signature)
        .collect();
    let events: BTreeSet<String> = contract.events().map(Event::signature).collect();
    let errors: BTreeSet<String> = contract.errors().map(alloy::json_abi::Error::signature).collect();
    assert!(
        LIBRARY_FUNCTIONS.iter().all(|name| functions.contains(*name)),
        "{functions:?}"
    );
    assert!(
        LIBRARY_EVENTS.iter().all(|name| events.contains(*name)),
        "{events:?}"
    );
    assert!(
        LIBRARY_AND_CONSTRUCTOR_ERRORS
            .iter()
            .all(|name| errors.contains(*name)),
        "{errors:?}"
    );
}

#[test]
fn the_contract_takes_no_ether_without_a_function() {
    assert!(contract().receive.is_none() && contract().fallback.is_none());
}

/// The journal relies on it: `topics ‖ data` is the plain encoding of the parameters in order.
#[test]
fn every_event_has_indexed_parameters_first_and_static_ones_only_and_seq_leads_the_data() {
    for event in interface().events() {
        let data: Vec<_> = event.inputs.iter().skip_while(|input| input.indexed).collect();
        assert!(data.iter().all(|input| !input.indexed), "{}", event.name);
        assert!(
            event
                .inputs
                .iter()
                .all(|input| !input.ty.contains('[') && input.ty != "bytes" && input.ty != "string"),
            "{}",
            event.name
        );
        let has_seq = event.inputs.iter().any(|input| input.name == "seq");
        assert_eq!(
            has_seq,
            data.first().is_some_and(|input| input.name == "seq"),
            "{}",
            event.name
        );
    }
}
