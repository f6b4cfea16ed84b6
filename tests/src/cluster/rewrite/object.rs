//! An object file with one program in it.

use object::write::{Object, StandardSegment, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};

/// What the program is called.
pub(super) const NAME: &str = "rewrite";

/// The object with a program of a section below `cgroup/`.
pub(super) fn with_program(section: &str, instructions: &[u8]) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::Bpf, Endianness::Little);
    let section = format!("cgroup/{section}").into_bytes();
    let text = object.segment_name(StandardSegment::Text).to_vec();
    let id = object.add_section(text, section, SectionKind::Text);
    let value = object.append_section_data(id, instructions, 8);
    object.add_symbol(Symbol {
        name: NAME.as_bytes().to_vec(),
        value,
        size: instructions.len() as u64,
        kind: SymbolKind::Text,
        scope: SymbolScope::Linkage,
        weak: false,
        section: SymbolSection::Section(id),
        flags: SymbolFlags::None,
    });
    let data = object.segment_name(StandardSegment::Data).to_vec();
    let license = object.add_section(data, b"license".to_vec(), SectionKind::Data);
    object.append_section_data(license, b"GPL\0", 1);
    object.write().expect("it fits into memory")
}
