//! Finds kernel modules in an unpacked kernel package, with what they depend on.
//!
//! A package that was only unpacked has no modules.dep, so the dependencies are read from the
//! modules themselves (the `depends=` entry of their `.modinfo` section).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

/// A module, ready to be loaded.
pub(crate) struct Module {
    /// Its name as lsmod shows it.
    pub(crate) name: String,
    /// Its uncompressed content.
    pub(crate) content: Vec<u8>,
}

/// The modules of these names and all they need, in the order in which they can be loaded.
///
/// Names that are built into the kernel are left out; unknown ones are an error.
pub(crate) fn with_dependencies(dir: &Path, names: &[&str]) -> Result<Vec<Module>> {
    let builtin = fs::read_to_string(dir.join("modules.builtin"))
        .with_context(|| format!("{} has no modules.builtin", dir.display()))?;
    let mut found = Vec::new();
    let mut files = BTreeMap::new();
    collect(dir, &mut files)?;
    for name in names {
        if !builtin
            .lines()
            .any(|line| module_name(Path::new(line)).as_deref() == Some(*name))
        {
            add(name, &files, &mut found)?;
        }
    }
    Ok(found)
}

fn add(name: &str, files: &BTreeMap<String, PathBuf>, found: &mut Vec<Module>) -> Result<()> {
    if found.iter().any(|module| module.name == name) {
        return Ok(());
    }
    let path = files
        .get(name)
        .with_context(|| format!("this kernel has no module {name}"))?;
    let content = read(path)?;
    let depends =
        depends(&content).with_context(|| format!("{} names no dependencies", path.display()))?;
    for dependency in depends.split(',').filter(|name| !name.is_empty()) {
        add(&dependency.replace('-', "_"), files, found)?;
    }
    found.push(Module {
        name: name.to_owned(),
        content,
    });
    Ok(())
}

/// All module files below a directory, by module name.
fn collect(dir: &Path, files: &mut BTreeMap<String, PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("could not read {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if let Some(name) = module_name(&path) {
            files.insert(name, path);
        }
    }
    Ok(())
}

/// `kernel/drivers/net/veth.ko.xz` is `veth`; dashes in file names are underscores in names.
fn module_name(path: &Path) -> Option<String> {
    let (stem, rest) = path.file_name()?.to_str()?.split_once(".ko")?;
    matches!(rest, "" | ".xz").then(|| stem.replace('-', "_"))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    if path.extension().is_none_or(|extension| extension != "xz") {
        return Ok(fs::read(path)?);
    }
    let output = Command::new("xz")
        .arg("-dc")
        .arg(path)
        .output()
        .context("could not run xz")?;
    ensure!(
        output.status.success(),
        "could not decompress {}",
        path.display()
    );
    Ok(output.stdout)
}

/// The value of the module's `depends=` entry; entries are separated by zero bytes.
fn depends(module: &[u8]) -> Option<String> {
    const ENTRY: &[u8] = b"\0depends=";
    let start = module
        .windows(ENTRY.len())
        .position(|window| window == ENTRY)?
        + ENTRY.len();
    let length = module[start..].iter().position(|&byte| byte == 0)?;
    String::from_utf8(module[start..start + length].to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_names_what_it_depends_on() {
        let module = b"\x7fELF..\0license=GPL\0depends=inet_diag,nf-x\0retpoline=Y\0";
        assert_eq!(depends(module).as_deref(), Some("inet_diag,nf-x"));
        assert_eq!(depends(b"\0license=GPL\0depends=\0").as_deref(), Some(""));
        assert_eq!(depends(b"\0license=GPL\0"), None);
    }

    #[test]
    fn a_module_is_named_by_its_file() {
        let name = |path: &str| module_name(Path::new(path));
        assert_eq!(name("kernel/drivers/net/veth.ko").as_deref(), Some("veth"));
        assert_eq!(
            name("net/sched/sch-netem.ko.xz").as_deref(),
            Some("sch_netem")
        );
        assert_eq!(name("modules.order"), None);
    }
}
