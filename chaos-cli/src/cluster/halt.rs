//! `netfault stop --all` and `netfault resume` in a cluster: the `Halt` object.

use std::time::Duration;

use anyhow::Result;
use chaos_api::{Enforcement, HALT, Halt, HaltSpec, NetworkFault, NodeReport, Span};
use chaos_plan::{Report, ReportState};
use jiff::Timestamp;
use kube::{
    Api,
    api::{DeleteParams, ListParams, PostParams},
};
use tokio::time::{Instant, sleep};

use super::{
    create::{MANAGER, named},
    errors::{is_forbidden, is_not_found},
    session::Session,
    stand::is_over,
    text,
};
use crate::{
    args::{Resume, Stop},
    exit::Exit,
    output,
};

/// How often to ask whether the agents have let go.
const EVERY: Duration = Duration::from_millis(250);

/// How long the statuses may take to say what the agents have said.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) async fn stop_all(session: &Session, args: &Stop) -> Result<Exit> {
    let before: Vec<_> = faults(session)
        .await?
        .into_iter()
        .filter(in_force)
        .collect();
    create(session, args.reason.clone()).await?;
    let quiet = args.output.quiet;
    if !quiet {
        eprintln!("halted: no fault starts until `netfault resume`");
    }
    let held = let_go(session, &before, args.patience.timeout).await?;
    let stopped = settled(session, &before).await?;
    output::print(args.output.format, &stopped, |wide| {
        match stopped.as_slice() {
            [] => "no fault was in force".into(),
            faults => text::list(faults, true, wide),
        }
    })?;
    output::complain("end not confirmed", &held);
    Ok(if held.is_empty() {
        Exit::Done
    } else {
        Exit::Partly
    })
}

pub(super) async fn resume(session: &Session, args: &Resume) -> Result<Exit> {
    match halts(session).delete(HALT, &DeleteParams::default()).await {
        Ok(_) if args.quiet => {}
        Ok(_) => eprintln!("faults can start again; those that were stopped stay so"),
        Err(error) if is_not_found(&error) => eprintln!("nothing was halted"),
        Err(error) => return Err(session.said(error)),
    }
    Ok(Exit::Done)
}

/// Says on stderr that nothing can start, where the user may see it.
pub(super) async fn say_if_halted(session: &Session) {
    if let Ok(Some(halt)) = halts(session).get_opt(HALT).await {
        let reason = halt
            .spec
            .reason
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        eprintln!("halted{reason}; `netfault resume` ends that");
    }
}

/// Waits until nothing is in force, or the time is over; what still may be then.
async fn let_go(session: &Session, before: &[NetworkFault], patience: Span) -> Result<Vec<String>> {
    let end = Instant::now() + Duration::from(patience);
    loop {
        let held = held(session, before).await?;
        if held.is_empty() || Instant::now() >= end {
            return Ok(held);
        }
        sleep(EVERY).await;
    }
}

/// The faults that were in force, as they are when their statuses say that they are over, or do not
/// say so for a while.
async fn settled(session: &Session, before: &[NetworkFault]) -> Result<Vec<NetworkFault>> {
    let end = Instant::now() + SETTLE;
    loop {
        let mut now = same(faults(session).await?, before);
        if !now.iter().any(in_force) || Instant::now() >= end {
            now.iter_mut().for_each(text::tidy);
            return Ok(now);
        }
        sleep(EVERY).await;
    }
}

/// Those of `faults` that are in `before`, too.
fn same(faults: Vec<NetworkFault>, before: &[NetworkFault]) -> Vec<NetworkFault> {
    let uids: Vec<_> = before.iter().map(|fault| &fault.metadata.uid).collect();
    let same = |fault: &NetworkFault| uids.contains(&&fault.metadata.uid);
    faults.into_iter().filter(same).collect()
}

async fn create(session: &Session, reason: Option<String>) -> Result<()> {
    let params = PostParams {
        field_manager: Some(MANAGER.into()),
        ..PostParams::default()
    };
    match halts(session)
        .create(&params, &Halt::new(HALT, HaltSpec { reason }))
        .await
    {
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
        Err(error) => Err(session.said(error)),
        Ok(_) => Ok(()),
    }
}

/// What may still be in force, a line each: what the agents say, where the user may read that, or
/// else what the faults' statuses say.
async fn held(session: &Session, before: &[NetworkFault]) -> Result<Vec<String>> {
    let reports: Api<NodeReport> = Api::all(session.client.clone());
    match reports.list(&ListParams::default()).await {
        Ok(reports) => Ok(reports.items.iter().flat_map(armed).collect()),
        Err(error) if is_forbidden(&error) => {
            let faults = same(faults(session).await?, before);
            let open = faults.iter().filter(|fault| in_force(fault));
            Ok(open.map(|fault| named(fault).to_string()).collect())
        }
        Err(error) => Err(session.said(error)),
    }
}

/// The pods in which an agent says that a fault is in force, and whose time is not over.
fn armed(report: &NodeReport) -> Vec<String> {
    let node = report.metadata.name.as_deref().unwrap_or_default();
    let status = report.status.as_ref();
    let text = status.map_or("", |status| status.report.as_str());
    let Ok(report) = Report::from_text(text) else {
        return vec![format!("node {node}: its report is from another version")];
    };
    let now = Timestamp::now();
    let armed = report.pods.iter().filter(|pod| {
        let ends = pod.receipt.as_ref().and_then(|receipt| receipt.ends_at);
        pod.state == ReportState::Armed && ends.is_none_or(|ends| ends > now)
    });
    let line = |namespace: &str, pod: &str, fault: &str| {
        format!("{namespace}/{fault} in pod/{pod} on {node}: still in force")
    };
    armed
        .map(|pod| line(&pod.namespace, &pod.name, &pod.fault.name))
        .collect()
}

/// The faults of every namespace, or of ours where the user may not read them all.
async fn faults(session: &Session) -> Result<Vec<NetworkFault>> {
    let params = ListParams::default();
    let found = match session.list(None, &params).await {
        Err(error) if is_forbidden(&error) => session.list(Some(&session.namespace), &params).await,
        found => found,
    };
    found.map_err(|error| session.said(error))
}

fn in_force(fault: &NetworkFault) -> bool {
    let started = fault
        .status
        .as_ref()
        .is_some_and(|status| status.started_at.is_some());
    started && !is_over(fault) && fault.spec.enforcement == Enforcement::Enforce
}

fn halts(session: &Session) -> Api<Halt> {
    Api::all(session.client.clone())
}

#[cfg(test)]
mod tests {
    use chaos_api::{EndReason, NodeReport, NodeReportSpec, NodeReportStatus};
    use chaos_plan::{FaultId, PodReport, Report, ReportState};

    use super::armed;

    fn report(text: String) -> NodeReport {
        let mut report = NodeReport::new("n1", NodeReportSpec::default());
        report.status = Some(NodeReportStatus {
            report: text,
            ..NodeReportStatus::default()
        });
        report
    }

    fn pod(name: &str, state: ReportState) -> PodReport {
        PodReport {
            uid: format!("uid-{name}"),
            name: name.into(),
            namespace: "orders".into(),
            fault: FaultId {
                namespace: "orders".into(),
                name: "cut".into(),
                uid: "uid".into(),
            },
            state,
            receipt: None,
            preview: None,
        }
    }

    #[test]
    fn only_what_an_agent_still_holds_is_in_force() {
        let reason = EndReason::Halted;
        let pods = vec![
            pod("a", ReportState::Armed),
            pod("b", ReportState::Ended { reason }),
            pod("c", ReportState::Previewed),
        ];
        let said = armed(&report(Report { pods }.to_text()));
        assert_eq!(said, ["orders/cut in pod/a on n1: still in force"]);
        assert_eq!(armed(&report(String::new())), [""; 0]);
        assert_eq!(armed(&report("{".into())).len(), 1);
    }
}
