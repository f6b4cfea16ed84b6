//! What follows the words of netem's faults, in netem's grammar (tc-netem(8)).

use std::fmt;
use std::iter::Peekable;
use std::str::FromStr;

use super::{GrammarError, is_number};
use crate::{
    Apply, Block, Corrupt, Delay, Distribution, Duplicate, Faults, Gemodel, Loss, LossPer, Percent,
    Rate, RatePer, Reorder, Span, Stage,
};

impl Faults {
    /// Reads what follows the word of a block of netem's, and adds the block.
    pub(super) fn read_netem<'a>(
        &mut self,
        block: Block,
        words: &mut Peekable<impl Iterator<Item = &'a str>>,
    ) -> Result<(), GrammarError> {
        let mut words = Words { block, words };
        let twice = match block {
            Block::Corrupt => self.corrupt.replace(words.corrupt()?).is_some(),
            Block::Delay => self.delay.replace(words.delay()?).is_some(),
            Block::Duplicate => self.duplicate.replace(words.duplicate()?).is_some(),
            Block::Loss => self.loss.replace(words.loss()?).is_some(),
            Block::Rate => self.rate.replace(words.rate()?).is_some(),
            Block::Reorder => self.reorder.replace(words.reorder()?).is_some(),
            Block::Blackhole | Block::Reject | Block::Reset => false,
        };
        words.end()?;
        if twice {
            Err(GrammarError::Twice(block))
        } else {
            Ok(())
        }
    }
}

/// The words after that of a block.
struct Words<'w, I: Iterator> {
    block: Block,
    words: &'w mut Peekable<I>,
}

impl<'a, I: Iterator<Item = &'a str>> Words<'_, I> {
    fn delay(&mut self) -> Result<Delay, GrammarError> {
        let mut delay = Delay::of(self.value("a time")?);
        if let Some(jitter) = self
            .words
            .next_if(|word| is_number(word) && !is_share(word))
        {
            delay.jitter = self.parse::<Span>(jitter)?;
        }
        delay.correlation = self.share()?;
        while let Some(word) = self.option(&["distribution", "apply", "stage", "probability"]) {
            match word {
                "distribution" => delay.distribution = self.choice(word, Distribution::WORDS)?,
                "apply" => delay.apply = self.choice(word, Apply::WORDS)?,
                "stage" => delay.stage = self.choice(word, Stage::WORDS)?,
                _ => delay.probability = Some(self.value("a share")?),
            }
        }
        Ok(delay)
    }

    fn loss(&mut self) -> Result<Loss, GrammarError> {
        let mut loss = Loss::default();
        match self.option(&["gemodel", "nth", "random"]) {
            Some("gemodel") => loss.gemodel = Some(self.gemodel()?),
            Some("nth") => loss.nth = Some(self.value("a number")?),
            _ => {
                loss.loss = Some(self.value("a share")?);
                loss.correlation = self.share()?;
            }
        }
        if let Some(word) = self.option(&["per"]) {
            loss.per = self.choice(word, LossPer::WORDS)?;
        }
        Ok(loss)
    }

    fn gemodel(&mut self) -> Result<Gemodel, GrammarError> {
        Ok(Gemodel {
            p: self.value("a share")?,
            r: self.share()?,
            bad: self.share()?,
            good: self.share()?,
        })
    }

    fn duplicate(&mut self) -> Result<Duplicate, GrammarError> {
        Ok(Duplicate {
            duplicate: self.value("a share")?,
            correlation: self.share()?,
        })
    }

    fn corrupt(&mut self) -> Result<Corrupt, GrammarError> {
        Ok(Corrupt {
            corrupt: self.value("a share")?,
            correlation: self.share()?,
        })
    }

    fn reorder(&mut self) -> Result<Reorder, GrammarError> {
        let mut reorder = Reorder {
            reorder: self.value("a share")?,
            correlation: self.share()?,
            gap: None,
        };
        if self.option(&["gap"]).is_some() {
            reorder.gap = Some(self.value("a number")?);
        }
        Ok(reorder)
    }

    fn rate(&mut self) -> Result<Rate, GrammarError> {
        let mut rate = Rate {
            rate: self.value("a rate")?,
            burst: None,
            limit: None,
            per: RatePer::Pod,
        };
        while let Some(word) = self.option(&["burst", "limit", "per"]) {
            match word {
                "burst" => rate.burst = Some(self.value("a size")?),
                "limit" => rate.limit = Some(self.value("a size")?),
                _ => rate.per = self.choice(word, RatePer::WORDS)?,
            }
        }
        Ok(rate)
    }

    /// The next word where it is one of these.
    fn option(&mut self, known: &[&str]) -> Option<&'a str> {
        self.words.next_if(|word| known.contains(word))
    }

    /// The next word, which is a value.
    fn value<T: FromStr<Err: fmt::Display>>(
        &mut self,
        kind: &'static str,
    ) -> Result<T, GrammarError> {
        let block = self.block;
        let word = self.words.next_if(|word| is_number(word));
        self.parse(word.ok_or(GrammarError::NoValue { block, kind })?)
    }

    /// The next word where it is a share.
    fn share(&mut self) -> Result<Option<Percent>, GrammarError> {
        let word = self.words.next_if(|word| is_number(word));
        word.map(|word| self.parse(word)).transpose()
    }

    fn parse<T: FromStr<Err: fmt::Display>>(&self, word: &str) -> Result<T, GrammarError> {
        word.parse().map_err(|wrong: T::Err| GrammarError::Value {
            block: self.block,
            problem: wrong.to_string(),
        })
    }

    /// What the next word chooses.
    fn choice<T: Copy>(&mut self, option: &str, known: &[(&str, T)]) -> Result<T, GrammarError> {
        let word = self.words.next().unwrap_or_default();
        let found = known.iter().find(|(name, _)| *name == word);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            let [first @ .., last] = names.as_slice() else {
                unreachable!("there is something to choose")
            };
            GrammarError::Value {
                block: self.block,
                problem: format!(
                    "{option} \"{word}\" is not allowed; write {} or {last}",
                    first.join(", ")
                ),
            }
        })
    }

    /// Refuses a word that no other block begins with.
    fn end(&mut self) -> Result<(), GrammarError> {
        let block = self.block;
        match self.words.peek() {
            Some(word) if is_number(word) || OPTIONS.contains(word) => {
                Err(GrammarError::Unexpected {
                    block,
                    word: (*word).into(),
                })
            }
            _ => Ok(()),
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

fn is_share(word: &str) -> bool {
    word.ends_with('%')
}
