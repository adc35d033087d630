//! Changes of EC2 that are never made: EC2 is only asked whether it would make them
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html>, `DryRun`).
//!
//! That none is made does not hang on one line: `dry!` sets `DryRun`, the client refuses to send a request in which it is
//! not set, and instances and values are chosen so that the change would do as little as possible.

use aws_config::{Region, SdkConfig};
use aws_sdk_ec2::{
    Client,
    config::{Builder, ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::{BoxError, ProvideErrorMetadata, SdkError},
    types::{AttributeBooleanValue, Tag},
};

use super::trouble;
use crate::{
    ports::doctor::{Trial, Trouble},
    tags::RegionName,
};

/// The error by which EC2 says that it would have done as it was asked.
const WOULD_DO: &str = "DryRunOperation";
/// The value of tags that are not set.
const VALUE: &str = "sleuth";

/// Sends a call as a dry run: the only way from here to EC2.
macro_rules! dry {
    ($call:expr) => {
        verdict($call.dry_run(true).send().await)
    };
}

/// Whether EC2 would let the caller make this change.
pub(super) async fn attempt(sdk: &SdkConfig, region: &RegionName, trial: &Trial) -> Result<(), Trouble> {
    let ec2 = client(sdk, region);
    match trial {
        Trial::Stop(id) => dry!(ec2.stop_instances().instance_ids(&id.0)),
        Trial::Terminate(id) => dry!(ec2.terminate_instances().instance_ids(&id.0)),
        Trial::Tag(id, keys) => {
            let tags = keys.iter().map(|key| Tag::builder().key(key).value(VALUE).build()).collect();
            dry!(ec2.create_tags().resources(&id.0).set_tags(Some(tags)))
        }
        Trial::Protect(id, as_it_is) => {
            let value = |on| AttributeBooleanValue::builder().value(on).build();
            let call = || ec2.modify_instance_attribute().instance_id(&id.0);
            dry!(call().disable_api_termination(value(as_it_is.termination)))?;
            dry!(call().disable_api_stop(value(as_it_is.stop)))
        }
    }
}

/// What EC2 says of a dry run is always an error.
fn verdict<T, E>(answer: Result<T, SdkError<E>>) -> Result<(), Trouble>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer {
        Ok(_) => Err(Trouble::Unclear("EC2 did not answer as it answers dry runs".to_owned())),
        Err(error) if error.code() == Some(WOULD_DO) => Ok(()),
        Err(error) => Err(trouble(&error)),
    }
}

/// A client that sends nothing but dry runs.
fn client(sdk: &SdkConfig, region: &RegionName) -> Client {
    let settings = Builder::from(sdk).region(Region::new(region.0.clone())).interceptor(OnlyDryRuns);
    Client::from_conf(settings.build())
}

/// Stops every request that is not a dry run before it is sent.
#[derive(Debug)]
struct OnlyDryRuns;

/// A request would have changed something.
#[derive(Debug, thiserror::Error)]
#[error("it was not sent: it was no dry run")]
struct NoDryRun;

impl Intercept for OnlyDryRuns {
    fn name(&self) -> &'static str {
        "OnlyDryRuns"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.request().body().bytes().unwrap_or_default();
        if body.split(|byte| *byte == b'&').any(|field| field == b"DryRun=true") {
            Ok(())
        } else {
            Err(NoDryRun.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;
    use crate::tags::{InstanceId, Protection};

    /// What EC2 says of a dry run that it would do.
    fn would_do() -> ResponseTemplate {
        let error = "<Code>DryRunOperation</Code><Message>Request would have succeeded</Message>";
        let body = format!("<Response><Errors><Error>{error}</Error></Errors><RequestID>r</RequestID></Response>");
        ResponseTemplate::new(412).set_body_string(body)
    }

    async fn server(answer: ResponseTemplate) -> (MockServer, SdkConfig) {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(server.uri())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        (server, sdk)
    }

    fn place() -> (RegionName, InstanceId) {
        (RegionName("eu-west-1".to_owned()), InstanceId("i-0123456789abcdef0".to_owned()))
    }

    async fn bodies(server: &MockServer) -> Vec<String> {
        let requests = server.received_requests().await.unwrap();
        requests.into_iter().map(|request| String::from_utf8(request.body).unwrap()).collect()
    }

    #[tokio::test]
    async fn every_trial_says_on_the_wire_that_it_is_one() {
        let (server, sdk) = server(would_do()).await;
        let (region, id) = place();
        let trials = [
            Trial::Stop(id.clone()),
            Trial::Terminate(id.clone()),
            Trial::Tag(id.clone(), vec!["team".to_owned()]),
            Trial::Protect(id, Protection::default()),
        ];
        for trial in &trials {
            assert_eq!(attempt(&sdk, &region, trial).await, Ok(()), "{trial:?}");
        }
        let bodies = bodies(&server).await;
        // EC2 takes one attribute a call.
        assert_eq!(bodies.len(), trials.len() + 1);
        assert!(bodies.iter().all(|body| body.split('&').any(|field| field == "DryRun=true")), "{bodies:?}");
    }

    #[tokio::test]
    async fn answer_as_to_a_real_change_is_no_leave() {
        let done = "<StopInstancesResponse><requestId>r</requestId><instancesSet/></StopInstancesResponse>";
        let (_server, sdk) = server(ResponseTemplate::new(200).set_body_string(done)).await;
        let (region, id) = place();
        let answer = attempt(&sdk, &region, &Trial::Stop(id)).await;
        assert!(matches!(answer, Err(Trouble::Unclear(_))), "{answer:?}");
    }

    #[tokio::test]
    async fn what_is_no_dry_run_is_not_sent() {
        let (server, sdk) = server(would_do()).await;
        let ec2 = client(&sdk, &RegionName("eu-west-1".to_owned()));
        let id = "i-0123456789abcdef0";
        ec2.terminate_instances().instance_ids(id).send().await.unwrap_err();
        ec2.terminate_instances().instance_ids(id).dry_run(false).send().await.unwrap_err();
        // A value that only looks like it.
        let tag = Tag::builder().key("x").value("&DryRun=true").build();
        ec2.create_tags().resources(id).tags(tag).send().await.unwrap_err();
        assert!(bodies(&server).await.is_empty());
        let _ = ec2.terminate_instances().instance_ids(id).dry_run(true).send().await;
        assert_eq!(bodies(&server).await.len(), 1);
    }
}
