//! What the texts of the units look like, as regular expressions (RE2): the API server matches the
//! same texts that Rust parses.

/// A number from 1 to 65535.
macro_rules! port {
    () => {
        "0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
    };
}

/// A length of time: numbers with units.
pub(crate) const SPAN: &str = r"^([0-9]+(\.[0-9]+)?(h|m|s|ms|us|µs|ns))+$";

/// A share: 0% to 100%, at most six decimals.
pub(crate) const PERCENT: &str = r"^0*(100(\.0+)?|[0-9]{1,2}(\.[0-9]{1,6}0*)?)%$";

/// A rate in tc's units.
pub(crate) const BITRATE: &str = r"^(?i)[0-9]{1,15}(\.[0-9]{1,6})?([kmgt]i?)?(bit|bps)$";

/// A number of bytes in tc's units.
pub(crate) const SIZE: &str = r"^(?i)[0-9]{1,15}(\.[0-9]{1,6})?(b|[kmg](b|bit)?)$";

/// A number of pods.
pub(crate) const COUNT: &str = r"^0*[1-9][0-9]{0,8}$";

/// A port or a range of ports.
pub(crate) const PORTS: &str = concat!("^", port!(), "(-", port!(), ")?$");

/// The name of a port (RFC 6335 §5.1): a letter in it, no two dashes together, none at an end.
pub(crate) const PORT_NAME: &str = "^([a-z0-9]+-)*[a-z0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*$";
