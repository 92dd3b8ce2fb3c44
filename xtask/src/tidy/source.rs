//! Splits a Rust file as far as the rules need: code, comments, strings.
//!
//! Not a parser: it scans for the tokens that can hide others (comments, strings, characters). Braces can then be
//! matched.

use std::ops::RangeInclusive;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// A Rust file. Each view has as many lines as the file.
pub(super) struct Source {
    /// The code, with comments, strings and characters blanked out.
    pub(super) code: String,
    /// The comments, including doc comments, with everything else blanked out.
    pub(super) comments: String,
}

/// A function that has a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    /// From the line of `fn` to that of the closing brace, counted from one.
    pub(super) lines: RangeInclusive<usize>,
}

impl Source {
    /// Scans a file.
    pub(super) fn read(text: &str) -> Self {
        let mut scan = Scan { bytes: text.as_bytes(), at: 0, kinds: Vec::with_capacity(text.len()) };
        scan.run();
        let only = |kind| {
            let shown = |(position, letter): (usize, char)| {
                if letter == '\n' || scan.kinds[position] == kind { letter } else { ' ' }
            };
            text.char_indices().map(shown).collect::<String>()
        };
        Self { code: only(Kind::Code), comments: only(Kind::Comment) }
    }

    /// Returns the lines of each test module, from its attribute to its closing brace.
    pub(super) fn test_modules(&self) -> Vec<RangeInclusive<usize>> {
        let mut modules = Vec::new();
        for attribute in ["#[cfg(test)]", "#[cfg(all(test,"] {
            for (start, _) in self.code.match_indices(attribute) {
                let item = self.code[start..].lines().map(str::trim).find(|line| {
                    let is_attribute = line.starts_with("#[") && line.ends_with(']');
                    !line.is_empty() && !is_attribute
                });
                // rustfmt never puts a module on one line with its attribute.
                if !item.is_some_and(|line| line.starts_with("mod ") || line.starts_with("pub mod ")) {
                    continue;
                }
                if let Some(end) = body_end(&self.code, start + attribute.len()) {
                    modules.push(line_of(&self.code, start)..=line_of(&self.code, end));
                }
            }
        }
        modules
    }

    /// Returns all functions with a body, nested ones included.
    pub(super) fn functions(&self) -> Vec<Function> {
        let mut functions = Vec::new();
        for (start, _) in self.code.match_indices("fn ") {
            let before = self.code[..start].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
                continue;
            }
            let rest = self.code[start + 3..].trim_start();
            let name: String =
                rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            // Without a name it is a function pointer type, or a macro's pattern.
            if name.is_empty() {
                continue;
            }
            if let Some(end) = body_end(&self.code, start) {
                functions
                    .push(Function { name, lines: line_of(&self.code, start)..=line_of(&self.code, end) });
            }
        }
        functions
    }
}

/// Returns the line of a position, counted from one.
fn line_of(code: &str, position: usize) -> usize {
    code[..position].matches('\n').count() + 1
}

/// Returns the position of the brace that closes the item at `start`; `None` if it ends with `;` before any brace
/// opens.
fn body_end(code: &str, start: usize) -> Option<usize> {
    let mut braces = 0_usize;
    let mut brackets = 0_usize;
    for (offset, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' if braces == 0 => brackets += 1,
            b')' | b']' if braces == 0 => brackets = brackets.saturating_sub(1),
            b';' if braces == 0 && brackets == 0 => return None,
            // In brackets before the body: an expression in a type.
            b'{' if brackets == 0 => braces += 1,
            b'}' if brackets == 0 => {
                braces = braces.checked_sub(1)?;
                if braces == 0 {
                    return Some(offset);
                }
            }
            _ => {}
        }
    }
    None
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The kind of each byte up to `at`.
    kinds: Vec<Kind>,
}

impl Scan<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'/' if self.peek(1) == Some(b'/') => self.take_line_comment(),
                b'/' if self.peek(1) == Some(b'*') => self.take_block_comment(),
                b'"' => self.take_quoted(b'"'),
                b'\'' if self.is_character() => self.take_quoted(b'\''),
                byte if is_word(byte) => self.take_word(),
                _ => self.take(1, Kind::Code),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn take(&mut self, count: usize, kind: Kind) {
        let end = (self.at + count).min(self.bytes.len());
        self.kinds.resize(end, kind);
        self.at = end;
    }

    fn take_line_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        self.take(length, Kind::Comment);
    }

    /// Skips a block comment; they nest.
    fn take_block_comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'/', Some(b'*')) => depth += 1,
                (b'*', Some(b'/')) => depth -= 1,
                _ => {
                    self.take(1, Kind::Comment);
                    continue;
                }
            }
            self.take(2, Kind::Comment);
            if depth == 0 {
                return;
            }
        }
    }

    /// Skips a string or character; a backslash escapes the next byte.
    fn take_quoted(&mut self, quote: u8) {
        self.take(1, Kind::Literal);
        while let Some(byte) = self.peek(0) {
            self.take(if byte == b'\\' { 2 } else { 1 }, Kind::Literal);
            if byte == quote {
                return;
            }
        }
    }

    /// Skips a name, a keyword, a number, or the prefix of a string.
    fn take_word(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
        let word = &rest[..length];
        let hashes = rest[length..].iter().take_while(|byte| **byte == b'#').count();
        let is_raw = matches!(word, b"r" | b"br" | b"cr") && rest.get(length + hashes) == Some(&b'"');
        self.take(length, Kind::Code);
        if is_raw {
            self.take_raw_string(hashes);
        } else if word == b"b" && self.peek(0) == Some(b'\'') {
            self.take_quoted(b'\'');
        }
    }

    fn take_raw_string(&mut self, hashes: usize) {
        let opening = hashes + 1;
        let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
        let inside = &self.bytes[self.at + opening..];
        let length =
            inside.windows(closing.len()).position(|window| window == closing).unwrap_or(inside.len());
        self.take(opening + length + closing.len(), Kind::Literal);
    }

    /// Returns true for a character, false for a lifetime.
    fn is_character(&self) -> bool {
        let Some(first) = self.peek(1) else { return false };
        let width = match first {
            b'\\' => return true,
            0..=0x7f => 1,
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            _ => 4,
        };
        self.peek(1 + width) == Some(b'\'')
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests;
