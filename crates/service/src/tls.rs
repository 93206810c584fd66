//! TLS: the one provider of the process, rustls with ring, and what servers and clients of ours show each other.
//!
//! Not responsible for where TLS is required; see `transport`.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::env::{Env, EnvError};

/// Installs ring as the process's TLS provider; later calls change nothing.
///
/// Call it first in `main`: HTTP clients are built without a provider of their own and panic otherwise.
pub fn install_tls() {
    // An error only says that a provider is installed already, which is the goal.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Reads what a server needs for mutual TLS, as PEM: `TRELLIS_TLS_CERTIFICATE` (its chain), `TRELLIS_TLS_KEY`, and
/// `TRELLIS_TLS_CLIENT_CA`, the authorities whose clients it takes. `None` when none of them is set.
///
/// # Errors
/// Some of them are set and others not, or one is not what it must be.
pub fn server_from_env(env: &Env) -> Result<Option<Arc<ServerConfig>>, EnvError> {
    let names = [
        "TRELLIS_TLS_CERTIFICATE",
        "TRELLIS_TLS_KEY",
        "TRELLIS_TLS_CLIENT_CA",
    ];
    let Some([certificate, key, authority]) = all_or_none(env, names)? else {
        return Ok(None);
    };
    let [certificate_name, key_name, authority_name] = names;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for root in certificates(authority_name, &authority)? {
        roots
            .add(root)
            .map_err(|error| EnvError::invalid(authority_name, error))?;
    }
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| EnvError::invalid(authority_name, error))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|_| EnvError::invalid(key_name, "must be a private key as PEM"))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| EnvError::invalid(certificate_name, error))?
        .with_client_cert_verifier(clients)
        .with_single_cert(certificates(certificate_name, &certificate)?, key)
        .map_err(|error| EnvError::invalid(certificate_name, error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Arc::new(config)))
}

/// What a client needs for mutual TLS, as PEM.
#[derive(Clone)]
pub struct ClientTls {
    /// The authorities that it believes, and no others.
    pub authority: String,
    /// Its certificate chain and its key.
    pub identity: String,
}

impl std::fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientTls")
    }
}

impl ClientTls {
    /// Reads `TRELLIS_SIGNER_TLS_CA`, `TRELLIS_SIGNER_TLS_CERTIFICATE` and `TRELLIS_SIGNER_TLS_KEY`; `None` when none of
    /// them is set.
    ///
    /// # Errors
    /// Some of them are set and others not, or one is not what it must be.
    pub fn from_env(env: &Env) -> Result<Option<Self>, EnvError> {
        let names = [
            "TRELLIS_SIGNER_TLS_CA",
            "TRELLIS_SIGNER_TLS_CERTIFICATE",
            "TRELLIS_SIGNER_TLS_KEY",
        ];
        let Some([authority, certificate, key]) = all_or_none(env, names)? else {
            return Ok(None);
        };
        certificates(names[0], &authority)?;
        certificates(names[1], &certificate)?;
        PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|_| EnvError::invalid(names[2], "must be a private key as PEM"))?;
        Ok(Some(Self {
            authority,
            identity: format!("{certificate}\n{key}\n"),
        }))
    }
}

fn all_or_none(env: &Env, names: [&str; 3]) -> Result<Option<[String; 3]>, EnvError> {
    let [first, second, third] = names;
    match (
        env.find_text(first)?,
        env.find_text(second)?,
        env.find_text(third)?,
    ) {
        (None, None, None) => Ok(None),
        (Some(first), Some(second), Some(third)) => Ok(Some([first, second, third])),
        _ => Err(EnvError::invalid(
            first,
            format_args!("must be set together with {second} and {third}"),
        )),
    }
}

fn certificates(name: &str, pem: &str) -> Result<Vec<CertificateDer<'static>>, EnvError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    read.ok()
        .filter(|found| !found.is_empty())
        .ok_or_else(|| EnvError::invalid(name, "must be certificates as PEM"))
}

#[cfg(test)]
mod tests;
