//! Compile errors: what is wrong, why that is a rule, and what to type instead. Collected, and reported all at once.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// One mistake.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    /// The code of the rule: its page is `docs/errors/<code>.md`.
    code: &'static str,
    start: Span,
    end: Span,
    what: String,
    why: Option<String>,
    fix: Option<String>,
}

impl Diagnostic {
    /// Returns a mistake at the span of an identifier or a word.
    pub(crate) fn at(code: &'static str, span: Span, what: impl Into<String>) -> Self {
        Self { code, start: span, end: span, what: what.into(), why: None, fix: None }
    }

    /// Returns a mistake at all of these tokens.
    pub(crate) fn over(code: &'static str, tokens: &impl ToTokens, what: impl Into<String>) -> Self {
        let mut spans = tokens.to_token_stream().into_iter().map(|t| t.span());
        let start = spans.next().unwrap_or_else(Span::call_site);
        let end = spans.last().unwrap_or(start);
        Self { end, ..Self::at(code, start, what) }
    }

    /// Returns why it is a rule.
    pub(crate) fn why(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }

    /// Returns what to type instead.
    pub(crate) fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    fn text(&self) -> String {
        let mut text = format!("{} [{}]", self.what, self.code);
        for (label, line) in [("why", &self.why), ("fix", &self.fix)] {
            if let Some(line) = line {
                text.push_str(&format!("\n{label}: {line}"));
            }
        }
        text
    }

    fn into_tokens(self) -> TokenStream {
        let text = self.text();
        let mut error = syn::Error::new(self.start, &text);
        // The span of two tokens is that of all between them.
        let ends = [proc_macro2::Ident::new("start", self.start), proc_macro2::Ident::new("end", self.end)];
        if format!("{:?}", self.start) != format!("{:?}", self.end) {
            error = syn::Error::new_spanned(quote::quote!(#(#ends)*), text);
        }
        error.into_compile_error()
    }
}

/// All that was found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    found: Vec<Diagnostic>,
}

impl Report {
    pub(crate) fn add(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    pub(crate) fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.found.extend(diagnostics);
    }

    /// Returns how many mistakes were found.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// Returns the errors as the compiler shows them.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.found.into_iter().map(Diagnostic::into_tokens).collect()
    }
}
