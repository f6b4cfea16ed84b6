//! Watches: what the API server has goes into the mirror.

mod kinds;

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream::BoxStream};
use kube::runtime::watcher::{self, Config, Event, watcher};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;

pub(crate) use kinds::{NAMES, refresh, spawn};

use crate::{mirror::Mirror, shared::Shared, write::chain};

/// After this many seconds a watch is made anew, so that a connection that died without a word is
/// noticed in time.
const TIMEOUT: u32 = 15;

/// The waits after failures.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// One kind that is watched for as long as the process lives.
struct Watch<K> {
    name: &'static str,
    api: Api<K>,
    config: Config,
    put: fn(&mut Mirror, &str, Option<K>),
}

impl<K> Watch<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    async fn run(self, shared: Arc<Shared>) {
        let mut keys = Keys::default();
        let mut trouble = Trouble::default();
        let mut events = self.events(true);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => {
                    trouble.over(self.name);
                    self.take(event, &mut keys, &shared);
                }
                Err(error) => {
                    shared.metrics.watch_failed(self.name);
                    if cannot_stream(&error) {
                        events = self.events(false);
                    }
                    tokio::time::sleep(trouble.note(self.name, &error)).await;
                }
            }
        }
    }

    fn events(&self, streamed: bool) -> BoxStream<'static, watcher::Result<Event<K>>> {
        let config = self.config.clone().timeout(TIMEOUT);
        let config = if streamed {
            config.streaming_lists()
        } else {
            config
        };
        watcher(self.api.clone(), config).boxed()
    }

    fn take(&self, event: Event<K>, keys: &mut Keys, shared: &Shared) {
        match event {
            Event::Init => {
                keys.listed.clear();
                shared.metrics.watch_listed(self.name);
            }
            Event::InitApply(object) => {
                keys.listed.insert(self.put(object, shared));
            }
            Event::InitDone => {
                for key in keys.list_done() {
                    shared.update(|mirror| (self.put)(mirror, &key, None));
                }
                shared.listed(self.name);
            }
            Event::Apply(object) => {
                keys.known.insert(self.put(object, shared));
            }
            Event::Delete(object) => {
                let key = key(&object);
                shared.update(|mirror| (self.put)(mirror, &key, None));
                keys.known.remove(&key);
            }
        }
    }

    fn put(&self, object: K, shared: &Shared) -> String {
        let key = key(&object);
        shared.update(|mirror| (self.put)(mirror, &key, Some(object)));
        key
    }
}

/// How often a watch has failed in a row.
#[derive(Default)]
struct Trouble(u32);

impl Trouble {
    /// Notes a failure, and says how long to wait. An outage is logged once, not once a try.
    fn note(&mut self, watch: &str, error: &watcher::Error) -> Duration {
        let wait = FIRST_WAIT.saturating_mul(1 << self.0.min(8));
        let error = chain(error);
        if self.0 == 0 {
            tracing::warn!(watch, error, "a watch fails");
        } else {
            tracing::debug!(watch, error, "a watch still fails");
        }
        self.0 = self.0.saturating_add(1);
        wait.min(LONGEST_WAIT)
    }

    fn over(&mut self, watch: &str) {
        if self.0 > 0 {
            tracing::info!(watch, failures = self.0, "a watch goes on");
        }
        self.0 = 0;
    }
}

/// Which objects there are.
#[derive(Default)]
struct Keys {
    known: HashSet<String>,
    /// Those of the list that is being told.
    listed: HashSet<String>,
}

impl Keys {
    /// Those that were there before the list and are not in it.
    fn list_done(&mut self) -> Vec<String> {
        let listed = std::mem::take(&mut self.listed);
        let before = std::mem::replace(&mut self.known, listed);
        let gone = before.into_iter().filter(|key| !self.known.contains(key));
        gone.collect()
    }
}

/// Namespace and name, or the name alone.
fn key<K: Resource>(object: &K) -> String {
    let name = object.name_any();
    match object.namespace() {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name,
    }
}

/// Whether the API server does not stream lists, which older ones refuse as invalid.
fn cannot_stream(error: &watcher::Error) -> bool {
    let watcher::Error::WatchStartFailed(kube::Error::Api(status)) = error else {
        return false;
    };
    matches!(status.code, 400 | 422)
}
