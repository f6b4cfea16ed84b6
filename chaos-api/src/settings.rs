//! The settings of an installation, which its administrator keeps in a `ConfigMap`.

use std::collections::BTreeMap;

use crate::{Invalid, MAX_DURATION, Span};

/// The name of the `ConfigMap`, in netfault's own namespace.
pub const SETTINGS: &str = "netfault";

/// The label by which a namespace allows faults, with the value `true`.
pub const ENABLED_LABEL: &str = "netfault.dev/enabled";

/// What one installation allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// netfault's own namespace, which is never a target.
    pub namespace: String,
    /// The longest fault.
    pub max_duration: Span,
    /// The most pods that one fault may hit.
    pub max_pods: u32,
}

/// The key of [`Settings::max_duration`].
const DURATION_KEY: &str = "maxDuration";

/// The key of [`Settings::max_pods`].
const PODS_KEY: &str = "maxPods";

impl Settings {
    /// An hour and fifty pods: what holds where nothing is set.
    pub fn new(namespace: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            max_duration: Span::from_secs(3600),
            max_pods: 50,
        }
    }

    /// The settings in the `ConfigMap`'s data, all that is wrong in it otherwise.
    pub fn read(
        namespace: impl Into<String>,
        data: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<Invalid>> {
        let mut settings = Self::new(namespace);
        let mut wrong = Vec::new();
        for (key, value) in data {
            match key.as_str() {
                DURATION_KEY => match value.parse::<Span>() {
                    Ok(span) if !span.is_zero() && span <= MAX_DURATION => {
                        settings.max_duration = span;
                    }
                    Ok(_) => {
                        let allowed = format!(
                            "is not allowed; write more than 0s and at most {MAX_DURATION}"
                        );
                        wrong.push(Invalid::value(key, value, &allowed));
                    }
                    Err(error) => wrong.push(Invalid::new(key, error.to_string())),
                },
                PODS_KEY => match value.parse() {
                    Ok(pods) if pods > 0 => settings.max_pods = pods,
                    _ => wrong.push(Invalid::value(key, value, "is not a number above 0")),
                },
                _ => {
                    let known =
                        format!("is not a setting; there are {DURATION_KEY} and {PODS_KEY}");
                    wrong.push(Invalid::new(key, known));
                }
            }
        }
        if wrong.is_empty() {
            Ok(settings)
        } else {
            Err(wrong)
        }
    }
}
