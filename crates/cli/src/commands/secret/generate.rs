//! `gatewright secret generate`

use std::fmt::Write as _;
use std::path::Path;

use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gatewright_report::Exit;
use serde_json::json;

use super::JSON_VERSION;
use crate::args::Format;
use crate::args::secret::{Encoding, GenerateFlags};
use crate::env_file::{self, Change, SetError};
use crate::output::{self, printable};
use crate::{Failure, Surroundings};

/// As many as HMAC-SHA-256 puts out (RFC 7518 §3.2).
const DEFAULT_BYTES: u16 = 32;

pub(super) fn run(flags: &GenerateFlags, around: &Surroundings<'_>) -> Result<Exit, Failure> {
    let count = flags.bytes.unwrap_or(DEFAULT_BYTES);
    let mut bytes = vec![0; usize::from(count)];
    around.random.fill(&mut bytes);
    let secret = encoded(&bytes, flags.encoding);
    if let Some(file) = &flags.env_file {
        return keep(file, &secret, flags, around);
    }
    match flags.format {
        Format::Human => output::result(format!("{secret}\n").as_bytes())?,
        Format::Json => output::json(&json!({
            "version": JSON_VERSION,
            "secret": secret,
            "bytes": count,
        }))?,
    }
    Ok(Exit::Clean)
}

fn encoded(bytes: &[u8], encoding: Encoding) -> String {
    match encoding {
        Encoding::Base64 => STANDARD.encode(bytes),
        Encoding::Base64url => URL_SAFE_NO_PAD.encode(bytes),
        Encoding::Hex => bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }),
    }
}

fn keep(
    file: &Path,
    secret: &str,
    flags: &GenerateFlags,
    around: &Surroundings<'_>,
) -> Result<Exit, Failure> {
    let (name, shown) = (&flags.name, printable(&file.display().to_string()));
    super::check_name(name).map_err(Failure::Usage)?;
    let was_open = env_file::is_open_to_others(file);
    let change = env_file::set(file, name, secret, flags.force).map_err(|error| match error {
        SetError::HasValue => Failure::Usage(anyhow!(
            "{shown} has a {name} already, and whatever was signed or encrypted with it depends on \
             it; --force replaces it"
        )),
        SetError::Io(error) => {
            Failure::Usage(anyhow::Error::new(error).context(format!("cannot write {shown}")))
        }
    })?;
    let is_ignored = env_file::is_ignored_by_git(file);
    if is_ignored == Some(false) {
        output::warn(
            around.warnings,
            &format!("git does not ignore {shown}: add it to .gitignore before the next commit"),
        );
    }
    if was_open {
        output::warn(
            around.warnings,
            &format!("others could read {shown}; now only its owner can (mode 0600)"),
        );
    }
    let done = match change {
        Change::Appended => "put into",
        Change::Created => "put into the new file",
        Change::Replaced => "replaced in",
    };
    match flags.format {
        Format::Human => {
            output::result(format!("{name} was {done} {shown}; it is not shown\n").as_bytes())?;
            if change == Change::Replaced {
                output::warn(
                    around.warnings,
                    "cookies signed with the old secret are invalid, and keys encrypted with it \
                     unreadable; give the new one to every service",
                );
            }
        }
        Format::Json => output::json(&json!({
            "version": JSON_VERSION,
            "file": file.display().to_string(),
            "name": name,
            "change": match change {
                Change::Appended => "appended",
                Change::Created => "created",
                Change::Replaced => "replaced",
            },
            "ignored_by_git": is_ignored,
        }))?,
    }
    Ok(Exit::Clean)
}
