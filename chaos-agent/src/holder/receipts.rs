//! Final receipts, kept for those who ask after the holder is gone.

use std::{fs, io, path::PathBuf, time::SystemTime};

use chaos_api::Receipt;

use super::{HolderError, RunDir, run_dir::at};

/// How many are kept; the oldest go first.
const KEPT: usize = 64;

/// Keeps a final receipt; a reader sees all of it or nothing.
pub(crate) fn keep(dir: &RunDir, receipt: &Receipt) -> Result<(), HolderError> {
    let folder = dir.receipts();
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let path = dir.receipt(&receipt.name);
    let text = serde_json::to_vec(receipt).map_err(|e| at(&path)(e.into()))?;
    let new = path.with_extension("new");
    fs::write(&new, text).map_err(at(&new))?;
    fs::rename(&new, &path).map_err(at(&path))?;
    prune(dir).map_err(at(&folder))
}

/// The final receipt of a fault that has ended, if it is still kept.
pub fn past(dir: &RunDir, name: &str) -> Result<Option<Receipt>, HolderError> {
    let path = dir.receipt(name);
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| HolderError::Foreign(error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(&path)(error)),
    }
}

fn prune(dir: &RunDir) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(dir.receipts())? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    files.sort();
    let surplus = files.len().saturating_sub(KEPT);
    files
        .iter()
        .take(surplus)
        .try_for_each(|(_, path)| fs::remove_file(path))
}
