//! The few things we do to a `__sk_buff`, each a helper call with its constants spelled out.

use core::mem::MaybeUninit;

use aya_ebpf::{
    bindings::{__sk_buff, BPF_F_INGRESS, BPF_F_RECOMPUTE_CSUM},
    helpers::generated as bpf,
    programs::TcContext,
};
use chaos_ebpf::Frame;

/// `PACKET_HOST` of `linux/if_packet.h`: the packet is for this host, whatever its MAC address.
const PACKET_HOST: u32 = 0;

/// Headers that stand further behind are loaded by a call.
const LINEAR: u32 = 1024;

/// The kernel refused; the packet is in an unknown state.
pub(super) struct Refused;

/// A packet buffer.
pub(super) struct Skb(*mut __sk_buff);

impl Skb {
    #[inline(always)]
    pub(super) fn of(ctx: &TcContext) -> Self {
        Self(ctx.skb.skb)
    }

    #[inline(always)]
    pub(super) fn from_raw(skb: *mut __sk_buff) -> Self {
        Self(skb)
    }

    #[inline(always)]
    pub(super) fn raw(&self) -> *mut __sk_buff {
        self.0
    }

    /// Length of the frame in bytes.
    #[inline(always)]
    pub(super) fn len(&self) -> u32 {
        // SAFETY: the context pointer is valid for the whole run of the program.
        unsafe { (*self.0).len }
    }

    #[inline(always)]
    pub(super) fn ifindex(&self) -> u32 {
        // SAFETY: as in `len`.
        unsafe { (*self.0).ifindex }
    }

    /// `N` bytes at an offset, where they are in the linear part of the buffer. Two at least: the verifier
    /// does not see that a single one is within.
    #[inline(always)]
    pub(super) fn peek<const N: usize>(&self, offset: u32) -> Option<[u8; N]> {
        if offset >= LINEAR {
            return None;
        }
        // SAFETY: as in `len`.
        let (data, end) = unsafe { ((*self.0).data as usize, (*self.0).data_end as usize) };
        let at = data + offset as usize;
        if at + N > end {
            return None;
        }
        // SAFETY: the bytes end before the linear part does.
        Some(unsafe { (at as *const [u8; N]).read() })
    }

    #[inline(always)]
    pub(super) fn mark(&self) -> u32 {
        // SAFETY: as in `len`.
        unsafe { (*self.0).mark }
    }

    #[inline(always)]
    pub(super) fn set_mark(&self, mark: u32) {
        // SAFETY: as in `len`; a classifier may write the mark.
        unsafe { (*self.0).mark = mark }
    }

    #[inline(always)]
    pub(super) fn priority(&self) -> u32 {
        // SAFETY: as in `len`.
        unsafe { (*self.0).priority }
    }

    #[inline(always)]
    pub(super) fn set_priority(&self, priority: u32) {
        // SAFETY: as in `len`; a classifier may write the priority.
        unsafe { (*self.0).priority = priority }
    }

    /// The VLAN tag that stands beside the frame.
    #[inline(always)]
    pub(super) fn vlan(&self) -> Option<u32> {
        // SAFETY: as in `len`.
        let (present, tag) = unsafe { ((*self.0).vlan_present, (*self.0).vlan_tci) };
        (present != 0).then_some(tag)
    }

    /// Takes the VLAN tag away; the next one, if there is one, takes its place.
    #[inline(always)]
    pub(super) fn pop_vlan(&self) -> Result<(), Refused> {
        // SAFETY: a live context.
        done(unsafe { bpf::bpf_skb_vlan_pop(self.0) })
    }

    /// Makes the stack take the packet whatever its MAC address is.
    #[inline(always)]
    pub(super) fn to_this_host(&self) {
        // SAFETY: a live context. It fails only for a type we do not use.
        unsafe { bpf::bpf_skb_change_type(self.0, PACKET_HOST) };
    }

    /// Writes `bytes` at `offset` from the start of the frame.
    #[inline(always)]
    pub(super) fn store<const N: usize>(
        &self,
        offset: u32,
        bytes: &[u8; N],
    ) -> Result<(), Refused> {
        // SAFETY: a live context, and `bytes` holds N bytes. The flag keeps CHECKSUM_COMPLETE true.
        done(unsafe {
            bpf::bpf_skb_store_bytes(
                self.0,
                offset,
                bytes.as_ptr().cast(),
                N as u32,
                u64::from(BPF_F_RECOMPUTE_CSUM),
            )
        })
    }

    /// Accounts for a change of a 16-bit word in the IPv4 checksum at `offset`.
    #[inline(always)]
    pub(super) fn l3_checksum(&self, offset: u32, from: u16, to: u16) -> Result<(), Refused> {
        let (from, to) = (u64::from(from.to_be()), u64::from(to.to_be()));
        // SAFETY: a live context.
        done(unsafe { bpf::bpf_l3_csum_replace(self.0, offset, from, to, 2) })
    }

    /// Accounts for a change of a 16-bit word in the transport checksum at `offset`.
    #[inline(always)]
    pub(super) fn l4_checksum(&self, offset: u32, from: u64, to: u64) -> Result<(), Refused> {
        // SAFETY: a live context.
        done(unsafe { bpf::bpf_l4_csum_replace(self.0, offset, from, to, 2) })
    }

    /// Makes the frame `len` bytes long, new ones zero; what was a GSO packet becomes a plain one.
    #[inline(always)]
    pub(super) fn resize(&self, len: u32) -> Result<(), Refused> {
        // SAFETY: a live context.
        done(unsafe { bpf::bpf_skb_change_tail(self.0, len, 0) })
    }

    /// Puts `len` bytes of zeroes in front of the frame.
    #[inline(always)]
    pub(super) fn grow_head(&self, len: u32) -> Result<(), Refused> {
        // SAFETY: a live context.
        done(unsafe { bpf::bpf_skb_change_head(self.0, len, 0) })
    }

    /// Reads `N` bytes at an offset into memory of the kernel's.
    ///
    /// # Safety
    ///
    /// `to` has room for them.
    #[inline(always)]
    pub(super) unsafe fn load_into<const N: usize>(
        &self,
        offset: u32,
        to: *mut [u8; N],
    ) -> Result<(), Refused> {
        // SAFETY: a live context; the caller has the room.
        done(unsafe { bpf::bpf_skb_load_bytes(self.0.cast(), offset, to.cast(), N as u32) })
    }

    /// Sends a copy into (`ingress`) or out of its own interface.
    #[inline(always)]
    pub(super) fn send_copy(&self, ifindex: u32, ingress: bool) -> Result<(), Refused> {
        // SAFETY: a live context.
        done(unsafe { bpf::bpf_clone_redirect(self.0, ifindex, way(ingress)) })
    }
}

/// The part of a frame that stands in one piece.
pub(super) struct Linear<'a>(pub(super) &'a Skb);

impl Frame for Linear<'_> {
    #[inline(always)]
    fn load<const N: usize>(&self, offset: u32) -> Option<[u8; N]> {
        self.0.peek(offset)
    }
}

impl Frame for Skb {
    #[inline(always)]
    fn load<const N: usize>(&self, offset: u32) -> Option<[u8; N]> {
        let mut bytes = MaybeUninit::<[u8; N]>::uninit();
        // SAFETY: a live context, and `bytes` holds N bytes.
        let failed = unsafe {
            bpf::bpf_skb_load_bytes(self.0.cast(), offset, bytes.as_mut_ptr().cast(), N as u32)
        };
        // SAFETY: a load that succeeds has written all N bytes.
        (failed == 0).then(|| unsafe { bytes.assume_init() })
    }
}

/// The verdict that moves the packet into (`ingress`) or out of an interface.
#[inline(always)]
pub(super) fn redirect(ifindex: u32, ingress: bool) -> i32 {
    // SAFETY: takes no pointer.
    (unsafe { bpf::bpf_redirect(ifindex, way(ingress)) }) as i32
}

/// The ones' complement sum of `sum` and some native words, not folded.
#[inline(always)]
pub(super) fn add<const N: usize>(bytes: &mut [u8; N], sum: u32) -> u32 {
    let (from, to) = (core::ptr::null_mut(), bytes.as_mut_ptr().cast());
    // SAFETY: `bytes` holds N bytes, a multiple of four.
    (unsafe { bpf::bpf_csum_diff(from, 0, to, N as u32, sum) }) as u32
}

#[inline(always)]
fn way(ingress: bool) -> u64 {
    if ingress { u64::from(BPF_F_INGRESS) } else { 0 }
}

#[inline(always)]
fn done(code: i64) -> Result<(), Refused> {
    if code == 0 { Ok(()) } else { Err(Refused) }
}
