//! What all lines have in common.

use serde::Serialize;
use serde_json::Value;

use crate::report::Report;

/// Version of the schema.
const VERSION: &str = "1.5.0";
/// Category `Findings`, class `Compliance Finding`, activity `Create`, and the type that is made of the last two.
const IDS: Ids = Ids { category_uid: 2, class_uid: 2003, activity_id: 1, type_uid: 2003 * 100 + 1 };

/// What is said of one thing that was judged.
pub(super) struct Judged {
    /// The same in every run, and no other finding's.
    pub(super) uid: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) severity: Severity,
    pub(super) state: State,
    pub(super) compliance: Compliance,
    pub(super) remediation: Option<String>,
    pub(super) resource: Resource,
    /// The finding as the JSON report has it.
    pub(super) unmapped: Value,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    Unknown = 0,
    Informational = 1,
    Low = 2,
    Medium = 3,
    High = 4,
    Critical = 5,
}

/// What is being done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    New = 1,
    /// Something was done, and something is left.
    InProgress = 2,
    /// It is exempt.
    Suppressed = 3,
    Resolved = 4,
}

/// What came of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Unknown,
    Pass,
    Fail,
    /// A word of our own.
    Other(&'static str),
}

#[derive(Serialize)]
pub(super) struct Compliance {
    standards: [&'static str; 1],
    control: String,
    requirements: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Check>,
    status_id: u8,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<String>,
}

/// A rule that is violated.
#[derive(Serialize)]
pub(super) struct Check {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) desc: String,
    pub(super) status_id: u8,
    pub(super) status: &'static str,
}

#[derive(Serialize)]
pub(super) struct Resource {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// Its id, or `None` if it has none or that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) labels: Vec<String>,
}

impl Compliance {
    /// What came of checking `requirements`, which are part of `control`, by the account's own `standard`.
    pub(super) fn new(standard: &'static str, control: String, requirements: Vec<String>, verdict: Verdict) -> Self {
        let (status_id, status) = verdict.said();
        let (checks, status_code, status_detail) = (Vec::new(), None, None);
        Self { standards: [standard], control, requirements, checks, status_id, status, status_code, status_detail }
    }

    /// With the word of the report, and what else there is to know.
    pub(super) fn told(self, code: &str, detail: String) -> Self {
        let status_detail = Some(detail).filter(|detail| !detail.is_empty());
        Self { status_code: Some(code.to_owned()), status_detail, ..self }
    }

    pub(super) fn with(self, checks: Vec<Check>) -> Self {
        Self { checks, ..self }
    }
}

impl Verdict {
    /// Its number and caption.
    pub(super) const fn said(self) -> (u8, &'static str) {
        match self {
            Self::Unknown => (0, "Unknown"),
            Self::Pass => (1, "Pass"),
            Self::Fail => (3, "Fail"),
            Self::Other(word) => (99, word),
        }
    }
}

impl Severity {
    const fn caption(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }
}

impl State {
    const fn caption(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::InProgress => "In Progress",
            Self::Suppressed => "Suppressed",
            Self::Resolved => "Resolved",
        }
    }
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(flatten)]
    ids: Ids,
    category_name: &'static str,
    class_name: &'static str,
    activity_name: &'static str,
    type_name: &'static str,
    /// Milliseconds since 1970, UTC.
    time: i64,
    severity_id: u8,
    severity: &'static str,
    status_id: u8,
    status: &'static str,
    message: &'a str,
    metadata: Metadata<'a>,
    cloud: Cloud<'a>,
    finding_info: FindingInfo<'a>,
    compliance: &'a Compliance,
    resources: [&'a Resource; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<Remediation<'a>>,
    unmapped: &'a Value,
}

#[derive(Clone, Copy, Serialize)]
struct Ids {
    category_uid: u16,
    class_uid: u16,
    activity_id: u16,
    type_uid: u32,
}

#[derive(Serialize)]
struct Metadata<'a> {
    version: &'static str,
    product: Product,
    profiles: [&'static str; 1],
    /// The audit.
    log_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_uid: Option<&'a str>,
}

#[derive(Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Cloud<'a> {
    provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Account<'a>>,
}

#[derive(Serialize)]
struct Account<'a> {
    uid: &'a str,
    name: &'a str,
    /// `AWS Account`.
    type_id: u8,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct FindingInfo<'a> {
    uid: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    desc: &'a str,
}

#[derive(Serialize)]
struct Remediation<'a> {
    desc: &'a str,
}

/// One line for each, with a line break at its end.
pub(super) fn lines<Audit>(
    report: &Report<Audit>,
    all: impl IntoIterator<Item = Result<Judged, serde_json::Error>>,
) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for judged in all {
        text.push_str(&serde_json::to_string(&event(report, &judged?))?);
        text.push('\n');
    }
    Ok(text)
}

fn event<'a, Audit>(report: &'a Report<Audit>, judged: &'a Judged) -> Event<'a> {
    let id = report.account.id.as_deref();
    let account = id.map(|uid| Account {
        uid,
        name: report.account.alias.as_deref().unwrap_or(uid),
        type_id: 10,
        kind: "AWS Account",
    });
    Event {
        ids: IDS,
        category_name: "Findings",
        class_name: "Compliance Finding",
        activity_name: "Create",
        type_name: "Compliance Finding: Create",
        time: report.generated_at.timestamp_millis(),
        severity_id: judged.severity as u8,
        severity: judged.severity.caption(),
        status_id: judged.state as u8,
        status: judged.state.caption(),
        message: &judged.title,
        metadata: Metadata {
            version: VERSION,
            product: Product { name: "Sleuth", vendor_name: "Sleuth", version: env!("CARGO_PKG_VERSION") },
            profiles: ["cloud"],
            log_name: report.kind,
            tenant_uid: id,
        },
        cloud: Cloud { provider: "AWS", region: judged.resource.region.as_deref(), account },
        finding_info: FindingInfo { uid: &judged.uid, title: &judged.title, desc: &judged.description },
        compliance: &judged.compliance,
        resources: [&judged.resource],
        remediation: judged.remediation.as_deref().map(|desc| Remediation { desc }),
        unmapped: &judged.unmapped,
    }
}

/// The start of every id: which audit of which account.
pub(super) fn uid<Audit>(report: &Report<Audit>, rest: &str) -> String {
    format!("sleuth/{}/{}/{rest}", report.kind, report.account.id.as_deref().unwrap_or("unknown"))
}
