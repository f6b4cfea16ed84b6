//! Every Rust file is compiled: a test in a file that no `mod` names never fails.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use super::{Finding, source::Source, tree::Tree};

/// Follows `mod` from the first file of every target, and reports what was not reached.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut reached = BTreeSet::new();
    for target in tree.crates.iter().flat_map(|one| &one.targets) {
        walk(tree, &target.file, true, &mut reached);
    }
    let unreached = tree
        .sources
        .iter()
        .filter(|source| !reached.contains(&source.path));
    unreached
        .map(|source| Finding::new(&source.path, "is compiled by no target"))
        .collect()
}

/// Marks a file and the files of its modules; a target's first file has them beside itself.
fn walk(tree: &Tree, path: &str, is_first: bool, reached: &mut BTreeSet<String>) {
    let Some(source) = tree.sources.iter().find(|source| source.path == path) else {
        return;
    };
    if !reached.insert(path.to_owned()) {
        return;
    }
    for candidate in declared(source, is_first) {
        walk(tree, &candidate, false, reached);
    }
}

/// The files that the modules declared in a file may be in.
fn declared(source: &Source, is_first: bool) -> Vec<String> {
    let path = Path::new(&source.path);
    let parent = path.parent().unwrap_or(Path::new(""));
    let stem = path.file_stem().unwrap_or_default();
    let dir = if is_first || stem == "mod" {
        parent.to_owned()
    } else {
        parent.join(stem)
    };
    let mut files = Vec::new();
    let mut path_attribute = None;
    for (line, code) in source.text.lines().zip(source.code.lines()) {
        if code.trim_start().starts_with("#[path") {
            path_attribute = line.split('"').nth(1);
        }
        if let Some(file) = included(line, code) {
            files.push(normal(&parent.join(file)));
        }
        let Some(name) = module(code) else { continue };
        if let Some(file) = path_attribute.take() {
            files.push(normal(&parent.join(file)));
        } else {
            files.push(normal(&dir.join(name).with_extension("rs")));
            files.push(normal(&dir.join(name).join("mod.rs")));
        }
    }
    files
}

/// The name in `mod name;`, whatever its visibility.
fn module(code: &str) -> Option<&str> {
    let (before, name) = code.trim().strip_suffix(';')?.rsplit_once("mod ")?;
    let before = before.trim_end();
    let is_visibility =
        before.is_empty() || before.ends_with("pub") || before.ends_with([')', ']']);
    is_visibility.then_some(name.trim())
}

/// The file in `include!("file")`.
fn included<'a>(line: &'a str, code: &str) -> Option<&'a str> {
    code.contains("include!(").then(|| line.split('"').nth(1))?
}

/// A path without `..`, as git lists it.
fn normal(path: &Path) -> String {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => _ = normal.pop(),
            other => normal.push(other),
        }
    }
    normal.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_is_a_module_whatever_its_visibility() {
        assert_eq!(module("mod a;"), Some("a"));
        assert_eq!(module("pub mod b;"), Some("b"));
        assert_eq!(module("    pub(crate) mod c;"), Some("c"));
        assert_eq!(module("#[cfg(test)] mod d;"), Some("d"));
        assert_eq!(module("mod tests {"), None);
        assert_eq!(module("let x = mod_of(y);"), None);
    }

    #[test]
    fn a_module_s_file_lies_beside_or_below_its_parent() {
        let text = "mod a;\n#[path = \"../b/c.rs\"]\nmod d;\n";
        let at = |path: &str, first: bool| declared(&Source::new(path, text.to_owned()), first);
        assert_eq!(
            at("x/src/lib.rs", true),
            ["x/src/a.rs", "x/src/a/mod.rs", "x/b/c.rs"]
        );
        assert_eq!(at("x/src/y.rs", false)[0], "x/src/y/a.rs");
        assert_eq!(at("x/src/y/mod.rs", false)[0], "x/src/y/a.rs");
    }
}
