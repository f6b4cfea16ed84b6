//! Which mode: this machine, or a cluster and how to reach it.

use std::{env, io::ErrorKind, path::Path};

use anyhow::{Result, anyhow};
use kube::config::{Kubeconfig, KubeconfigError};

use crate::{
    args::{Reach, Target, Verb},
    exit::Usage,
};

/// Where a pod finds the token of its account.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Where to act.
pub(crate) enum Mode {
    /// On this machine.
    Local,
    /// In a cluster.
    Cluster(Box<Cluster>),
}

/// Which cluster, before anything of it is read but the kubeconfig's text.
pub(crate) struct Cluster {
    /// The kubeconfig; the account of the pod that we run in where absent.
    pub(crate) kubeconfig: Option<Kubeconfig>,
    /// The context of the kubeconfig; its current one where absent.
    pub(crate) context: Option<String>,
    /// The namespace; the context's where absent.
    pub(crate) namespace: Option<String>,
}

/// Chooses the mode: a target on this machine or `--local` means this machine; otherwise a usable
/// kubeconfig or a pod's account means its cluster; otherwise this machine.
pub(crate) fn choose(reach: &Reach, target: Option<&Target>) -> Result<Mode> {
    let named = [
        ("--kubeconfig", reach.kubeconfig.is_some()),
        ("--context", reach.context.is_some()),
        ("--namespace", reach.namespace.is_some()),
    ];
    let named = named
        .into_iter()
        .find_map(|(flag, given)| given.then_some(flag));
    let target = target.and_then(Target::words);
    if let (Some([local, _]), Some(flag)) = (&target, named) {
        let line =
            format!("{local} is for this machine and {flag} for a cluster; name one of them");
        return Err(Usage(line).into());
    }
    if reach.local || target.is_some() {
        return Ok(Mode::Local);
    }
    let kubeconfig = read(reach.kubeconfig.as_deref())?;
    if kubeconfig.is_none() && !in_pod() {
        return match named {
            None => Ok(Mode::Local),
            Some(flag) => Err(Usage(format!("{flag}: there is no usable kubeconfig")).into()),
        };
    }
    Ok(Mode::Cluster(Box::new(Cluster {
        kubeconfig,
        context: reach.context.clone(),
        namespace: reach.namespace.clone(),
    })))
}

/// Whether a verb that names no target would act in a cluster.
pub(crate) fn is_cluster_by_default() -> bool {
    matches!(choose(&Reach::default(), None), Ok(Mode::Cluster(_)))
}

/// The kubeconfig; nothing where there is none, or one without a context.
fn read(named: Option<&Path>) -> Result<Option<Kubeconfig>> {
    if let Some(path) = named {
        let read = Kubeconfig::read_from(path);
        return read
            .map(Some)
            .map_err(|error| anyhow!("--kubeconfig: {error}"));
    }
    match Kubeconfig::read() {
        Ok(config) => Ok(Some(config).filter(|config| !config.contexts.is_empty())),
        Err(KubeconfigError::FindPath) => Ok(None),
        Err(KubeconfigError::ReadConfig(error, _))
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(anyhow!("{error}; --local acts on this machine")),
    }
}

fn in_pod() -> bool {
    env::var_os("KUBERNETES_SERVICE_HOST").is_some() && Path::new(TOKEN).exists()
}

impl Verb {
    /// The words in which a verb can name a target on this machine.
    pub(crate) fn target(&self) -> Option<&Target> {
        match self {
            Self::Inject(inject) => Some(&inject.fault.target),
            Self::Run(run) => Some(&run.fault.target),
            Self::Plan(plan) => Some(&plan.fault.target),
            Self::Flows(flows) => Some(&flows.target),
            Self::Hold(target) => Some(target),
            _ => None,
        }
    }
}
