//! Marks and colours. Colours are for terminals only, and not if `NO_COLOR` is set.

use std::fmt::Display;
use std::io::IsTerminal;

/// The kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Something begins.
    Begins,
    /// It succeeded.
    Done,
    /// It failed.
    Failed,
    /// It is in doubt, or being asked.
    Asked,
    /// It is undone.
    Undone,
    /// Anything else.
    Note,
}

impl Mark {
    fn sign(self) -> &'static str {
        match self {
            Self::Begins => "▸",
            Self::Done => "✓",
            Self::Failed => "✗",
            Self::Asked => "?",
            Self::Undone => "↺",
            Self::Note => "·",
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Self::Begins | Self::Note => DIM,
            Self::Done => "32",
            Self::Failed => "31",
            Self::Asked => "33",
            Self::Undone => "36",
        }
    }
}

const DIM: &str = "2";
const BOLD: &str = "1";

/// True to use colours.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    colours: bool,
}

impl Style {
    /// Returns the style that standard output and the environment ask for.
    pub fn of_stdout() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { colours: std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb }
    }

    /// Returns a mark in its colour.
    pub fn mark(self, mark: Mark) -> String {
        self.paint(mark.colour(), mark.sign())
    }

    /// Returns the text in a dim style.
    pub fn dim(self, text: impl Display) -> String {
        self.paint(DIM, text)
    }

    /// Returns the text in bold.
    pub fn bold(self, text: impl Display) -> String {
        self.paint(BOLD, text)
    }

    fn paint(self, colour: &str, text: impl Display) -> String {
        let text = text.to_string();
        if self.colours && !text.is_empty() { format!("\x1b[{colour}m{text}\x1b[0m") } else { text }
    }
}
