//! The fault words of the command line, in netem's grammar: `reset 50% per connection`.

mod netem;

use std::iter::Peekable;

use thiserror::Error;

use crate::{Blackhole, Block, Faults, Percent, PercentError, Reject, RejectWith, Reset};

/// Why words are no faults; one line each.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GrammarError {
    /// No word at all.
    #[error("no fault is named; this version has {}", Block::listed("and"))]
    Empty,
    /// A fault that is planned.
    #[error("\"{word}\" is not in this version; this version has {all}", word = .0, all = Block::listed("and"))]
    Planned(String),
    /// A word that is none of ours, with what was probably meant, or what there is.
    #[error("\"{word}\" is not a fault; {hint}")]
    Unknown {
        /// The word.
        word: String,
        /// What was probably meant, or what there is.
        hint: String,
    },
    /// A word that a fault does not take.
    #[error("{block}: does not take \"{word}\"; write it as in \"{fix}\"", fix = pattern(*.block))]
    Unexpected {
        /// The fault.
        block: Block,
        /// The word after it.
        word: String,
    },
    /// A fault without the value that it needs.
    #[error("{block}: needs {kind}; write it as in \"{fix}\"", fix = pattern(*.block))]
    NoValue {
        /// The fault.
        block: Block,
        /// What it needs.
        kind: &'static str,
    },
    /// A value that is none.
    #[error("{block}: {problem}")]
    Value {
        /// The fault.
        block: Block,
        /// What is wrong, and what is allowed.
        problem: String,
    },
    /// A share that is none.
    #[error("{block}: {source}")]
    Share {
        /// The fault.
        block: Block,
        /// What is wrong with its share.
        source: PercentError,
    },
    /// An answer that is none.
    #[error(
        "reject: \"{0}\" is not an answer; write tcp-reset, icmp-port, icmp-host or icmp-admin"
    )]
    Answer(String),
    /// The same fault twice.
    #[error("\"{0}\" is named twice; name it once")]
    Twice(Block),
}

/// Faults of the design that this version does not have.
const PLANNED: [&str; 9] = [
    "dns",
    "half-open",
    "http",
    "limit-data",
    "mtu",
    "one-way-silence",
    "slow-close",
    "stall",
    "timeout",
];

impl Block {
    /// The block that a word names.
    pub fn from_word(word: &str) -> Result<Self, GrammarError> {
        if let Some(block) = Self::ALL.into_iter().find(|block| block.as_str() == word) {
            return Ok(block);
        }
        if PLANNED.iter().any(|planned| same_letters(planned, word)) {
            return Err(GrammarError::Planned(word.into()));
        }
        let near = |block: &Self| strsim::damerau_levenshtein(block.as_str(), &word.to_lowercase());
        let hint = match Self::ALL.into_iter().min_by_key(near) {
            Some(block) if near(&block) <= 2 => format!("did you mean {block}?"),
            _ => format!("this version has {}", Block::listed("and")),
        };
        Err(GrammarError::Unknown {
            word: word.into(),
            hint,
        })
    }
}

impl Faults {
    /// Reads `reset 50% per connection blackhole`: several faults compose in one list.
    pub fn from_words(words: &[String]) -> Result<Self, GrammarError> {
        let mut words = words
            .iter()
            .flat_map(|word| word.split_whitespace())
            .peekable();
        let mut faults = Self::default();
        while let Some(word) = words.next() {
            let block = Block::from_word(word)?;
            let with = words.next_if(|word| block == Block::Reject && is_answer(word));
            if block.is_netem() {
                faults.read_netem(block, &mut words)?;
            } else {
                let share = share(block, &mut words)?;
                faults.add(block, with, share)?;
            }
        }
        if faults == Self::default() {
            return Err(GrammarError::Empty);
        }
        Ok(faults)
    }

    fn add(
        &mut self,
        block: Block,
        with: Option<&str>,
        probability: Option<Percent>,
    ) -> Result<(), GrammarError> {
        let twice = match block {
            Block::Blackhole => self.blackhole.replace(Blackhole { probability }).is_some(),
            Block::Reject => {
                let with = with.map_or(Ok(RejectWith::default()), answer)?;
                self.reject.replace(Reject { with, probability }).is_some()
            }
            Block::Reset => self.reset.replace(Reset { probability }).is_some(),
            _ => false,
        };
        if twice {
            Err(GrammarError::Twice(block))
        } else {
            Ok(())
        }
    }
}

/// Whether a word is meant as an answer: no other has one of these beginnings.
fn is_answer(word: &str) -> bool {
    ["icmp", "tcp"].iter().any(|with| word.starts_with(with))
}

/// The answer that a word names.
fn answer(word: &str) -> Result<RejectWith, GrammarError> {
    RejectWith::from_word(word).ok_or_else(|| GrammarError::Answer(word.into()))
}

/// Reads what may follow a block's word: `[50%] [per connection]`.
fn share<'a>(
    block: Block,
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
) -> Result<Option<Percent>, GrammarError> {
    let share = words
        .next_if(|word| is_number(word))
        .map(str::parse)
        .transpose();
    let share = share.map_err(|source| GrammarError::Share { block, source })?;
    let unexpected = |word: &str| GrammarError::Unexpected {
        block,
        word: word.into(),
    };
    if words.next_if_eq(&"per").is_some() {
        match words.next() {
            Some("connection") => {}
            Some(unit) => return Err(unexpected(&format!("per {unit}"))),
            None => return Err(unexpected("per")),
        }
    }
    match words.peek() {
        Some(word) if is_number(word) => Err(unexpected(word)),
        _ => Ok(share),
    }
}

/// How a fault and its share are written.
fn pattern(block: Block) -> &'static str {
    match block {
        Block::Blackhole => "blackhole 50% per connection",
        Block::Corrupt => "corrupt 0.1%",
        Block::Delay => "delay 100ms 10ms 25% distribution normal",
        Block::Duplicate => "duplicate 1%",
        Block::Loss => "loss 2%",
        Block::Rate => "rate 20mbit burst 32kb",
        Block::Reject => "reject icmp-host 50% per connection",
        Block::Reorder => "reorder 25% 50% gap 5",
        Block::Reset => "reset 50% per connection",
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))
}

/// Whether two words differ only in case and dashes, as `half-open` and `halfOpen` do.
fn same_letters(one: &str, other: &str) -> bool {
    let letters = |word: &str| word.replace('-', "").to_lowercase();
    letters(one) == letters(other)
}
