//! What can be seen of whether a parameter can be recorded, by its syntax; types are for the compiler to judge.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, ExprPath, LitStr, Type};

use crate::diagnostic::{Diagnostic, Report};

/// Returns the attributes of a parameter that are none of ours, and what stands for it in a record that does not have
/// it.
pub(crate) fn attributes(
    attrs: &[Attribute],
    ty: &Type,
    report: &mut Report,
) -> (Vec<Attribute>, Option<TokenStream>) {
    let (ours, others): (Vec<_>, Vec<_>) =
        attrs.iter().cloned().partition(|attr| attr.path().is_ident("serde"));
    let mut default = None;
    for attr in ours {
        let read = attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("default") {
                report.add(unknown(&meta.path));
                // Whatever follows belongs to it.
                let _rest: TokenStream = meta.input.parse()?;
                return Ok(());
            }
            default = Some(match meta.value() {
                Ok(value) => {
                    let path: ExprPath = value.parse::<LitStr>()?.parse()?;
                    quote!(#path)
                }
                Err(_) => {
                    quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default)
                }
            });
            Ok(())
        });
        if let Err(error) = read {
            let diagnostic =
                Diagnostic::at("SG0903", error.span(), format!("this attribute cannot be read: {error}"));
            report.add(diagnostic.why(WHY).fix("`#[serde(default)]`, or `#[serde(default = \"path\")]`"));
        }
    }
    (others, default)
}

/// Why nothing else is said there.
const WHY: &str =
    "its name and its type say how it is recorded; only what an older record lacks has to be said";

fn unknown(word: &syn::Path) -> Diagnostic {
    let shown = quote!(#word).to_string();
    Diagnostic::over("SG0903", word, format!("a parameter has no `#[serde({shown})]`"))
        .why(WHY)
        .fix("`#[serde(default)]`; all else on the fields of a type of its own")
}
