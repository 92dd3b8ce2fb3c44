//! The paths in a file: those of its `use` declarations, taken apart, and those in code.

/// A path, without the names of modules inside the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Imported {
    pub(super) path: Vec<String>,
    /// Its local name.
    pub(super) name: String,
    /// True if it comes from a `use` declaration.
    pub(super) is_use: bool,
}

/// Returns the paths to other modules in the code of a file.
pub(super) fn imported(code: &str) -> Vec<Imported> {
    let mut reader = Reader { tokens: tokens(code), at: 0, inner: Vec::new(), depth: 0, found: Vec::new() };
    reader.run();
    reader.found
}

/// Splits code into tokens: names, `::`, and other single letters.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = match first {
            first if is_word(first) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            first => first.len_utf8(),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Reader<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    /// The depth of braces at which each module within the file began.
    inner: Vec<usize>,
    depth: usize,
    found: Vec<Imported>,
}

impl<'a> Reader<'a> {
    fn run(&mut self) {
        while let Some(token) = self.peek(0) {
            match token {
                "use" => {
                    self.at += 1;
                    self.take_tree(Vec::new());
                }
                "mod" if self.peek(2) == Some("{") => {
                    self.at += 2;
                    self.inner.push(self.depth);
                }
                "{" => self.step(1),
                "}" => {
                    self.step(0);
                    if self.inner.last() == Some(&self.depth) {
                        self.inner.pop();
                    }
                }
                word if is_name(word) => self.take_path(),
                _ => self.at += 1,
            }
        }
    }

    fn step(&mut self, opens: usize) {
        self.depth = (self.depth + 2 * opens).saturating_sub(1);
        self.at += 1;
    }

    fn peek(&self, ahead: usize) -> Option<&'a str> {
        self.tokens.get(self.at + ahead).copied()
    }

    /// Reads a path in code. A path that begins with `::` or `$` belongs to another crate or a macro's caller.
    fn take_path(&mut self) {
        let before = self.at.checked_sub(1).map(|at| self.tokens[at]);
        let mut path = vec![self.tokens[self.at].to_owned()];
        self.at += 1;
        while self.peek(0) == Some("::") && self.peek(1).is_some_and(is_name) {
            path.push(self.tokens[self.at + 1].to_owned());
            self.at += 2;
        }
        if path.len() > 1 && !matches!(before, Some("::" | "$" | "." | ">")) {
            self.add(path, false, None);
        }
    }

    /// Reads a `use` declaration, or a part of it between braces.
    fn take_tree(&mut self, prefix: Vec<String>) {
        let mut path = prefix;
        loop {
            match self.peek(0) {
                Some("::") if path.is_empty() => return self.skip_declaration(),
                Some("::") => self.at += 1,
                Some("{") => {
                    self.at += 1;
                    while self.peek(0).is_some_and(|token| token != "}") {
                        self.take_tree(path.clone());
                        self.at += usize::from(self.peek(0) == Some(","));
                    }
                    self.at += 1;
                    return;
                }
                Some("as") => {
                    let name = self.peek(1).map(str::to_owned);
                    self.at += 2;
                    return self.add(path, true, name);
                }
                Some("*") => {
                    self.at += 1;
                    return self.add(path, true, None);
                }
                Some(word) if is_name(word) => {
                    path.push(word.to_owned());
                    self.at += 1;
                }
                _ => return self.add(path, true, None),
            }
        }
    }

    fn skip_declaration(&mut self) {
        while self.peek(0).is_some_and(|token| token != ";") {
            self.at += 1;
        }
    }

    fn add(&mut self, mut path: Vec<String>, is_use: bool, name: Option<String>) {
        // `{self}` is the module itself.
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        for _ in &self.inner {
            if path.first().is_some_and(|first| first == "super") {
                path.remove(0);
                if path.first().is_none_or(|first| first != "super") {
                    path.insert(0, "self".to_owned());
                }
            }
        }
        let Some(last) = path.last() else { return };
        let name = name.unwrap_or_else(|| last.clone());
        self.found.push(Imported { path, name, is_use });
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
