//! The types of a saga's signals, as its body writes them. The saga registers them, so that a worker that has not run the
//! body can read a signal as the type that the body waits for.

use proc_macro2::{Ident, Span};
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{Block, Item, Type, UseTree};

use crate::names::mentions;
use crate::saga::body::AwaitPoint;

/// Returns the types of the signals at the sites, each with the number of its site.
///
/// A site has none if one of its types is inferred, or has a name that only the body has: the type of one branch would
/// be taken for that of another.
pub(crate) fn signals(block: &Block, sites: &[AwaitPoint]) -> Vec<(usize, Type)> {
    let mut inner = Inner(vec![Ident::new("_", Span::call_site())]);
    inner.visit_block(block);
    let mut signals = Vec::new();
    for (number, site) in sites.iter().enumerate() {
        let kinds = site.kind.as_ref().map(|kind| kind.signals()).unwrap_or_default();
        let types: Option<Vec<&Type>> =
            kinds.into_iter().map(|of| of.filter(|of| inner.is_known(of))).collect();
        signals.extend(types.unwrap_or_default().into_iter().map(|of| (number, of.clone())));
    }
    signals
}

/// The names that are defined in the body, and `_`.
struct Inner(Vec<Ident>);

impl Inner {
    fn is_known(&self, of: &Type) -> bool {
        !self.0.iter().any(|name| mentions(of.to_token_stream(), name))
    }

    fn import(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.import(&path.tree),
            UseTree::Name(name) => self.0.push(name.ident.clone()),
            UseTree::Rename(rename) => self.0.push(rename.rename.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree)),
            // Reported, as it could bring in what is called.
            UseTree::Glob(_) => {}
        }
    }
}

impl<'ast> Visit<'ast> for Inner {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Use(node) => self.import(&node.tree),
            Item::Struct(node) => self.0.push(node.ident.clone()),
            Item::Enum(node) => self.0.push(node.ident.clone()),
            Item::Union(node) => self.0.push(node.ident.clone()),
            Item::Type(node) => self.0.push(node.ident.clone()),
            Item::Mod(node) => self.0.push(node.ident.clone()),
            // The length of an array can be one.
            Item::Const(node) => self.0.push(node.ident.clone()),
            // The type that it makes.
            Item::Macro(node) => self.0.extend(node.ident.clone()),
            _ => {}
        }
        visit::visit_item(self, item);
    }
}
