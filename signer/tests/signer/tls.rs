//! Mutual TLS: who has no certificate of the right authority does not even ask.

use devstack::free_port;
use devstack::services::{Ready, Service, ServiceSpec};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use service::tls::ClientTls;
use signer_client::{CallerKey, DEVELOPMENT_CALLER_KEY, SignerClient, SignerHealth};

use crate::world::{World, word};

/// An authority that says who belongs to it.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
struct Identity {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    fn certificate(&self) -> String {
        self.0.pem()
    }

    fn identity(&self, name: &str) -> Identity {
        self.signed(&CertificateParams::new(vec![name.to_owned()]).unwrap())
    }

    /// One that was good until a day in the past.
    fn expired(&self, name: &str) -> Identity {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
        self.signed(&parameters)
    }

    fn signed(&self, parameters: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// What a caller shows, and whom it believes.
fn client_tls(believed: &Authority, shown: &Identity) -> ClientTls {
    ClientTls {
        authority: believed.certificate(),
        identity: format!("{}\n{}", shown.certificate, shown.key),
    }
}

fn client(url: &str, tls: Option<&ClientTls>) -> SignerClient {
    let key = CallerKey::new(DEVELOPMENT_CALLER_KEY).unwrap();
    SignerClient::with_tls(url, key, tls).unwrap()
}

#[tokio::test]
async fn only_a_caller_with_a_certificate_of_the_authority_is_heard() {
    let world = World::start().await;
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = ours.identity("localhost");
    let files = tempfile::tempdir().unwrap();
    let key_file = files.path().join("key.pem");
    std::fs::write(&key_file, &server.key).unwrap();
    let port = free_port().unwrap();
    let mut environment = world.signer.spec().environment.clone();
    environment.extend(
        [
            ("TRELLIS_LISTEN", format!("127.0.0.1:{port}")),
            ("TRELLIS_TLS_CERTIFICATE", server.certificate),
            ("TRELLIS_TLS_KEY_FILE", key_file.display().to_string()),
            ("TRELLIS_TLS_CLIENT_CA", ours.certificate()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let _signer = Service::start(ServiceSpec {
        name: "signer-with-tls".to_owned(),
        environment,
        ready: Ready::File,
        logs: files.path().to_path_buf(),
        pids: files.path().to_path_buf(),
        ..world.signer.spec().clone()
    })
    .await
    .unwrap();

    let url = format!("https://localhost:{port}");
    let caller = ours.identity("api");
    let terms = world.registration(20, 1).await;
    let good = client(&url, Some(&client_tls(&ours, &caller)));
    assert_eq!(good.health().await, SignerHealth::Available);
    assert_eq!(word(&good.authorize_registration(&terms).await), "signed");

    let stranger = theirs.identity("api");
    let anonymous = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(ours.certificate().as_bytes()).unwrap()])
        .build()
        .unwrap();
    assert!(anonymous.get(format!("{url}/health")).send().await.is_err());
    for (what, url, tls) in [
        ("no certificate", &url, None),
        (
            "an expired certificate",
            &url,
            Some(client_tls(&ours, &ours.expired("api"))),
        ),
        (
            "a certificate of somebody else",
            &url,
            Some(client_tls(&ours, &stranger)),
        ),
        (
            "a server that is not believed",
            &url,
            Some(client_tls(&theirs, &caller)),
        ),
        ("plain http", &format!("http://localhost:{port}"), None),
    ] {
        let refused = client(url, tls.as_ref());
        assert_eq!(refused.health().await, SignerHealth::Unavailable, "{what}");
        let answer = refused.authorize_registration(&terms).await;
        assert_eq!(word(&answer), "unavailable", "{what}");
    }
    // The certificate says who asks, the caller's key says for what: both are needed.
    let key = CallerKey::new(&"0f".repeat(32)).unwrap();
    let keyless = SignerClient::with_tls(&url, key, Some(&client_tls(&ours, &caller))).unwrap();
    let answer = keyless.authorize_registration(&terms).await;
    assert_eq!(word(&answer), "unauthorized");
}
