//! What is there: namespaces, interfaces, routes and connections, read and never changed.
//!
//! [`Namespace::find`] turns a [`Target`] into an open network namespace. Everything else that
//! looks at the network looks at the namespace of the calling thread, so it is called from
//! within [`Namespace::enter`].

mod capabilities;
mod cgroup;
mod cgroup_mounts;
mod connections;
mod find;
mod first_process;
mod host;
mod interfaces;
mod local_addresses;
mod members;
mod namespace;
mod namespaces;
mod netlink;
mod processes;
mod routes;
mod target;
mod tcp_state;
mod watcher;

pub use capabilities::{Capabilities, Capability};
pub use connections::{Connection, connections, redirected, udp_flows};
pub use find::{FindError, FindReason};
pub use host::{HostError, boot_clock, kernel_release};
pub use interfaces::{Interface, Kind, interface_index, interfaces};
pub use local_addresses::local_addresses;
pub use members::Members;
pub use namespace::{EnterError, Namespace, NamespaceId};
pub use namespaces::{Place, Whose, places};
pub use netlink::NetlinkError;
pub(crate) use netlink::{Netlink, attributes, number};
pub(crate) use processes::started;
pub use routes::{Route, Routes, route};
pub use target::Target;
pub use tcp_state::{States, TcpState};
pub use watcher::Watcher;
