//! What the help says of where messages and reports go.

pub(super) const ENVIRONMENT: &str =
    "  SLACK_URL                    Slack incoming webhook (a secret), or the ARN of a secret in Secrets
                               Manager or Parameter Store that holds it, as all secrets below
  SLACK_BOT_TOKEN              token of a Slack bot (a secret): owners get direct messages
  SLACK_CHANNEL                channel that gets what is not for one owner alone
  SLACK_API_URL                another address of Slack's Web API
  SNS_TOPIC                    ARN of an SNS topic
  SMTP_URL                     mail server: smtps://HOST or smtp://HOST (STARTTLS)
  SMTP_USER                    who logs in there (a secret)
  SMTP_PASSWORD                the password (a secret)
  SMTP_CA_FILE                 certificates to trust beside those of the machine
  EMAIL_FROM                   sender of mail
  EMAIL_TO                     who gets all findings by mail
  EMAIL_OWNER_DOMAINS          domains in which owners are mailed their own findings; `*` is any
  SEARCH_URL                   OpenSearch or Elasticsearch, see `sleuth search setup`
  SEARCH_AUTH                  `sigv4`, `basic` or `none` [default: by the address and the others]
  SEARCH_USER                  who logs in there
  SEARCH_PASSWORD              the password (a secret)
  SEARCH_INDEX                 name of the index [default: aws-audits]
  ARCHIVE                      s3://BUCKET/PREFIX for the reports of all runs
  ARCHIVE_KMS_KEY              KMS key to encrypt them with [default: as the bucket does]
  NOTIFY_RETRY_SECONDS         time for retries of messages, a channel and run [default: 60]";
