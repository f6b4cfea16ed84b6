//! What an image is made of.

use std::path::PathBuf;

use clap::ValueEnum;

/// What an image's programs run on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Architecture {
    /// 64-bit x86.
    Amd64,
    /// 64-bit ARM.
    Arm64,
}

impl Architecture {
    /// What images, Debian and Go call it.
    pub(crate) fn oci(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The Rust target for it, with the C library that programs can be linked to statically.
    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// The one that this xtask runs on.
    pub(crate) fn own() -> Self {
        if cfg!(target_arch = "aarch64") {
            Self::Arm64
        } else {
            Self::Amd64
        }
    }
}

/// An image from scratch.
pub(crate) struct Recipe {
    /// Its repository and tag.
    pub(crate) name: String,
    /// What its programs run on.
    pub(crate) architecture: Architecture,
    /// What a container runs unless it says otherwise.
    pub(crate) entrypoint: Vec<String>,
    /// Paths without a slash in front, and what stands there.
    pub(crate) files: Vec<(String, Source)>,
}

/// Where a file of an image comes from.
pub(crate) enum Source {
    /// A program of this machine.
    File(PathBuf),
    /// A link to this.
    Link(String),
    /// An empty directory; its path ends with a slash.
    Directory,
}
