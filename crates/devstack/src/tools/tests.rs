//! Tests of `tools`.

use super::*;

#[test]
fn missing_library_links_are_made_beside_their_source() {
    let package = tempfile::tempdir().unwrap();
    let lib = package.path().join("native/lib");
    fs::create_dir_all(&lib).unwrap();
    fs::write(lib.join("libx.so.6.18"), "library").unwrap();
    let list = r#"[{"source":"native/lib/libx.so.6.18","target":"native/lib/libx.so.6"}]"#;
    fs::write(package.path().join("native/pg-symlinks.json"), list).unwrap();
    for _ in 0..2 {
        link_libraries(&package.path().join("native")).unwrap();
        assert_eq!(fs::read_to_string(lib.join("libx.so.6")).unwrap(), "library");
    }
}

#[test]
fn the_newest_complete_installation_of_the_system_is_taken() {
    let versions = tempfile::tempdir().unwrap();
    for (version, programs) in [
        ("9", &["initdb", "postgres"][..]),
        ("15", &["initdb", "postgres"]),
        ("18", &["postgres"]),
    ] {
        let bin = versions.path().join(version).join("bin");
        fs::create_dir_all(&bin).unwrap();
        programs
            .iter()
            .for_each(|name| fs::write(bin.join(name), "").unwrap());
    }
    let found = newest_of_system(versions.path()).unwrap();
    assert_eq!(found.bin, versions.path().join("15/bin"));
}

#[test]
fn a_missing_tool_names_the_command_that_installs_it() {
    let nowhere = tempfile::tempdir().unwrap();
    fs::create_dir_all(nowhere.path().join("crates/devstack")).unwrap();
    let checkout = Checkout::at(nowhere.path());
    let error = Tools::of(&checkout).anvil().unwrap_err();
    assert_eq!(
        error.to_string(),
        "anvil is missing; `./scripts/setup` installs it into this checkout"
    );
}
