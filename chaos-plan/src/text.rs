//! Lists in messages.

use std::fmt::Display;

/// Names that one message lists.
const MOST: usize = 5;

/// The first of some names, and how many more there are.
pub(crate) fn listed<T: Display>(names: &[T]) -> String {
    let shown: Vec<String> = names.iter().take(MOST).map(T::to_string).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
