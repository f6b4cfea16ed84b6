//! Whether this machine can do it: rights and kernel features, each with what to do about it.

use std::fmt;

use serde::Serialize;

use crate::{
    dataplane::{Dataplane, have_object},
    inventory::{Capabilities, Capability, kernel_release},
    line,
};

/// The oldest kernel that has tcx (kernel commit e420bed02507).
const TCX: (u32, u32) = (6, 6);

/// What the engine needs to enter a namespace and load programs there.
const NEEDED: [Capability; 5] = [
    Capability::Bpf,
    Capability::NetAdmin,
    Capability::Perfmon,
    Capability::SysAdmin,
    Capability::SysPtrace,
];

/// One thing that the engine needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What is needed.
    pub need: &'static str,
    /// Whether it is there.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do where it is not there; empty where it is.
    pub fix: String,
}

impl Check {
    fn new(need: &'static str, outcome: Result<String, (String, &str)>) -> Self {
        let (ok, found, fix) = match outcome {
            Ok(found) => (true, found, String::new()),
            Err((found, fix)) => (false, found, fix.to_owned()),
        };
        Self {
            need,
            ok,
            found,
            fix,
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.need, self.found)?;
        if !self.fix.is_empty() {
            write!(f, ": {}", self.fix)?;
        }
        Ok(())
    }
}

/// What is told without asking the kernel to load anything.
pub fn quick() -> Vec<Check> {
    vec![
        Check::new("kernel object", object()),
        Check::new("capabilities", capabilities()),
        Check::new("tcx", tcx()),
        Check::new("delay line", delay_line()),
    ]
}

/// Everything, the programs loaded and dropped again among it.
pub fn thorough() -> Vec<Check> {
    let mut checks = quick();
    checks.push(Check::new("programs", programs()));
    checks
}

fn object() -> Result<String, (String, &'static str)> {
    if have_object() {
        Ok("built in".into())
    } else {
        Err(("a stub".into(), "build it with `cargo xtask build`"))
    }
}

fn capabilities() -> Result<String, (String, &'static str)> {
    let set = Capabilities::effective().map_err(|e| (e.to_string(), "mount /proc here"))?;
    let missing = set.missing(&NEEDED);
    if missing.is_empty() {
        return Ok("all that are needed".into());
    }
    let names: Vec<_> = missing.iter().map(|c| c.as_str()).collect();
    Err((format!("{} missing", names.join(", ")), "run as root"))
}

fn tcx() -> Result<String, (String, &'static str)> {
    let (major, minor) = kernel_release().map_err(|e| (e.to_string(), "mount /proc here"))?;
    let found = format!("Linux {major}.{minor}");
    if (major, minor) >= TCX {
        Ok(found)
    } else {
        Err((found, "attaching to interfaces needs Linux 6.6 or later"))
    }
}

/// What netem's faults need.
fn delay_line() -> Result<String, (String, &'static str)> {
    line::check().map_err(|error| {
        let fix = "load the module tun; in a container, mount /dev/net/tun from the host";
        (error.to_string(), fix)
    })?;
    let schedule = line::schedule().map_err(|error| (error.to_string(), "end other threads"))?;
    Ok(format!(
        "/dev/net/tun is there, packets are held {schedule}"
    ))
}

fn programs() -> Result<String, (String, &'static str)> {
    match Dataplane::load(false) {
        Ok(_) => Ok("the kernel takes them".into()),
        Err(error) => Err((error.to_string(), "see the lines above")),
    }
}
