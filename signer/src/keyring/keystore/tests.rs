//! Tests of `keystore`.

use super::*;

fn password_file(directory: &Path, text: &str, mode: u32) -> PathBuf {
    let file = directory.join("password");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    file
}

#[test]
fn a_created_keystore_opens_with_its_password_only_and_does_not_contain_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let password = password_file(directory.path(), "correct horse battery\n", 0o600);
    let (file, address) = create(directory.path(), &password).unwrap();
    assert_eq!(open(&file, &password).unwrap().address(), address);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(json["version"], 3);

    let wrong = password_file(directory.path(), "wrong horse battery", 0o600);
    assert!(matches!(open(&file, &wrong), Err(KeystoreError::Open { .. })));
}

#[test]
fn a_password_must_be_long_and_its_owners_alone() {
    let directory = tempfile::tempdir().unwrap();
    let open_to_all = password_file(directory.path(), "correct horse battery", 0o644);
    assert!(matches!(
        create(directory.path(), &open_to_all),
        Err(KeystoreError::PasswordOpen(_))
    ));
    let short = password_file(directory.path(), "short\n\n\n\n\n\n\n\n\n", 0o600);
    assert!(matches!(
        create(directory.path(), &short),
        Err(KeystoreError::PasswordShort)
    ));
    let missing = directory.path().join("missing");
    assert!(matches!(
        create(directory.path(), &missing),
        Err(KeystoreError::Password { .. })
    ));
}
