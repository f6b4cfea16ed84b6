//! Units as users write them: each reads and prints one text form, in YAML as on the command line.

mod bitrate;
pub(crate) mod cidr;
mod percent;
mod port;
mod size;
mod span;
pub(crate) mod text;

pub use bitrate::{Bitrate, BitrateError};
pub use percent::{Percent, PercentError};
pub use port::{PortRange, PortRangeError};
pub use size::{Size, SizeError};
pub use span::{Span, SpanError};
