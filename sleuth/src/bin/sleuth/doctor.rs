//! `sleuth doctor`.

use sleuth::{
    config::Audit,
    deadline::Deadlines,
    doctor::{Diagnosis, settings::Settings},
    exit::Exit,
    render::table::doctor::table,
};

use crate::{
    audit::{self, Changed},
    cli::{BadArgument, DoctorArguments},
};

const NOT_BUILT: BadArgument =
    BadArgument("this build does not hold that audit: build it with `--features keys`, or `--features tags`");

/// Examines the set-up of some audits.
pub(crate) async fn run(arguments: Box<DoctorArguments>, environment: Vec<(String, String)>) -> anyhow::Result<Exit> {
    let DoctorArguments { audit, send_test, output: form, timeout, thresholds, settings } = *arguments;
    let deadlines = audit::deadlines(Some(timeout));
    let audits = match audit {
        Some(examined) => examined.audits(),
        None => Audit::named(&environment)?,
    };
    if audits.is_empty() {
        return Err(NOT_BUILT.into());
    }
    let settings = Settings::read(&environment, audits, &thresholds.into(), &settings.into());
    let diagnosis: Diagnosis = live::examine(&settings, send_test, deadlines).await?;
    let exit = diagnosis.exit();
    audit::show(&diagnosis, Changed::No, form, table, exit)
}

#[cfg(feature = "audit")]
mod live {
    //! AWS itself.

    use sleuth::{
        aws::{self, NoCredentials},
        doctor::{
            Check, Diagnosis, Section, Status,
            examine::{Order, examine as look, offline},
            settings::Settings,
        },
    };

    use super::Deadlines;
    use crate::audit::clock;

    pub(super) async fn examine(
        settings: &Settings,
        send_test: bool,
        deadlines: Deadlines,
    ) -> anyhow::Result<Diagnosis> {
        let now = clock();
        let profile = settings.common().and_then(|common| common.profile.as_deref());
        match aws::connect(profile, deadlines.read).await {
            Ok(sdk) => {
                let order = Order { now, end: deadlines.deliver, send_test };
                Ok(Box::pin(look(&aws::doctor::Doctor::new(&sdk), settings, order)).await)
            }
            Err(error) => Ok(offline(settings, without(&error), now)),
        }
    }

    /// Credentials that have to be set are a setting, as for a run.
    fn without(error: &NoCredentials) -> Check {
        let check = |section, status| Check::new(section, "AWS credentials", status, error.to_string());
        if error.is_setting() {
            check(Section::Settings, Status::Failed).fix("set credentials, or sign in; nothing was asked of AWS")
        } else {
            check(Section::Credentials, Status::Unchecked).fix("run this again")
        }
    }
}

#[cfg(not(feature = "audit"))]
mod live {
    //! A build without AWS.

    use std::future::{Ready, ready};

    use super::{Deadlines, Diagnosis, NOT_BUILT, Settings};

    pub(super) fn examine(_: &Settings, _: bool, _: Deadlines) -> Ready<anyhow::Result<Diagnosis>> {
        ready(Err(NOT_BUILT.into()))
    }
}
