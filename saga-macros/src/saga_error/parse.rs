//! The variants of a saga's error that can be made of a failure.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens as _;
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Meta, Path, Type};

use crate::diagnostic::{Diagnostic, Report};
use crate::words::Words;

/// An error of a saga.
pub(crate) struct SagaError {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) saga: Path,
    pub(crate) made_of: Vec<(Ident, Type)>,
    /// A variant takes the failures of an `all` itself.
    pub(crate) takes_all: bool,
    /// A variant takes what cannot be.
    pub(crate) takes_never: bool,
}

/// Reads the error; two variants of one type are reported.
pub(crate) fn read(item: &DeriveInput, report: &mut Report) -> SagaError {
    let saga = words(&item.attrs, &["crate"], report).crate_path(report);
    let mut made_of: Vec<(Ident, Type)> = Vec::new();
    if let Data::Enum(data) = &item.data {
        for variant in &data.variants {
            let without = words(&variant.attrs, &["no_from"], report).flag("no_from", report).is_some();
            let Fields::Unnamed(fields) = &variant.fields else { continue };
            let mut fields = fields.unnamed.iter();
            let (Some(field), None) = (fields.next(), fields.next()) else { continue };
            // `thiserror` writes it there.
            let by_others = field.attrs.iter().any(|a| a.path().is_ident("from"));
            let same = |ty: &Type| ty.to_token_stream().to_string() == field.ty.to_token_stream().to_string();
            match made_of.iter().find(|(_, ty)| same(ty)) {
                _ if without => {}
                Some((first, _)) => {
                    let diagnostic = Diagnostic::at(
                        "SG0405",
                        variant.ident.span(),
                        format!("`{first}` and `{}` are made of the same type", variant.ident),
                    )
                    .why("`?` could not tell which of them is meant")
                    .fix("`#[saga_error(no_from)]` on one of them, and make that one with `map_err`");
                    report.add(diagnostic);
                }
                None if by_others => {}
                None => made_of.push((variant.ident.clone(), field.ty.clone())),
            }
        }
    }
    if let Some(span) = no_enum(&item.data) {
        let diagnostic = Diagnostic::at("SG0409", span, "`#[derive(SagaError)]` stands on an enum")
            .why("`?` makes the variant that holds the failure; there is a variant for each way to fail")
            .fix(format!(
                "`enum {}` with a variant for each, such as `Flight(StepFailure<AirlineError>)`",
                item.ident
            ));
        report.add(diagnostic);
    }
    let takes = |name: &str| made_of.iter().any(|(_, ty)| is_named(ty, name));
    let (takes_all, takes_never) = (takes("AllFailure"), takes("Never"));
    SagaError {
        ident: item.ident.clone(),
        generics: item.generics.clone(),
        saga,
        made_of,
        takes_all,
        takes_never,
    }
}

fn no_enum(data: &Data) -> Option<Span> {
    match data {
        Data::Enum(_) => None,
        Data::Struct(data) => Some(data.struct_token.span),
        Data::Union(data) => Some(data.union_token.span),
    }
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == name))
}

fn words(attrs: &[Attribute], known: &'static [&'static str], report: &mut Report) -> Words {
    let given = attrs.iter().find(|a| a.path().is_ident("saga_error"));
    let tokens = match given.map(|a| &a.meta) {
        Some(Meta::List(list)) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Words::read("#[saga_error]", known, tokens, report)
}
