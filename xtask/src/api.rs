//! `cargo xtask api`: writes the public items of the published crates to `docs/api.txt`. The stage `api` compares them.
//!
//! rustdoc writes them as JSON for nightly alone, so they are read from the sources. In a published crate what is `pub` is
//! public: the lint `unreachable_pub` is denied. Left out are bodies, docs, private fields, and what is `doc(hidden)`.

use std::fs;

use syn::{Attribute, Block, Fields, File, ImplItem, Item, Signature, TraitItem, Type, Visibility};

use crate::cargo;

const FILE: &str = "docs/api.txt";

/// The sources of the published crates.
const SOURCES: &[&str] = &[
    "src",
    "saga-core/src",
    "saga-draw/src",
    "saga-macros/src",
    "saga-mcp/src",
    "saga-runtime/src",
    "saga-sqlite/src",
];

/// What users see of attributes.
const SHOWN: &[&str] = &["cfg", "derive", "must_use", "non_exhaustive", "deprecated", "proc_macro_attribute"];

/// Writes the file.
pub(crate) fn write() -> Result<(), String> {
    fs::write(cargo::root()?.join(FILE), items()?)
        .map_err(|error| format!("`{FILE}` cannot be written: {error}"))
}

/// Fails if the file is not up to date.
pub(crate) fn check() -> Result<(), String> {
    let there =
        fs::read_to_string(cargo::root()?.join(FILE)).map_err(|error| format!("`{FILE}`: {error}"))?;
    let items = items()?;
    let only = |of: &str, other: &str, sign: char| {
        let other: std::collections::HashSet<&str> = other.lines().collect();
        of.lines()
            .filter(|line| !other.contains(line))
            .map(|line| format!("{sign}{line}\n"))
            .collect::<String>()
    };
    print!("{}{}", only(&there, &items, '-'), only(&items, &there, '+'));
    if there == items {
        return Ok(());
    }
    Err(format!(
        "`{FILE}` has other public items than the crates\nfix: `cargo xtask api`, and a line in CHANGELOG.md"
    ))
}

fn items() -> Result<String, String> {
    let mut arguments = vec!["ls-files", "--cached", "--others", "--exclude-standard", "--"];
    arguments.extend(SOURCES);
    let listed = cargo::output("git", &arguments)?;
    let mut files: Vec<&str> = listed.lines().filter(|path| path.ends_with(".rs")).collect();
    files.sort_unstable();
    let mut text =
        String::from("// Written by `cargo xtask api`: the public items of the published crates.\n");
    for path in files {
        // A file that was deleted, but is still in the index, has no items.
        let Ok(source) = fs::read_to_string(cargo::root()?.join(path)) else { continue };
        let file = syn::parse_file(&source).map_err(|error| format!("{path}: {error}"))?;
        let items = public(file.items);
        if !items.is_empty() {
            text.push_str(&format!("\n// {path}\n{}", shown(items)));
        }
    }
    Ok(text)
}

fn shown(items: Vec<Item>) -> String {
    prettyplease::unparse(&File { shebang: None, frontmatter: None, attrs: Vec::new(), items })
}

fn public(items: Vec<Item>) -> Vec<Item> {
    items.into_iter().filter_map(item).collect()
}

/// Returns what users see of an item; `None` if that is nothing.
fn item(mut item: Item) -> Option<Item> {
    let shown = match &mut item {
        Item::Const(it) => is_shown(&it.vis, &mut it.attrs),
        Item::Static(it) => is_shown(&it.vis, &mut it.attrs),
        Item::Type(it) => is_shown(&it.vis, &mut it.attrs),
        Item::Use(it) => is_shown(&it.vis, &mut it.attrs),
        Item::Fn(it) => {
            empty(&mut it.block, &mut it.sig);
            is_shown(&it.vis, &mut it.attrs)
        }
        Item::Struct(it) => {
            fields(&mut it.fields);
            is_shown(&it.vis, &mut it.attrs)
        }
        Item::Enum(it) => {
            for variant in &mut it.variants {
                is_shown(&Visibility::Inherited, &mut variant.attrs);
                variant.fields.iter_mut().for_each(|field| field.attrs.clear());
            }
            is_shown(&it.vis, &mut it.attrs)
        }
        Item::Trait(it) => {
            it.items.retain_mut(in_trait);
            is_shown(&it.vis, &mut it.attrs)
        }
        Item::Impl(it) => {
            let of_trait = it.trait_.is_some();
            it.items.retain_mut(|item| !of_trait && in_impl(item));
            is_shown(&Visibility::Inherited, &mut it.attrs);
            !it.items.is_empty()
        }
        Item::Mod(it) => match &mut it.content {
            Some((_, items)) => {
                *items = public(std::mem::take(items));
                is_shown(&it.vis, &mut it.attrs) && !items.is_empty()
            }
            None => is_shown(&it.vis, &mut it.attrs),
        },
        _ => false,
    };
    shown.then_some(item)
}

/// Keeps the attributes that users see; returns true if the item is public and not hidden.
fn is_shown(visibility: &Visibility, attributes: &mut Vec<Attribute>) -> bool {
    let is_hidden = attributes.iter().any(|it| {
        it.path().is_ident("doc") && it.parse_args::<syn::Ident>().is_ok_and(|word| word == "hidden")
    });
    attributes.retain(|it| SHOWN.iter().any(|name| it.path().is_ident(name)));
    matches!(visibility, Visibility::Public(_)) && !is_hidden
}

fn fields(fields: &mut Fields) {
    if let Fields::Named(named) = fields {
        let all = std::mem::take(&mut named.named);
        named.named = all.into_iter().filter(|field| matches!(field.vis, Visibility::Public(_))).collect();
    }
    for field in fields.iter_mut().filter(|field| !matches!(field.vis, Visibility::Public(_))) {
        field.ty = Type::Infer(syn::TypeInfer { attrs: Vec::new(), underscore_token: Default::default() });
    }
    fields.iter_mut().for_each(|field| field.attrs.clear());
}

fn in_trait(item: &mut TraitItem) -> bool {
    let public = Visibility::Public(Default::default());
    match item {
        TraitItem::Const(it) => is_shown(&public, &mut it.attrs),
        TraitItem::Type(it) => is_shown(&public, &mut it.attrs),
        TraitItem::Fn(it) => {
            if let Some(block) = &mut it.default {
                empty(block, &mut it.sig);
            }
            is_shown(&public, &mut it.attrs)
        }
        _ => false,
    }
}

fn in_impl(item: &mut ImplItem) -> bool {
    match item {
        ImplItem::Const(it) => is_shown(&it.vis, &mut it.attrs),
        ImplItem::Type(it) => is_shown(&it.vis, &mut it.attrs),
        ImplItem::Fn(it) => {
            empty(&mut it.block, &mut it.sig);
            is_shown(&it.vis, &mut it.attrs)
        }
        _ => false,
    }
}

/// Empties a body, and drops the attributes of the parameters.
fn empty(block: &mut Block, signature: &mut Signature) {
    block.stmts.clear();
    for input in &mut signature.inputs {
        match input {
            syn::FnArg::Receiver(it) => it.attrs.clear(),
            syn::FnArg::Typed(it) => it.attrs.clear(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_users_see_is_listed() {
        let source = "/// Docs.
            #[derive(Debug)] #[serde(tag = \"x\")] pub struct Seat { /// Its id.
                pub id: u64, secret: u64 }
            impl Seat { pub fn hold(&self, n: u32) -> bool { n > 0 } fn inner(&self) {} }
            impl Clone for Seat { fn clone(&self) -> Self { Seat } }
            pub struct Row(u64, pub char);
            pub trait Held { fn now(&self) -> bool; #[doc(hidden)] fn raw(&self) {} fn soon(&self) { }}
            #[doc(hidden)] pub fn expansion() {}
            pub(crate) fn within() {}
            mod tests { fn all() {} }";
        let file = syn::parse_file(source).expect("it is Rust");
        assert_eq!(
            shown(public(file.items)),
            "#[derive(Debug)]\npub struct Seat {\n    pub id: u64,\n}\nimpl Seat {\n    pub fn hold(&self, n: u32) -> \
             bool {}\n}\npub struct Row(_, pub char);\npub trait Held {\n    fn now(&self) -> bool;\n    fn soon(&self) {}\n}\n"
        );
    }
}
