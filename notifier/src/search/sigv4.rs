//! Signature Version 4 of AWS
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign as signature},
    sign::v4,
};
use reqwest::{
    Body, Request,
    header::{HeaderName, HeaderValue},
};

use crate::retry::{Failure, root_cause};

/// What a signature is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) region: String,
    pub(super) service: &'static str,
}

/// Signs `request` with all its headers; nothing of it may change afterwards. Its body is in memory.
///
/// The hash of the body is among the headers, as OpenSearch Serverless wants it
/// (<https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html>).
pub(super) fn sign(
    request: &mut Request,
    scope: &Scope,
    credentials: Credentials,
    at: SystemTime,
) -> Result<(), Failure> {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&scope.region)
        .name(scope.service)
        .time(at)
        .settings(settings)
        .build()
        .map_err(|error| unsigned(&error))?;

    let headers: Result<Vec<(&str, &str)>, _> =
        request.headers().iter().map(|(name, value)| Ok((name.as_str(), value.to_str()?))).collect();
    let headers = headers.map_err(|error: reqwest::header::ToStrError| unsigned(&error))?;
    let body = SignableBody::Bytes(request.body().and_then(Body::as_bytes).unwrap_or_default());
    let (method, url) = (request.method().as_str(), request.url().as_str());
    let signable = SignableRequest::new(method, url, headers.into_iter(), body).map_err(|error| unsigned(&error))?;
    // The address was read before. Whatever else cannot be signed is of the credentials.
    let signed = signature(signable, &params.into()).map_err(|_| not_to_be_sent())?;

    for header in signed.into_parts().0.into_parts().0 {
        let mut value = HeaderValue::from_str(header.value()).map_err(|_| not_to_be_sent())?;
        value.set_sensitive(true);
        request.headers_mut().insert(HeaderName::from_static(header.name()), value);
    }
    Ok(())
}

fn unsigned(error: &dyn std::error::Error) -> Failure {
    Failure::Closed(format!("the request cannot be signed: {}", root_cause(error)))
}

fn not_to_be_sent() -> Failure {
    Failure::Closed("the AWS credentials hold characters that cannot be sent".to_owned())
}

#[cfg(test)]
mod tests {
    use aws_sdk_sns::config::{BehaviorVersion, Region};
    use chrono::NaiveDateTime;
    use reqwest::Method;
    use sha2::{Digest, Sha256};
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;

    fn credentials(id: &str, token: Option<&str>) -> Credentials {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        Credentials::new(id, secret, token.map(str::to_owned), None, "test")
    }

    fn at(moment: &str) -> SystemTime {
        NaiveDateTime::parse_from_str(moment, "%Y%m%dT%H%M%SZ").unwrap().and_utc().into()
    }

    fn request(method: Method, url: &str) -> Request {
        Request::new(method, url.parse().unwrap())
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>, `GET Object`.
    #[test]
    fn signature_is_that_of_the_example_of_aws() {
        let mut request = request(Method::GET, "https://examplebucket.s3.amazonaws.com/test.txt");
        request.headers_mut().insert("range", HeaderValue::from_static("bytes=0-9"));
        let scope = Scope { region: "us-east-1".into(), service: "s3" };
        sign(&mut request, &scope, credentials("AKIAIOSFODNN7EXAMPLE", None), at("20130524T000000Z")).unwrap();
        assert_eq!(
            request.headers()["authorization"],
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
             Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        assert_eq!(request.headers()["x-amz-date"], "20130524T000000Z");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(request.headers()["x-amz-content-sha256"], empty);
    }

    #[tokio::test]
    async fn signature_is_that_of_the_aws_sdk() {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(&server).await;
        let credentials = credentials("AKIDEXAMPLE", Some("token"));
        let config = aws_sdk_sns::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(format!("{}/a%20path", server.uri()))
            .region(Region::new("eu-west-1"))
            .retry_config(aws_sdk_sns::config::retry::RetryConfig::disabled())
            .credentials_provider(credentials.clone())
            .build();
        let publish = aws_sdk_sns::Client::from_conf(config).publish().topic_arn("arn").message("häßlich & long");
        // SNS does not want this header; if it is there, it is signed.
        let publish = publish.customize().mutate_request(|request| {
            let hash = Sha256::digest(request.body().bytes().unwrap());
            let hash = hash.iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
            request.headers_mut().insert("x-amz-content-sha256", hash);
        });
        publish.send().await.unwrap_err();

        let sent = &server.received_requests().await.unwrap()[0];
        let expected = sent.headers["authorization"].to_str().unwrap();
        let signed = expected.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
        let added = ["host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];
        assert!(added.iter().all(|name| signed.contains(name)), "{signed}");

        let mut request = request(Method::POST, &format!("{}{}", server.uri(), sent.url.path()));
        for name in signed.split(';').filter(|name| !added.contains(name)) {
            request.headers_mut().insert(HeaderName::try_from(name).unwrap(), sent.headers[name].clone());
        }
        *request.body_mut() = Some(sent.body.clone().into());
        let scope = Scope { region: "eu-west-1".into(), service: "sns" };
        let moment = sent.headers["x-amz-date"].to_str().unwrap();
        sign(&mut request, &scope, credentials, at(moment)).unwrap();
        assert_eq!(request.headers()["authorization"], expected);
        for name in &added[1..] {
            assert_eq!(request.headers()[*name], sent.headers[*name]);
        }
    }

    #[test]
    fn credentials_that_cannot_be_sent_are_named_and_never_shown() {
        let scope = Scope { region: "eu-west-1".into(), service: "es" };
        for credentials in [credentials("hush\nhush", None), credentials("AKIDEXAMPLE", Some("hush\nhush"))] {
            let mut request = request(Method::GET, "https://search.example.com/");
            let failure = sign(&mut request, &scope, credentials, at("20130524T000000Z")).unwrap_err();
            let reason = "the AWS credentials hold characters that cannot be sent";
            assert_eq!(failure, Failure::Closed(reason.into()));
        }
    }

    #[test]
    fn a_signature_does_not_print() {
        let mut request = request(Method::GET, "https://search.example.com/");
        let scope = Scope { region: "eu-west-1".into(), service: "es" };
        sign(&mut request, &scope, credentials("AKIDEXAMPLE", Some("hush")), at("20130524T000000Z")).unwrap();
        let shown = format!("{request:?}");
        assert!(!shown.contains("hush") && !shown.contains("Signature"), "{shown}");
    }
}
