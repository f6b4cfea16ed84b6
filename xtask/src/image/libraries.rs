//! The shared libraries of a program that comes from a distribution, for a file system without one.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::Source;

/// The libraries, at the paths where the program looks for them; none for a static program.
pub(super) fn of(program: &Path) -> Result<Vec<(String, Source)>> {
    let libraries = paths(program)?.into_iter();
    Ok(libraries
        .map(|library| {
            let path = library.display().to_string();
            (
                path.trim_start_matches('/').to_owned(),
                Source::File(library),
            )
        })
        .collect())
}

/// The same, as paths alone.
pub(crate) fn paths(program: &Path) -> Result<Vec<PathBuf>> {
    let output = Command::new("ldd")
        .arg(program)
        .env("LC_ALL", "C")
        .output()
        .context("could not run ldd")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let is_static = [&text, &complaint].iter().any(|said| {
        said.contains("statically linked") || said.contains("not a dynamic executable")
    });
    ensure!(
        output.status.success() || is_static,
        "{}: {}",
        program.display(),
        complaint.trim_end()
    );
    Ok(parse(&text))
}

/// The paths in what ldd says: `name => path (address)`, or the loader's path alone.
fn parse(text: &str) -> Vec<PathBuf> {
    text.lines()
        .filter_map(|line| {
            let place = line.split_once("=>").map_or(line, |(_, place)| place);
            let path = place.split_whitespace().next()?;
            path.starts_with('/').then(|| PathBuf::from(path))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_read_from_ldd() {
        let text = "\tlinux-vdso.so.1 (0x7f)\n\tlibc.so.6 => /lib/x/libc.so.6 (0x7f)\n\
                    \t/lib64/ld.so.2 (0x7f)\n";
        assert_eq!(
            parse(text),
            ["/lib/x/libc.so.6", "/lib64/ld.so.2"].map(PathBuf::from)
        );
        assert!(parse("\tstatically linked\n").is_empty());
    }
}
