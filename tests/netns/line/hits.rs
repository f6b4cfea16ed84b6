//! Which packets of a flow were hit, and whether they are as many and as scattered as was said.
#![allow(
    clippy::cast_precision_loss,
    reason = "statistics of samples that are few"
)]

use super::message::Sample;

/// What 999 of 1,000 samples of a normal distribution lie within, in standard deviations.
const BAND: f64 = 3.3;

/// For each packet, whether it was hit.
pub(crate) struct Hits(Vec<bool>);

impl Hits {
    /// Those of the first so many that are not there.
    pub(crate) fn missing(samples: &[Sample], count: u32) -> Self {
        let mut hits = vec![true; count as usize];
        for sample in samples {
            hits[sample.number as usize] = false;
        }
        Self(hits)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.iter().filter(|hit| **hit).count()
    }

    /// How many are hit in a row, for each such row.
    pub(crate) fn bursts(&self) -> Vec<usize> {
        let rows = self.0.split(|hit| !hit).map(<[bool]>::len);
        rows.filter(|length| *length > 0).collect()
    }

    /// Panics unless packets so far apart are correlated as was asked.
    #[track_caller]
    pub(crate) fn assert_correlation(&self, what: &str, lag: usize, asked: f64) {
        let found = self.correlation(lag);
        eprintln!("{what}: correlation {found:.3} at lag {lag}");
        let band = BAND / (self.0.len() as f64).sqrt();
        let off = (found - asked).abs();
        assert!(off < band, "{what}: correlation {found} at lag {lag}");
    }

    fn correlation(&self, lag: usize) -> f64 {
        let mean = self.count() as f64 / self.0.len() as f64;
        let value = |hit: &bool| f64::from(u8::from(*hit)) - mean;
        let pairs = self.0.iter().zip(&self.0[lag..]);
        let covariance: f64 = pairs.map(|(one, other)| value(one) * value(other)).sum();
        covariance / (self.0.len() - lag) as f64 / (mean * (1.0 - mean))
    }
}

/// Panics unless so many of all are a share.
#[track_caller]
pub(crate) fn is_share(what: &str, found: usize, of: u32, asked: f64) {
    is_share_of_alike(what, found, of, (asked, 0.0));
}

/// The same where neighbours have a correlation, which makes the share less sure.
#[track_caller]
pub(crate) fn is_share_of_alike(what: &str, found: usize, of: u32, (asked, alike): (f64, f64)) {
    let of = f64::from(of);
    let variance = asked * (1.0 - asked) / of * (1.0 + alike) / (1.0 - alike);
    eprintln!("{what}: {found} of {of}");
    let off = (found as f64 / of - asked).abs();
    assert!(off < BAND * variance.sqrt(), "{what}: {found} of {of}");
}
