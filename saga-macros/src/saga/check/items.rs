//! What decides in a body which code it is: items that stand for what is called there, and `#[cfg]`. What undoes a call,
//! and where a saga can go, is read from the whole text, by names that are looked up beside the saga.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ExprAwait, ExprCall, Item, ItemUse, Meta, UseTree};

use crate::diagnostic::{Diagnostic, Report};

/// Reports what the body may not have.
pub(super) fn check(block: &Block, report: &mut Report) {
    let mut called = Called::default();
    called.visit_block(block);
    Items { called: &called.names, report }.visit_block(block);
}

/// The first names of the paths that are called in what is awaited, and the two that say how a saga ends.
struct Called {
    names: Vec<String>,
    awaited: bool,
}

impl Default for Called {
    fn default() -> Self {
        Self { names: vec!["Ok".to_owned(), "Err".to_owned()], awaited: false }
    }
}

impl<'ast> Visit<'ast> for Called {
    fn visit_expr_await(&mut self, node: &'ast ExprAwait) {
        let before = std::mem::replace(&mut self.awaited, true);
        visit::visit_expr_await(self, node);
        self.awaited = before;
    }

    fn visit_expr_call(&mut self, node: &'ast ExprCall) {
        if self.awaited
            && let Expr::Path(path) = &*node.func
        {
            self.names.extend(path.path.segments.first().map(|s| s.ident.to_string()));
        }
        visit::visit_expr_call(self, node);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

struct Items<'a> {
    called: &'a [String],
    report: &'a mut Report,
}

impl Items<'_> {
    fn stands_for_a_call(&mut self, name: &Ident, item: &Item) {
        if !self.called.iter().any(|called| name == called) {
            return;
        }
        let (what, fix) = match item {
            Item::Use(node) => {
                (format!("a `use` in a saga brings in `{name}`, which is called there"), moved(node))
            }
            _ if name == "Ok" || name == "Err" => (
                format!("`{name}` in a saga is an item of its own"),
                format!("another name, such as `{}_with`", name.to_string().to_lowercase()),
            ),
            _ => (
                format!("`{name}` is defined in the saga that calls it"),
                "move it out of the function, above the `#[saga]`".to_owned(),
            ),
        };
        self.report.add(Diagnostic::at("SG0616", name.span(), what).why(BESIDE).fix(fix));
    }

    fn imports(&mut self, tree: &UseTree, node: &ItemUse, item: &Item) {
        match tree {
            UseTree::Path(path) => self.imports(&path.tree, node, item),
            UseTree::Name(name) => self.stands_for_a_call(&name.ident, item),
            UseTree::Rename(rename) => self.stands_for_a_call(&rename.rename, item),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.imports(tree, node, item)),
            UseTree::Glob(glob) => {
                let diagnostic =
                    Diagnostic::over("SG0616", glob, "a `use` in a saga brings in all of a module")
                        .why(BESIDE)
                        .fix(moved(node));
                self.report.add(diagnostic);
            }
        }
    }
}

const BESIDE: &str = "what is called in a saga is looked up beside it as well, where this does not reach: what undoes it would be read of another";

fn moved(node: &ItemUse) -> String {
    let text = node.to_token_stream().to_string();
    let text = text
        .replace(" :: ", "::")
        .replace(" ;", ";")
        .replace("{ ", "{")
        .replace(" }", "}")
        .replace(" ,", ",");
    format!("move it above the `#[saga]`: `{text}`")
}

impl<'ast> Visit<'ast> for Items<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Use(node) => self.imports(&node.tree, node, item),
            Item::Fn(node) => self.stands_for_a_call(&node.sig.ident, item),
            Item::Mod(node) => self.stands_for_a_call(&node.ident, item),
            Item::Enum(node) => self.stands_for_a_call(&node.ident, item),
            Item::Struct(node) => self.stands_for_a_call(&node.ident, item),
            Item::Type(node) => self.stands_for_a_call(&node.ident, item),
            Item::Const(node) => self.stands_for_a_call(&node.ident, item),
            Item::Static(node) => self.stands_for_a_call(&node.ident, item),
            _ => {}
        }
    }

    fn visit_attribute(&mut self, attr: &'ast Attribute) {
        let is_sometimes = ["cfg", "cfg_attr"].iter().any(|name| attr.path().is_ident(name));
        if !is_sometimes {
            return;
        }
        let when = match &attr.meta {
            Meta::List(list) => first_of(list.tokens.clone()).to_string(),
            _ => "test".to_owned(),
        };
        let diagnostic = Diagnostic::over("SG0617", attr, "`#[cfg]` in a saga")
            .why("where the saga can go, and what undoes it, is read from all that is written, compiled or not")
            .fix(format!("`if cfg!({when}) {{ … }}`, both ways of which are read; or two sagas, each with the `#[cfg]` above it"));
        self.report.add(diagnostic);
    }
}

/// Returns what stands before the first comma.
fn first_of(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .take_while(|token| !matches!(token, TokenTree::Punct(p) if p.as_char() == ','))
        .collect()
}
