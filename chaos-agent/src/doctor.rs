//! Whether this machine can do it: rights and kernel features, each with what to do about it.

use std::fmt;

use serde::Serialize;

use crate::{
    dataplane::{Dataplane, Way, have_object},
    holder::RunDir,
    inventory::{Capabilities, Capability, Whose, kernel_release},
    leftovers::{self, Leftovers},
    line,
};

/// The oldest kernel that netfault is tried on.
const OLDEST: (u32, u32) = (6, 1);

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
        Check::new("hooks", hooks()),
    ]
}

/// Everything, the programs loaded and dropped again among it.
pub fn thorough() -> Vec<Check> {
    let mut checks = quick();
    checks.push(Check::new("programs", programs()));
    checks.push(Check::new("delay line", delay_line()));
    checks
}

/// Whether netfaults that were killed have left anything in a namespace; with `clean` it is removed.
pub fn leftover(dir: &RunDir, clean: bool) -> Check {
    let looked = if clean {
        leftovers::clean(dir, Whose::All)
    } else {
        leftovers::find(dir)
    };
    let outcome = match looked {
        Ok(looked) => judged(&looked, clean),
        Err(error) => Err((error.to_string(), "mount /proc here")),
    };
    Check::new("nothing left over", outcome)
}

fn judged(looked: &Leftovers, clean: bool) -> Result<String, (String, &'static str)> {
    let found: Vec<_> = looked.found.iter().map(ToString::to_string).collect();
    let found = found.join("; ");
    let namespaces = looked.looked;
    if !looked.failed.is_empty() {
        return Err((looked.failed.join("; "), "try again as root"));
    }
    match (found.is_empty(), clean) {
        (true, _) => Ok(format!("nothing in {namespaces} namespaces")),
        (false, true) => Ok(format!("removed filters from {found}")),
        (false, false) => Err((
            format!("filters of a netfault that was killed, which pass everything: {found}"),
            "netfault doctor --clean",
        )),
    }
}

fn delay_line() -> Result<String, (String, &'static str)> {
    match line::check() {
        Ok(schedule) => Ok(format!("its thread runs {schedule}")),
        Err(error) => Err((
            error.to_string(),
            "load the module tun, and let this container use /dev/net/tun",
        )),
    }
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

fn hooks() -> Result<String, (String, &'static str)> {
    let (major, minor) = kernel_release().map_err(|e| (e.to_string(), "mount /proc here"))?;
    let kernel = format!("Linux {major}.{minor}");
    if (major, minor) < OLDEST {
        return Err((kernel, "netfault needs Linux 6.1 or later"));
    }
    match Way::of_kernel() {
        Ok(Way::Tcx) => Ok(format!("tcx ({kernel})")),
        Ok(Way::Clsact) => Ok(format!(
            "clsact ({kernel}, no tcx): a netfault that is killed leaves filters, which pass \
             everything 3 s later"
        )),
        Err(error) => Err((format!("{kernel}, {error}"), "run as root")),
    }
}

fn programs() -> Result<String, (String, &'static str)> {
    match Dataplane::load(false) {
        Ok(_) => Ok("the kernel takes them".into()),
        Err(error) => Err((error.to_string(), "see the lines above")),
    }
}
