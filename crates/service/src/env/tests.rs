//! Tests of `env`.

use super::*;

#[test]
fn a_required_variable_that_is_unset_or_empty_is_missing_by_name() {
    let missing = Err(EnvError::Missing {
        name: "TRELLIS_RPC".to_owned(),
    });
    assert_eq!(Env::of(&[]).text("TRELLIS_RPC"), missing);
    assert_eq!(Env::of(&[("TRELLIS_RPC", "")]).text("TRELLIS_RPC"), missing);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    #[derive(Debug)]
    struct Inner {
        least: u64,
    }
    #[derive(Debug)]
    struct Outer {
        url: String,
        wait: Duration,
        inner: Inner,
    }
    let read = |env: &Env| {
        gather!(Outer {
            url: env.text("URL"),
            wait: env.milliseconds("WAIT_MS", 7, 1..=9),
            inner: gather!(Inner {
                least: env.number("LEAST", 2, 1..=3)
            }),
        })
    };
    let error = read(&Env::of(&[("WAIT_MS", "10"), ("LEAST", "x")])).unwrap_err();
    assert_eq!(error.names(), ["URL", "WAIT_MS", "LEAST"]);
    assert_eq!(
        error.to_string(),
        "URL is not set; WAIT_MS is not valid: must be from 1 to 9; \
             LEAST is not valid: invalid digit found in string"
    );
    let outer = read(&Env::of(&[("URL", "u"), ("WAIT_MS", "9")])).unwrap();
    assert_eq!(
        (outer.url.as_str(), outer.wait, outer.inner.least),
        ("u", Duration::from_millis(9), 2)
    );
}

#[test]
fn a_list_that_may_be_empty_is_parsed_part_by_part() {
    let list = |text| Env::of(&[("PORTS", text)]).parse_list::<u16>("PORTS");
    assert!(list("").unwrap().is_empty());
    assert_eq!(list("1, 2,").unwrap(), [1, 2]);
    assert!(list("1,x").is_err());
}

#[test]
fn a_bad_value_is_reported_by_name_and_not_shown() {
    let error = Env::of(&[("TRELLIS_PORT", "hunter2")])
        .parse::<u16>("TRELLIS_PORT")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "TRELLIS_PORT is not valid: invalid digit found in string"
    );
}

#[test]
fn a_default_serves_only_what_is_unset() {
    assert_eq!(Env::of(&[]).parse_or("TRELLIS_PORT", 4000u16), Ok(4000));
    assert_eq!(
        Env::of(&[("TRELLIS_PORT", "1")]).parse_or("TRELLIS_PORT", 4000u16),
        Ok(1)
    );
    assert!(
        Env::of(&[("TRELLIS_PORT", "-1")])
            .parse_or("TRELLIS_PORT", 4000u16)
            .is_err()
    );
}

fn file_with(bytes: &[u8]) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, bytes).unwrap();
    (directory, file.to_str().unwrap().to_owned())
}

#[test]
fn a_value_may_be_in_a_file() {
    for (bytes, value) in [
        (&b"hunter2"[..], "hunter2"),
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b"two\nlines\n", "two\nlines"),
        (b" spaces ", " spaces "),
    ] {
        let (_directory, file) = file_with(bytes);
        let env = Env::of(&[("TRELLIS_KEY_FILE", &file)]);
        assert_eq!(env.text("TRELLIS_KEY").as_deref(), Ok(value));
        assert_eq!(
            env.find_parse::<String>("TRELLIS_KEY"),
            Ok(Some(value.to_owned()))
        );
        let empty_beside = Env::of(&[("TRELLIS_KEY_FILE", &file), ("TRELLIS_KEY", "")]);
        assert_eq!(empty_beside.text("TRELLIS_KEY").as_deref(), Ok(value));
    }
}

#[test]
fn a_value_and_a_file_together_are_refused() {
    let (_directory, file) = file_with(b"hunter2");
    let env = Env::of(&[("TRELLIS_KEY_FILE", &file), ("TRELLIS_KEY", "hunter3")]);
    let error = env.text("TRELLIS_KEY").unwrap_err().to_string();
    assert_eq!(
        error,
        "TRELLIS_KEY and TRELLIS_KEY_FILE are both set; remove one of them"
    );
}

#[test]
fn a_file_that_cannot_be_used_is_an_error_and_never_an_unset_variable() {
    let huge = vec![b'x'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1];
    for bytes in [&b""[..], b"\n", &[0xff, 0xfe], &huge] {
        let (_directory, file) = file_with(bytes);
        let env = Env::of(&[("TRELLIS_KEY_FILE", &file)]);
        let error = env.find_text("TRELLIS_KEY").unwrap_err();
        assert!(matches!(error, EnvError::File { .. }), "{error}");
    }
    let env = Env::of(&[("TRELLIS_KEY_FILE", "/nowhere/at/all")]);
    let error = env.text_or("TRELLIS_KEY", "default").unwrap_err().to_string();
    assert!(error.starts_with("TRELLIS_KEY_FILE cannot be used: "), "{error}");
}

#[test]
fn a_list_has_parts_that_differ_and_are_not_empty() {
    let list = |text| Env::of(&[("TRELLIS_RPC_URL", text)]).list("TRELLIS_RPC_URL");
    assert_eq!(list("a, b").unwrap(), ["a", "b"]);
    for bad in ["", "a,", ",", "a,b, a"] {
        assert!(list(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_optional_variable_is_none_or_parsed() {
    assert_eq!(Env::of(&[]).find_parse::<u16>("TRELLIS_PORT"), Ok(None));
    assert_eq!(
        Env::of(&[("TRELLIS_PORT", "7")]).find_parse::<u16>("TRELLIS_PORT"),
        Ok(Some(7))
    );
}
