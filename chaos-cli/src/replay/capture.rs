//! A capture as Ethernet frames: pcap and pcapng, as tcpdump and Wireshark write them.

use std::{fs::File, path::Path};

use anyhow::{Context, Result, bail};
use pcap_parser::{
    Block, InterfaceDescriptionBlock, LegacyPcapBlock, Linktype, PcapBlockOwned, PcapError,
    create_reader, traits::PcapNGPacketBlock,
};

use super::link::{Captured, captured};

/// Bytes of a block that are read at once; a longer one makes room for itself.
const ROOM: usize = 1 << 20;

/// The longest block that is read: a GSO packet has 64 KiB.
const LONGEST: usize = 1 << 24;

/// The packets of a file.
pub(super) fn read(path: &Path) -> Result<Vec<Captured>> {
    let named = || path.display().to_string();
    let file = File::open(path).with_context(named)?;
    packets(file).with_context(named)
}

fn packets(file: File) -> Result<Vec<Captured>> {
    let mut reader = create_reader(ROOM, file).map_err(|error| wrong(&error))?;
    let mut links = Links::default();
    let mut packets = Vec::new();
    let mut room = ROOM;
    loop {
        let lack = match reader.next() {
            Ok((read, block)) => {
                packets.extend(links.packet(&block)?);
                reader.consume(read);
                continue;
            }
            Err(PcapError::Eof) => return Ok(packets),
            Err(PcapError::Incomplete(_)) => Lack::Bytes,
            Err(PcapError::BufferTooSmall) if room < LONGEST => Lack::Room,
            Err(error) => return Err(wrong(&error)),
        };
        if matches!(lack, Lack::Room) {
            room *= 2;
            reader.grow(room);
        } else if reader.reader_exhausted() {
            bail!(
                "ends in the middle of a packet, after {} whole ones",
                packets.len()
            );
        }
        reader.refill().map_err(|error| wrong(&error))?;
    }
}

/// Why the next block cannot be read yet.
enum Lack {
    Bytes,
    Room,
}

fn wrong(error: &PcapError<&[u8]>) -> anyhow::Error {
    match error {
        PcapError::HeaderNotRecognized | PcapError::Eof => {
            anyhow::anyhow!("is neither pcap nor pcapng")
        }
        error => anyhow::anyhow!("is not a capture that can be read: {error}"),
    }
}

/// What the blocks before a packet say of it.
#[derive(Default)]
struct Links {
    legacy: Option<(Linktype, bool)>,
    interfaces: Vec<Interface>,
}

struct Interface {
    link: Linktype,
    resolution: u64,
    offset: u64,
}

impl Links {
    /// The packet of a block, if it is one.
    fn packet(&mut self, block: &PcapBlockOwned) -> Result<Option<Captured>> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                self.legacy = Some((header.network, header.is_nanosecond_precision()));
                Ok(None)
            }
            PcapBlockOwned::Legacy(packet) => self.legacy(packet).map(Some),
            PcapBlockOwned::NG(block) => self.block(block),
        }
    }

    fn legacy(&self, packet: &LegacyPcapBlock) -> Result<Captured> {
        let (link, nanoseconds) = self.legacy.context("has a packet before its header")?;
        let fraction = u64::from(packet.ts_usec) * if nanoseconds { 1 } else { 1000 };
        let at = u64::from(packet.ts_sec) * 1_000_000_000 + fraction;
        captured(link, at, packet.data, packet.origlen)
    }

    fn block(&mut self, block: &Block) -> Result<Option<Captured>> {
        match block {
            Block::SectionHeader(_) => self.interfaces.clear(),
            Block::InterfaceDescription(interface) => {
                self.interfaces.push(Interface::of(interface)?);
            }
            Block::EnhancedPacket(packet) => {
                let interface = self.interfaces.get(packet.if_id as usize);
                let interface =
                    interface.context("names an interface that it does not describe")?;
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let at = interface.at(units);
                return captured(interface.link, at, packet.packet_data(), packet.origlen)
                    .map(Some);
            }
            _ => {}
        }
        Ok(None)
    }
}

impl Interface {
    fn of(block: &InterfaceDescriptionBlock) -> Result<Self> {
        Ok(Self {
            link: block.linktype,
            resolution: block
                .ts_resolution()
                .context("tells time in unknown units")?,
            offset: u64::try_from(block.ts_offset()).unwrap_or(0),
        })
    }

    /// Nanoseconds since 1970 of a time in its units.
    fn at(&self, units: u64) -> u64 {
        let resolution = u128::from(self.resolution.max(1));
        let since = u128::from(units) * 1_000_000_000 / resolution;
        let offset = u128::from(self.offset) * 1_000_000_000;
        u64::try_from(since + offset).unwrap_or(u64::MAX)
    }
}
