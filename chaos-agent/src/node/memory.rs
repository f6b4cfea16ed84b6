//! What the maps of this process take of the kernel's memory, which no process's RSS shows.

use std::fs;

/// Bytes of all BPF maps that this process holds; nothing where /proc does not say.
pub(super) fn of_maps() -> Option<u64> {
    let files = fs::read_dir("/proc/self/fdinfo").ok()?;
    let texts = files.filter_map(|file| fs::read_to_string(file.ok()?.path()).ok());
    Some(texts.filter_map(|text| of_map(&text)).sum())
}

/// The bytes of one map, from what fdinfo says of its file (`bpf_map_show_fdinfo`).
fn of_map(text: &str) -> Option<u64> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    field("map_type:")?;
    field("memlock:")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_maps_are_counted() {
        let map = "pos:\t0\nflags:\t02000002\nmap_type:\t6\nkey_size:\t4\nmemlock:\t20480\n";
        assert_eq!(of_map(map), Some(20_480));
        assert_eq!(of_map("pos:\t0\nprog_type:\t3\nmemlock:\t4096\n"), None);
        assert!(of_maps().is_some());
    }
}
