//! The compiler's parts, and the linker for BPF.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use super::{
    Purpose::{self, Build, Unit},
    apt::Apt,
    wanted,
};
use crate::{
    progress::step,
    workspace::{Workspace, find_program},
};

/// The linker's version; its LLVM must not be older than rustc's.
const LINKER_VERSION: &str = "0.13.0";

/// Where Debian has that LLVM.
const LLVM_PREFIX: &str = "/usr/lib/llvm-22";

/// What building the linker takes: a file that shows it is there, and its package.
const LINKER_NEEDS: [(&str, &str); 5] = [
    ("/usr/lib/llvm-22/bin/llvm-config", "llvm-22-dev"),
    ("/usr/lib/llvm-22/lib/libPolly.a", "libpolly-22-dev"),
    ("/usr/include/zlib.h", "zlib1g-dev"),
    ("/usr/include/zstd.h", "libzstd-dev"),
    ("/usr/bin/c++", "g++"),
];

/// Debian's own compiler, which carries `core` for BPF ready-made.
const DEBIAN_RUST: [&str; 3] = ["rustc-web", "cargo-web", "libstd-rust-web-dev-bpf"];

/// Where Debian's compiler keeps it.
const DEBIAN_CORE: &str = "/usr/lib/rustlib/bpfel-unknown-none/lib";

/// Building the linker or fetching a component, on a slow, busy machine.
const BOUND: Duration = Duration::from_mins(30);

/// The packages that building the linker takes, where it is to be built.
pub(super) fn missing_packages(purposes: &[Purpose]) -> Vec<String> {
    if !wanted(purposes, &[Build]) || has_linker() {
        return Vec::new();
    }
    LINKER_NEEDS
        .iter()
        .filter(|(file, _)| !Path::new(file).exists())
        .map(|(_, package)| (*package).to_owned())
        .collect()
}

/// Adds what is missing of the toolchain, and returns it.
pub(super) fn ensure(
    workspace: &Workspace,
    apt: &Apt,
    purposes: &[Purpose],
) -> Result<Vec<String>> {
    let mut installed = Vec::new();
    if wanted(purposes, &[Unit]) {
        for (component, program) in [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")] {
            if !sysroot()?.join("bin").join(program).is_file() && find_program(program).is_none() {
                add_component(workspace, component)?;
                installed.push(component.to_owned());
            }
        }
    }
    if wanted(purposes, &[Build]) {
        installed.extend(ensure_core(workspace, apt)?);
        installed.extend(ensure_linker(workspace)?);
    }
    Ok(installed)
}

/// Cargo with a compiler that has `core` for BPF.
///
/// With rustup's that is built from its source, by flags that are not stable yet.
pub(crate) fn bpf_cargo(workspace: &Workspace) -> Result<Command> {
    let mut cargo = workspace.cargo();
    if has_source()? {
        cargo.arg("-Zbuild-std=core");
    } else {
        ensure!(
            Path::new(DEBIAN_CORE).is_dir(),
            "the compiler has no `core` for BPF"
        );
        cargo = debian_cargo(workspace);
    }
    cargo.env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTFLAGS");
    Ok(cargo)
}

/// Debian's cargo and rustc, out of reach of rustup's proxies.
fn debian_cargo(workspace: &Workspace) -> Command {
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo
        .current_dir(workspace.root())
        .env("PATH", "/usr/bin:/bin")
        .env("RUSTC", "/usr/bin/rustc")
        .env_remove("RUSTUP_TOOLCHAIN");
    cargo
}

/// The source of `core` from rustup, or else Debian's ready-made one.
fn ensure_core(workspace: &Workspace, apt: &Apt) -> Result<Option<String>> {
    if has_source()? || Path::new(DEBIAN_CORE).is_dir() {
        return Ok(None);
    }
    if let Err(error) = add_component(workspace, "rust-src") {
        eprintln!("setup: {error:#}; taking Debian's compiler for the kernel programs instead");
        apt.install(&DEBIAN_RUST.map(str::to_owned)).context(
            "building for BPF takes the source of `core`: run `rustup component add rust-src`",
        )?;
        return Ok(Some(DEBIAN_RUST.join(", ")));
    }
    Ok(Some("rust-src".to_owned()))
}

fn has_source() -> Result<bool> {
    Ok(sysroot()?
        .join("lib/rustlib/src/rust/library/core/src/lib.rs")
        .is_file())
}

/// The directory of the toolchain in use: that of the cargo that runs xtask.
fn sysroot() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").context("start this through `cargo xtask`")?;
    let cargo = fs::canonicalize(&cargo).unwrap_or_else(|_| PathBuf::from(cargo));
    let sysroot = cargo.parent().and_then(Path::parent);
    Ok(sysroot
        .context("cargo is in no toolchain directory")?
        .to_owned())
}

fn add_component(workspace: &Workspace, component: &str) -> Result<()> {
    let rustup = find_program("rustup").with_context(|| {
        format!("the Rust toolchain lacks {component}, and there is no rustup to add it")
    })?;
    let mut command = Command::new(rustup);
    command
        .args(["component", "add", component])
        .current_dir(workspace.root());
    step(
        &format!("rustup component add {component}"),
        &mut command,
        BOUND,
    )
}

fn ensure_linker(workspace: &Workspace) -> Result<Option<String>> {
    if has_linker() {
        return Ok(None);
    }
    let mut cargo = workspace.cargo();
    cargo
        .args([
            "install",
            "--locked",
            "bpf-linker",
            "--version",
            LINKER_VERSION,
        ])
        .args(["--no-default-features", "--features", "llvm-22"])
        .env("CARGO_TARGET_DIR", workspace.target("bpf-linker"))
        .env("LLVM_PREFIX", LLVM_PREFIX)
        .env("LLVM_SYS_221_PREFIX", LLVM_PREFIX);
    let linker = format!("bpf-linker {LINKER_VERSION}");
    step(&format!("cargo install {linker}"), &mut cargo, BOUND)?;
    Ok(Some(linker))
}

fn has_linker() -> bool {
    linker_version().is_some_and(|version| version == LINKER_VERSION)
}

/// The version that `bpf-linker --version` reports; none where it is missing or can't start.
fn linker_version() -> Option<String> {
    let output = Command::new(find_program("bpf-linker")?)
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1).map(str::to_owned)
}
