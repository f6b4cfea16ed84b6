//! What killed netfaults have left in namespaces: filters, where the kernel has no tcx. They let
//! everything pass, since their lease is over.

use std::{fmt, io};

use crate::{
    causes::with_causes,
    dataplane::{leftovers, remove_leftovers},
    holder::RunDir,
    inventory::{NetlinkError, Place, Whose, places},
};

/// A namespace that nobody holds, and in it the interfaces with filters of netfault's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// A file of the namespace.
    pub namespace: String,
    /// The interfaces' names.
    pub interfaces: Vec<String>,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.namespace, self.interfaces.join(", "))
    }
}

/// What was found, or removed.
#[derive(Clone, Debug, Default)]
pub struct Leftovers {
    /// In how many namespaces was looked.
    pub looked: usize,
    /// Those with leftovers.
    pub found: Vec<Leftover>,
    /// Where it could not be looked, or removed, each with its reason.
    pub failed: Vec<String>,
}

/// What one namespace gave: the interfaces.
type Looked = Result<Vec<String>, String>;

/// Finds leftovers in every namespace that this process can see, but for the machine's own and those
/// whose lock in `dir` is held.
pub fn find(dir: &RunDir) -> io::Result<Leftovers> {
    each(Whose::All, |place| look(dir, place))
}

/// The same, and removes them.
pub fn clean(dir: &RunDir, whose: Whose) -> io::Result<Leftovers> {
    each(whose, |place| {
        if look(dir, place)?.is_empty() {
            return Ok(Vec::new());
        }
        remove(dir, place)
    })
}

fn each(whose: Whose, work: impl Fn(&Place) -> Looked) -> io::Result<Leftovers> {
    let mut all = Leftovers::default();
    for place in places(whose)? {
        all.looked += 1;
        match work(&place) {
            Ok(interfaces) if interfaces.is_empty() => {}
            Ok(interfaces) => all.found.push(Leftover {
                namespace: place.to_string(),
                interfaces,
            }),
            Err(why) => all.failed.push(format!("{place}: {why}")),
        }
    }
    Ok(all)
}

/// The leftovers of a namespace; none where the filters are those of a holder that lives.
fn look(dir: &RunDir, place: &Place) -> Looked {
    let found = inside(place, leftovers)?;
    let held = || dir.is_held(place.namespace.inode());
    if found.is_empty() || held().map_err(|error| with_causes(&error))? {
        return Ok(Vec::new());
    }
    Ok(found)
}

/// Removes them, unless somebody has become the namespace's holder meanwhile.
fn remove(dir: &RunDir, place: &Place) -> Looked {
    let lock = dir.lock(place.namespace.inode());
    match lock.map_err(|error| with_causes(&error))? {
        Some(_lock) => inside(place, remove_leftovers),
        None => Ok(Vec::new()),
    }
}

fn inside(
    place: &Place,
    work: impl FnOnce() -> Result<Vec<String>, NetlinkError> + Send,
) -> Looked {
    let done = place.namespace.enter(work);
    done.map_err(|error| with_causes(&error))?
        .map_err(|error| with_causes(&error))
}
