//! Every answer that a test gets is checked against the exported description: its status, its media type, and its body by
//! the schema, beside which nothing may stand. What was accepted must be described, too.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::documents::EXPORTED;

/// A request and its answer.
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// The JSON that was sent.
    pub(crate) sent: Option<&'a Value>,
    pub(crate) status: u16,
    pub(crate) media_type: Option<&'a str>,
    pub(crate) body: &'a Value,
}

/// The description, with schemas that take nothing but what they name.
static CLOSED: LazyLock<Value> = LazyLock::new(|| {
    let exported: Value = serde_json::from_str(EXPORTED).unwrap();
    let mut closed = exported.clone();
    close(&mut closed["components"]["schemas"], &exported, false);
    closed
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

impl Exchange<'_> {
    /// Panics when the description does not know this answer, or the request that was accepted with it.
    #[track_caller]
    pub(crate) fn check(&self) {
        let Some(operation) = self.operation() else {
            return;
        };
        let shown = format!("{} {} answered {}", self.method, self.path, self.status);
        let responses = operation["responses"].as_object().unwrap();
        let class = format!("{}XX", self.status / 100);
        let response = responses.get(&self.status.to_string()).or(responses.get(&class));
        let response = response.unwrap_or_else(|| panic!("{shown}, which is not described"));
        let response = match response["$ref"].as_str() {
            Some(name) => CLOSED.pointer(name.trim_start_matches('#')).unwrap(),
            None => response,
        };
        match response["content"].as_object() {
            None => assert_eq!(self.body, "", "{shown}: a body that is not described"),
            Some(content) => {
                let media_type = self.media_type.unwrap_or_default();
                let media_type = media_type.split(';').next().unwrap_or_default();
                let described = content.get(media_type);
                let described =
                    described.unwrap_or_else(|| panic!("{shown} as {media_type}, which is not described"));
                assert_valid(&described["schema"], self.body, &shown);
            }
        }
        let request = &operation["requestBody"]["content"]["application/json"]["schema"];
        if let (true, false, Some(sent)) = (self.status < 300, request.is_null(), self.sent) {
            assert_valid(request, sent, &format!("{shown}, but the request"));
        }
    }

    /// The operation of this path; fixed words win over parameters.
    fn operation(&self) -> Option<&'static Value> {
        let path = self.path.split('?').next().unwrap_or_default();
        let paths = CLOSED["paths"].as_object().unwrap();
        let fixed = paths.get(path);
        let found = fixed.or_else(|| {
            paths
                .iter()
                .find(|(pattern, _)| is_of(pattern, path))
                .map(|(_, found)| found)
        });
        found?.get(self.method.to_lowercase())
    }
}

fn is_of(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.split('/'), path.split('/'));
    pattern.clone().count() == path.clone().count()
        && pattern
            .zip(path)
            .all(|(word, part)| word.starts_with('{') || word == part)
}

#[track_caller]
fn assert_valid(schema: &Value, body: &Value, shown: &str) {
    let key = schema.to_string();
    let mut validators = VALIDATORS.lock().unwrap();
    let validator = validators.entry(key).or_insert_with(|| {
        let mut whole = schema.clone();
        whole["components"] = CLOSED["components"].clone();
        Arc::new(jsonschema::draft202012::new(&whole).unwrap())
    });
    let validator = validator.clone();
    drop(validators);
    let wrong: Vec<String> = validator
        .iter_errors(body)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(
        wrong.is_empty(),
        "{shown} otherwise than described: {wrong:?}\n{body}"
    );
}

/// Lets schemas take nothing but what they name. Parts of an `allOf` are closed by the whole.
fn close(schema: &mut Value, exported: &Value, is_part: bool) {
    if let Some(items) = schema.as_array_mut() {
        items.iter_mut().for_each(|item| close(item, exported, false));
        return;
    }
    if let (true, Some(name)) = (is_part, schema["$ref"].as_str()) {
        *schema = exported.pointer(name.trim_start_matches('#')).unwrap().clone();
    }
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    if let Some(parts) = fields.get_mut("allOf").and_then(Value::as_array_mut) {
        parts.iter_mut().for_each(|part| close(part, exported, true));
        fields.insert("unevaluatedProperties".to_owned(), json!(false));
    } else if fields.get("properties").is_some_and(Value::is_object) && !is_part {
        fields.insert("additionalProperties".to_owned(), json!(false));
    }
    let below = fields.iter_mut().filter(|(key, _)| *key != "allOf");
    below.for_each(|(_, below)| close(below, exported, false));
}

#[test]
fn an_answer_that_is_not_described_is_found() {
    let nonce =
        json!({ "nonce": "a", "expires_at": 1, "domain": "b", "uri": "c", "version": "1", "chain_id": 1 });
    let exchange = |status, body: &Value| {
        let (method, media_type) = ("POST", Some("application/json"));
        let path = "/auth/nonce";
        let body = body.clone();
        std::panic::catch_unwind(move || {
            Exchange {
                method,
                path,
                sent: None,
                status,
                media_type,
                body: &body,
            }
            .check();
        })
    };
    assert!(exchange(200, &nonce).is_ok());
    assert!(exchange(201, &nonce).is_err());
    let mut more: Map<String, Value> = nonce.as_object().unwrap().clone();
    more.insert("more".to_owned(), json!(1));
    assert!(exchange(200, &Value::Object(more.clone())).is_err());
    more.remove("more");
    more.remove("uri");
    assert!(exchange(200, &Value::Object(more)).is_err());
}
