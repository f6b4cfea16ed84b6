//! `cargo xtask build`: the kernel object first, then the release binaries that carry it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use crate::{
    process,
    setup::{self, Purpose, toolchain},
    workspace::{HOST_TRIPLE, Workspace, find_program},
};

/// Long enough for a first build on a slow, busy machine.
pub(crate) const BUILD_BOUND: Duration = Duration::from_mins(45);

/// The variable through which chaos-agent's build script finds the object that it embeds.
const OBJECT_VARIABLE: &str = "NETFAULT_BPF_OBJECT";

/// The target of BPF programs on little-endian machines.
const BPF_TARGET: &str = "bpfel-unknown-none";

/// The programs that netfault is.
const PROGRAMS: [&str; 3] = ["netfault", "netfault-agent", "netfault-controller"];

/// The packages whose programs and tests are built for release. Cargo builds a library anew for each
/// choice of packages that uses other features of it, so that all are named always.
const PACKAGES: [&str; 5] = [
    "chaos-agent",
    "chaos-cli",
    "chaos-control",
    "chaos-tests",
    "chaos-witness",
];

/// Runs `cargo xtask build`.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    setup::ensure(workspace, &[Purpose::Build])?;
    let built = Built::new(workspace)?;
    for program in PROGRAMS {
        println!("built {}", built.program(program).display());
    }
    Ok(ExitCode::SUCCESS)
}

/// What `build` made: proof for the other commands that it is there, and where.
#[derive(Clone)]
pub(crate) struct Built<'a> {
    workspace: &'a Workspace,
    object: PathBuf,
}

impl<'a> Built<'a> {
    /// Builds the object and the programs.
    pub(crate) fn new(workspace: &'a Workspace) -> Result<Self> {
        let built = Self::object_only(workspace)?;
        built.release(&PROGRAMS)?;
        fs::create_dir_all(workspace.target("release"))?;
        for program in PROGRAMS {
            replace(&built.made(HOST_TRIPLE, program), &built.program(program))?;
        }
        Ok(built)
    }

    /// Builds the object, and no program that carries it.
    pub(crate) fn object_only(workspace: &'a Workspace) -> Result<Self> {
        let object = build_object(workspace)?;
        Ok(Self { workspace, object })
    }

    /// The checkout that was built.
    pub(crate) fn workspace(&self) -> &'a Workspace {
        self.workspace
    }

    /// The kernel object.
    pub(crate) fn object(&self) -> &Path {
        &self.object
    }

    /// One of netfault's programs, where users find it.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.workspace.target("release").join(name)
    }

    /// A program as cargo made it for a target.
    pub(crate) fn made(&self, target: &str, program: &str) -> PathBuf {
        self.workspace.target(target).join("release").join(program)
    }

    /// Builds programs that embed the object.
    pub(crate) fn release(&self, programs: &[&str]) -> Result<()> {
        let bins = programs.iter().flat_map(|program| ["--bin", program]);
        process::status(self.cargo_build().args(bins), BUILD_BOUND)
    }

    /// `cargo build --release` for this machine, with the object's path in its environment; to be
    /// told what to build.
    pub(crate) fn cargo_build(&self) -> Command {
        self.cargo_build_for(HOST_TRIPLE)
    }

    /// The same for a target. No program needs a shared library: it runs in an image made from
    /// scratch and beside a bare kernel as it does here.
    pub(crate) fn cargo_build_for(&self, target: &str) -> Command {
        let mut cargo = self.workspace.cargo();
        cargo
            // Named even for this machine, so that the flag does not reach build scripts and macros.
            .args(["build", "--release", "--target", target])
            .args(PACKAGES.iter().flat_map(|package| ["--package", package]))
            .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static")
            .env(OBJECT_VARIABLE, &self.object);
        cargo
    }

    /// Tells a program of chaos-tests where the things are that it runs.
    pub(crate) fn describe_to(&self, command: &mut Command) {
        command
            .env("NETFAULT", self.program("netfault"))
            .env("NETFAULT_TOOLS", self.workspace.tools())
            .env(OBJECT_VARIABLE, &self.object);
    }
}

/// Puts a file at another path, at once, also where it runs there.
fn replace(from: &Path, to: &Path) -> Result<()> {
    let new = to.with_extension("new");
    fs::copy(from, &new).with_context(|| format!("could not copy {}", from.display()))?;
    fs::rename(&new, to).with_context(|| format!("could not write {}", to.display()))
}

/// Builds the kernel object and returns its absolute path.
fn build_object(workspace: &Workspace) -> Result<PathBuf> {
    let linker = find_program("bpf-linker").context("bpf-linker is not installed")?;
    let target_dir = workspace.target("bpf");
    let mut cargo = toolchain::bpf_cargo(workspace)?;
    cargo.args([
        "build",
        "--release",
        "--package",
        "chaos-ebpf",
        "--bin",
        "netfault-bpf",
    ]);
    cargo.args(["--target", BPF_TARGET]);
    object_settings(&mut cargo, &linker, &target_dir);
    process::status(&mut cargo, BUILD_BOUND).context("the kernel object was not built")?;
    let object = target_dir.join(BPF_TARGET).join("release/netfault-bpf");
    ensure!(
        object.is_file(),
        "cargo left no object in {}",
        object.display()
    );
    Ok(object)
}

/// The kernel reads types and line numbers from the object, so nothing may be stripped from it.
fn object_settings(cargo: &mut Command, linker: &Path, target_dir: &Path) {
    let flags = ["-Cdebuginfo=2", "-Clink-arg=--btf", "-Ctarget-cpu=v3"].join("\x1f");
    cargo
        .env("CARGO_TARGET_DIR", target_dir)
        .env("CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER", linker)
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3")
        .env("CARGO_PROFILE_RELEASE_STRIP", "none")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "2")
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort");
}
