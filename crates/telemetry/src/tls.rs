//! The one TLS provider of the process: rustls with ring.

/// Installs ring as the process's TLS provider; later calls change nothing.
///
/// Call it first in `main`: HTTP clients are built without a provider of their own and panic otherwise.
pub fn install_tls() {
    // An error only says that a provider is installed already, which is the goal.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[cfg(test)]
mod tests {
    #[test]
    fn installing_twice_is_harmless() {
        super::install_tls();
        super::install_tls();
        assert!(rustls::crypto::CryptoProvider::get_default().is_some());
    }
}
