//! What the checks look at: the workspace's crates from cargo, and its files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::source::Source;
use crate::workspace::Workspace;

/// The workspace, read once.
pub(crate) struct Tree {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Its crates.
    pub(crate) crates: Vec<Crate>,
    /// Its Rust files.
    pub(crate) sources: Vec<Source>,
    /// All its files, Rust or not, relative to the root.
    pub(crate) files: Vec<String>,
}

/// One crate of the workspace.
pub(crate) struct Crate {
    /// Its name.
    pub(crate) name: String,
    /// Its directory, relative to the root.
    pub(crate) dir: String,
    /// The text of its Cargo.toml.
    pub(crate) manifest: String,
    /// What it depends on, for any purpose and on any platform.
    pub(crate) dependencies: Vec<Dependency>,
    /// What cargo builds from it.
    pub(crate) targets: Vec<Target>,
}

/// A crate that another uses.
pub(crate) struct Dependency {
    /// Its name.
    pub(crate) name: String,
    /// Whether only a feature brings it in.
    pub(crate) optional: bool,
}

/// One thing that cargo builds.
pub(crate) struct Target {
    /// `lib`, `bin`, `test`, `bench`, `example`, `proc-macro` or `custom-build`.
    pub(crate) kind: String,
    /// Its first file, relative to the root.
    pub(crate) file: String,
}

impl Tree {
    /// Reads the checkout.
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let root = fs::canonicalize(workspace.root())?;
        let files = files(&root)?;
        let sources = files
            .iter()
            .filter(|file| {
                Path::new(file)
                    .extension()
                    .is_some_and(|extension| extension == "rs")
            })
            .map(|file| Ok(Source::new(file, fs::read_to_string(root.join(file))?)))
            .collect::<Result<_>>()?;
        Ok(Self {
            crates: crates(workspace, &root)?,
            sources,
            files,
            root,
        })
    }

    /// The Rust files of a crate.
    pub(crate) fn sources_of<'a>(&'a self, owner: &Crate) -> impl Iterator<Item = &'a Source> {
        let dir = format!("{}/", owner.dir);
        self.sources
            .iter()
            .filter(move |source| source.path.starts_with(&dir))
    }
}

/// What git has or would add, so that nothing built and nothing ignored is looked at.
///
/// A copy without git's directory, or a machine without git, has all files looked at but target's.
fn files(root: &Path) -> Result<Vec<String>> {
    let listed = Command::new("git")
        // The checkout may be another user's, as in a container that runs as root.
        .args(["-c", "safe.directory=*", "ls-files"])
        .args(["--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root)
        .output();
    match listed {
        Ok(output) if output.status.success() => {
            let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
            let present = names
                .split_terminator('\0')
                .filter(|name| root.join(name).is_file());
            Ok(present.map(str::to_owned).collect())
        }
        _ => {
            let mut files = Vec::new();
            walk(root, root, &mut files)?;
            Ok(files)
        }
    }
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(name_in(&path, root)?);
        } else if path.is_dir() && !path.ends_with(".git") && path != root.join("target") {
            walk(root, &path, files)?;
        }
    }
    Ok(())
}

fn crates(workspace: &Workspace, root: &Path) -> Result<Vec<Crate>> {
    let output = workspace
        .cargo()
        .args(["metadata", "--no-deps", "--format-version=1"])
        .output()
        .context("could not run cargo metadata")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    items(&metadata["packages"])
        .map(|package| read_crate(package, root))
        .collect()
}

fn read_crate(package: &Value, root: &Path) -> Result<Crate> {
    let manifest = relative(&package["manifest_path"], root)?;
    Ok(Crate {
        name: text(&package["name"])?.to_owned(),
        dir: manifest.trim_end_matches("/Cargo.toml").to_owned(),
        manifest: fs::read_to_string(root.join(&manifest))?,
        dependencies: items(&package["dependencies"])
            .map(|dependency| {
                let optional = dependency["optional"] == true;
                Ok(Dependency {
                    name: text(&dependency["name"])?.to_owned(),
                    optional,
                })
            })
            .collect::<Result<_>>()?,
        targets: items(&package["targets"])
            .map(|target| {
                let kind = text(&target["kind"][0])?.to_owned();
                Ok(Target {
                    kind,
                    file: relative(&target["src_path"], root)?,
                })
            })
            .collect::<Result<_>>()?,
    })
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Result<&str> {
    value
        .as_str()
        .context("cargo metadata has another form than expected")
}

fn relative(path: &Value, root: &Path) -> Result<String> {
    name_in(&fs::canonicalize(text(path)?)?, root)
}

fn name_in(path: &Path, root: &Path) -> Result<String> {
    let path = path
        .strip_prefix(root)
        .context("a crate lies outside of the checkout")?;
    Ok(path.to_str().context("a path is not UTF-8")?.to_owned())
}
