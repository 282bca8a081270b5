//! `gatewright openapi`

use gatewright_server::openapi;

use crate::args::OpenapiFlags;
use crate::config::Settings;
use crate::environment::Environment;
use crate::{Failure, output};

/// Prints the description of the API, as a server with this configuration has it.
pub(crate) fn run(flags: &OpenapiFlags, environment: &Environment) -> Result<(), Failure> {
    let (settings, problems) =
        Settings::gather(flags.config.as_deref(), environment).map_err(Failure::Usage)?;
    if let Some(problem) = problems.first() {
        return Err(Failure::Usage(anyhow::anyhow!("the configuration cannot be used: {problem}")));
    }
    let base_url = settings.known_base_url().map_err(Failure::Usage)?;
    output::json(&openapi(&base_url))
}
