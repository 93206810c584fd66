//! The id of the current request: taken from the client, logged, and passed on to other services.

use axum::http::{HeaderMap, HeaderName};

/// The header with the id, in requests and answers.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Lengths of ids that are taken over from a request.
const ID_BYTES: std::ops::RangeInclusive<usize> = 8..=64;

tokio::task_local! {
    static CURRENT: String;
}

/// The id that a request brings, if it can stand in a log: letters, digits and hyphens.
pub fn of(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(HEADER)?.to_str().ok()?;
    let is_plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_plain && ID_BYTES.contains(&id.len())).then_some(id)
}

/// Does the work of a request under its id.
pub async fn scope<T>(id: String, work: impl Future<Output = T>) -> T {
    CURRENT.scope(id, work).await
}

/// The id of the request that this task is answering.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_plain_ids_are_taken_over() {
        let id = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_static(value));
            of(&headers).map(str::to_owned)
        };
        assert_eq!(id("abc-12345").as_deref(), Some("abc-12345"));
        for bad in ["short", "with space", "with\tcontrol", "a=bcdefgh"] {
            assert_eq!(id(bad), None, "{bad}");
        }
        assert_eq!(of(&HeaderMap::new()), None);
    }

    #[tokio::test]
    async fn the_id_is_known_within_its_request_only() {
        assert_eq!(current(), None);
        assert_eq!(
            scope("abc-12345".to_owned(), async { current() })
                .await
                .as_deref(),
            Some("abc-12345")
        );
        assert_eq!(current(), None);
    }
}
