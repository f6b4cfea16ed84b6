//! Mounts of cgroup v2, v1 and hybrid systems.

use super::*;

const V2: &str = "\
24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
33 24 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
";
const HYBRID: &str = "\
30 24 0:25 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
31 30 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
32 30 0:27 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
33 30 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";

fn resolve(path: &str, mountinfo: &str) -> Result<Cgroup, Unusable> {
    Cgroup::resolve(Path::new(path), mountinfo)
}

#[test]
fn a_directory_of_v2_and_the_path_in_proc_mean_the_same_processes() {
    let text = "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-x.scope\n";
    for path in [
        "/sys/fs/cgroup/kubepods.slice",
        "/kubepods.slice",
        "/kubepods.slice//",
    ] {
        assert!(resolve(path, V2).unwrap().holds(text), "{path}");
    }
    assert!(!resolve("/sys/fs/cgroup/kubepods", V2).unwrap().holds(text));
}

#[test]
fn a_directory_of_v1_is_looked_for_in_its_own_hierarchy() {
    let web = resolve("/sys/fs/cgroup/memory/web", HYBRID).unwrap();
    assert!(web.holds("4:memory:/web/a\n1:name=systemd:/\n0::/\n"));
    assert!(!web.holds("4:memory:/\n1:name=systemd:/web\n0::/web\n"));
    let unit = resolve("/sys/fs/cgroup/systemd/web", HYBRID).unwrap();
    assert!(unit.holds("4:memory:/\n1:name=systemd:/web\n0::/\n"));
    let unified = resolve("/sys/fs/cgroup/unified/web", HYBRID).unwrap();
    assert!(unified.holds("4:memory:/\n0::/web\n"));
    assert!(!unified.holds("4:memory:/web\n0::/\n"));
}

#[test]
fn a_bare_path_is_looked_for_in_all_hierarchies() {
    let web = resolve("/web", HYBRID).unwrap();
    assert!(web.holds("4:memory:/\n0::/web\n"));
    assert!(web.holds("4:memory:/web\n0::/\n"));
    assert!(!web.holds("4:memory:/website\n0::/\n"));
}

#[test]
fn a_mount_of_a_part_of_the_tree_keeps_the_part_before_it() {
    let bound = "33 24 0:28 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
    assert!(
        resolve("/sys/fs/cgroup/a", bound)
            .unwrap()
            .holds("0::/docker/x/a/b\n")
    );
    assert!(
        resolve("/sys/fs/cgroup", bound)
            .unwrap()
            .holds("0::/docker/x/a\n")
    );
}

#[test]
fn the_root_is_refused_however_it_is_written() {
    for (path, mounts) in [
        ("/", V2),
        ("//", V2),
        ("/sys/fs/cgroup", V2),
        ("/sys/fs/cgroup/", V2),
        ("/sys/fs/cgroup/memory", HYBRID),
        ("/sys/fs/cgroup/unified/", HYBRID),
    ] {
        assert_eq!(resolve(path, mounts), Err(Unusable::Root), "{path}");
    }
}

#[test]
fn relative_paths_and_places_outside_the_hierarchies_are_refused() {
    assert_eq!(resolve("web", V2), Err(Unusable::NotAbsolute));
    assert_eq!(resolve("/web/../..", V2), Err(Unusable::NotAbsolute));
    assert_eq!(resolve("", V2), Err(Unusable::NotAbsolute));
    assert_eq!(resolve("/sys/fs/cgroup", HYBRID), Err(Unusable::NotMounted));
    assert_eq!(
        resolve("/sys/fs/cgroup/io/web", HYBRID),
        Err(Unusable::NotMounted)
    );
}
