//! The description of the API, made from the code, and its export.

use std::path::Path;

use anyhow::{Context, bail};
use axum::Json;
use serde_json::{Map, Value, json};
use service::outln;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, Header, InfoBuilder, License, ObjectBuilder, OpenApi, OpenApiBuilder,
    Ref, Response, ResponseBuilder, Server, Type,
};
use utoipa::{PartialSchema, ToSchema};

use super::code::Code;
use super::error::{FieldError, ProblemBody};
use super::schema::{AuditText, ExportFormat, FreeObject, IdempotencyKeyText, ReportName, SearchText};

/// The exported description, from the root of the checkout.
const FILE: &str = "backend/openapi.json";

/// The groups of endpoints.
const TAGS: [(&str, &str); 13] = [
    ("session", "Sign in with a wallet, refresh, sign out"),
    ("plan", "The plan, and the disclosure shown before any payment"),
    (
        "users",
        "Participants: their own account, authorizations to pay, and their network",
    ),
    ("pools", "The auto-pools"),
    ("payouts", "Batches of payouts, for operators"),
    ("liabilities", "Published roots of what is owed, and proofs"),
    ("relay", "Exits without gas"),
    (
        "funds",
        "Revenue that pays rewards, and its allocation by two operators",
    ),
    (
        "proposals",
        "What one operator proposes and another person agrees to",
    ),
    (
        "admin",
        "Users and what operators confirm about them, the audit log, and reports",
    ),
    ("treasury", "The ledger beside the contract, for operators"),
    ("monitoring", "Reconciliation and stops, for operators"),
    ("operations", "For operators of the service"),
];

/// What stands before the paths.
pub(super) fn head() -> OpenApi {
    let mut license = License::new("MIT");
    license.identifier = Some("MIT".to_owned());
    let info = InfoBuilder::new()
        .title("Trellis API")
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(license))
        .description(Some(
            "Amounts are decimal strings of base units, times are seconds since 1970-01-01 UTC. Every refusal is \
             a problem (RFC 9457) with a stable code; docs/api.md explains each.",
        ))
        .build();
    let session = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The access token of a session"))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme("session", SecurityScheme::Http(session))
        .schema(ProblemBody::name(), ProblemBody::schema())
        .schema(FieldError::name(), FieldError::schema())
        // Texts of parameters alone: no body has them.
        .schema(IdempotencyKeyText::name(), IdempotencyKeyText::schema())
        .schema(AuditText::name(), AuditText::schema())
        .schema(ExportFormat::name(), ExportFormat::schema())
        .schema(ReportName::name(), ReportName::schema())
        .schema(SearchText::name(), SearchText::schema())
        .response("Problem", problem())
        .build();
    let tags = TAGS.map(|(name, description)| {
        TagBuilder::new()
            .name(name)
            .description(Some(description))
            .build()
    });
    let mut here = Server::new("/");
    here.description = Some("Where this description is served".to_owned());
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([here]))
        .tags(Some(tags))
        .components(Some(components))
        .build()
}

/// A refusal.
fn problem() -> Response {
    let header = |kind, description: &str| {
        let mut header = Header::new(ObjectBuilder::new().schema_type(kind).build());
        header.description = Some(description.to_owned());
        header
    };
    ResponseBuilder::new()
        .description("A problem (RFC 9457)")
        .header(
            "x-request-id",
            header(Type::String, "The id of the request: `trace_id` of the problem"),
        )
        .header(
            "retry-after",
            header(
                Type::Integer,
                "Seconds until the next attempt, where retrying can help",
            ),
        )
        .content(
            service::problem::MEDIA_TYPE,
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(ProblemBody::name())))
                .build(),
        )
        .build()
}

/// The whole description as JSON. Every operation says who may call it, every answer what it is: what the schema of its
/// body says, where nothing else is said.
pub fn describe() -> anyhow::Result<Value> {
    let (_, api) = super::documented().split_for_parts();
    let mut value = serde_json::to_value(&api).context("the description is not JSON")?;
    lift_descriptions(&mut value["components"]["schemas"]);
    let schemas = value["components"]["schemas"].clone();
    let paths = value["paths"].as_object_mut().context("there are no paths")?;
    let operations = paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for operation in operations {
        if operation["security"].is_null() {
            operation["security"] = json!([]);
        }
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            // An optional parameter is left out; nobody can send null.
            if let Some(described) = parameter.pointer_mut("/schema/oneOf/0").map(Value::take) {
                parameter["schema"] = described;
            }
        }
        let responses = operation["responses"]
            .as_object_mut()
            .context("an operation without responses")?;
        for response in responses
            .values_mut()
            .filter(|response| response["description"].is_null())
        {
            let body = response["content"]["application/json"]["schema"]["$ref"].as_str();
            let name = body.and_then(|body| body.strip_prefix("#/components/schemas/"));
            response["description"] = schemas[name.unwrap_or_default()]["description"].clone();
        }
        for refusal in ["4XX", "5XX"] {
            responses.insert(
                refusal.to_owned(),
                json!({ "$ref": "#/components/responses/Problem" }),
            );
        }
    }
    Ok(value)
}

/// Puts what is said about a field that may be null beside its alternatives, where generators look for it.
fn lift_descriptions(schema: &mut Value) {
    if schema.pointer("/oneOf/1/type").is_some_and(|kind| kind == "null") {
        let first = schema.pointer_mut("/oneOf/0").and_then(Value::as_object_mut);
        if let Some(description) = first.and_then(|first| first.remove("description")) {
            schema["description"] = description;
        }
    }
    match schema {
        Value::Object(fields) => fields.values_mut().for_each(lift_descriptions),
        Value::Array(items) => items.iter_mut().for_each(lift_descriptions),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Prints the description.
pub fn print() -> anyhow::Result<()> {
    outln!("{}", text()?);
    Ok(())
}

/// Compares the description with the exported file.
///
/// # Errors
/// The file is missing or another.
pub fn check() -> anyhow::Result<()> {
    let exported = std::fs::read_to_string(Path::new(FILE))
        .with_context(|| format!("cannot read {FILE}; run this from the root of the checkout"))?;
    if exported.trim_end() != text()? {
        bail!("{FILE} is out of date: run `backend openapi > {FILE}`");
    }
    outln!("{FILE} is up to date");
    Ok(())
}

fn text() -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&describe()?)?)
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = "operations",
    responses((status = 200, description = "A description in the form of OpenAPI 3.1", body = FreeObject, content_type = "application/json")))]
pub async fn document() -> Result<Json<Value>, super::error::Problem> {
    describe().map(Json).map_err(|error| {
        tracing::error!("the API cannot be described: {error:#}");
        super::error::Problem::new(Code::Internal)
    })
}
