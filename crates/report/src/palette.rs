use std::fmt::Display;

/// Colours, or none of them: colours are for a terminal alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    is_coloured: bool,
}

impl Palette {
    /// Colours on a terminal that did not ask for none (`NO_COLOR`, see no-color.org).
    pub const fn new(is_terminal: bool, no_color: bool) -> Self {
        Self { is_coloured: is_terminal && !no_color }
    }

    /// Whether anything is coloured.
    pub const fn is_coloured(self) -> bool {
        self.is_coloured
    }

    /// What matters most.
    pub fn strong(self, text: impl Display) -> String {
        self.paint("1", text)
    }

    /// What may be passed over.
    pub fn faint(self, text: impl Display) -> String {
        self.paint("2", text)
    }

    /// What went wrong.
    pub fn bad(self, text: impl Display) -> String {
        self.paint("1;31", text)
    }

    fn paint(self, style: &str, text: impl Display) -> String {
        if self.is_coloured { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::Palette;

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        assert_eq!(Palette::new(true, false).bad("no"), "\x1b[1;31mno\x1b[0m");
        assert!(Palette::new(true, false).is_coloured());
        assert!(!Palette::new(true, true).is_coloured());
        assert_eq!(Palette::new(true, true).bad("no"), "no");
        assert_eq!(Palette::new(false, false).strong("yes"), "yes");
        assert_eq!(Palette::new(false, false).faint("so"), "so");
    }
}
