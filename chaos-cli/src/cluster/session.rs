//! A cluster that we talk to: the client, and the namespace that is meant.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use chaos_api::{NetworkFault, WithPath, check_name};
use kube::{
    Api, Client, Config,
    api::ListParams,
    config::KubeConfigOptions,
    core::{DeserializeGuard, error_boundary::InvalidObject},
};

use crate::{exit::Usage, mode::Cluster};

/// How long to try to reach the API server.
const CONNECT: Duration = Duration::from_secs(10);

/// A fault, or what is wrong with it where another version of netfault has written it.
type Read = DeserializeGuard<WithPath<NetworkFault>>;

/// A cluster that answers, or is about to.
pub(super) struct Session {
    pub(super) client: Client,
    /// The namespace that is meant where no other is named.
    pub(super) namespace: String,
    /// Whether the user named it, so that a file may not name another.
    pub(super) is_namespace_named: bool,
    /// The API server's address.
    pub(super) server: String,
}

/// A fault by its names.
pub(super) struct Named {
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Session {
    /// Reads the kubeconfig's context; nothing is sent yet.
    pub(super) async fn open(cluster: Cluster) -> Result<Self> {
        let mut config = match cluster.kubeconfig {
            Some(kubeconfig) => {
                let options = KubeConfigOptions {
                    context: cluster.context,
                    ..KubeConfigOptions::default()
                };
                let read = Config::from_custom_kubeconfig(kubeconfig, &options).await;
                read.context("the kubeconfig")?
            }
            None => Config::incluster().context("the pod's account")?,
        };
        config.connect_timeout = Some(CONNECT);
        let named = cluster.namespace;
        let is_namespace_named = named.is_some();
        let namespace = named.unwrap_or_else(|| config.default_namespace.clone());
        check_name(&namespace).map_err(|wrong| Usage(format!("--namespace: {}", wrong.problem)))?;
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config).context("the kubeconfig")?;
        Ok(Self {
            client,
            namespace,
            is_namespace_named,
            server: server.trim_end_matches('/').to_owned(),
        })
    }

    /// The faults of a namespace.
    pub(super) fn faults(&self, namespace: &str) -> Api<NetworkFault> {
        Api::namespaced(self.client.clone(), namespace)
    }

    /// The fault that `NAME` or `NAMESPACE/NAME` names.
    pub(super) fn named(&self, text: &str) -> Result<Named> {
        let (namespace, name) = text.split_once('/').unwrap_or((&self.namespace, text));
        let label = |part: &str| check_name(part).is_ok();
        if !label(namespace) || !name.split('.').all(label) {
            let line = format!("NAME: \"{text}\" is not a name; write NAME or NAMESPACE/NAME");
            return Err(Usage(line).into());
        }
        Ok(Named {
            namespace: namespace.into(),
            name: name.into(),
        })
    }

    /// The faults of one namespace, or of all. One that another version of netfault has written in
    /// a way that this one cannot read is said and left out.
    pub(super) async fn list(
        &self,
        namespace: Option<&str>,
        params: &ListParams,
    ) -> kube::Result<Vec<NetworkFault>> {
        let api: Api<Read> = match namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        };
        let found = api.list(params).await?.items.into_iter();
        let readable = found.filter_map(|DeserializeGuard(one)| match one {
            Ok(WithPath(fault)) => Some(fault),
            Err(wrong) => {
                eprintln!("warning: {}", unreadable(&wrong));
                None
            }
        });
        Ok(readable.collect())
    }

    /// Reads a fault.
    pub(super) async fn get(&self, named: &Named) -> Result<NetworkFault> {
        let faults: Api<Read> = Api::namespaced(self.client.clone(), &named.namespace);
        let found = faults.get(&named.name).await;
        let DeserializeGuard(read) = found.map_err(|error| self.said(error))?;
        let WithPath(fault) = read.map_err(|wrong| anyhow!(unreadable(&wrong)))?;
        Ok(fault)
    }
}

fn unreadable(object: &InvalidObject) -> String {
    let meta = &object.metadata;
    let [namespace, name] = [&meta.namespace, &meta.name].map(|part| part.as_deref().unwrap_or(""));
    format!(
        "{namespace}/{name} cannot be read by this version: {}",
        object.error
    )
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
