//! The programs and maps that this process holds, as the kernel knows them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use aya::programs::{SchedClassifier, TestRun, TestRunOptions, loaded_programs};
use chaos_abi::maps;

/// The offset of `ifindex` in `struct __sk_buff` of linux/bpf.h, and the bytes up to its end.
const IFINDEX: usize = 40;
const CONTEXT: usize = 44;

/// The egress hook of the one dataplane that this process has loaded.
#[derive(Debug)]
pub(crate) struct EgressHook(SchedClassifier);

impl EgressHook {
    pub(crate) fn find() -> Self {
        let own = own("prog_id");
        let mut programs = loaded_programs().filter_map(Result::ok);
        let found = programs.find(|info| {
            let name = info.name_as_str().unwrap_or_default();
            // The kernel keeps fifteen bytes of a name.
            own.contains_key(&info.id()) && !name.is_empty() && maps::EGRESS.starts_with(name)
        });
        let info = found.expect("a dataplane is loaded");
        let program = SchedClassifier::from_program_info(info, Cow::Borrowed(maps::EGRESS));
        Self(program.expect("hooks are classifiers"))
    }

    /// The mean time of `repeat` runs on a frame, in the calling thread's namespace.
    pub(crate) fn time(&self, frame: &[u8], ifindex: u32, repeat: u32) -> Duration {
        let mut context = [0; CONTEXT];
        context[IFINDEX..].copy_from_slice(&ifindex.to_ne_bytes());
        let options = TestRunOptions {
            data_in: Some(frame),
            ctx_in: Some(&context),
            repeat,
            ..TestRunOptions::default()
        };
        let result = self.0.test_run(options);
        result.expect("the kernel runs a hook").duration
    }
}

/// Bytes of kernel memory that each map of this process is charged for, by map id.
pub(crate) fn maps() -> BTreeMap<u32, u64> {
    own("map_id")
}

/// What the descriptors of this process say of their `memlock` (proc(5)), by the id in `key`.
fn own(key: &str) -> BTreeMap<u32, u64> {
    let entries = fs::read_dir("/proc/self/fdinfo").expect("/proc is mounted");
    let texts = entries
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path()).ok());
    let charged = |text: String| {
        let id = u32::try_from(field(&text, key)?).ok()?;
        Some((id, field(&text, "memlock")?))
    };
    texts.filter_map(charged).collect()
}

fn field(text: &str, key: &str) -> Option<u64> {
    let value = |line: &str| {
        line.strip_prefix(key)?
            .strip_prefix(':')?
            .trim()
            .parse()
            .ok()
    };
    text.lines().find_map(value)
}
