//! The fault words of the command line, in netem's grammar: `reset 50% per connection`.

use std::iter::Peekable;

use thiserror::Error;

use crate::{
    Blackhole, Block, Faults, Loss, Percent, PercentError, Reject, RejectWith, Reset, local,
};

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
    /// A fault without the share that it needs.
    #[error("{block}: needs a share; write it as in \"{fix}\"", block = .0, fix = pattern(*.0))]
    NoShare(Block),
    /// A parameter of loss that is planned.
    #[error("loss: {word} is not in this version; write it as in \"{fix}\"", word = .0, fix = pattern(Block::Loss))]
    PlannedLoss(&'static str),
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
const PLANNED: [&str; 14] = [
    "corrupt",
    "delay",
    "dns",
    "duplicate",
    "half-open",
    "http",
    "limit-data",
    "mtu",
    "one-way-silence",
    "rate",
    "reorder",
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
            let share = match block {
                Block::Loss => Some(loss(&mut words)?),
                Block::Blackhole | Block::Reject | Block::Reset => share(block, &mut words)?,
            };
            faults.add(block, with, share)?;
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
            Block::Loss => {
                let loss = probability.ok_or(GrammarError::NoShare(block))?;
                self.loss.replace(Loss { loss }).is_some()
            }
            Block::Reject => {
                let with = with.map_or(Ok(RejectWith::default()), answer)?;
                self.reject.replace(Reject { with, probability }).is_some()
            }
            Block::Reset => self.reset.replace(Reset { probability }).is_some(),
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

/// Reads what follows `loss`, as netem has it: `[random] 2%`.
fn loss<'a>(words: &mut Peekable<impl Iterator<Item = &'a str>>) -> Result<Percent, GrammarError> {
    let block = Block::Loss;
    let _ = words.next_if_eq(&"random");
    let planned = |word: &&str| local::PLANNED_LOSS.into_iter().find(|known| known == word);
    if let Some(word) = words.peek().and_then(planned) {
        return Err(GrammarError::PlannedLoss(word));
    }
    let share = words.next_if(|word| is_number(word));
    let share: Percent = share
        .ok_or(GrammarError::NoShare(block))?
        .parse()
        .map_err(|source| GrammarError::Share { block, source })?;
    match words.peek() {
        Some(word) if is_number(word) => Err(GrammarError::PlannedLoss("correlation")),
        Some(&"per") => Err(GrammarError::PlannedLoss("per")),
        _ => Ok(share),
    }
}

/// How a fault and its share are written.
fn pattern(block: Block) -> &'static str {
    match block {
        Block::Blackhole => "blackhole 50% per connection",
        Block::Loss => "loss 2%",
        Block::Reject => "reject icmp-host 50% per connection",
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
