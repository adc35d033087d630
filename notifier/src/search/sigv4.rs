//! Signature Version 4 of AWS, for requests without a query
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::{collections::BTreeMap, fmt::Write as _};

use aws_credential_types::Credentials;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// What a signature is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) region: String,
    pub(super) service: &'static str,
}

/// What is signed.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// As it is sent: already percent-encoded.
    pub(super) path: &'a str,
    /// All that the signature shall cover, names in lower case: at least `host`.
    pub(super) headers: BTreeMap<&'static str, String>,
    pub(super) body: &'a [u8],
}

/// The headers to send with `request`. Those of the request are to be sent, too.
///
/// The hash of the body is among them, as OpenSearch Serverless wants it
/// (<https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html>).
pub(super) fn sign(
    mut request: Request<'_>,
    scope: &Scope,
    credentials: &Credentials,
    at: DateTime<Utc>,
) -> BTreeMap<&'static str, String> {
    let mut headers = BTreeMap::from([
        ("x-amz-content-sha256", hex(&Sha256::digest(request.body))),
        ("x-amz-date", at.format("%Y%m%dT%H%M%SZ").to_string()),
    ]);
    if let Some(token) = credentials.session_token() {
        headers.insert("x-amz-security-token", token.to_owned());
    }
    request.headers.extend(headers.clone());
    headers.insert("authorization", authorization(&request, scope, credentials, at));
    headers
}

fn authorization(request: &Request<'_>, scope: &Scope, credentials: &Credentials, at: DateTime<Utc>) -> String {
    let (day, moment) = (at.format("%Y%m%d").to_string(), at.format("%Y%m%dT%H%M%SZ"));
    let signed = request.headers.keys().copied().collect::<Vec<_>>().join(";");
    let canonical = canonical(request, &signed);
    let Scope { region, service } = scope;
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{}", hex(&Sha256::digest(canonical)));

    let secret = format!("AWS4{}", credentials.secret_access_key());
    let key = [&day, region, *service, "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, word| hmac(&key, word.as_bytes()).to_vec());
    let signature = hex(&hmac(&key, text.as_bytes()));
    let id = credentials.access_key_id();
    format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}")
}

/// The request in the one form that both sides can write.
fn canonical(request: &Request<'_>, signed: &str) -> String {
    let mut text = format!("{}\n{}\n\n", request.method, encoded(request.path));
    for (name, value) in &request.headers {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}:{}", value.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
    }
    let _ = write!(text, "\n{signed}\n{}", hex(&Sha256::digest(request.body)));
    text
}

/// Percent-encoded once more: all services but S3 want that of a path as it is sent.
fn encoded(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// HMAC (RFC 2104) with SHA-256, whose block is 64 bytes.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let hashed: [u8; 32];
    let key = if key.len() > 64 {
        hashed = Sha256::digest(key).into();
        hashed.as_slice()
    } else {
        key
    };
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_sns::config::{BehaviorVersion, Region};
    use chrono::NaiveDateTime;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;

    fn credentials(token: Option<&str>) -> Credentials {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        Credentials::new("AKIDEXAMPLE", secret, token.map(str::to_owned), None, "test")
    }

    fn at(moment: &str) -> DateTime<Utc> {
        NaiveDateTime::parse_from_str(moment, "%Y%m%dT%H%M%SZ").unwrap().and_utc()
    }

    /// `get-vanilla` of the test suite that AWS publishes for this signature.
    #[test]
    fn signature_is_that_of_the_test_suite() {
        let headers = BTreeMap::from([
            ("host", "example.amazonaws.com".to_owned()),
            ("x-amz-date", "20150830T123600Z".to_owned()),
        ]);
        let request = Request { method: "GET", path: "/", headers, body: b"" };
        let scope = Scope { region: "us-east-1".into(), service: "service" };
        assert_eq!(
            authorization(&request, &scope, &credentials(None), at("20150830T123600Z")),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[tokio::test]
    async fn signature_is_that_of_the_aws_sdk() {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(&server).await;
        let config = aws_sdk_sns::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(format!("{}/a%20path", server.uri()))
            .region(Region::new("eu-west-1"))
            .retry_config(aws_sdk_sns::config::retry::RetryConfig::disabled())
            .credentials_provider(credentials(Some("token")))
            .build();
        let publish = aws_sdk_sns::Client::from_conf(config).publish().topic_arn("arn").message("häßlich & long");
        publish.send().await.unwrap_err();

        let sent = &server.received_requests().await.unwrap()[0];
        let expected = sent.headers["authorization"].to_str().unwrap();
        let signed = expected.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
        let header = |name: &str| sent.headers[name].to_str().unwrap().to_owned();
        let headers = signed.split(';').map(|name| (&*name.to_owned().leak(), header(name))).collect();
        let request = Request { method: "POST", path: sent.url.path(), headers, body: &sent.body };
        let scope = Scope { region: "eu-west-1".into(), service: "sns" };
        let credentials = credentials(Some("token"));
        assert_eq!(authorization(&request, &scope, &credentials, at(&header("x-amz-date"))), expected);
    }

    /// RFC 4231, test case 6.
    #[test]
    fn a_key_longer_than_a_block_is_hashed() {
        let code = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&code), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }
}
