//! The status of a fault, from its first plan to its end.

use std::collections::BTreeMap;

use chaos_api::{
    Block, ConditionType, EndReason, FaultState, FlowInfo, MAX_MESSAGES, MAX_PREVIEW_TOTAL,
    MAX_RECEIPTS, NetworkFaultStatus, PodState, Receipt, RuleCounters, RuleReceipt, Span, State,
};
use chaos_plan::{
    Agent, Answer, FaultView, PodReport, Preview, Report, ReportState, World, aggregate, place,
};
use jiff::Timestamp;

use crate::town::{fault, later, now, pod, settings, started, town};

const ALL: &str = "mode: All, faults: {reset: {}}";

type Answers = BTreeMap<String, Answer>;

/// What the node of `orders-N` says about it: the fault stands so and has matched so many packets.
fn says(answers: &mut Answers, fault: &FaultView, pod: usize, state: ReportState, matched: u64) {
    let answer = answers.entry(format!("n{}", pod + 1)).or_default();
    answer.current = true;
    answer.report.pods.push(PodReport {
        uid: format!("uid-orders-orders-{pod}"),
        name: format!("orders-{pod}"),
        namespace: "orders".into(),
        fault: fault.id.clone(),
        state,
        receipt: Some(receipt(matched)),
        preview: None,
    });
}

fn receipt(matched: u64) -> Receipt {
    let counters = RuleCounters {
        matched,
        reset: matched,
        ..RuleCounters::default()
    };
    Receipt {
        name: "a".into(),
        faults: vec!["reset".into()],
        target: "pod".into(),
        seed: 7,
        draw: chaos_api::Draw::Ordinal,
        state: State::Active,
        reason: None,
        started_at: None,
        ends_at: None,
        ended_at: None,
        traffic_matched: matched > 0,
        connections_reset: matched / 2,
        first_hit: (matched > 0).then(|| later(1)),
        last_hit: (matched > 0).then(|| later(2)),
        interrupted: Span::ZERO,
        rules: vec![RuleReceipt {
            fault: Block::Reset,
            traffic: "TCP".into(),
            counters,
        }],
        seen: Vec::new(),
        warnings: Vec::new(),
    }
}

fn status(
    fault: &FaultView,
    world: &World,
    answers: &Answers,
    at: Timestamp,
) -> NetworkFaultStatus {
    let placement = place(std::slice::from_ref(fault), world, &settings(), at);
    aggregate(fault, &placement.verdicts[&fault.id], answers, at)
}

/// Status and reason of each condition.
fn conditions(status: &NetworkFaultStatus) -> Vec<String> {
    let all = status.conditions.iter();
    all.map(|c| format!("{} {} {}", c.type_, c.status, c.reason))
        .collect()
}

fn running(words: &str) -> FaultView {
    started(fault("a", words), &["orders-0", "orders-1", "orders-2"])
}

fn armed(fault: &FaultView, matched: [u64; 3]) -> Answers {
    let mut answers = Answers::new();
    for (pod, matched) in matched.into_iter().enumerate() {
        says(&mut answers, fault, pod, ReportState::Armed, matched);
    }
    answers
}

#[test]
fn what_an_agent_held_ended_with_it() {
    let mut fault = running(ALL);
    let mut answers = armed(&fault, [1, 1, 1]);
    answers.get_mut("n1").unwrap().agent = Agent::Gone;
    answers.get_mut("n2").unwrap().agent = Agent::NotReady;
    let told = status(&fault, &town(), &answers, later(1));
    assert_eq!(
        (told.state, told.pods.as_str()),
        (FaultState::Partial, "2/3")
    );
    assert_eq!(told.totals.counters.matched, 3);
    assert_eq!(conditions(&told)[1], "Active False Waiting");
    assert_eq!(conditions(&told)[3], "Degraded True AgentsNotReady");
    let degraded = told.condition(ConditionType::Degraded).unwrap();
    assert_eq!(
        degraded.message,
        "the agent on n1 does not run, so nothing is in force there; \
         the agent on n2 is not ready, so what it said last may be old"
    );
    fault.status = told;
    let over = status(&fault, &town(), &answers, later(31));
    let states: Vec<_> = over.receipts.iter().map(|one| one.state).collect();
    assert_eq!(states, [PodState::Ended; 3]);
}

#[test]
fn a_fault_waits_until_every_pod_is_acknowledged() {
    let fault = running(ALL);
    let mut answers = armed(&fault, [0, 0, 0]);
    answers.remove("n2");
    let waiting = status(&fault, &town(), &answers, later(1));
    assert_eq!(
        (waiting.state, waiting.pods.as_str()),
        (FaultState::Partial, "2/3")
    );
    let expected = [
        "Accepted True Allowed",
        "Active False Waiting",
        "TrafficMatched False NoTraffic",
        "Degraded False AsPlanned",
        "Succeeded False Running",
    ];
    assert_eq!(conditions(&waiting), expected);
    let silent = status(&fault, &town(), &answers, later(10));
    assert_eq!(conditions(&silent)[3], "Degraded True NodesSilent");
    let degraded = silent.condition(ConditionType::Degraded).unwrap();
    assert_eq!(degraded.message, "no answer from n2");
}

#[test]
fn a_fault_is_active_when_all_pods_hold_it_and_counts_what_it_hit() {
    let fault = running(ALL);
    let told = status(&fault, &town(), &armed(&fault, [4, 0, 6]), later(3));
    assert_eq!(
        (told.state, told.pods.as_str()),
        (FaultState::Active, "3/3")
    );
    assert_eq!(
        (told.selected, told.chosen, told.active, told.failed),
        (3, 3, 3, 0)
    );
    assert_eq!(
        (told.totals.counters.matched, told.totals.connections_reset),
        (10, 5)
    );
    assert_eq!(
        (told.totals.first_hit, told.totals.last_hit),
        (Some(later(1)), Some(later(2)))
    );
    assert_eq!(
        (told.started_at, told.ends_at),
        (Some(now()), Some(later(30)))
    );
    assert_eq!((told.seed, told.faults.as_str()), (Some(7), "reset"));
    let expected = ["Active True InForce", "TrafficMatched True Matched"];
    assert_eq!(conditions(&told)[1..3], expected);
}

#[test]
fn a_rule_that_meets_nothing_says_so_to_its_end() {
    let mut fault = running(ALL);
    let quiet = status(&fault, &town(), &armed(&fault, [0, 0, 0]), later(3));
    assert_eq!(conditions(&quiet)[2], "TrafficMatched False NoTraffic");
    fault.status = quiet;
    let ended = status(&fault, &town(), &Answers::new(), later(31));
    assert_eq!(conditions(&ended)[2], "TrafficMatched False NoTraffic");
    let untold = status(&running(ALL), &town(), &Answers::new(), later(3));
    assert_eq!(conditions(&untold)[2], "TrafficMatched Unknown NoReport");
}

#[test]
fn a_pod_that_refuses_is_listed_and_the_fault_is_partly_in_force() {
    let fault = running(ALL);
    let mut answers = armed(&fault, [1, 1, 1]);
    answers.remove("n3");
    let refused = ReportState::Refused {
        reason: "NamespaceMismatch".into(),
        message: "no process of the pod lives at one of its addresses".into(),
    };
    says(&mut answers, &fault, 2, refused, 0);
    let told = status(&fault, &town(), &answers, later(1));
    assert_eq!((told.state, told.failed), (FaultState::Partial, 1));
    assert_eq!(conditions(&told)[1], "Active False PartlyInForce");
    assert_eq!(conditions(&told)[3], "Degraded True PodsRefused");
    assert_eq!(
        told.receipts[2].reason.as_deref(),
        Some("NamespaceMismatch")
    );
}

#[test]
fn a_pod_that_planning_refused_keeps_mode_all_from_being_active() {
    let mut world = town();
    world.pods[1].host_network = true;
    let fault = started(fault("a", ALL), &["orders-0", "orders-2"]);
    let mut answers = armed(&fault, [1, 1, 1]);
    answers.remove("n2");
    let told = status(&fault, &world, &answers, later(1));
    assert_eq!((told.pods.as_str(), told.failed), ("2/3", 1));
    assert_eq!(conditions(&told)[1], "Active False PartlyInForce");
    assert_eq!(told.receipts[1].reason.as_deref(), Some("HostNetwork"));
}

#[test]
fn the_end_is_told_and_what_was_hit_stays() {
    let mut fault = running(ALL);
    fault.status = status(&fault, &town(), &armed(&fault, [4, 0, 6]), later(3));
    let ending = status(&fault, &town(), &Answers::new(), later(30));
    assert_eq!(conditions(&ending)[4], "Succeeded False Waiting");
    let ended = status(&fault, &town(), &Answers::new(), later(31));
    assert_eq!(
        (ended.state, ended.pods.as_str()),
        (FaultState::Ended, "0/3")
    );
    assert_eq!(ended.totals.counters.matched, 10);
    let expected = [
        "Accepted True Allowed",
        "Active False Expired",
        "TrafficMatched True Matched",
        "Degraded False AsPlanned",
        "Succeeded True Expired",
    ];
    assert_eq!(conditions(&ended), expected);
    assert!(
        ended
            .receipts
            .iter()
            .all(|receipt| receipt.state == PodState::Ended)
    );
    fault.status = ended;
    let much_later = status(&fault, &town(), &Answers::new(), later(3600));
    assert_eq!(much_later, fault.status, "nothing changes any more");
}

#[test]
fn a_fault_that_no_node_has_acknowledged_has_not_succeeded() {
    let mut fault = running(ALL);
    fault.status = status(&fault, &town(), &Answers::new(), later(10));
    let ended = status(&fault, &town(), &Answers::new(), later(31));
    assert_eq!(ended.state, FaultState::Ended);
    assert_eq!(conditions(&ended)[4], "Succeeded False NotInForce");
    let late = status(&fault, &town(), &armed(&fault, [0, 1, 0]), later(32));
    assert_eq!(conditions(&late)[4], "Succeeded True Expired");
}

#[test]
fn a_stop_is_over_when_no_kernel_can_hold_it() {
    let mut fault = running(ALL);
    let mut answers = armed(&fault, [4, 0, 6]);
    fault.status = status(&fault, &town(), &answers, later(3));
    fault.spec.stopped = true;
    let stopping = status(&fault, &town(), &answers, later(4));
    assert_eq!(stopping.state, FaultState::Partial);
    assert_eq!(conditions(&stopping)[1], "Active False Stopped");
    assert_eq!(conditions(&stopping)[4], "Succeeded False Waiting");
    let stopped = ReportState::Ended {
        reason: EndReason::Stopped,
    };
    answers.clear();
    says(&mut answers, &fault, 0, stopped, 5);
    answers.insert(
        "n2".into(),
        Answer {
            current: true,
            ..Answer::default()
        },
    );
    answers.insert("n3".into(), Answer::default());
    let one_left = status(&fault, &town(), &answers, later(5));
    assert_eq!(conditions(&one_left)[4], "Succeeded False Waiting");
    answers.get_mut("n3").unwrap().current = true;
    let done = status(&fault, &town(), &answers, later(5));
    assert_eq!(conditions(&done)[4], "Succeeded True Stopped");
    assert_eq!(done.totals.counters.matched, 11);
    assert_eq!(done.receipts[0].reason.as_deref(), Some("Stopped"));
    answers.get_mut("n3").unwrap().current = false;
    let by_itself = status(&fault, &town(), &answers, later(31));
    assert_eq!(conditions(&by_itself)[4], "Succeeded True Stopped");
}

#[test]
fn a_fault_that_is_not_allowed_says_why_and_is_not_succeeded() {
    let mut world = town();
    world.namespaces.clear();
    let told = status(&fault("a", ALL), &world, &Answers::new(), later(1));
    assert_eq!(
        (told.state, told.pods.as_str()),
        (FaultState::Refused, "0/0")
    );
    assert_eq!(conditions(&told)[0], "Accepted False NamespaceNotEnabled");
    assert_eq!(conditions(&told)[4], "Succeeded False Running");
    let late = status(&fault("a", ALL), &town(), &Answers::new(), later(61));
    assert_eq!(late.state, FaultState::Refused);
    assert_eq!(conditions(&late)[0], "Accepted False StartedTooLate");
    assert_eq!(conditions(&late)[4], "Succeeded False StartedTooLate");
}

#[test]
fn a_condition_keeps_its_time_while_it_says_the_same() {
    let mut fault = running(ALL);
    fault.status = status(&fault, &town(), &armed(&fault, [0, 0, 0]), later(1));
    let next = status(&fault, &town(), &armed(&fault, [1, 0, 0]), later(2));
    let since = |kind| next.condition(kind).unwrap().last_transition_time.0;
    assert_eq!(since(ConditionType::Active), later(1));
    assert_eq!(since(ConditionType::TrafficMatched), later(2));
}

#[test]
fn a_pod_that_went_leaves_its_receipt() {
    let mut fault = running(ALL);
    fault.status = status(&fault, &town(), &armed(&fault, [4, 2, 6]), later(3));
    let mut world = town();
    world.pods.remove(1);
    let mut answers = armed(&fault, [4, 2, 6]);
    answers.remove("n2");
    let told = status(&fault, &world, &answers, later(4));
    assert_eq!(
        (told.state, told.pods.as_str()),
        (FaultState::Active, "2/2")
    );
    assert_eq!(told.totals.counters.matched, 12);
    assert_eq!(told.receipts[1].state, PodState::Ended);
}

#[test]
fn a_status_is_bounded_and_its_totals_are_not() {
    let mut world = town();
    world.pods.clear();
    for index in 0..80 {
        let name = format!("orders-{index}");
        world.pods.push(pod(
            "orders",
            &name,
            "orders",
            "n1",
            &format!("10.1.1.{index}"),
        ));
    }
    let names: Vec<_> = world.pods.iter().map(|pod| pod.name.clone()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let fault = started(fault("a", ALL), &names);
    let mut answers = Answers::new();
    for index in 0..80 {
        says(&mut answers, &fault, index, ReportState::Armed, 1);
    }
    for answer in answers.values_mut() {
        let flow = FlowInfo {
            protocol: chaos_api::Protocol::Tcp,
            family: chaos_api::Family::IPv4,
            local: "10.1.1.1:1".parse().unwrap(),
            peer: "10.2.2.2:2".parse().unwrap(),
            state: "ESTAB".into(),
            recv_queue: 0,
            send_queue: 0,
            inode: None,
        };
        let pod = &mut answer.report.pods[0];
        pod.preview = Some(Preview {
            total: 1000,
            connections: vec![flow; 60],
        });
        pod.receipt.as_mut().unwrap().warnings = vec!["x".repeat(2000)];
    }
    let told = status(&fault, &world, &answers, later(1));
    assert_eq!(told.receipts.len(), MAX_RECEIPTS);
    assert_eq!((told.totals.pods, told.totals.counters.matched), (80, 80));
    let listed: usize = told.preview.iter().map(|pod| pod.connections.len()).sum();
    assert_eq!(listed, MAX_PREVIEW_TOTAL);
    assert_eq!(told.messages.len(), MAX_MESSAGES);
    assert_eq!(told.messages.last().unwrap(), "and 49 more");
}

#[test]
fn a_preview_lists_connections_and_is_never_active() {
    let fault = running("mode: All, enforcement: Preview, faults: {reset: {}}");
    let mut answers = armed(&fault, [0, 0, 0]);
    for answer in answers.values_mut() {
        answer.report.pods[0].state = ReportState::Previewed;
        answer.report.pods[0].receipt = None;
    }
    let told = status(&fault, &town(), &answers, later(1));
    assert_eq!((told.state, told.active), (FaultState::Preview, 0));
    assert_eq!(conditions(&told)[1], "Active False Preview");
}

#[test]
fn a_report_survives_its_text() {
    let fault = running(ALL);
    let answers = armed(&fault, [1, 2, 3]);
    let report = &answers["n1"].report;
    assert_eq!(&Report::from_text(&report.to_text()).unwrap(), report);
    assert_eq!(Report::from_text("").unwrap(), Report::default());
    assert!(Report::from_text("x").is_err());
}
