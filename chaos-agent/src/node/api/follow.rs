//! Following one object by its name.

use std::{
    fmt::Debug,
    pin::pin,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use futures::StreamExt;
use kube::{
    Api, Resource,
    runtime::{
        WatchStreamExt,
        watcher::{Config, Event, watcher},
    },
};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::{REQUEST, backoff::Pauses, outage::Outage};

/// After so many seconds a watch is begun anew: one whose connection died silently is deaf.
const WATCH: u32 = 15;

/// How often the object is read, whatever the watch says: after a database was restored, its cache
/// can lag behind without an event.
const READ: Duration = Duration::from_secs(30);

/// Tells the object of this name now and after each change, and that there is none.
pub(super) async fn follow<K>(
    api: Api<K>,
    name: &str,
    outage: &mut Outage,
    tell: impl Fn(Option<K>),
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let told = AtomicU64::new(0);
    let tell = |found| {
        told.fetch_add(1, Relaxed);
        tell(found);
    };
    let watching = watch(api.clone(), name, outage, &tell);
    let reading = read(&api, name, &told, &tell);
    futures::future::join(watching, reading).await;
}

async fn watch<K>(api: Api<K>, name: &str, outage: &mut Outage, tell: impl Fn(Option<K>))
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let config = Config::default().fields(&format!("metadata.name={name}"));
    let events = watcher(api, config.timeout(WATCH)).backoff(Pauses::default());
    let mut events = pin!(events);
    let mut seen = false;
    while let Some(event) = events.next().await {
        match event {
            Err(error) => {
                outage.error(&error);
                continue;
            }
            Ok(Event::Init) => seen = false,
            Ok(Event::InitApply(object)) => {
                seen = true;
                tell(Some(object));
            }
            Ok(Event::Apply(object)) => tell(Some(object)),
            Ok(Event::InitDone) if seen => {}
            Ok(Event::InitDone | Event::Delete(_)) => tell(None),
        }
        outage.over();
    }
}

/// Reads the object every so often. What the watch told while the answer was on its way is newer.
async fn read<K>(api: &Api<K>, name: &str, told: &AtomicU64, tell: impl Fn(Option<K>))
where
    K: Resource + Clone + DeserializeOwned + Debug,
{
    let mut reads = interval_at(Instant::now() + READ, READ);
    reads.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        reads.tick().await;
        let before = told.load(Relaxed);
        // An error shows in the watch, too.
        if let Ok(Ok(found)) = timeout(REQUEST, api.get_opt(name)).await
            && told.load(Relaxed) == before
        {
            tell(found);
        }
    }
}
