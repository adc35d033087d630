//! CloudTrail's log files in S3, and what a Lambda function is told of them: by S3, SNS and SQS.
//!
//! A client at 127.0.0.1 needs no `force_path_style`: the SDK never puts a bucket's name in front of an IP address.

use std::{
    io::{Read as _, Write as _},
    slice,
    sync::atomic::{AtomicU32, Ordering},
};

use aws_sdk_s3::{
    config::{Credentials, SharedCredentialsProvider, retry::RetryConfig},
    error::{DisplayErrorContext, ProvideErrorMetadata},
    primitives::{AggregatedBytes, ByteStream},
};
use chrono::{SecondsFormat, Utc};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::{Value, json};

use crate::{
    channels::topic,
    cloud::{iam_user, launched, minutes_ago},
    support::Emulator,
};

impl Emulator {
    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.sdk())
    }

    pub(crate) fn sts(&self) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.sdk())
    }

    /// A client whose calls are the test's own.
    fn bench_s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.sdk()).credentials_provider(self.credentials("bench"));
        aws_sdk_s3::Client::from_conf(config.build())
    }

    pub(crate) async fn bucket(&self, name: &str) {
        self.bench_s3().create_bucket().bucket(name).send().await.unwrap();
    }

    pub(crate) async fn object(&self, bucket: &str, key: &str, content: impl Into<Vec<u8>>) {
        let put = self.bench_s3().put_object().bucket(bucket).key(key).body(ByteStream::from(content.into()));
        put.send().await.unwrap();
    }

    /// Puts a log file of this account and a region into a bucket, as CloudTrail does. Returns its key.
    pub(crate) async fn log_file(&self, bucket: &str, region: &str, records: &[Value]) -> String {
        let records: Vec<Value> = records.iter().map(|record| self.logged(region, record)).collect();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(json!({"Records": records}).to_string().as_bytes()).unwrap();
        let key = self.log_key(region);
        self.object(bucket, &key, gzip.finish().unwrap()).await;
        key
    }

    /// The key of a new log file. No two are the same.
    pub(crate) fn log_key(&self, region: &str) -> String {
        let (account, now) = (&self.account, Utc::now());
        let (day, minute) = (now.format("%Y/%m/%d"), now.format("%Y%m%dT%H%MZ"));
        let name = format!("{account}_CloudTrail_{region}_{minute}_{:016}.json.gz", next());
        format!("AWSLogs/{account}/CloudTrail/{region}/{day}/{name}")
    }

    /// A record with what a log file says of every call.
    pub(crate) fn logged(&self, region: &str, record: &Value) -> Value {
        let mut logged = json!({
            "eventID": format!("00000000-0000-4000-8000-{:012}", next()),
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "readOnly": false,
            "awsRegion": region,
            "recipientAccountId": self.account,
        });
        logged.as_object_mut().unwrap().extend(record.as_object().unwrap().clone());
        logged
    }

    /// The messages that arrived in a queue, with their ids.
    pub(crate) async fn received(&self, queue: &str) -> Vec<(String, String)> {
        let received = self.sqs("ReceiveMessage", json!({"QueueUrl": queue, "MaxNumberOfMessages": 10})).await;
        let messages = received["Messages"].as_array().cloned().unwrap_or_default();
        let text = |message: &Value, field| message[field].as_str().unwrap().to_owned();
        messages.iter().map(|message| (text(message, "MessageId"), text(message, "Body"))).collect()
    }

    /// The same message by way of a topic and a queue.
    pub(crate) async fn by_queue(&self, message: &Value) -> Vec<(String, String)> {
        let (topic, queue) = topic(self).await;
        self.sns().publish().topic_arn(topic).message(message.to_string()).send().await.unwrap();
        self.received(&queue).await
    }

    /// This AWS as a role of another account sees it.
    pub(crate) async fn assumed(&self, role: &str) -> aws_config::SdkConfig {
        let assumed = self.sts().assume_role().role_arn(role).role_session_name("test").send().await.unwrap();
        let given = assumed.credentials.unwrap();
        let token = Some(given.session_token);
        let credentials = Credentials::new(given.access_key_id, given.secret_access_key, token, None, "test");
        self.sdk().into_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build()
    }
}

fn next() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// What S3 tells when an object was made. The key is form-encoded, except for its slashes.
pub(crate) fn s3_event(bucket: &str, key: &str) -> Value {
    let form = reqwest::Url::parse_with_params("http://key", [("", key)]).unwrap();
    let key = form.query().unwrap().trim_start_matches('=').replace("%2F", "/");
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": now(),
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:AROAEXAMPLE:regionalDeliverySession"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "trail",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": {"key": key, "size": 1024, "eTag": "d41d8cd98f00b204e9800998ecf8427e", "sequencer": "0A1B2C3D"},
        },
    }]})
}

/// What CloudTrail tells a topic. The keys are as they are.
pub(crate) fn cloudtrail_notification(bucket: &str, keys: &[&str]) -> Value {
    json!({"s3Bucket": bucket, "s3ObjectKey": keys})
}

/// What a function gets that subscribed to a topic.
pub(crate) fn sns_event(message: &str) -> Value {
    let topic = "arn:aws:sns:us-east-1:123456789012:trail";
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{topic}:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55"),
        "Sns": {
            "Type": "Notification",
            "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
            "TopicArn": topic,
            "Subject": null,
            "Message": message,
            "Timestamp": now(),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertUrl": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-example.pem",
            "UnsubscribeUrl": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
            "MessageAttributes": {},
        },
    }]})
}

/// What a function gets of a queue: messages by id.
pub(crate) fn sqs_event(messages: &[(String, String)]) -> Value {
    let millis = Utc::now().timestamp_millis().to_string();
    let records = messages.iter().map(|(id, body)| {
        json!({
            "messageId": id,
            "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": millis,
                "SenderId": "AIDAEXAMPLE",
                "ApproximateFirstReceiveTimestamp": millis,
            },
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:trail",
            "awsRegion": "us-east-1",
        })
    });
    json!({"Records": records.collect::<Vec<Value>>()})
}

const REGION: &str = "eu-west-1";
const BUCKET: &str = "acme-trail";
const KEY: &str = "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/10/08/a.json.gz";

/// Reads an object once, without trying again.
async fn read(aws: &Emulator, bucket: &str, key: &str) -> Result<Vec<u8>, String> {
    let config = aws.s3().config().to_builder().retry_config(RetryConfig::disabled()).build();
    let answer = aws_sdk_s3::Client::from_conf(config).get_object().bucket(bucket).key(key).send().await;
    let object = answer.map_err(|error| match error.code() {
        Some(code) => code.to_owned(),
        None => DisplayErrorContext(&error).to_string(),
    })?;
    let body = object.body.collect().await;
    body.map(AggregatedBytes::to_vec).map_err(|error| format!("body: {}", DisplayErrorContext(&error)))
}

fn unpacked(content: &[u8]) -> Value {
    let mut text = String::new();
    GzDecoder::new(content).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn with_bucket() -> Emulator {
    let aws = Emulator::start();
    aws.bucket(BUCKET).await;
    aws
}

#[tokio::test]
async fn log_file_is_read_back_as_it_was_put() {
    let aws = with_bucket().await;
    let launch = launched(&iam_user("alice"), "i-0123456789abcdef0", minutes_ago(1));
    let key = aws.log_file(BUCKET, REGION, &[launch.clone(), launch.clone()]).await;
    let other = aws.elsewhere("210987654321").log_file(BUCKET, REGION, slice::from_ref(&launch)).await;
    assert!(key.starts_with("AWSLogs/123456789012/CloudTrail/eu-west-1/20"), "{key}");
    assert!(other.starts_with("AWSLogs/210987654321/CloudTrail/eu-west-1/20"), "{other}");

    let file = unpacked(&read(&aws, BUCKET, &key).await.unwrap());
    let records = file["Records"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!((&records[0]["userIdentity"], &records[0]["awsRegion"]), (&launch["userIdentity"], &json!(REGION)));
    assert_ne!(records[0]["eventID"], records[1]["eventID"]);
    // One bucket has the files of all accounts.
    let file = unpacked(&read(&aws, BUCKET, &other).await.unwrap());
    assert_eq!(file["Records"][0]["recipientAccountId"], "210987654321");
}

#[tokio::test]
async fn calls_of_s3_have_their_names_and_objects() {
    let aws = with_bucket().await;
    let key = "a folder/ü+=.gz";
    aws.object(BUCKET, key, "content").await;
    let s3 = aws.s3();
    assert_eq!(read(&aws, BUCKET, key).await.unwrap(), b"content");
    s3.head_object().bucket(BUCKET).key(key).send().await.unwrap();
    s3.list_objects_v2().bucket(BUCKET).prefix("AWSLogs/").send().await.unwrap();
    s3.put_object().bucket(BUCKET).key("mine").body(ByteStream::from_static(b"1")).send().await.unwrap();

    let (calls, object) = (aws.calls().await, format!("{BUCKET}/{key}"));
    let listed: Vec<_> = calls.iter().map(|call| (call.operation.as_str(), call.body.as_str())).collect();
    let mine = format!("{BUCKET}/mine");
    let expected = [
        ("GetObject", object.as_str()),
        ("HeadObject", object.as_str()),
        ("ListObjectsV2", BUCKET),
        ("PutObject", mine.as_str()),
    ];
    assert_eq!(listed, expected);
    assert!(calls.iter().all(|call| call.service == "s3" && call.region == "us-east-1"), "{calls:?}");
    let writes: Vec<_> = aws.writes().await.into_iter().map(|call| call.operation).collect();
    assert_eq!(writes, ["PutObject"]);
}

#[tokio::test]
async fn reads_of_objects_fail_as_they_are_told_to() {
    let aws = with_bucket().await;
    assert_eq!(read(&aws, BUCKET, KEY).await.unwrap_err(), "NoSuchKey");
    assert_eq!(read(&aws, "acme-nothing", KEY).await.unwrap_err(), "NoSuchBucket");
    aws.object(BUCKET, KEY, "content").await;
    // The last is what a bucket of another region answers.
    let faults = [
        ("SlowDown", 503),
        ("InternalError", 500),
        ("NoSuchKey", 404),
        ("AccessDenied", 403),
        ("PermanentRedirect", 301),
    ];
    for (code, status) in faults {
        let once = json!({"operation": "GetObject", "contains": KEY, "times": 1, "code": code, "status": status});
        aws.fault(once).await;
        assert_eq!(read(&aws, BUCKET, KEY).await.unwrap_err(), code);
        assert_eq!(read(&aws, BUCKET, KEY).await.unwrap(), b"content");
    }

    // What passes is tried again.
    let before = aws.calls().await.len();
    aws.fault(json!({"operation": "GetObject", "times": 2, "code": "SlowDown", "status": 503})).await;
    aws.s3().get_object().bucket(BUCKET).key(KEY).send().await.unwrap();
    assert_eq!(aws.calls().await.len() - before, 3);
}

#[tokio::test]
async fn body_that_is_cut_short_is_an_error_while_it_is_read() {
    let aws = with_bucket().await;
    aws.object(BUCKET, KEY, vec![7; 100_000]).await;
    for bytes in [0, 1, 99_999] {
        aws.fault(json!({"operation": "GetObject", "cut": bytes, "times": 1})).await;
        let error = read(&aws, BUCKET, KEY).await.unwrap_err();
        assert!(error.starts_with("body: "), "{error}");
    }
    assert_eq!(read(&aws, BUCKET, KEY).await.unwrap().len(), 100_000);
}

#[tokio::test]
async fn permissions_of_s3_bind_programs_but_not_the_bench() {
    let aws = Emulator::with(&[("INITIAL_NO_AUTH_ACTION_COUNT", "0")]);
    aws.bucket(BUCKET).await;
    aws.object(BUCKET, KEY, "content").await;
    assert_eq!(read(&aws, BUCKET, KEY).await.unwrap_err(), "InvalidAccessKeyId");
}

#[tokio::test]
async fn notification_of_cloudtrail_comes_through_a_topic_and_a_queue() {
    let aws = Emulator::start();
    let notification = cloudtrail_notification(BUCKET, &[KEY]);
    let messages = aws.by_queue(&notification).await;
    let event = sqs_event(&messages);
    let (record, sns) = (&event["Records"][0], unquoted(&event["Records"][0]["body"]));
    assert_eq!((messages.len(), &record["messageId"]), (1, &json!(messages[0].0)));
    assert_eq!((&sns["Type"], unquoted(&sns["Message"])), (&json!("Notification"), notification));
}

/// The JSON in a text.
fn unquoted(text: &Value) -> Value {
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

#[test]
fn events_name_the_object() {
    let event = s3_event(BUCKET, "AWSLogs/a b+c=ü.gz");
    let s3 = &event["Records"][0]["s3"];
    assert_eq!((&s3["bucket"]["name"], &s3["object"]["key"]), (&json!(BUCKET), &json!("AWSLogs/a+b%2Bc%3D%C3%BC.gz")));
    let told = sns_event(&event.to_string());
    assert_eq!(unquoted(&told["Records"][0]["Sns"]["Message"]), event);
}

#[tokio::test]
async fn instance_of_another_account_is_seen_only_with_a_role_of_that_account() {
    let aws = Emulator::start();
    let elsewhere = aws.elsewhere("210987654321");
    let id = elsewhere.launch(REGION, &[("Owner", "alice")]).await;
    elsewhere.back_date(REGION, &id, 90).await;
    assert!(aws.states(REGION).await.is_empty());
    assert_eq!(elsewhere.states(REGION).await[&id], "running");

    let assumed = aws.assumed("arn:aws:iam::210987654321:role/sleuth").await;
    let sts = aws_sdk_sts::Client::new(&assumed).get_caller_identity().send().await.unwrap();
    assert_eq!(sts.arn(), Some("arn:aws:sts::210987654321:assumed-role/sleuth/test"));
    let there = aws_sdk_ec2::config::Builder::from(&assumed).region(aws_sdk_ec2::config::Region::new(REGION));
    let there = aws_sdk_ec2::Client::from_conf(there.build());
    let here = aws.ec2(REGION).terminate_instances().instance_ids(&id).send().await;
    assert_eq!(here.unwrap_err().code(), Some("InvalidInstanceID.NotFound"));
    there.stop_instances().instance_ids(&id).send().await.unwrap();
    assert_eq!(elsewhere.states(REGION).await[&id], "stopped");
    assert_eq!(elsewhere.tags(REGION, &id).await["Owner"], "alice");

    let calls: Vec<_> = aws.calls().await.into_iter().map(|call| (call.operation, call.account)).collect();
    let expected = [
        ("AssumeRole", "123456789012"),
        ("GetCallerIdentity", "210987654321"),
        ("TerminateInstances", "123456789012"),
        ("StopInstances", "210987654321"),
    ];
    assert_eq!(calls, expected.map(|(operation, account)| (operation.to_owned(), account.to_owned())));
    aws.fault(json!({"account": "210987654321", "operation": "DescribeInstances", "code": "UnauthorizedOperation"}))
        .await;
    aws.ec2(REGION).describe_instances().send().await.unwrap();
    assert_eq!(there.describe_instances().send().await.unwrap_err().code(), Some("UnauthorizedOperation"));
}
