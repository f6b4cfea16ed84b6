//! aya's marker for types that may be copied between user space and maps.

use crate::{Config, Counters, DrawKey, Drawn, LineState, Seen, SeenKey, Ticket};

macro_rules! pod {
    ($($word:ty),*) => {
        // SAFETY: each type is `bytemuck::Pod`: `repr(C)`, without padding, valid for any bytes.
        $(unsafe impl aya::Pod for $word {})*
    };
}

pod!(
    Config, Counters, DrawKey, Drawn, LineState, Seen, SeenKey, Ticket
);
