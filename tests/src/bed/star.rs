//! Any number of hosts on one switch.

use super::namespace::Namespace;
use super::topology::Host;

/// Hosts around a switch, which is a Linux bridge in a namespace of its own.
#[derive(Debug)]
pub struct Star {
    hosts: Vec<(String, Host)>,
    switch: Namespace,
}

impl Star {
    /// Makes one host for each name, all on one switch.
    pub fn new(names: &[&str]) -> Self {
        let switch = Namespace::new("switch");
        let bridge = "link add br0 up type bridge stp_state 0 mcast_snooping 0";
        switch.ip(&bridge.split(' ').collect::<Vec<_>>());
        let numbered = names.iter().zip(1..);
        let hosts = numbered.map(|(name, number)| (name.to_string(), Host::new(name, number)));
        let star = Self {
            hosts: hosts.collect(),
            switch,
        };
        star.hosts().for_each(|host| star.plug_in(host));
        star.hosts().for_each(Host::await_carrier);
        star
    }

    /// The host of that name.
    #[track_caller]
    pub fn host(&self, name: &str) -> &Host {
        let found = self.hosts.iter().find(|(own, _)| own == name);
        &found
            .unwrap_or_else(|| panic!("the star has no host {name}"))
            .1
    }

    /// All hosts, in the order they were named.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter().map(|(_, host)| host)
    }

    /// The switch's namespace.
    pub fn switch(&self) -> &Namespace {
        &self.switch
    }

    fn plug_in(&self, host: &Host) {
        let port = format!("port{}", host.v4().octets()[3]);
        let far_end = ["peer", "name", "eth0", "netns", host.name()];
        self.switch
            .ip(&[&["link", "add", &port, "type", "veth"][..], &far_end].concat());
        self.switch
            .ip(&["link", "set", &port, "master", "br0", "up"]);
        host.configure();
    }
}
