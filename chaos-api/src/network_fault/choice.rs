//! `mode` and `value` read together: how many pods.

use crate::{Invalid, Mode, NetworkFaultSpec, Percent};

/// How many of the selected pods a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Every one.
    All,
    /// This many; at least one.
    Fixed(u32),
    /// This share, rounded down, at least one.
    Share(Percent),
    /// Up to this share, drawn by the seed, at least one.
    UpTo(Percent),
}

impl NetworkFaultSpec {
    /// Reads `mode` and `value`.
    pub fn choice(&self) -> Result<Choice, Invalid> {
        let Some(mode) = self.mode else {
            let needed = "is required; write All, One, Fixed, FixedPercent or RandomMaxPercent";
            return Err(Invalid::new("spec.mode", needed));
        };
        match (mode, &self.value) {
            (Mode::All | Mode::One, Some(value)) => Err(Invalid::value(
                "spec.value",
                value,
                &format!("does not go with mode {}; remove it", mode.as_str()),
            )),
            (Mode::All, None) => Ok(Choice::All),
            (Mode::One, None) => Ok(Choice::Fixed(1)),
            (Mode::Fixed, value) => count(value.as_deref()).map(Choice::Fixed),
            (Mode::FixedPercent, value) => share(value.as_deref()).map(Choice::Share),
            (Mode::RandomMaxPercent, value) => share(value.as_deref()).map(Choice::UpTo),
        }
    }
}

fn count(value: Option<&str>) -> Result<u32, Invalid> {
    let digits = |text: &&str| text.bytes().all(|b| b.is_ascii_digit());
    let number = value.filter(digits).and_then(|text| text.parse().ok());
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| Invalid::new("spec.value", "mode Fixed needs a number, as in \"2\""))
}

fn share(value: Option<&str>) -> Result<Percent, Invalid> {
    let share = value.and_then(|text| text.parse::<Percent>().ok());
    share
        .filter(|share| share.threshold() > 0)
        .ok_or_else(|| Invalid::new("spec.value", "this mode needs a share, as in \"30%\""))
}
