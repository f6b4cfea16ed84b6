//! What the user may do, and whether the namespace allows faults.

use chaos_api::{ENABLED_LABEL, NetworkFault, Span, label_selector};
use k8s_openapi::api::{
    authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec},
    core::v1::Namespace,
};
use kube::{Api, api::PostParams};

use super::Check;
use crate::cluster::{
    create::try_out, errors::is_forbidden, object::preview_of, pods::Wanted, session::Session,
};

/// What `inject` and `stop` do with faults.
const VERBS: [&str; 5] = ["create", "get", "list", "watch", "patch"];

pub(super) async fn namespace(session: &Session) -> Check {
    let name = &session.namespace;
    let need = format!("namespace {name} allows faults");
    let fix = format!("kubectl label namespace {name} {ENABLED_LABEL}=true");
    let namespaces: Api<Namespace> = Api::all(session.client.clone());
    match namespaces.get_opt(name).await {
        Ok(Some(found)) => {
            let labels = found.metadata.labels.unwrap_or_default();
            match labels.get(ENABLED_LABEL).map(String::as_str) {
                Some("true") => Check::ok(need, format!("{ENABLED_LABEL}=true")),
                Some(other) => Check::no(need, format!("{ENABLED_LABEL}={other}"), fix),
                None => Check::no(need, format!("no label {ENABLED_LABEL}"), fix),
            }
        }
        Ok(None) => Check::no(
            need,
            "there is no such namespace",
            "name another by --namespace",
        ),
        Err(error) if is_forbidden(&error) => Check::unseen(need),
        Err(error) => Check::no(need, format!("{:#}", session.said(error)), ""),
    }
}

/// What the user may do with faults; where all of it, whether the API server would take one.
pub(super) async fn rights(session: &Session) -> Vec<Check> {
    let need = format!("your rights in {}", session.namespace);
    let mut denied = Vec::new();
    for verb in VERBS {
        match may(session, verb).await {
            Ok(true) => {}
            Ok(false) => denied.push(verb),
            Err(error) => return vec![Check::no(need, format!("{error:#}"), "")],
        }
    }
    if !denied.is_empty() {
        let found = format!("you may not {} networkfaults", denied.join(", "));
        return vec![Check::no(need, found, "ask for a role that allows it")];
    }
    let allowed = Check::ok(need, format!("{} networkfaults", VERBS.join(", ")));
    vec![allowed, trial(session).await]
}

async fn may(session: &Session, verb: &str) -> anyhow::Result<bool> {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(session.client.clone());
    let attributes = ResourceAttributes {
        group: Some("netfault.dev".into()),
        resource: Some("networkfaults".into()),
        verb: Some(verb.into()),
        namespace: Some(session.namespace.clone()),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let answer = reviews.create(&PostParams::default(), &review).await;
    let answer = answer.map_err(|error| session.said(error))?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

/// Whether admission and the kind's version would take a fault; nothing is created.
async fn trial(session: &Session) -> Check {
    let need = "a fault would be accepted";
    let wanted = Wanted {
        selector: label_selector("netfault.dev/doctor=none").ok(),
        ..Wanted::default()
    };
    let spec = preview_of(wanted, Span::from_secs(1));
    let mut fault = NetworkFault::new("netfault-doctor", spec);
    fault.metadata.namespace = Some(session.namespace.clone());
    match try_out(session, &fault).await {
        Ok(_) => Check::ok(need, "tried without creating it"),
        Err(error) => Check::no(need, format!("{error:#}"), "change what the line names"),
    }
}
