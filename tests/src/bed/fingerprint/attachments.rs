//! BPF programs on a namespace's devices, by the kernel's own answer, and pins of ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use aya::programs::{ProgramError, ProgramInfo, SchedClassifier, TcAttachType};

use super::super::namespace::Namespace;
use super::kernel::devices;

/// Where BPF objects are pinned.
const PINS: &str = "/sys/fs/bpf";

pub(super) fn add(namespace: &Namespace, lines: &mut BTreeMap<String, String>) {
    let devices = devices(namespace);
    let attached = namespace.enter(|| attached_to(&devices));
    lines.extend(attached);
    for entry in fs::read_dir(Path::new(PINS))
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("netfault") {
            lines.insert(format!("pin {name}"), "pinned".to_owned());
        }
    }
}

/// The names of the programs attached by tcx, which `tc` does not show.
fn attached_to(devices: &[String]) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for device in devices {
        for (hook, kind) in [
            ("ingress", TcAttachType::Ingress),
            ("egress", TcAttachType::Egress),
        ] {
            let programs = tcx(device, kind);
            if !programs.is_empty() {
                lines.push((format!("tcx {device} {hook}"), programs.join(" ")));
            }
        }
    }
    lines
}

fn tcx(device: &str, hook: TcAttachType) -> Vec<String> {
    match SchedClassifier::query_tcx(device, hook) {
        Ok((_, programs)) => programs.iter().map(describe).collect(),
        // Kernels before 6.6 have no tcx; their filters are in tc's list.
        Err(ProgramError::SyscallError(_)) => Vec::new(),
        Err(error) => panic!("tcx of {device}: {error}"),
    }
}

fn describe(program: &ProgramInfo) -> String {
    format!("{}({})", program.name_as_str().unwrap_or("?"), program.id())
}
