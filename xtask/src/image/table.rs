//! The images there are, and what is in each.

use anyhow::{Context, Result, ensure};
use clap::builder::PossibleValuesParser;

use super::{Architecture, Recipe, Source, build, libraries};
use crate::{
    setup::{self, Purpose},
    workspace::{Workspace, find_program},
};

/// An image.
pub(super) struct Image {
    /// What the command line calls it.
    pub(super) name: &'static str,
    /// Its repository; never on a registry that answers.
    repository: &'static str,
    /// What a container runs unless it says otherwise.
    entrypoint: &'static [&'static str],
    /// Its programs: the path in the image, and where the program comes from.
    programs: &'static [(&'static str, Program)],
    /// Directories that its programs write to.
    directories: &'static [&'static str],
}

/// Where a program comes from.
enum Program {
    /// This workspace: the name of the binary.
    Own(&'static str),
    /// The tests' tools: the path below target/tools. Brings its shared libraries.
    Tool(&'static str),
    /// This machine: its name in `PATH`. Brings its shared libraries.
    Machine(&'static str),
    /// Another program of the image.
    Link(&'static str),
}

use Program::{Link, Machine, Own, Tool};

/// All images.
pub(super) const IMAGES: &[Image] = &[
    Image {
        name: "netfault",
        repository: "netfault.dev/netfault",
        entrypoint: &["/bin/netfault"],
        programs: &[
            ("bin/netfault", Own("netfault")),
            ("bin/netfault-agent", Own("netfault-agent")),
            ("bin/netfault-controller", Own("netfault-controller")),
        ],
        directories: &[],
    },
    Image {
        name: "witness",
        repository: "netfault.test/witness",
        entrypoint: &["/bin/witness"],
        programs: &[("bin/witness", Own("witness"))],
        directories: &[],
    },
    Image {
        name: "test-apps",
        repository: "netfault.test/apps",
        entrypoint: &["/bin/sh"],
        programs: &[
            ("bin/nats-server", Tool("usr/sbin/nats-server")),
            ("bin/redis-server", Tool("usr/bin/redis-server")),
            ("bin/redis-cli", Machine("redis-cli")),
            ("bin/busybox", Machine("busybox")),
            // Its own HTTP client can't look names up without the C library that it was linked to.
            ("bin/curl", Machine("curl")),
            ("bin/nft", Machine("nft")),
            ("bin/httpd", Link("busybox")),
            ("bin/nslookup", Link("busybox")),
            ("bin/sh", Link("busybox")),
            ("bin/sleep", Link("busybox")),
        ],
        directories: &["data/", "tmp/"],
    },
];

/// What the command line accepts.
pub(super) fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(IMAGES.iter().map(|image| image.name))
}

impl Image {
    /// Whether its programs exist for the architecture: this machine's own are only for itself.
    pub(super) fn can_be_for(&self, architecture: Architecture) -> bool {
        let is_built = |(_, program): &(_, Program)| matches!(program, Own(..) | Link(_));
        architecture == Architecture::own() || self.programs.iter().all(is_built)
    }

    /// Builds and installs what is in it.
    fn prepare(&self, workspace: &Workspace, architecture: Architecture) -> Result<()> {
        let programs = || self.programs.iter().map(|(_, program)| program);
        if programs().any(|program| matches!(program, Tool(_) | Machine(_))) {
            setup::ensure(workspace, &[Purpose::Image])?;
        }
        let own = programs().filter_map(|program| match program {
            Own(name) => Some(*name),
            Tool(_) | Machine(_) | Link(_) => None,
        });
        let own: Vec<_> = own.collect();
        if own.is_empty() {
            return Ok(());
        }
        build(workspace, architecture, &own)
    }

    /// What is in it, built and found.
    pub(super) fn recipe(
        &self,
        workspace: &Workspace,
        architecture: Architecture,
    ) -> Result<Recipe> {
        ensure!(
            self.can_be_for(architecture),
            "{} has programs of this machine, which do not run on {}",
            self.name,
            architecture.oci()
        );
        self.prepare(workspace, architecture)?;
        let mut files = Vec::new();
        for (path, program) in self.programs {
            let source = program.source(workspace, architecture)?;
            if let Source::File(file) = &source {
                files.extend(libraries::of(file)?);
            }
            files.push(((*path).to_owned(), source));
        }
        let directories = self.directories.iter();
        files.extend(directories.map(|path| ((*path).to_owned(), Source::Directory)));
        // Programs may need the same library.
        files.sort_by(|(left, _), (right, _)| left.cmp(right));
        files.dedup_by(|(left, _), (right, _)| left == right);
        Ok(Recipe {
            name: format!("{}:v{}", self.repository, env!("CARGO_PKG_VERSION")),
            architecture,
            entrypoint: self
                .entrypoint
                .iter()
                .map(|&word| word.to_owned())
                .collect(),
            files,
        })
    }
}

impl Program {
    /// Where it is, once it is built or installed.
    fn source(&self, workspace: &Workspace, architecture: Architecture) -> Result<Source> {
        Ok(Source::File(match self {
            Own(name) => workspace
                .target(architecture.target())
                .join("release")
                .join(name),
            Tool(path) => workspace.tools().join(path),
            Machine(name) => find_program(name).with_context(|| format!("there is no {name}"))?,
            Link(name) => return Ok(Source::Link((*name).to_owned())),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_this_machine_are_for_its_architecture_only() {
        let other = match Architecture::own() {
            Architecture::Amd64 => Architecture::Arm64,
            Architecture::Arm64 => Architecture::Amd64,
        };
        let can = |name: &str| {
            let image = IMAGES.iter().find(|image| image.name == name).unwrap();
            image.can_be_for(other)
        };
        assert!(can("netfault"));
        assert!(can("witness"));
        assert!(!can("test-apps"));
    }
}
