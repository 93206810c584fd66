//! Tests of `callers`.

use super::*;

#[test]
fn a_caller_is_found_by_its_key_and_may_only_what_it_was_given() {
    let key = "ab".repeat(32);
    let text = format!("shop=retopup:{}", hex::encode(key_hash(&key)));
    let callers = Callers::new(CallerSpec::list(&text, Purpose::Authorizations).unwrap(), 1);
    let caller = callers.find(&key).unwrap();
    assert_eq!(caller.name(), "shop");
    assert!(caller.may(Kind::Retopup) && !caller.may(Kind::Registration));
    for other in ["", "ab", &"ac".repeat(32), &"AB".repeat(32), &"ab".repeat(33)] {
        assert!(callers.find(other).is_none(), "{other}");
    }
}

#[test]
fn a_list_of_callers_is_read_strictly() {
    let hash = "00".repeat(32);
    let list_for = |text: &str, purpose| {
        CallerSpec::list(&text.replace("HASH", &hash), purpose).map(|callers| callers.len())
    };
    let list = |text: &str| list_for(text, Purpose::Authorizations);
    assert_eq!(list("a=registration:HASH"), Ok(1));
    assert_eq!(
        list("a=registration+retopup:HASH,b=payout-batch:HASH"),
        Err(CallerSpecError::Twice)
    );
    assert_eq!(
        list("a=registration+payout-batch:HASH"),
        Err(CallerSpecError::Mixed)
    );
    assert_eq!(list_for("a=root:HASH", Purpose::Roots), Ok(1));
    assert_eq!(list_for("a=transaction:HASH", Purpose::Transactions), Ok(1));
    for bad in [
        "",
        "a",
        "a=registration",
        "=registration:HASH",
        "A=registration:HASH",
        "a=registration:00",
    ] {
        assert_eq!(list(bad), Err(CallerSpecError::Form), "{bad}");
    }
    assert_eq!(list("a=:HASH"), Err(CallerSpecError::Kind));
    assert_eq!(list("a=batch:HASH"), Err(CallerSpecError::Kind));
    assert_eq!(list("a=registration+root:HASH"), Err(CallerSpecError::Kind));
    assert_eq!(
        list_for("a=registration:HASH", Purpose::Roots),
        Err(CallerSpecError::Kind)
    );
    assert_eq!(list("a=retopup:HASH,b=retopup:HASH"), Err(CallerSpecError::Twice));
}
