//! What the sources of the crate declare, for tests that hold documentation and tables to it.

use std::fs;
use std::path::{Path, PathBuf};

use syn::{ImplItem, Item, ReturnType, Signature, TraitItem, Type, Visibility};

/// A public item: `Type`, an alias among them, `Type::function`, `Enum::Variant` or `function`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicItem {
    pub name: String,
    /// A function that returns a `Result`.
    pub is_fallible: bool,
}

/// The Rust files of a folder itself, or the one file, by their paths in the repository.
pub fn rust_files(path: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if path.is_file() {
        return vec![path];
    }
    let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let files = entries.map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The public items of a file, or of the files in a folder itself.
pub fn public_items(path: &str) -> Vec<PublicItem> {
    let items = |file: PathBuf| public_items_of(&fs::read_to_string(file).unwrap());
    rust_files(path).into_iter().flat_map(items).collect()
}

fn public_items_of(source: &str) -> Vec<PublicItem> {
    let mut found = Vec::new();
    let mut add = |name: String, signature: Option<&Signature>| {
        found.push(PublicItem { name, is_fallible: signature.is_some_and(is_fallible) });
    };
    for item in syn::parse_file(source).unwrap().items {
        match item {
            Item::Enum(item) if is_public(&item.vis) => {
                item.variants.iter().for_each(|variant| add(format!("{}::{}", item.ident, variant.ident), None));
                add(item.ident.to_string(), None);
            }
            Item::Fn(item) if is_public(&item.vis) => add(item.sig.ident.to_string(), Some(&item.sig)),
            Item::Impl(item) => {
                let Type::Path(of) = &*item.self_ty else { continue };
                let of = &of.path.segments.last().unwrap().ident;
                for function in &item.items {
                    if let ImplItem::Fn(function) = function
                        && is_public(&function.vis)
                    {
                        add(format!("{of}::{}", function.sig.ident), Some(&function.sig));
                    }
                }
            }
            Item::Struct(item) if is_public(&item.vis) => add(item.ident.to_string(), None),
            Item::Type(item) if is_public(&item.vis) => add(item.ident.to_string(), None),
            // A trait's functions are as public as the trait.
            Item::Trait(item) if is_public(&item.vis) => {
                for function in &item.items {
                    if let TraitItem::Fn(function) = function {
                        add(format!("{}::{}", item.ident, function.sig.ident), Some(&function.sig));
                    }
                }
                add(item.ident.to_string(), None);
            }
            _ => {}
        }
    }
    found
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_fallible(signature: &Signature) -> bool {
    let ReturnType::Type(_, returned) = &signature.output else { return false };
    matches!(&**returned, Type::Path(returned) if returned.path.segments.last().unwrap().ident == "Result")
}
