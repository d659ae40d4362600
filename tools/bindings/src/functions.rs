//! The public functions of SEAL, one a line: `function` or `class::function`, and `class::` for the class itself.

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow, ensure};
use clang::diagnostic::Severity;
use clang::{Accessibility, Availability, Clang, Entity, EntityKind, Index, Unsaved};

const INCLUDE: &str = env!("SEAL_INCLUDE");

/// What seal.h and the headers that it includes declare in the namespace `seal`, `seal/util` left out.
pub fn functions() -> Result<String> {
    let clang = Clang::new().map_err(|error| anyhow!(error))?;
    let index = Index::new(&clang, false, false);
    let mut parser = index.parser("functions.cc");
    parser.unsaved(&[Unsaved::new("functions.cc", "#include <seal/seal.h>")]);
    parser.arguments(&["-std=c++17", "-isystem", INCLUDE]).skip_function_bodies(true);
    let unit = parser.parse().context("cannot read the headers of SEAL")?;
    let errors = unit.get_diagnostics().into_iter().filter(|found| found.get_severity() >= Severity::Error);
    let errors: Vec<String> = errors.map(|found| found.get_text()).collect();
    ensure!(errors.is_empty(), "clang does not understand the headers of SEAL: {}", errors.join("; "));

    let mut found = BTreeSet::new();
    for namespace in unit.get_entity().get_children() {
        if namespace.get_kind() == EntityKind::Namespace && namespace.get_name().as_deref() == Some("seal") {
            namespace.get_children().into_iter().filter(is_public).for_each(|entity| declared(&entity, "", &mut found));
        }
    }
    Ok(found.into_iter().map(|name| name + "\n").collect())
}

fn is_public(entity: &Entity) -> bool {
    let file = entity.get_location().and_then(|location| location.get_file_location().file);
    file.is_some_and(|file| file.get_path().strip_prefix(INCLUDE).is_ok_and(|path| !path.starts_with("seal/util")))
}

fn declared(entity: &Entity, class: &str, found: &mut BTreeSet<String>) {
    let hidden = matches!(entity.get_accessibility(), Some(Accessibility::Private | Accessibility::Protected));
    if hidden || entity.get_availability() == Availability::Unavailable {
        return;
    }
    let Some(name) = entity.get_name() else { return };
    match entity.get_kind() {
        EntityKind::ClassDecl | EntityKind::ClassTemplate | EntityKind::StructDecl if entity.is_definition() => {
            let inner = format!("{class}{name}::");
            entity.get_children().iter().for_each(|child| declared(child, &inner, found));
            found.insert(inner);
        }
        EntityKind::EnumDecl => drop(found.insert(format!("{class}{name}::"))),
        EntityKind::Constructor
        | EntityKind::ConversionFunction
        | EntityKind::FunctionDecl
        | EntityKind::FunctionTemplate
        | EntityKind::Method => {
            // A constructor that is a template has the arguments of its class in its name.
            let name = if name.starts_with("operator") { &name } else { name.split('<').next().unwrap_or(&name) };
            found.insert(format!("{class}{name}"));
        }
        _ => {}
    }
}
