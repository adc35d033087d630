//! Slack and SNS, as those see them who are told something.

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::Emulator;

/// A webhook that gives these answers, the last of them for ever.
pub(crate) async fn receiver(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let last = answers.len() - 1;
    for (index, answer) in answers.into_iter().enumerate() {
        let mock = Mock::given(any()).respond_with(answer);
        if index < last { mock.up_to_n_times(1).mount(&server).await } else { mock.mount(&server).await }
    }
    server
}

/// What a webhook was sent.
pub(crate) async fn bodies(server: &MockServer) -> Vec<Value> {
    server.received_requests().await.unwrap().iter().map(|request| request.body_json().unwrap()).collect()
}

/// The texts of all attachments of one colour.
pub(crate) fn texts(messages: &[Value], colour: &str) -> String {
    let attachments = messages.iter().flat_map(|message| message["attachments"].as_array().unwrap());
    let texts = attachments.filter(|a| a["color"] == colour).map(|a| a["text"].as_str().unwrap().to_owned() + "\n");
    texts.collect()
}

/// A topic, and a queue that gets its messages.
pub(crate) async fn topic(aws: &Emulator) -> (String, String) {
    let topic = aws.sns().create_topic().name("keys").send().await.unwrap().topic_arn.unwrap();
    let queue = aws.sqs("CreateQueue", json!({"QueueName": "mail"})).await["QueueUrl"].as_str().unwrap().to_owned();
    let subscribe = aws.sns().subscribe().topic_arn(&topic).protocol("sqs");
    subscribe.endpoint("arn:aws:sqs:us-east-1:123456789012:mail").send().await.unwrap();
    (topic, queue)
}

/// The notifications that arrived in a queue.
pub(crate) async fn messages_in(aws: &Emulator, queue: &str) -> Vec<Value> {
    let received = aws.sqs("ReceiveMessage", json!({"QueueUrl": queue, "MaxNumberOfMessages": 10})).await;
    let messages = received["Messages"].as_array().cloned().unwrap_or_default();
    messages.iter().map(|message| serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()).collect()
}
