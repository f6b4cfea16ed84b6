//! The instructions of a program for `BPF_CGROUP_INET4_CONNECT` and `BPF_CGROUP_INET6_CONNECT`
//! (`struct bpf_sock_addr` in linux/bpf.h).

use std::net::{IpAddr, SocketAddr};

/// One instruction (`struct bpf_insn`, RFC 9669 section 3).
struct Instruction {
    code: u8,
    /// Where the result goes, and where the operand comes from.
    registers: (u8, u8),
    offset: i16,
    immediate: i32,
}

/// Where the context has the first word of the address that was asked for.
const USER_IP4: i16 = 4;
const USER_IP6: i16 = 8;

/// Where it has the port, in network order.
const USER_PORT: i16 = 24;

/// The register that has the context, one to work with, and the one for the answer.
const CONTEXT: u8 = 1;
const SCRATCH: u8 = 2;
const ANSWER: u8 = 0;

/// `BPF_LDX | BPF_MEM | BPF_W`, `BPF_STX | BPF_MEM | BPF_W`, `BPF_JMP32 | BPF_JNE | BPF_K`,
/// `BPF_ALU | BPF_MOV | BPF_K`, `BPF_JMP | BPF_EXIT`.
const LOAD: u8 = 0x61;
const STORE: u8 = 0x63;
const SKIP_UNLESS: u8 = 0x56;
const SET: u8 = 0xb4;
const EXIT: u8 = 0x95;

/// The section for a program that turns connections to `service` into connections to `endpoint`, and
/// its instructions.
pub(super) fn connect(service: SocketAddr, endpoint: SocketAddr) -> (&'static str, Vec<u8>) {
    let (asked, given) = (words(service), words(endpoint));
    assert_eq!(asked.len(), given.len(), "both are of one family");
    let section = if service.is_ipv4() {
        "connect4"
    } else {
        "connect6"
    };
    let mut program = Vec::new();
    let pairs = asked.len();
    for (index, (at, word)) in asked.into_iter().enumerate() {
        // To the answer: over the rest of the questions, and over all that is stored.
        let left = 2 * (pairs - index - 1) + 2 * pairs;
        let left = i16::try_from(left).expect("programs are short");
        program.push(load(at));
        program.push(Instruction {
            code: SKIP_UNLESS,
            registers: (SCRATCH, 0),
            offset: left,
            immediate: word,
        });
    }
    for (at, word) in given {
        program.extend([set(SCRATCH, word), store(at)]);
    }
    program.extend([set(ANSWER, 1), exit()]);
    (
        section,
        program.iter().flat_map(Instruction::bytes).collect(),
    )
}

/// The words of the context that hold an address and a port: where, and what.
fn words(place: SocketAddr) -> Vec<(i16, i32)> {
    let (first, bytes) = match place.ip() {
        IpAddr::V4(v4) => (USER_IP4, v4.octets().to_vec()),
        IpAddr::V6(v6) => (USER_IP6, v6.octets().to_vec()),
    };
    let words = bytes.chunks_exact(4).map(|word| {
        let word = word.try_into().expect("a chunk has four bytes");
        i32::from_ne_bytes(word)
    });
    let places = (first..).step_by(4);
    let port = (USER_PORT, i32::from(place.port().to_be()));
    places.zip(words).chain([port]).collect()
}

fn load(at: i16) -> Instruction {
    access(LOAD, (SCRATCH, CONTEXT), at)
}

fn store(at: i16) -> Instruction {
    access(STORE, (CONTEXT, SCRATCH), at)
}

fn access(code: u8, registers: (u8, u8), offset: i16) -> Instruction {
    Instruction {
        code,
        registers,
        offset,
        immediate: 0,
    }
}

fn set(register: u8, immediate: i32) -> Instruction {
    Instruction {
        code: SET,
        registers: (register, 0),
        offset: 0,
        immediate,
    }
}

fn exit() -> Instruction {
    Instruction {
        code: EXIT,
        registers: (0, 0),
        offset: 0,
        immediate: 0,
    }
}

impl Instruction {
    fn bytes(&self) -> [u8; 8] {
        let (to, from) = self.registers;
        let [low, high] = self.offset.to_le_bytes();
        let [a, b, c, d] = self.immediate.to_le_bytes();
        [self.code, from << 4 | to, low, high, a, b, c, d]
    }
}
