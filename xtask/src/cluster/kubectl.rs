//! kubectl as the administrator, run where the API server is.

use std::{
    io::Write,
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::{layout::Layout, machine};

/// The command, to be given its arguments.
pub(crate) fn command(layout: &Layout) -> Command {
    let mut command = machine::in_network(layout.control(), &layout.bin("kubectl"));
    command.env("KUBECONFIG", layout.kubeconfig());
    // Its own preferences and caches belong to the person at the keyboard.
    command
        .env("KUBERC", "off")
        .env("KUBECACHEDIR", layout.run("kubectl-cache"));
    command
}

/// Runs it for a person, with the terminal's input and output.
pub(crate) fn run(layout: &Layout, args: &[String]) -> Result<ExitCode> {
    ensure!(
        layout.kubeconfig().exists(),
        "there is no cluster: start one with `{} up`",
        layout.name().command()
    );
    let status = command(layout).args(args).status()?;
    Ok(code(status))
}

/// A child's exit status as this process's own.
pub(crate) fn code(status: std::process::ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Runs it and returns what it said; its error is what it said otherwise.
pub(crate) fn read(layout: &Layout, args: &[&str]) -> Result<String> {
    let output = command(layout)
        .args(args)
        .arg("--request-timeout=5s")
        .stdin(Stdio::null())
        .output()
        .context("could not run kubectl")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Applies objects.
pub(crate) fn apply(layout: &Layout, objects: &str) -> Result<()> {
    let mut child = command(layout)
        .args(["apply", "--server-side", "--validate=false", "-f", "-"])
        .arg("--request-timeout=30s")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("could not run kubectl")?;
    let mut input = child.stdin.take().context("its input is a pipe")?;
    input.write_all(objects.as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "kubectl apply: {}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    Ok(())
}
