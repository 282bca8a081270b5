use std::process::ExitCode;

/// How a command ended. The numbers never change: scripts branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// Done, and nothing found.
    Clean,
    /// Findings, a failed check, or a token that does not verify.
    Findings,
    /// Wrong usage, or input or configuration that can't be used.
    Usage,
    /// The command itself failed.
    Failure,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Failure => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn codes_never_change() {
        let codes = [Exit::Clean, Exit::Findings, Exit::Usage, Exit::Failure].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3]);
    }
}
