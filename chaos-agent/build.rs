//! Hands the kernel object to the library: the one that `NETFAULT_BPF_OBJECT` names, or a stub, so
//! that plain `cargo build` and clippy need no BPF toolchain.

use std::{env, fs, path::PathBuf};

const OBJECT: &str = "NETFAULT_BPF_OBJECT";

fn main() {
    println!("cargo::rerun-if-env-changed={OBJECT}");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("netfault.o");
    match env::var_os(OBJECT) {
        Some(object) => {
            let object = PathBuf::from(object);
            println!("cargo::rerun-if-changed={}", object.display());
            if let Err(error) = fs::copy(&object, &out) {
                panic!("{OBJECT}: {}: {error}", object.display());
            }
        }
        None => fs::write(&out, []).expect("OUT_DIR can be written"),
    }
}
