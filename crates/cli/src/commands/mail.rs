//! `gatewright mail`

use std::path::Path;

use anyhow::{Context as _, anyhow};
use gatewright_report::Exit;
use gatewright_server::{MailError, Options, mail_kinds, preview_mail, send_test_mail};
use tokio::runtime::Runtime;

use crate::args::ServeFlags;
use crate::args::mail::{MailCommand, Part, PreviewFlags, TestFlags};
use crate::config::{Settings, mail_place};
use crate::environment::Environment;
use crate::output::{self, printable};
use crate::{Failure, Surroundings};

pub(crate) fn run(
    command: &MailCommand,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    match command {
        MailCommand::Preview(flags) => preview(flags, environment, around),
        MailCommand::Test(flags) => test(flags, environment, around),
    }
}

fn options(
    config: Option<&Path>,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Options, Failure> {
    let flags = ServeFlags { config: config.map(Path::to_owned), ..ServeFlags::default() };
    Settings::read(&flags, environment)
        .and_then(|settings| settings.for_mails(environment, &around.random))
        .map_err(Failure::Usage)
}

fn preview(
    flags: &PreviewFlags,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let options = options(flags.config.as_deref(), environment, around)?;
    let Some(kind) = &flags.kind else {
        let names = mail_kinds().collect::<Vec<_>>().join("\n");
        return output::result(format!("{names}\n").as_bytes()).map(|()| Exit::Clean);
    };
    let mail = preview_mail(&options, kind).map_err(|error| Failure::Usage(error.into()))?;
    let mail = mail.ok_or_else(|| {
        let known = mail_kinds().collect::<Vec<_>>().join(", ");
        Failure::Usage(anyhow!("there is no mail {}; there are {known}", printable(kind)))
    })?;
    let text = match flags.part {
        Part::Text => format!("Subject: {}\n\n{}", mail.subject, mail.text),
        Part::Html => mail.html,
    };
    output::result(text.as_bytes()).map(|()| Exit::Clean)
}

fn test(
    flags: &TestFlags,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let options = options(flags.config.as_deref(), environment, around)?;
    let runtime = Runtime::new().context("cannot start the runtime").map_err(Failure::Internal)?;
    let sent = runtime.block_on(send_test_mail(&options, &flags.to, &around.clock, &around.random));
    // A look-up of a name that hangs is nobody's to wait for.
    runtime.shutdown_background();
    let place = mail_place(&options.mail);
    match sent {
        Ok(()) => output::result(format!("delivered: {}\n", printable(&place)).as_bytes())
            .map(|()| Exit::Clean),
        Err(MailError::NotDelivered(reason)) => {
            let text = format!("not delivered: {}: {}\n", printable(&place), printable(&reason));
            output::result(text.as_bytes()).map(|()| Exit::Findings)
        }
        Err(error) => Err(Failure::Usage(error.into())),
    }
}
