//! `cargo xtask image`: images as archives, from static programs, without a registry or an engine.

pub(crate) mod archive;
pub(crate) mod libraries;
mod recipe;
mod table;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};

pub(crate) use self::recipe::{Architecture, Recipe, Source};
use self::table::{IMAGES, Image};
use crate::{
    build::{BUILD_BOUND, Built},
    process,
    setup::{self, Purpose},
    workspace::Workspace,
};

/// Makes container images as archives, without a registry or an engine.
///
/// The archives are in target/images and are loaded by `cargo xtask cluster load`, `docker load` and
/// `podman load`. The same programs give the same digest.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What the images' programs run on.
    #[arg(long, value_enum, default_value_t = Architecture::own())]
    arch: Architecture,
    /// Only these images; all that can be made for the architecture without one.
    #[arg(value_name = "IMAGE", value_parser = table::names())]
    images: Vec<String>,
}

/// Where the archive of an image is put.
fn path(workspace: &Workspace, image: &str, architecture: Architecture) -> PathBuf {
    workspace.target(&format!("images/{image}-{}.tar", architecture.oci()))
}

/// Runs `cargo xtask image`.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let chosen = |image: &&Image| {
        if args.images.is_empty() {
            image.can_be_for(args.arch)
        } else {
            args.images.iter().any(|name| name == image.name)
        }
    };
    for image in IMAGES.iter().filter(chosen) {
        let Made { file, name, digest } = make(workspace, image, args.arch)?;
        println!("{}  {name}  {digest}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// An image that was made.
pub(crate) struct Made {
    /// Its archive.
    pub(crate) file: PathBuf,
    /// Its repository and tag.
    pub(crate) name: String,
    /// The digest of its manifest.
    pub(crate) digest: String,
}

/// Makes all images for this machine.
pub(crate) fn all(workspace: &Workspace) -> Result<Vec<Made>> {
    let images = IMAGES.iter();
    images
        .map(|image| make(workspace, image, Architecture::own()))
        .collect()
}

fn make(workspace: &Workspace, image: &Image, architecture: Architecture) -> Result<Made> {
    let file = path(workspace, image.name, architecture);
    let recipe = image.recipe(workspace, architecture)?;
    let digest = archive::write(&recipe, &file)?;
    let name = recipe.name;
    Ok(Made { file, name, digest })
}

/// Builds programs of this workspace for an architecture.
fn build(workspace: &Workspace, architecture: Architecture, programs: &[&str]) -> Result<()> {
    setup::ensure(workspace, &[Purpose::Build])?;
    let target = architecture.target();
    let mut cargo = Built::object_only(workspace)?.cargo_build_for(target);
    cargo.args(programs.iter().flat_map(|program| ["--bin", program]));
    if architecture != Architecture::own() {
        let linker = format!(
            "{}-linux-gnu-gcc",
            target.split('-').next().unwrap_or(target)
        );
        let variable = target.replace('-', "_").to_uppercase();
        cargo.env(format!("CARGO_TARGET_{variable}_LINKER"), linker);
    }
    process::status(&mut cargo, BUILD_BOUND).with_context(|| {
        format!(
            "{} could not be built for {target}; for another architecture that takes \
             `rustup target add {target}` and its C compiler",
            programs.join(", ")
        )
    })
}
