//! The programs in `tests/ui` that must not compile: each with its code, its message and its corrected twin.

use std::collections::BTreeMap;

/// The directory of the mistakes, and of the compiler's messages.
pub(crate) const MISTAKES: &str = "tests/ui";
/// The directory of the corrected twins.
pub(crate) const MENDED: &str = "tests/ui/mended";

/// What stands instead of a code where the compiler has a message of its own: `//! own: The mistake.`
const OWN: &str = "own";

/// One mistake.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fixture {
    /// The file's name without its ending: `sg0101_undo_unsaid`.
    pub(crate) name: String,
    /// `SG0101`, or `own`.
    pub(crate) code: String,
    /// The rule, or what is special here.
    pub(crate) title: String,
    /// The reason for the rule, and how to follow it; without a code, what to type.
    pub(crate) prose: String,
    /// The program, without its header.
    pub(crate) mistake: String,
    /// The number of lines in the header.
    pub(crate) header_lines: usize,
    pub(crate) message: Option<String>,
    pub(crate) mended: Option<String>,
}

/// All fixtures, by name and thereby by code.
#[derive(Debug, Default)]
pub(crate) struct Fixtures {
    pub(crate) all: Vec<Fixture>,
    /// Files that cannot be parsed, each with the reason.
    pub(crate) wrong: Vec<(String, String)>,
}

impl Fixtures {
    /// Selects the fixtures among these files, which are paths from the root with their texts.
    pub(crate) fn of<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let files: BTreeMap<&str, &str> = files.filter(|(path, _)| path.starts_with(MISTAKES)).collect();
        let mut fixtures = Self::default();
        for (path, text) in &files {
            let Some(name) = name_in(path, MISTAKES, ".rs") else { continue };
            match Fixture::read(name, text) {
                Ok(fixture) => {
                    let beside = |path: String| files.get(path.as_str()).map(|text| (*text).to_owned());
                    fixtures.all.push(Fixture {
                        message: beside(format!("{MISTAKES}/{name}.stderr")),
                        mended: beside(format!("{MENDED}/{name}.rs")),
                        ..fixture
                    });
                }
                Err(what) => fixtures.wrong.push(((*path).to_owned(), what)),
            }
        }
        fixtures
    }

    /// Returns the fixtures of each code; the one with the reason for the rule comes first.
    pub(crate) fn codes(&self) -> BTreeMap<&str, Vec<&Fixture>> {
        let mut codes: BTreeMap<&str, Vec<&Fixture>> = BTreeMap::new();
        for fixture in self.all.iter().filter(|fixture| fixture.code != OWN) {
            codes.entry(&fixture.code).or_default().push(fixture);
        }
        for fixtures in codes.values_mut() {
            fixtures.sort_by_key(|fixture| fixture.prose.is_empty());
        }
        codes
    }

    /// Returns the mistakes for which the compiler has a message of its own.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Fixture> {
        self.all.iter().filter(|fixture| fixture.code == OWN)
    }
}

/// Returns the name of a file directly in the directory.
pub(crate) fn name_in<'a>(path: &'a str, directory: &str, ending: &str) -> Option<&'a str> {
    let name = path.strip_prefix(directory)?.strip_prefix('/')?.strip_suffix(ending)?;
    (!name.contains('/')).then_some(name)
}

impl Fixture {
    fn read(name: &str, text: &str) -> Result<Self, String> {
        let header: Vec<&str> =
            text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
        let first = header.first().and_then(|line| line.split_once(": "));
        let Some((code, title)) = first.filter(|(code, _)| is_code(code) || *code == OWN) else {
            return Err("the header does not begin with a code: `//! SG0101: The rule.`".to_owned());
        };
        let Some(title) = title.strip_suffix('.') else {
            return Err("the header's first line is a sentence, and ends with a full stop".to_owned());
        };
        if !name.starts_with(&format!("{}_", code.to_lowercase())) {
            return Err(format!("the file's name does not begin with the code of its header, {code}"));
        }
        let blank = text.lines().skip(header.len()).take_while(|line| line.trim().is_empty()).count();
        let header_lines = header.len() + blank;
        let mistake: Vec<&str> = text.lines().skip(header_lines).collect();
        Ok(Self {
            name: name.to_owned(),
            code: code.to_owned(),
            title: title.to_owned(),
            prose: header[1..].join("\n").trim().to_owned(),
            mistake: mistake.join("\n"),
            header_lines,
            message: None,
            mended: None,
        })
    }
}

/// Returns true if the text is a code, such as `SG0101`.
pub(crate) fn is_code(text: &str) -> bool {
    text.len() == 6
        && text.strip_prefix("SG").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

/// Returns the codes in a text, each with its line, counted from one.
pub(crate) fn codes_in(text: &str) -> Vec<(usize, &str)> {
    let mut codes = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (start, _) in line.match_indices("SG") {
            let is_alone = |letter: Option<char>| !letter.is_some_and(char::is_alphanumeric);
            if let Some(code) = line.get(start..start + 6).filter(|code| is_code(code))
                && is_alone(line[..start].chars().next_back())
                && is_alone(line[start + 6..].chars().next())
            {
                codes.push((index + 1, code));
            }
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISTAKE: &str =
        "//! SG0101: A step says how it is undone.\n//!\n//! When a later\n//! one fails.\n\nfn main() {}\n";

    #[test]
    fn a_fixture_is_its_header_its_code_its_message_and_its_twin() {
        let files = [
            ("tests/ui/sg0101_a.rs", MISTAKE),
            ("tests/ui/sg0101_a.stderr", "error: no"),
            ("tests/ui/mended/sg0101_a.rs", "fn main() {}\n"),
            ("tests/ui/many/sg0101_b.rs", "fn main() {}\n"),
        ];
        let fixtures = Fixtures::of(files.into_iter());
        assert_eq!(fixtures.wrong, []);
        let [fixture] = &fixtures.all[..] else { panic!("one fixture: {:?}", fixtures.all) };
        assert_eq!((&*fixture.code, &*fixture.title), ("SG0101", "A step says how it is undone"));
        assert_eq!(fixture.prose, "When a later\none fails.");
        assert_eq!((&*fixture.mistake, fixture.header_lines), ("fn main() {}", 5));
        assert_eq!(fixture.message.as_deref(), Some("error: no"));
        assert!(fixture.mended.is_some());
    }

    #[test]
    fn a_header_without_a_code_or_with_that_of_another_file_is_wrong() {
        for (name, text) in [
            ("sg0101_a", "fn main() {}\n"),
            ("sg0101_a", "//! A rule.\n"),
            ("sg0102_a", MISTAKE),
            ("sg0101_a", "//! SG0101: no sentence\n"),
        ] {
            assert!(Fixture::read(name, text).is_err(), "{text}");
        }
    }

    #[test]
    fn codes_are_found_where_they_stand_alone() {
        assert_eq!(codes_in("a [SG0101] `SG0202`\nXSG0303 SG04040 SG050 SG"), [(1, "SG0101"), (1, "SG0202")]);
    }
}
