//! Netlink messages and their attributes (netlink(7)).

use std::io;

use netlink_packet_core::{DecodeError, NetlinkBuffer, NlaBuffer, NlasIterator};

use super::NetlinkError;

const NLMSG_NOOP: u16 = 1;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;

/// What a message means for the exchange it belongs to.
pub(super) enum Step<'a> {
    Skip,
    Item(&'a [u8]),
    End,
}

/// The messages in what one read returned.
pub(in crate::inventory) fn messages(
    mut bytes: &[u8],
) -> impl Iterator<Item = Result<NetlinkBuffer<&[u8]>, DecodeError>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let message = NetlinkBuffer::new_checked(bytes);
        let length = message
            .as_ref()
            .map_or(bytes.len(), |message| aligned(message.length()));
        bytes = bytes.get(length..).unwrap_or_default();
        Some(message)
    })
}

/// Messages start at multiples of four bytes (`NLMSG_ALIGNTO`).
const fn aligned(length: u32) -> usize {
    (length as usize).next_multiple_of(4)
}

/// What `message` means for the exchange that was started with `sequence`.
pub(super) fn step<'a>(
    subject: &'static str,
    sequence: u32,
    message: &NetlinkBuffer<&'a [u8]>,
) -> Result<Step<'a>, NetlinkError> {
    // What is left of an earlier exchange that ended with an error.
    if message.sequence_number() != sequence {
        return Ok(Step::Skip);
    }
    let payload = message.payload();
    match message.message_type() {
        NLMSG_NOOP => Ok(Step::Skip),
        NLMSG_DONE | NLMSG_ERROR => match error_code(payload) {
            0 => Ok(Step::End),
            code => Err(NetlinkError::Refused {
                subject,
                source: io::Error::from_raw_os_error(code.wrapping_neg()),
            }),
        },
        _ => Ok(Step::Item(payload)),
    }
}

/// The negative error number that `NLMSG_ERROR` and `NLMSG_DONE` start with; 0 is success.
fn error_code(payload: &[u8]) -> i32 {
    payload
        .first_chunk()
        .map_or(0, |bytes| i32::from_ne_bytes(*bytes))
}

/// The attributes behind a message's fixed header. Only those asked for are looked into, so what
/// a later kernel adds can never make a list unreadable.
pub(crate) fn attributes(
    payload: &[u8],
    header: usize,
) -> impl Iterator<Item = Result<NlaBuffer<&[u8]>, DecodeError>> {
    NlasIterator::new(payload.get(header..).unwrap_or_default())
}

/// An attribute's value as a number.
pub(crate) fn number(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests;
