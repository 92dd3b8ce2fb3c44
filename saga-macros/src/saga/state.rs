//! The typed state of a saga: an enum of where it may stand.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

use crate::names::path_at;
use crate::saga::body::AwaitPoint;
use crate::saga::model::{Saga, Variant};
use crate::saga::operand::Kind;

/// Returns the enum itself.
pub(crate) fn definition(saga: &Saga) -> TokenStream {
    let (state, vis, root) = (&saga.state, &saga.function.vis, &saga.saga);
    let ident = &saga.function.ident;
    let docs = format!("Where the saga `{}` stands: at one of its sites, or at an end.", saga.name);
    let sites = saga.variants.iter().map(|v| variant(saga, v));
    quote! {
        #[doc = #docs]
        #[allow(private_interfaces, dead_code, clippy::large_enum_variant)]
        #vis enum #state {
            #(#sites,)*
            /// Recorded, and not yet at its first site.
            Scheduled,
            /// On its way back.
            RollingBack {
                /// The cause of the rollback.
                cause: #root::__private::Cause,
            },
            /// It gave this. Perhaps it is being undone, or has been since.
            Completed(<#ident as #root::__private::Saga>::Output),
            /// All that it did is undone or listed.
            RolledBack {
                /// The cause of the rollback.
                cause: #root::__private::Cause,
                /// The saga's error, if that was why.
                error: ::core::option::Option<<#ident as #root::__private::Saga>::Error>,
                /// How the rollback went.
                rollback: #root::__private::Rollback,
            },
            /// It can go neither forward nor back without a person.
            DeadLettered {
                /// Its blockers; there may be several.
                blockers: ::std::vec::Vec<#root::__private::Blocker>,
            },
            /// An operator closed it as it was.
            Abandoned,
        }
    }
}

fn variant(saga: &Saga, variant: &Variant) -> TokenStream {
    let (ident, root) = (&variant.ident, &saga.saga);
    let site = &saga.body.sites[variant.site];
    let docs = format!("At the site `{}`.", name_of(site));
    let until = quote! {
        /// Until when it waits, if not for ever.
        until: ::core::option::Option<#root::__private::Timestamp>,
    };
    let payload = match &site.kind {
        Some(Kind::Sleep) => quote!({ #until }),
        Some(Kind::Signal(_)) => quote!({
            /// The name of the signal that it waits for.
            name: ::std::string::String,
            #until
        }),
        Some(Kind::Approve) => quote!({
            /// The text of the question.
            prompt: ::std::string::String,
            #until
        }),
        Some(kind) => {
            let at = at(kind, root);
            quote!((#at))
        }
        None => TokenStream::new(),
    };
    quote!(#[doc = #docs] #ident #payload)
}

/// Returns the recorded name of the site, without the turns of its loops.
fn name_of(site: &AwaitPoint) -> String {
    match &site.name {
        Some(name) => name.clone(),
        None if site.occurrence > 1 => format!("{}#{}", site.label, site.occurrence),
        None => site.label.clone(),
    }
}

/// Returns the type of how something awaited stands.
fn at(kind: &Kind, root: &Path) -> TokenStream {
    match kind {
        Kind::Call(path) | Kind::Deferred(path, _) => {
            let root = path_at(root, path.span());
            quote_spanned!(path.span()=> <#path as #root::__private::Callable>::At)
        }
        Kind::Sleep => quote!(#root::__private::AtSleep),
        Kind::Now | Kind::Uuid => quote!(#root::__private::AtValue),
        Kind::Signal(_) => quote!(#root::__private::AtSignal),
        Kind::Approve => quote!(#root::__private::AtApproval),
        Kind::All(branches) => {
            let branches = branches.iter().map(|kind| at(kind, root));
            quote!((#(#branches,)*))
        }
        Kind::Each(kind) => {
            let each = at(kind, root);
            quote!(::std::vec::Vec<#each>)
        }
        Kind::Named(_, kind) => at(kind, root),
    }
}

/// Returns how it is made from a journal, and shown.
pub(crate) fn implementation(saga: &Saga) -> TokenStream {
    let (state, root, ident) = (&saga.state, &saga.here, &saga.function.ident);
    let arms = saga.variants.iter().map(|v| arm(saga, v));
    let json = json(saga);
    quote! {
        #json

        #[automatically_derived]
        impl #root::SagaState for #state {
            fn of(view: &#root::StateView) -> ::core::result::Result<Self, #root::LookError> {
                ::core::result::Result::Ok(match view.standing(#ident::GRAPH)? {
                    #(#arms)*
                    #root::Standing::At(..) | #root::Standing::Scheduled => Self::Scheduled,
                    #root::Standing::RollingBack(cause) => Self::RollingBack { cause },
                    #root::Standing::Completed => Self::Completed(view.output::<#ident>()?),
                    #root::Standing::RolledBack(cause, rollback) => {
                        Self::RolledBack { error: view.error::<#ident>(&cause)?, cause, rollback }
                    }
                    #root::Standing::DeadLettered(blockers) => Self::DeadLettered { blockers },
                    #root::Standing::Abandoned => Self::Abandoned,
                })
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for #state {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #root::shown::fmt(self, f)
            }
        }
    }
}

fn arm(saga: &Saga, variant: &Variant) -> TokenStream {
    let (ident, number, root) = (&variant.ident, variant.site, &saga.here);
    let made = match &saga.body.sites[variant.site].kind {
        Some(Kind::Sleep) => quote!(Self::#ident { until: view.until(&site) }),
        Some(Kind::Signal(_)) => quote!(Self::#ident { name: view.signal(&site), until: view.until(&site) }),
        Some(Kind::Approve) => quote!(Self::#ident { prompt: view.prompt(&site), until: view.until(&site) }),
        _ => quote!(Self::#ident(view.at(&site)?)),
    };
    quote!(#root::Standing::At(#number, site) => #made,)
}

/// Returns how it is written as JSON.
fn json(saga: &Saga) -> TokenStream {
    let (state, root, ident) = (&saga.state, &saga.here, &saga.function.ident);
    let arms = saga.variants.iter().map(|v| json_arm(saga, v));
    quote! {
        #[automatically_derived]
        impl #root::serde::Serialize for #state {
            fn serialize<__S: #root::serde::Serializer>(
                &self,
                to: __S,
            ) -> ::core::result::Result<
                <__S as #root::serde::Serializer>::Ok,
                <__S as #root::serde::Serializer>::Error,
            > {
                let end: #root::shown::End<'_, #ident> = match self {
                    #(#arms)*
                    Self::Scheduled => #root::shown::End::Scheduled,
                    Self::RollingBack { cause } => #root::shown::End::RollingBack { cause },
                    Self::Completed(output) => #root::shown::End::Completed { output: #root::Shown(output) },
                    Self::RolledBack { cause, error, rollback } => {
                        let error = error.as_ref().map(#root::Shown);
                        #root::shown::End::RolledBack { cause, error, rollback }
                    }
                    Self::DeadLettered { blockers } => #root::shown::End::DeadLettered { blockers },
                    Self::Abandoned => #root::shown::End::Abandoned,
                };
                #root::serde::Serialize::serialize(&end, to)
            }
        }
    }
}

fn json_arm(saga: &Saga, variant: &Variant) -> TokenStream {
    let (ident, root) = (&variant.ident, &saga.here);
    let site = &saga.body.sites[variant.site];
    let name = name_of(site);
    let (fields, value) = match &site.kind {
        Some(Kind::Sleep) => (quote!({ until }), quote!(&#root::shown::Waits::new(*until))),
        Some(Kind::Signal(_)) => {
            (quote!({ name, until }), quote!(&#root::shown::Waits::new(*until).named(name)))
        }
        Some(Kind::Approve) => {
            (quote!({ prompt, until }), quote!(&#root::shown::Waits::new(*until).asking(prompt)))
        }
        Some(_) => (quote!((at)), quote!(at)),
        None => (TokenStream::new(), quote!(&())),
    };
    quote!(Self::#ident #fields => return #root::shown::at(to, #name, #value),)
}
