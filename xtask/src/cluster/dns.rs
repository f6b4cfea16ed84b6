//! The cluster's name server: its objects, and a question to see that it answers.

use std::{
    fs::File,
    net::{Ipv4Addr, UdpSocket},
    os::fd::AsFd,
    path::Path,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::layout::{API_SERVICE, DNS_SERVICE, Machine};

/// What is applied once the API server answers.
pub(crate) const OBJECTS: &str = include_str!("dns.yaml");

/// The name that is asked for: it exists in every cluster, at a known address.
const QUESTION: &str = "kubernetes.default.svc.cluster.local";

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// Asks the name server from a node, through its Service.
pub(crate) fn ask(from: Machine) -> Result<()> {
    // The namespace is that of a thread, so this one ends with the question.
    let asked = thread::spawn(move || {
        let namespace = File::open(Path::new("/run/netns").join(from.netns()))?;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.send_to(&query(QUESTION), (DNS_SERVICE, 53))?;
        let mut answer = [0; 512];
        let length = socket
            .recv(&mut answer)
            .context("CoreDNS does not answer")?;
        let address = address(&answer[..length]).context("CoreDNS knows no Services yet")?;
        ensure!(
            address.to_string() == API_SERVICE,
            "CoreDNS says that {QUESTION} is {address}"
        );
        Ok(())
    });
    asked.join().map_err(|_| anyhow!("the question panicked"))?
}

/// A question for an IPv4 address (RFC 1035, section 4.1).
fn query(name: &str) -> Vec<u8> {
    let mut bytes = vec![0x6e, 0x66, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
        bytes.extend(label.as_bytes());
    }
    bytes.extend([0, 0, 1, 0, 1]);
    bytes
}

/// The address in the last record of an answer without an error; none in any other.
fn address(answer: &[u8]) -> Option<Ipv4Addr> {
    let (failed, records) = (answer.get(3)? & 0xf != 0, answer.get(7)?);
    let last: [u8; 4] = *answer.last_chunk()?;
    (!failed && *records > 0).then(|| last.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_has_the_standard_s_form() {
        assert_eq!(query("a.bc")[12..], *b"\x01a\x02bc\x00\x00\x01\x00\x01");
    }

    #[test]
    fn an_answer_has_an_address_unless_it_is_an_error() {
        let mut answer = query("a");
        answer[7] = 1;
        answer.extend([198, 18, 128, 1]);
        assert_eq!(address(&answer), Some(Ipv4Addr::new(198, 18, 128, 1)));
        answer[3] = 3;
        assert_eq!(address(&answer), None);
        assert_eq!(address(&[]), None);
    }
}
