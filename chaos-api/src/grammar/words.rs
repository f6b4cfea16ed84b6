//! The words that are still to be read, and what may stand where they end.

use std::fmt;
use std::io;
use std::iter::Peekable;
use std::str::FromStr;

use super::GrammarError;
use crate::{Block, Percent};

/// Reads a file that words name.
pub type Files<'f> = &'f dyn Fn(&str) -> io::Result<String>;

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// A word, or an example of a value, and what it is.
    Word(&'static str, &'static str),
    /// The name of a file.
    File,
}

/// The words of a list of faults.
pub(super) struct Words<'f, I: Iterator> {
    /// The one that is being read.
    pub(super) block: Block,
    left: Peekable<I>,
    pub(super) files: Files<'f>,
    pub(super) offers: Vec<Offer>,
    /// Its options that were read.
    used: Vec<&'static str>,
}

impl<'f> Words<'f, std::vec::IntoIter<&'f str>> {
    pub(super) fn of(words: &'f [String], files: Files<'f>) -> Self {
        let words = words.iter().flat_map(|word| word.split_whitespace());
        Self {
            block: Block::Blackhole,
            left: words.collect::<Vec<_>>().into_iter().peekable(),
            files,
            offers: Vec::new(),
            used: Vec::new(),
        }
    }
}

impl<'a, I: Iterator<Item = &'a str>> Words<'_, I> {
    /// What follows is of this block.
    pub(super) fn begin(&mut self, block: Block) {
        self.block = block;
        self.used.clear();
    }

    /// Offers a word where there is none.
    pub(super) fn offer(&mut self, word: &'static str, about: &'static str) {
        self.offer_one(Offer::Word(word, about));
    }

    pub(super) fn offer_one(&mut self, offer: Offer) {
        if self.left.peek().is_none() {
            self.offers.push(offer);
        }
    }

    pub(super) fn next(&mut self) -> Option<&'a str> {
        self.left.next()
    }

    pub(super) fn next_if(&mut self, wanted: impl Fn(&str) -> bool) -> Option<&'a str> {
        self.left.next_if(|word| wanted(word))
    }

    /// The next word where it is one of these, each with what it is for.
    pub(super) fn option(
        &mut self,
        known: &'static [(&'static str, &'static str)],
    ) -> Option<&'static str> {
        for (word, about) in known {
            if !self.used.contains(word) {
                self.offer(word, about);
            }
        }
        let word = self.left.peek()?;
        let (word, _) = known.iter().find(|(name, _)| name == word)?;
        self.left.next();
        self.used.push(word);
        Some(word)
    }

    /// The next word, which is a value such as this one.
    pub(super) fn value<T: FromStr<Err: fmt::Display>>(
        &mut self,
        kind: &'static str,
        example: &'static str,
    ) -> Result<T, GrammarError> {
        let block = self.block;
        self.offer(example, kind);
        let word = self.next_if(is_number);
        self.parse(word.ok_or(GrammarError::NoValue { block, kind })?)
    }

    /// The next word where it is a share.
    pub(super) fn share(
        &mut self,
        example: &'static str,
        about: &'static str,
    ) -> Result<Option<Percent>, GrammarError> {
        self.offer(example, about);
        let word = self.next_if(is_number);
        word.map(|word| self.parse(word)).transpose()
    }

    pub(super) fn parse<T: FromStr<Err: fmt::Display>>(
        &self,
        word: &str,
    ) -> Result<T, GrammarError> {
        word.parse().map_err(|wrong: T::Err| self.wrong(&wrong))
    }

    /// What the next word chooses.
    pub(super) fn choice<T: Copy>(
        &mut self,
        option: &'static str,
        known: &[(&'static str, T)],
    ) -> Result<T, GrammarError> {
        for (name, _) in known {
            self.offer(name, option);
        }
        let word = self.next().unwrap_or_default();
        let found = known.iter().find(|(name, _)| *name == word);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            let [first @ .., last] = names.as_slice() else {
                unreachable!("there is something to choose")
            };
            let all = first.join(", ");
            self.wrong(&format!(
                "{option} \"{word}\" is not allowed; write {all} or {last}"
            ))
        })
    }

    /// Refuses a word that no other block begins with.
    pub(super) fn end(&mut self) -> Result<(), GrammarError> {
        match self.left.peek().copied() {
            Some(word) if is_number(word) || OPTIONS.contains(&word) => Err(self.unexpected(word)),
            _ => Ok(()),
        }
    }

    pub(super) fn unexpected(&self, word: &str) -> GrammarError {
        GrammarError::Unexpected {
            block: self.block,
            word: word.into(),
        }
    }

    pub(super) fn wrong(&self, problem: &dyn fmt::Display) -> GrammarError {
        GrammarError::Value {
            block: self.block,
            problem: problem.to_string(),
        }
    }
}

/// Every word that stands behind a block's.
const OPTIONS: [&str; 13] = [
    "apply",
    "burst",
    "distribution",
    "gap",
    "gemodel",
    "limit",
    "nth",
    "overhead",
    "per",
    "probability",
    "random",
    "stage",
    "state",
];

pub(super) fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))
}
