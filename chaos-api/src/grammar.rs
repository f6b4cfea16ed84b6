//! The fault words of the command line, in netem's grammar: `reset 50% per connection`.

mod netem;
mod words;

use thiserror::Error;

use self::netem::PER;
pub use self::words::{Files, Offer};
use self::words::{Words, is_number};

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
    /// Reads `reset 50% per connection blackhole`: several faults compose in one list. A file that
    /// the words name is read by `files`.
    pub fn from_words(words: &[String], files: Files<'_>) -> Result<Self, GrammarError> {
        let mut words = Words::of(words, files);
        let faults = words.faults()?;
        if faults == Self::default() {
            return Err(GrammarError::Empty);
        }
        Ok(faults)
    }

    /// What may come next after words that are complete; nothing after words that make no sense.
    pub fn offers(words: &[String]) -> Vec<Offer> {
        let mut words = Words::of(words, &|_| Ok(String::from("0")));
        // What ends too soon is an error, too.
        let _ = words.faults();
        words.offers
    }

    fn read<'a>(
        &mut self,
        block: Block,
        words: &mut Words<'_, impl Iterator<Item = &'a str>>,
    ) -> Result<(), GrammarError> {
        match block {
            Block::Blackhole => self.blackhole = Some(words.blackhole()?),
            Block::Corrupt => self.corrupt = Some(words.corrupt()?),
            Block::Delay => self.delay = Some(words.delay()?),
            Block::Duplicate => self.duplicate = Some(words.duplicate()?),
            Block::Loss => self.loss = Some(words.loss()?),
            Block::Rate => self.rate = Some(words.rate()?),
            Block::Reject => self.reject = Some(words.reject()?),
            Block::Reorder => self.reorder = Some(words.reorder()?),
            Block::Reset => self.reset = Some(words.reset()?),
        }
        words.end()
    }
}

impl<'a, I: Iterator<Item = &'a str>> Words<'_, I> {
    fn faults(&mut self) -> Result<Faults, GrammarError> {
        let mut faults = Faults::default();
        let mut left = Block::ALL.to_vec();
        while let Some(word) = self.next() {
            let block = Block::from_word(word)?;
            if !left.contains(&block) {
                return Err(GrammarError::Twice(block));
            }
            left.retain(|other| *other != block);
            self.begin(block);
            faults.read(block, self)?;
        }
        for block in left {
            self.offer(block.as_str(), block.about());
        }
        Ok(faults)
    }

    fn blackhole(&mut self) -> Result<Blackhole, GrammarError> {
        let probability = self.connections()?;
        Ok(Blackhole { probability })
    }

    fn reject(&mut self) -> Result<Reject, GrammarError> {
        for with in RejectWith::ALL {
            self.offer(with.as_str(), "what whoever tries is answered");
        }
        let with = self
            .next_if(is_answer)
            .map_or(Ok(RejectWith::default()), answer)?;
        let probability = self.connections()?;
        Ok(Reject { with, probability })
    }

    fn reset(&mut self) -> Result<Reset, GrammarError> {
        let probability = self.connections()?;
        Ok(Reset { probability })
    }

    /// `[50%] [per connection]`.
    fn connections(&mut self) -> Result<Option<Percent>, GrammarError> {
        self.offer("50%", "the share of connections");
        let share = self.next_if(is_number).map(str::parse).transpose();
        let block = self.block;
        let share = share.map_err(|source| GrammarError::Share { block, source })?;
        if share.is_some() {
            self.offer("per", PER);
        }
        if self.next_if(|word| word == "per").is_some() {
            self.offer("connection", "the only one that there is");
            match self.next() {
                Some("connection") => {}
                Some(unit) => return Err(self.unexpected(&format!("per {unit}"))),
                None => return Err(self.unexpected("per")),
            }
        }
        Ok(share)
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

impl Block {
    /// What it does, in a few words.
    const fn about(self) -> &'static str {
        match self {
            Self::Blackhole => "drop silently",
            Self::Corrupt => "flip bits",
            Self::Delay => "hold packets back",
            Self::Duplicate => "send packets twice",
            Self::Loss => "drop some packets silently",
            Self::Rate => "let packets pass no faster than this",
            Self::Reject => "refuse new attempts",
            Self::Reorder => "let packets overtake those that are delayed",
            Self::Reset => "reset connections",
        }
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

/// Whether two words differ only in case and dashes, as `half-open` and `halfOpen` do.
fn same_letters(one: &str, other: &str) -> bool {
    let letters = |word: &str| word.replace('-', "").to_lowercase();
    letters(one) == letters(other)
}
