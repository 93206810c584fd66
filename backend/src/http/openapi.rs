//! The description of the API, made from the code, and its export.

use std::path::Path;

use anyhow::{Context, bail};
use axum::Json;
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref,
    ResponseBuilder, Type,
};
use utoipa::{PartialSchema, ToSchema};

use super::code::Code;
use super::error::{FieldError, ProblemBody};

/// The exported description, from the root of the checkout.
const FILE: &str = "backend/openapi.json";

/// What stands before the paths.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Trellis API")
        .version(env!("CARGO_PKG_VERSION"))
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
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .build()
}

/// The codes, as the values of a string.
pub(super) fn code_schema() -> utoipa::openapi::schema::Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Code::ALL.iter().map(|code| code.name())))
        .build()
}

/// The whole description as JSON.
///
/// # Errors
/// It cannot be written as JSON.
pub fn describe() -> anyhow::Result<Value> {
    let (_, api) = super::documented().split_for_parts();
    let mut value = serde_json::to_value(&api).context("the description is not JSON")?;
    let problem = ResponseBuilder::new()
        .description("A problem (RFC 9457)")
        .content(
            service::problem::MEDIA_TYPE,
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(ProblemBody::name())))
                .build(),
        )
        .build();
    let problem = serde_json::to_value(problem)?;
    let paths = value["paths"].as_object_mut().context("there are no paths")?;
    for path in paths.values_mut() {
        let operations = path.as_object_mut().context("a path is not an object")?;
        for operation in operations.values_mut() {
            if let Some(responses) = operation.get_mut("responses") {
                responses["default"] = problem.clone();
            }
        }
    }
    Ok(value)
}

/// Prints the description.
///
/// # Errors
/// It cannot be written as JSON.
pub fn print() -> anyhow::Result<()> {
    println!("{}", text()?);
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
        bail!("{FILE} is not what the code says: run `backend openapi > {FILE}`");
    }
    println!("{FILE} is up to date");
    Ok(())
}

fn text() -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&describe()?)?)
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "operations",
    responses((status = 200, body = Object, content_type = "application/json")))]
pub async fn document() -> Result<Json<Value>, super::error::Problem> {
    describe().map(Json).map_err(|error| {
        tracing::error!("the API cannot be described: {error:#}");
        super::error::Problem::new(Code::Internal)
    })
}
