//! `gatewright config`

use gatewright_report::Exit;
use serde_json::{Map, Value, json};

use crate::args::Format;
use crate::args::config::{ConfigCommand, ConfigFlags};
use crate::config::{self, Settings, shown};
use crate::environment::Environment;
use crate::output::{self, Page};
use crate::{Failure, Surroundings};

/// The version of the JSON that these commands print.
const JSON_VERSION: u8 = 1;

pub(crate) fn run(
    command: &ConfigCommand,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Check(flags) => check(flags, environment, around),
        ConfigCommand::Schema => output::json(&config::schema()).map(|()| Exit::Clean),
        ConfigCommand::Show(flags) => show(flags, environment, around),
    }
}

fn check(
    flags: &ConfigFlags,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let (settings, mut problems) = gather(flags, environment)?;
    problems.extend(settings.problems(environment, &around.random));
    let dangers = settings.dangers();
    let palette = around.palette;
    match flags.format {
        Format::Human if problems.is_empty() => {
            let mut page = Page::new(palette);
            page.line(&palette.strong("in order"));
            for danger in &dangers {
                page.line(&format!("{} {danger}", palette.strong("warning:")));
            }
            output::result(page.into_text().as_bytes())?;
        }
        Format::Human => {
            let mut page = Page::new(palette);
            page.line(&palette.bad("a server would not start"));
            for problem in &problems {
                page.line(&format!("  {}", output::printable(problem)));
            }
            output::result(page.into_text().as_bytes())?;
        }
        Format::Json => output::json(&json!({
            "version": JSON_VERSION, "valid": problems.is_empty(), "problems": problems,
            "warnings": dangers,
        }))?,
    }
    Ok(if problems.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// Shows what there is even if something else is wrong: that is when one looks.
fn show(
    flags: &ConfigFlags,
    environment: &Environment,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let (settings, problems) = gather(flags, environment)?;
    let secret = match settings.secret_source(environment) {
        Ok(Some(source)) => source.to_string(),
        Ok(None) => "made at the first start".to_owned(),
        Err(_) => "none that can be used".to_owned(),
    };
    match flags.format {
        Format::Human => {
            let mut page = Page::new(around.palette);
            for key in shown(&settings) {
                let value = match &key.value {
                    Value::Null => "not set".to_owned(),
                    value => value.to_string(),
                };
                let place = key.place.unwrap_or("default");
                page.line(&format!(
                    "{} = {}  {}",
                    key.name,
                    output::printable(&value),
                    around.palette.faint(format!("# {}", output::printable(place)))
                ));
            }
            page.line(&format!("secret: {}", output::printable(&secret)));
            output::result(page.into_text().as_bytes())?;
        }
        Format::Json => {
            let keys: Map<String, Value> = shown(&settings)
                .map(|key| {
                    (key.name.to_owned(), json!({ "value": key.value, "set_by": key.place }))
                })
                .collect();
            output::json(&json!({ "version": JSON_VERSION, "keys": keys, "secret": secret }))?;
        }
    }
    for problem in &problems {
        output::warn(around.warnings, problem);
    }
    Ok(if problems.is_empty() { Exit::Clean } else { Exit::Findings })
}

fn gather(
    flags: &ConfigFlags,
    environment: &Environment,
) -> Result<(Settings, Vec<String>), Failure> {
    Settings::gather(flags.config.as_deref(), environment).map_err(Failure::Usage)
}
