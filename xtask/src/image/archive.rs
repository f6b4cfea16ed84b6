//! An image as a tar archive that containerd, docker and podman load: the same input, the same bytes.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use super::recipe::{Recipe, Source};
use crate::digest::sha256;

/// Everyone may run a program, and read the libraries that it needs.
const PROGRAM: u32 = 0o755;

/// Something that is named by its digest.
struct Blob {
    kind: &'static str,
    digest: String,
    bytes: Vec<u8>,
}

impl Blob {
    fn new(kind: &'static str, bytes: Vec<u8>) -> Self {
        let digest = sha256([&bytes]);
        Self {
            kind,
            digest,
            bytes,
        }
    }

    fn json(kind: &'static str, value: &Value) -> Self {
        Self::new(kind, value.to_string().into_bytes())
    }

    fn path(&self) -> String {
        format!("blobs/sha256/{}", self.digest)
    }

    fn descriptor(&self) -> Value {
        json!({
            "mediaType": self.kind,
            "digest": format!("sha256:{}", self.digest),
            "size": self.bytes.len(),
        })
    }
}

/// Writes the archive, and returns the digest of the image's manifest.
pub(crate) fn write(recipe: &Recipe, to: &Path) -> Result<String> {
    let layer = Blob::new(
        "application/vnd.oci.image.layer.v1.tar",
        layer(&recipe.files)?,
    );
    let config = Blob::json(
        "application/vnd.oci.image.config.v1+json",
        &config(recipe, &layer),
    );
    let manifest = Blob::json(
        "application/vnd.oci.image.manifest.v1+json",
        &json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
        }),
    );
    let index = index(recipe, &manifest);
    let for_docker = json!([{
        "Config": config.path(),
        "RepoTags": [recipe.name],
        "Layers": [layer.path()],
    }]);
    let partial = to.with_extension("partial");
    let dir = to.parent().context("an archive is in a directory")?;
    fs::create_dir_all(dir)?;
    let mut archive = Builder::new(BufWriter::new(File::create(&partial)?));
    let layout = json!({ "imageLayoutVersion": "1.0.0" });
    for (path, value) in [
        ("oci-layout", &layout),
        ("index.json", &index),
        ("manifest.json", &for_docker),
    ] {
        append(&mut archive, path, value.to_string().as_bytes(), 0o644)?;
    }
    for blob in [&config, &manifest, &layer] {
        append(&mut archive, &blob.path(), &blob.bytes, 0o644)?;
    }
    archive.into_inner()?.flush()?;
    fs::rename(partial, to)?;
    Ok(format!("sha256:{}", manifest.digest))
}

fn config(recipe: &Recipe, layer: &Blob) -> Value {
    json!({
        "architecture": recipe.architecture.oci(),
        "os": "linux",
        "config": {
            "Entrypoint": recipe.entrypoint,
            "Env": ["PATH=/bin"],
            "WorkingDir": "/",
        },
        "rootfs": {
            "type": "layers",
            "diff_ids": [format!("sha256:{}", layer.digest)],
        },
    })
}

fn index(recipe: &Recipe, manifest: &Blob) -> Value {
    let mut descriptor = manifest.descriptor();
    let tag = recipe.name.rsplit(':').next().unwrap_or_default();
    descriptor["platform"] = json!({ "architecture": recipe.architecture.oci(), "os": "linux" });
    descriptor["annotations"] = json!({
        // What containerd calls it, then the tag as the standard has it.
        "io.containerd.image.name": recipe.name,
        "org.opencontainers.image.ref.name": tag,
    });
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [descriptor],
    })
}

/// The one layer: each file below the directories that it needs, owned by root, without a time.
fn layer(files: &[(String, Source)]) -> Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    let mut directories: Vec<&str> = files.iter().flat_map(|(path, _)| parents(path)).collect();
    directories.sort_unstable();
    directories.dedup();
    for directory in directories {
        let mut header = header(0, if directory == "tmp" { 0o1777 } else { 0o755 });
        header.set_entry_type(EntryType::Directory);
        archive.append_data(&mut header, format!("{directory}/"), [].as_slice())?;
    }
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|(path, _)| path);
    for (path, source) in files {
        match source {
            Source::File(file) => {
                let bytes =
                    fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
                append(&mut archive, path, &bytes, PROGRAM)?;
            }
            Source::Link(to) => {
                let mut header = header(0, 0o777);
                header.set_entry_type(EntryType::Symlink);
                archive.append_link(&mut header, path, to)?;
            }
            Source::Directory => {}
        }
    }
    Ok(archive.into_inner()?)
}

/// The directories above a path; for a path that ends with a slash, that one too.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

fn append(archive: &mut Builder<impl Write>, path: &str, bytes: &[u8], mode: u32) -> Result<()> {
    let mut header = header(bytes.len(), mode);
    archive.append_data(&mut header, path, bytes)?;
    Ok(())
}

fn header(length: usize, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(length as u64);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::recipe::Architecture;

    fn recipe(text: &str) -> Recipe {
        Recipe {
            name: "netfault.test/x:v1".to_owned(),
            architecture: Architecture::Amd64,
            entrypoint: vec!["/bin/x".to_owned()],
            files: vec![
                ("etc/x/link".to_owned(), Source::Link(text.to_owned())),
                ("tmp/".to_owned(), Source::Directory),
            ],
        }
    }

    #[test]
    fn the_same_input_has_the_same_digest() {
        let dir = std::env::temp_dir().join(format!("xtask-image-{}", std::process::id()));
        let write = |text: &str, name: &str| {
            let file = dir.join(name);
            let digest = write(&recipe(text), &file).unwrap();
            (digest, fs::read(file).unwrap())
        };
        assert_eq!(write("one", "a.tar"), write("one", "b.tar"));
        assert_ne!(write("one", "a.tar").0, write("two", "b.tar").0);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_layer_holds_the_directories_above_its_files() {
        let bytes = layer(&recipe("one").files).unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let paths: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(paths, ["etc/", "etc/x/", "tmp/", "etc/x/link"]);
    }
}
