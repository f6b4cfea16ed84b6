//! What follows the words of netem's faults, in netem's grammar (tc-netem(8)).

use super::GrammarError;
use super::words::{Offer, Words, is_number};
use crate::{
    Apply, Corrupt, Delay, Distribution, Duplicate, Gemodel, JitterTable, JitterTableError, Loss,
    LossPer, Percent, Rate, RatePer, Reorder, Span, Stage,
};

/// An option's word, and what it is for.
type Options = &'static [(&'static str, &'static str)];

const DELAY: Options = &[
    ("distribution", "how jitter is distributed"),
    ("apply", "which packets are held back"),
    ("stage", "which part of a connection is held back"),
    ("probability", "the share of connections that are hit"),
];
const LOSS: Options = &[
    ("gemodel", "bursts, after Gilbert and Elliott"),
    ("nth", "each n-th packet"),
    ("random", "a share"),
];
const GAP: Options = &[("gap", "the first packet that may overtake")];
const RATE: Options = &[
    ("burst", "bytes that pass at once"),
    ("limit", "bytes that may wait"),
    ("per", "what has the rate for itself"),
];

impl<'a, I: Iterator<Item = &'a str>> Words<'_, I> {
    pub(super) fn delay(&mut self) -> Result<Delay, GrammarError> {
        let mut delay = Delay::of(self.value("a time", "100ms")?);
        self.offer("10ms", "jitter");
        if let Some(jitter) = self.next_if(|word| is_number(word) && !is_share(word)) {
            delay.jitter = self.parse::<Span>(jitter)?;
            self.offer("25%", CORRELATION);
        }
        let correlation = self.next_if(is_number);
        delay.correlation = correlation.map(|word| self.parse(word)).transpose()?;
        while let Some(word) = self.option(DELAY) {
            match word {
                "distribution" => {
                    delay.distribution = self.choice(word, Distribution::WORDS)?;
                    delay.table = self.table(delay.distribution)?;
                }
                "apply" => delay.apply = self.choice(word, Apply::WORDS)?,
                "stage" => delay.stage = self.choice(word, Stage::WORDS)?,
                _ => delay.probability = Some(self.value("a share", "50%")?),
            }
        }
        Ok(delay)
    }

    /// The table in the file that the next word names, where one is asked for.
    fn table(&mut self, asked: Distribution) -> Result<Option<JitterTable>, GrammarError> {
        if asked != Distribution::Table {
            return Ok(None);
        }
        self.offer_one(Offer::File);
        let Some(file) = self.next() else {
            return Err(self.wrong(&TABLE_NEEDS));
        };
        let text = (self.files)(file).map_err(|error| self.wrong(&format!("{file}: {error}")))?;
        let table = text.parse();
        table
            .map(Some)
            .map_err(|error: JitterTableError| self.wrong(&format!("{file}: {error}")))
    }

    pub(super) fn loss(&mut self) -> Result<Loss, GrammarError> {
        let mut loss = Loss::default();
        match self.option(LOSS) {
            Some("gemodel") => loss.gemodel = Some(self.gemodel()?),
            Some("nth") => loss.nth = Some(self.value("a number", "100")?),
            _ => {
                loss.loss = Some(self.value("a share", "2%")?);
                loss.correlation = self.correlation()?;
                self.offer("per", PER);
            }
        }
        if self.next_if(|word| word == "per").is_some() {
            loss.per = self.choice("per", LossPer::WORDS)?;
        }
        Ok(loss)
    }

    fn gemodel(&mut self) -> Result<Gemodel, GrammarError> {
        let mut model = Gemodel {
            p: self.value("a share", "2%")?,
            r: None,
            bad: None,
            good: None,
        };
        for (share, example, about) in [
            (&mut model.r, "20%", "r: from bad to good"),
            (&mut model.bad, "100%", "1-h: lost in the bad state"),
            (&mut model.good, "0%", "1-k: lost in the good state"),
        ] {
            *share = self.share(example, about)?;
            if share.is_none() {
                break;
            }
        }
        Ok(model)
    }

    pub(super) fn duplicate(&mut self) -> Result<Duplicate, GrammarError> {
        Ok(Duplicate {
            duplicate: self.value("a share", "1%")?,
            correlation: self.correlation()?,
        })
    }

    pub(super) fn corrupt(&mut self) -> Result<Corrupt, GrammarError> {
        Ok(Corrupt {
            corrupt: self.value("a share", "0.1%")?,
            correlation: self.correlation()?,
        })
    }

    pub(super) fn reorder(&mut self) -> Result<Reorder, GrammarError> {
        let mut reorder = Reorder {
            reorder: self.value("a share", "25%")?,
            correlation: self.correlation()?,
            gap: None,
        };
        if self.option(GAP).is_some() {
            reorder.gap = Some(self.value("a number", "5")?);
        }
        Ok(reorder)
    }

    pub(super) fn rate(&mut self) -> Result<Rate, GrammarError> {
        let mut rate = Rate {
            rate: self.value("a rate", "20mbit")?,
            burst: None,
            limit: None,
            per: RatePer::Pod,
        };
        while let Some(word) = self.option(RATE) {
            match word {
                "burst" => rate.burst = Some(self.value("a size", "32kb")?),
                "limit" => rate.limit = Some(self.value("a size", "1mb")?),
                _ => rate.per = self.choice(word, RatePer::WORDS)?,
            }
        }
        Ok(rate)
    }

    fn correlation(&mut self) -> Result<Option<Percent>, GrammarError> {
        self.share("25%", CORRELATION)
    }
}

pub(super) const PER: &str = "what the share is of";

const CORRELATION: &str = "correlation of neighbouring packets";

const TABLE_NEEDS: &str = "distribution table needs a file, as in /usr/lib/tc/normal.dist";

fn is_share(word: &str) -> bool {
    word.ends_with('%')
}
