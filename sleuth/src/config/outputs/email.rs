//! Settings of e-mail.

use notifier::{EmailAddress, OwnerDomains, SmtpServer};

use super::{super::check::Check, Environment, Secret};

/// E-mail over SMTP.
#[derive(Debug, Clone)]
pub struct EmailConfig {
    /// The server, and whom to trust beside the machine's own certificates: `SMTP_URL`, `SMTP_CA_FILE`.
    pub server: SmtpServer,
    /// Who logs in there, and the password: `SMTP_USER`, `SMTP_PASSWORD`.
    pub login: Option<(Secret, Secret)>,
    /// The sender: `EMAIL_FROM`.
    pub from: EmailAddress,
    /// Who gets all findings: `EMAIL_TO`.
    pub to: Vec<EmailAddress>,
    /// Which owners get theirs: `EMAIL_OWNER_DOMAINS`.
    pub owners: OwnerDomains,
}

impl EmailConfig {
    pub(super) fn new(env: &Environment, check: &mut Check) -> Option<Self> {
        let Some(url) = env.smtp_url.as_deref() else {
            let others = [
                ("SMTP_USER", env.smtp_user.as_ref()),
                ("SMTP_PASSWORD", env.smtp_password.as_ref()),
                ("SMTP_CA_FILE", env.smtp_ca_file.as_ref()),
                ("EMAIL_FROM", env.email_from.as_ref()),
                ("EMAIL_TO", env.email_to.as_ref()),
                ("EMAIL_OWNER_DOMAINS", env.email_owner_domains.as_ref()),
            ];
            check.only_with("SMTP_URL", others);
            return None;
        };
        let server = match SmtpServer::parse(url.trim()) {
            Ok(server) => trusting(server, env.smtp_ca_file.as_deref(), check),
            Err(error) => check.fail("SMTP_URL", None, error.to_string()),
        };
        let from = check.needed("EMAIL_FROM", env.email_from.as_ref(), "must be the sender, as in sleuth@example.com");
        let from = from.and_then(|from| match EmailAddress::parse(from) {
            Ok(address) => Some(address),
            Err(error) => check.fail("EMAIL_FROM", Some(from), error.to_string()),
        });
        let to = env.email_to.as_deref().map_or(Some(Vec::new()), |to| match EmailAddress::parse_list(to) {
            Ok(addresses) => Some(addresses),
            Err(error) => check.fail("EMAIL_TO", Some(to), error.to_string()),
        });
        let owners = env.email_owner_domains.as_deref();
        let owners = owners.map_or(Some(OwnerDomains::none()), |domains| match OwnerDomains::parse(domains) {
            Ok(domains) => Some(domains),
            Err(error) => check.fail("EMAIL_OWNER_DOMAINS", Some(domains), error.to_string()),
        });
        // Alerts, and what has no owner to be mailed, must reach somebody.
        let others = [&env.slack_url, &env.slack_bot_token, &env.sns_topic];
        if env.email_to.is_none() && (env.email_owner_domains.is_none() || others.iter().all(|other| other.is_none())) {
            let rule = "somebody must get what is for no owner alone: set EMAIL_TO, or another channel beside \
                        EMAIL_OWNER_DOMAINS";
            check.note("EMAIL_TO", Some(""), rule.to_owned());
        }
        let login = login(env, check);
        Some(Self { server: server?, login: login?, from: from?, to: to?, owners: owners? })
    }
}

/// The server, with the certificates of a file if one is named.
fn trusting(server: SmtpServer, file: Option<&str>, check: &mut Check) -> Option<SmtpServer> {
    const NAME: &str = "SMTP_CA_FILE";
    let Some(path) = file.map(str::trim) else { return Some(server) };
    let pem = match std::fs::read(path) {
        Ok(pem) => pem,
        Err(error) => return check.fail(NAME, Some(path), format!("cannot be read: {error}")),
    };
    server.trusting(&pem).map_or_else(|error| check.fail(NAME, Some(path), error.to_string()), Some)
}

/// Both or none; nothing if they make no sense.
#[expect(clippy::option_option, reason = "outside: whether the settings can be used; inside: whether there are any")]
fn login(env: &Environment, check: &mut Check) -> Option<Option<(Secret, Secret)>> {
    match (env.smtp_user.as_deref(), env.smtp_password.as_deref()) {
        (None, None) => Some(None),
        (Some(user), Some(password)) => {
            let user = check.secret("SMTP_USER", user);
            Some(Some((user?, check.secret("SMTP_PASSWORD", password)?)))
        }
        (user, _) => {
            let (missing, other) =
                if user.is_none() { ("SMTP_USER", "SMTP_PASSWORD") } else { ("SMTP_PASSWORD", "SMTP_USER") };
            check.fail(missing, Some(""), format!("must be set, as {other} is"))
        }
    }
}
