//! Units as users write them: each reads and prints one text form, in YAML as on the command line.

pub(crate) mod cidr;
mod percent;
mod port;
mod span;
pub(crate) mod text;

pub use percent::{Percent, PercentError};
pub use port::{PortRange, PortRangeError};
pub use span::{Span, SpanError};
