//! The words of an attribute, `a, b = value, c(d = value)`, with their spans. What they mean is not known here.

mod guess;

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, ExprLit, Lit, LitInt, LitStr, Path, Token};

use crate::diagnostic::{Diagnostic, Report};
use crate::duration::{self, WRITTEN};
use crate::names::nearest;

/// One word, and what was given with it.
pub(crate) struct Word {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What was given with a word.
pub(crate) enum Value {
    Nothing,
    Is(Expr),
    List(Vec<Word>),
    /// In parentheses, and no words.
    Raw(TokenStream),
}

/// The words of an attribute that are not taken yet.
pub(crate) struct Words {
    of: &'static str,
    known: &'static [&'static str],
    words: Vec<Word>,
}

impl Words {
    /// Reads them; unknown and repeated ones are reported.
    pub(crate) fn read(
        of: &'static str,
        known: &'static [&'static str],
        tokens: TokenStream,
        report: &mut Report,
    ) -> Self {
        let words = list.parse2(tokens).unwrap_or_else(|error| {
            report.add(unreadable(of, &error));
            Vec::new()
        });
        Self::of(of, known, words, report)
    }

    /// Returns the words of a list inside another word.
    pub(crate) fn of(
        of: &'static str,
        known: &'static [&'static str],
        words: Vec<Word>,
        report: &mut Report,
    ) -> Self {
        let mut kept: Vec<Word> = Vec::new();
        for mut word in words {
            let name = word.key.to_string();
            if !known.contains(&&*name) {
                let meant = guess::meant(of, &word);
                report.add(unknown(of, known, &word.key, meant.as_ref()));
                // What was probably meant is taken as said, so that nothing else seems to be missing.
                let near = nearest(&name, known);
                if let (Some(meant), None) = (meant, near) {
                    kept.extend(meant.word.filter(|word| !kept.iter().any(|w: &Word| w.key == word.key)));
                    continue;
                }
                let Some(meant) = near else { continue };
                word.key = Ident::new(meant, word.key.span());
            }
            match kept.iter().any(|w| w.key == word.key) {
                true if word.key == name => report.add(twice(&word.key)),
                true => {}
                false => kept.push(word),
            }
        }
        Self { of, known, words: kept }
    }

    fn take(&mut self, name: &str) -> Option<Word> {
        debug_assert!(self.known.contains(&name), "{name} is a word of {}", self.of);
        let at = self.words.iter().position(|w| w.key == name)?;
        Some(self.words.remove(at))
    }

    /// Returns a word that stands alone.
    pub(crate) fn flag(&mut self, name: &str, report: &mut Report) -> Option<Ident> {
        let word = self.take(name)?;
        if !matches!(word.value, Value::Nothing) {
            let what = format!("`{name}` stands alone");
            let fix = format!("write `{name}` and nothing with it, or leave it out");
            let why = "it is so by being said, and there is no more to it";
            report.add(Diagnostic::at("SG0110", word.key.span(), what).why(why).fix(fix));
        }
        Some(word.key)
    }

    /// Returns a word with a value.
    pub(crate) fn value(&mut self, name: &str, example: &str, report: &mut Report) -> Option<(Ident, Expr)> {
        let word = self.take(name)?;
        match word.value {
            Value::Is(value) => Some((word.key, value)),
            given @ (Value::Nothing | Value::List(_) | Value::Raw(_)) => {
                let what = format!("`{name}` takes a value");
                let fix = match guess::as_value(name, &given) {
                    Some(meant) => format!("`{meant}`"),
                    None => format!("write it like `{name} = {example}`"),
                };
                report.add(Diagnostic::at("SG0110", word.key.span(), what).why(ALONE).fix(fix));
                None
            }
        }
    }

    /// Returns a word with words of its own.
    pub(crate) fn list(
        &mut self,
        name: &'static str,
        known: &'static [&'static str],
        example: &str,
        report: &mut Report,
    ) -> Option<(Ident, Words)> {
        let word = self.take(name)?;
        match word.value {
            Value::List(words) => Some((word.key, Words::of(name, known, words, report))),
            given @ (Value::Is(_) | Value::Nothing | Value::Raw(_)) => {
                let what = format!("`{name}` takes words of its own");
                let fix = match guess::as_list(name, &given) {
                    Some(meant) => format!("`{meant}`"),
                    None => format!("write it like `{name}({example})`"),
                };
                report.add(Diagnostic::at("SG0110", word.key.span(), what).why(ALONE).fix(fix));
                None
            }
        }
    }

    /// Returns a word with names of its own, each once.
    pub(crate) fn names(
        &mut self,
        name: &str,
        example: &str,
        report: &mut Report,
    ) -> Option<(Ident, Vec<Ident>)> {
        let word = self.take(name)?;
        let is_name = |word: &Word| matches!(word.value, Value::Nothing);
        let Value::List(words) = word.value else { return unnamed(&word.key, example, report) };
        if words.is_empty() || !words.iter().all(is_name) {
            return unnamed(&word.key, example, report);
        }
        let mut names: Vec<Ident> = Vec::new();
        for Word { key, .. } in words {
            match names.contains(&key) {
                true => report.add(twice(&key)),
                false => names.push(key),
            }
        }
        Some((word.key, names))
    }

    /// Returns a length of time, in milliseconds.
    pub(crate) fn millis(&mut self, name: &str, report: &mut Report) -> Option<(Ident, u64)> {
        self.millis_like(name, "\"10s\"", report)
    }

    /// Returns a length of time, in milliseconds, with an example of one.
    pub(crate) fn millis_like(
        &mut self,
        name: &str,
        example: &str,
        report: &mut Report,
    ) -> Option<(Ident, u64)> {
        let (key, value) = self.value(name, example, report)?;
        Some((key, duration::read(name, &value, report)?))
    }

    /// Reads text in quotes that is not empty.
    pub(crate) fn text(&mut self, name: &str, example: &str, report: &mut Report) -> Option<(Ident, LitStr)> {
        self.text_of("SG0110", name, example, report)
    }

    fn text_of(
        &mut self,
        code: &'static str,
        name: &str,
        example: &str,
        report: &mut Report,
    ) -> Option<(Ident, LitStr)> {
        let (key, value) = self.value(name, example, report)?;
        let (what, why, fix) = match duration::text_of(&value) {
            Some(text) if !text.value().trim().is_empty() => return Some((key, text.clone())),
            Some(_) => ("is empty", "it is there to be read", ", or leave it out"),
            None => ("takes text in quotes", WRITTEN, ""),
        };
        let diagnostic = Diagnostic::over(code, &value, format!("`{name}` {what}"))
            .why(why)
            .fix(format!("write it like `{name} = {example}`{fix}"));
        report.add(diagnostic);
        None
    }

    /// Returns a whole number, from 1.
    pub(crate) fn number(&mut self, name: &str, report: &mut Report) -> Option<(Ident, u32)> {
        let (key, value) = self.value(name, "3", report)?;
        match number_of(&value) {
            Some(number) if number > 0 => Some((key, number)),
            _ => {
                let what = format!("`{name}` takes a whole number from 1");
                let fix = format!("write the number itself, like `{name} = 3`");
                report.add(Diagnostic::over("SG0113", &value, what).why(WRITTEN).fix(fix));
                None
            }
        }
    }

    /// Returns where the crate `saga` is.
    pub(crate) fn crate_path(&mut self, report: &mut Report) -> Path {
        match self.value("crate", "::saga", report) {
            Some((_, Expr::Path(path))) if path.qself.is_none() => path.path,
            Some((_, other)) => {
                let diagnostic = Diagnostic::over("SG0110", &other, "`crate` takes a path")
                    .why("it stands before the names of what is generated")
                    .fix("write it like `crate = ::saga`, without quotes");
                report.add(diagnostic);
                saga()
            }
            None => saga(),
        }
    }

    /// Returns the recorded name: letters, digits and underscores.
    pub(crate) fn name(&mut self, ident: &Ident, report: &mut Report) -> String {
        match self.text_of("SG0114", "name", "\"hold_flight\"", report) {
            Some((_, text)) if is_name(&text.value()) => text.value(),
            Some((_, text)) => {
                let what = format!("{:?} cannot be a recorded name", text.value());
                let why = "names are parts of sites, such as `hold#2[3]`, and of paths";
                let fix = "use letters, digits, `_` and `-`, and begin with a letter";
                report.add(Diagnostic::at("SG0114", text.span(), what).why(why).fix(fix));
                crate::names::plain(ident)
            }
            None => crate::names::plain(ident),
        }
    }
}

/// Why a known word is looked for.
pub(crate) const UNHEARD: &str =
    "what is not known would be passed over, and what it was to say would not be so";
/// Why a word has what belongs to it.
const ALONE: &str = "the word by itself says nothing";

/// Returns true if it can be recorded as the name of a step, a saga or a site.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(char::is_alphabetic) && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Returns the number, if it is one.
pub(crate) fn number_of(value: &Expr) -> Option<u32> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => LitInt::base10_parse(number).ok(),
        _ => None,
    }
}

fn saga() -> Path {
    syn::parse_quote!(::saga)
}

fn unknown(of: &str, known: &[&str], key: &Ident, meant: Option<&guess::Meant>) -> Diagnostic {
    let name = key.to_string();
    let all = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    let fix = match (nearest(&name, known), meant) {
        (Some(near), _) => format!("did you mean `{near}`? the words are {all}"),
        (None, Some(meant)) => format!("{}; the words are {all}", meant.form),
        (None, None) => format!("the words are {all}"),
    };
    Diagnostic::at("SG0108", key.span(), format!("`{name}` is no word of `{of}`")).why(UNHEARD).fix(fix)
}

fn unnamed<T>(key: &Ident, example: &str, report: &mut Report) -> Option<T> {
    let diagnostic = Diagnostic::at("SG0110", key.span(), format!("`{key}` takes names"))
        .why(ALONE)
        .fix(format!("write it like `{key}({example})`"));
    report.add(diagnostic);
    None
}

fn twice(key: &Ident) -> Diagnostic {
    Diagnostic::at("SG0109", key.span(), format!("`{key}` is said twice"))
        .why("only one of the two would count")
        .fix("say it once")
}

fn unreadable(of: &str, error: &syn::Error) -> Diagnostic {
    Diagnostic::at("SG0117", error.span(), format!("the words of `{of}` cannot be read here: {error}"))
        .why("nothing is guessed: what cannot be read may have been what matters")
        .fix("words stand one after another with commas between them: `word`, `word = value` or `word(…)`")
}

/// Returns the tokens as they are usually written.
pub(crate) fn shown(tokens: &TokenStream) -> String {
    let mut text = tokens.to_string();
    for (spaced, usual) in [
        (" :: ", "::"),
        (" . ", "."),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        (" ?", "?"),
        (" ;", ";"),
        ("& ", "&"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" !", "!"),
    ] {
        text = text.replace(spaced, usual);
    }
    text
}

/// Removes the invisible brackets around what a user's `macro_rules!` passes on.
fn ungrouped(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => ungrouped(*group.expr),
        other => other,
    }
}

fn list(input: ParseStream<'_>) -> syn::Result<Vec<Word>> {
    let mut words = Vec::new();
    while !input.is_empty() {
        let key = input
            .call(Ident::parse_any)
            .map_err(|error| syn::Error::new(error.span(), "a word is expected, without quotes"))?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Is(ungrouped(input.parse()?))
        } else if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            let words = content.fork();
            match list(&words) {
                Ok(words) => {
                    content.parse::<TokenStream>()?;
                    Value::List(words)
                }
                Err(_) => Value::Raw(content.parse()?),
            }
        } else {
            Value::Nothing
        };
        words.push(Word { key, value });
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(words)
}
