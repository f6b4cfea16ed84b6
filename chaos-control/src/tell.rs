//! Publishes events. They are help, not truth: where they cannot be published they are counted.

use std::sync::Arc;

use chaos_api::{NetworkFault, SETTINGS};
use chaos_plan::FaultId;
use k8s_openapi::api::core::v1::{ConfigMap, ObjectReference, Pod};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Client, Resource};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::news::{News, PodName};
use crate::shared::Shared;
use crate::write::{MANAGER, chain};

/// How many events may wait.
const WAITING: usize = 256;

/// Takes events, to be published in the background.
#[derive(Clone, Debug)]
pub(crate) struct Teller {
    queue: Sender<(Event, ObjectReference)>,
    shared: Arc<Shared>,
}

impl Teller {
    /// Starts to publish in the name of this process.
    pub(crate) fn new(client: Client, identity: &str, shared: Arc<Shared>) -> Self {
        let (queue, events) = channel(WAITING);
        let reporter = Reporter {
            controller: MANAGER.to_owned(),
            instance: Some(identity.to_owned()),
        };
        let recorder = Recorder::new(client, reporter);
        tokio::spawn(publish(recorder, events, shared.clone()));
        Self { queue, shared }
    }

    /// Tells what has happened to a fault.
    pub(crate) fn tell(&self, id: &FaultId, news: Vec<News>) {
        let fault = reference::<NetworkFault>(&id.namespace, &id.name, &id.uid);
        for one in news {
            let about = one
                .pod
                .as_ref()
                .map(|PodName { name, uid }| reference::<Pod>(&id.namespace, name, uid));
            let event = Event {
                type_: one.type_,
                reason: one.reason,
                note: Some(one.note),
                action: one.action.to_owned(),
                secondary: about.is_some().then(|| fault.clone()),
            };
            self.put(event, about.unwrap_or_else(|| fault.clone()));
        }
    }

    /// Tells that the settings cannot be read.
    pub(crate) fn settings_wrong(&self, namespace: &str, problem: &str) {
        let event = Event {
            type_: EventType::Warning,
            reason: "InvalidSettings".to_owned(),
            note: Some(format!("the last good settings hold: {problem}")),
            action: "Read".to_owned(),
            secondary: None,
        };
        self.put(event, reference::<ConfigMap>(namespace, SETTINGS, ""));
    }

    fn put(&self, event: Event, about: ObjectReference) {
        if self.queue.try_send((event, about)).is_err() {
            self.shared.metrics.told("dropped");
        }
    }
}

async fn publish(
    recorder: Recorder,
    mut events: Receiver<(Event, ObjectReference)>,
    shared: Arc<Shared>,
) {
    while let Some((event, about)) = events.recv().await {
        match recorder.publish(&event, &about).await {
            Ok(()) => shared.metrics.told("published"),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(reason = event.reason, error, "an event is not published");
                shared.metrics.told("failed");
            }
        }
    }
}

fn reference<K: Resource<DynamicType = ()>>(
    namespace: &str,
    name: &str,
    uid: &str,
) -> ObjectReference {
    ObjectReference {
        api_version: Some(K::api_version(&()).into_owned()),
        kind: Some(K::kind(&()).into_owned()),
        namespace: Some(namespace.to_owned()),
        name: Some(name.to_owned()),
        uid: Some(uid.to_owned()).filter(|uid| !uid.is_empty()),
        ..ObjectReference::default()
    }
}
