//! aya's marker for types that may be copied between user space and maps.

use crate::{Birth, Config, Counters, DrawKey, Drawn, Flow, LineState, Seen, SeenKey, Ticket};

macro_rules! pod {
    ($($word:ty),*) => {
        // SAFETY: each type is `bytemuck::Pod`: `repr(C)`, without padding, valid for any bytes.
        $(unsafe impl aya::Pod for $word {})*
    };
}

pod!(
    Birth, Config, Counters, DrawKey, Drawn, Flow, LineState, Seen, SeenKey, Ticket
);
