//! Builds a test target of chaos-tests and finds where cargo put it.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    build::BUILD_BOUND,
    process::{self, End},
};

/// Builds the test target of this name and returns its binary.
pub(crate) fn built_test(mut cargo: Command, name: &str) -> Result<PathBuf> {
    cargo
        .args(["--test", name])
        .arg("--message-format=json-render-diagnostics");
    let mut binary = None;
    let end = process::lines(&mut cargo, BUILD_BOUND, |line| {
        binary = executable(line, name).or(binary.take());
    })?;
    match end {
        End::Exited(status) if status.success() => {
            binary.with_context(|| format!("cargo built no test binary named {name}"))
        }
        End::Exited(status) => bail!("suite {name} could not be built: {status}"),
        End::OutOfTime => bail!(
            "building suite {name} took over {} s",
            BUILD_BOUND.as_secs()
        ),
    }
}

/// The executable in one of cargo's messages, if it is this test's.
fn executable(message: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = &message["target"];
    let is_ours = target["name"] == name && target["kind"][0] == "test";
    is_ours.then(|| message["executable"].as_str().map(PathBuf::from))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_test_target_counts() {
        let message = |kind: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","executable":"/t/kernel-1",
                    "target":{{"name":"kernel","kind":["{kind}"]}}}}"#
            )
        };
        assert_eq!(
            executable(&message("test"), "kernel"),
            Some(PathBuf::from("/t/kernel-1"))
        );
        assert_eq!(executable(&message("bin"), "kernel"), None);
        assert_eq!(executable(&message("test"), "netns"), None);
        assert_eq!(executable("Compiling something", "kernel"), None);
    }
}
