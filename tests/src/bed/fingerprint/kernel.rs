//! Links, addresses, routes, queues, filters, packet filters and settings.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::super::namespace::Namespace;
use super::super::tools::Tool;
use super::normal;

type Lines = BTreeMap<String, String>;

/// `ip` queries: the name of the section, what is asked, and the field that names an entry.
const IP: [(&str, &str, &str); 6] = [
    ("link", "-d -j link show", "ifname"),
    ("address", "-d -j address show", "ifname"),
    ("rule4", "-4 -d -j rule show", "priority"),
    ("rule6", "-6 -d -j rule show", "priority"),
    ("route4", "-4 -d -j route show table all", "dst"),
    ("route6", "-6 -d -j route show table all", "dst"),
];

/// Settings that move by themselves, and those that appear everywhere when any namespace of the
/// machine first uses connection tracking.
const MOVING_SETTINGS: [&str; 3] = [
    "net/netfilter/nf_conntrack",
    "net/nf_conntrack_max",
    "net/ipv4/tcp_available_ulp",
];

pub(super) fn add(namespace: &Namespace, lines: &mut Lines) {
    for (section, query, name) in IP {
        let query: Vec<_> = query.split(' ').collect();
        add_list(section, name, &namespace.ip(&query), lines);
    }
    add_queues(namespace, lines);
    add_packet_filters(namespace, lines);
    namespace.enter(|| add_settings(Path::new("/proc/sys/net"), lines));
}

/// The names of a namespace's devices.
pub(super) fn devices(namespace: &Namespace) -> Vec<String> {
    let links = normal::list(&namespace.ip(&["-j", "link", "show"]));
    links
        .iter()
        .filter_map(|link| link["ifname"].as_str().map(str::to_owned))
        .collect()
}

fn add_list(section: &str, name: &str, text: &str, lines: &mut Lines) {
    for (index, item) in normal::list(text).into_iter().enumerate() {
        let name = match &item[name] {
            Value::String(name) => name.clone(),
            other => other.to_string(),
        };
        lines.insert(format!("{section} {name} #{index}"), item.to_string());
    }
}

fn add_queues(namespace: &Namespace, lines: &mut Lines) {
    let tc = |arguments: &[&str]| {
        let output = namespace.run(Command::new("tc").arg("-j").args(arguments));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    add_list("qdisc", "dev", &tc(&["qdisc", "show"]), lines);
    for device in devices(namespace) {
        for hook in ["ingress", "egress", "root"] {
            let filters = tc(&["filter", "show", "dev", &device, hook]);
            add_list(&format!("filter {device} {hook}"), "pref", &filters, lines);
        }
    }
}

fn add_packet_filters(namespace: &Namespace, lines: &mut Lines) {
    if let Some(nft) = Tool::find("nft") {
        let text = namespace.succeed(nft.command().args(["-j", "list", "ruleset"]));
        let wrapped = normal::list(&format!("[{text}]"));
        let all = wrapped
            .first()
            .and_then(|answer| answer["nftables"].as_array());
        let rules = all
            .into_iter()
            .flatten()
            .filter(|item| item.get("metainfo").is_none());
        for (index, rule) in rules.enumerate() {
            lines.insert(format!("nft #{index}"), rule.to_string());
        }
    }
    for save in ["iptables-save", "ip6tables-save"] {
        let Some(tool) = Tool::find(save) else {
            continue;
        };
        let text = namespace.succeed(&mut tool.command());
        // Comments carry the time; chain headers carry counters behind their policy.
        let rules = text.lines().filter(|line| !line.starts_with('#'));
        for (index, rule) in rules.enumerate() {
            let rule = rule.split(" [").next().unwrap_or_default();
            lines.insert(format!("{save} #{index}"), rule.to_owned());
        }
    }
}

fn add_settings(directory: &Path, lines: &mut Lines) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let key = path
            .strip_prefix("/proc/sys")
            .unwrap_or(&path)
            .display()
            .to_string();
        if MOVING_SETTINGS.iter().any(|moving| key.starts_with(moving)) {
            continue;
        }
        if path.is_dir() {
            add_settings(&path, lines);
        } else if let Ok(value) = fs::read_to_string(&path) {
            lines.insert(format!("sysctl {key}"), value.trim_end().to_owned());
        }
    }
}
