//! Who may do what, tried with real tokens: one table, a line each.

use chaos_tests::bed::Outcome;
use chaos_tests::cluster::{Account, Cluster, Node, Town, Workload, agent_of, controllers};
use chaos_tests::promises;
use serde_json::json;

promises! { [Cluster]
    an_agent_acts_for_its_own_node_only,
    the_controller_reads_what_plans_are_made_of_and_no_more,
    a_user_acts_in_their_namespace_only,
    a_fault_is_refused_where_it_is_not_allowed
}

/// A line: what is tried, and the words with which it is refused; none where it is allowed.
type Line<'a> = (&'a str, Option<&'a str>);

#[track_caller]
fn try_all(account: &Account, table: &[Line<'_>]) {
    for (words, refusal) in table {
        let outcome = account.kubectl(words);
        let said = format!("kubectl {words}: {}{}", outcome.stdout, outcome.stderr);
        match refusal {
            None => assert_eq!(outcome.code, 0, "{said}"),
            Some(why) => {
                assert_ne!(outcome.code, 0, "{said}");
                assert!(outcome.stderr.contains(why), "{said}");
            }
        }
    }
}

/// What the API server says to who has no right to it.
const FORBIDDEN: Option<&str> = Some("forbidden");
const ALLOWED: Option<&str> = None;

fn an_agent_acts_for_its_own_node_only() {
    let node = Node::named("n1");
    let agent = Account::of_pod(&agent_of(&node));
    try_all(
        &agent,
        &[
            ("get nodeplan n1", ALLOWED),
            ("get nodereport n1", ALLOWED),
            ("get halts", ALLOWED),
            (
                "patch nodeplan n1 --type=merge -p {\"spec\":{\"sequence\":1}}",
                FORBIDDEN,
            ),
            ("delete nodeplan n1", FORBIDDEN),
            ("delete nodereport n1", FORBIDDEN),
            ("get pods -A", FORBIDDEN),
            ("get pods -n netfault-system", FORBIDDEN),
            ("get secrets -A", FORBIDDEN),
            ("get nodes", FORBIDDEN),
            ("get networkfaults -A", FORBIDDEN),
            ("get configmap netfault -n netfault-system", FORBIDDEN),
            ("delete halt halt", FORBIDDEN),
        ],
    );
    reports_as(&agent, "n1").expect_code(0);
    let refused = reports_as(&agent, "n2");
    let why = "the agent of node n1 may not write what belongs to node n2";
    assert!(refused.stderr.contains(why), "{refused:?}");
    // A token that names no node belongs to no agent.
    let unbound = Account::of("netfault-system", "netfault-agent");
    let refused = reports_as(&unbound, "n1");
    assert!(
        refused.stderr.contains("not bound to a node"),
        "{refused:?}"
    );
}

/// Tries to write a node's report; nothing is changed.
fn reports_as(account: &Account, node: &str) -> Outcome {
    account.apply_status(&json!({
        "apiVersion": "netfault.dev/v1alpha1",
        "kind": "NodeReport",
        "metadata": { "name": node },
        "status": { "agentVersion": "tried" },
    }))
}

fn the_controller_reads_what_plans_are_made_of_and_no_more() {
    let controllers = controllers();
    let controller = Account::of_pod(controllers.first().expect("it runs"));
    let town = Town::open("subject");
    town.netfault("inject blackhole -l app=none --for 5s --name mine --no-wait")
        .expect_code(0);
    let patch = "--type=merge -p {\"spec\":{\"stopped\":true}}";
    let spec = format!("patch networkfault mine -n {} {patch}", town.name());
    let delete = format!("delete networkfault mine -n {}", town.name());
    try_all(
        &controller,
        &[
            ("get pods -A", ALLOWED),
            ("get services -A", ALLOWED),
            ("get endpointslices -A", ALLOWED),
            ("get namespaces", ALLOWED),
            ("get nodes", ALLOWED),
            ("get networkfaults -A", ALLOWED),
            ("get nodeplans", ALLOWED),
            ("get configmap netfault -n netfault-system", ALLOWED),
            ("get configmap netfault-other -n netfault-system", FORBIDDEN),
            ("get configmaps -A", FORBIDDEN),
            ("get secrets -A", FORBIDDEN),
            (&spec, FORBIDDEN),
            (&delete, FORBIDDEN),
            ("delete halt halt", FORBIDDEN),
            ("delete pod none -n default", FORBIDDEN),
            ("delete nodeplan n1", FORBIDDEN),
            ("delete lease other -n netfault-system", FORBIDDEN),
        ],
    );
}

fn a_user_acts_in_their_namespace_only() {
    let (own, other) = (Town::open("own"), Town::open("other"));
    for town in [&own, &other] {
        town.start([Workload::web("web")]);
    }
    own.kubectl("create serviceaccount user");
    let bind = format!(
        "--clusterrole netfault-user --serviceaccount {}:user",
        own.name()
    );
    own.kubectl(&format!("create rolebinding user {bind}"));
    let user = Account::of(own.name(), "user");
    let inject = |town: &Town| {
        user.netfault(&format!(
            "inject blackhole deploy/web --to 203.0.113.1 --for 5s --name mine -n {}",
            town.name()
        ))
    };
    inject(&own).expect_code(0);
    let refused = inject(&other);
    refused.expect_code(1);
    assert!(refused.stderr.contains("not allowed"), "{}", refused.stderr);
    user.netfault(&format!("stop mine -n {}", own.name()))
        .expect_code(0);
    let own = format!("get networkfaults -n {}", own.name());
    let other = format!("get networkfaults -n {}", other.name());
    try_all(
        &user,
        &[
            (&own, ALLOWED),
            (&other, FORBIDDEN),
            ("get networkfaults -A", FORBIDDEN),
            ("get nodeplans", FORBIDDEN),
            ("get nodereports", FORBIDDEN),
            ("get halts", FORBIDDEN),
        ],
    );
    assert_eq!(user.netfault("stop --all").code, 1, "the panic button");
}

fn a_fault_is_refused_where_it_is_not_allowed() {
    let closed = Town::closed("closed");
    closed.start([Workload::web("web")]);
    let words = "inject blackhole deploy/web --for 5s --name no";
    let refused = closed.netfault(words);
    refused.expect_code(1);
    let fix = format!(
        "kubectl label namespace {} netfault.dev/enabled=true",
        closed.name()
    );
    assert!(refused.stderr.contains(&fix), "{}", refused.stderr);

    let cluster = Cluster::of_env();
    let refused = cluster.netfault("inject blackhole -l k8s-app=kube-dns --for 5s -n kube-system");
    refused.expect_code(1);
    assert!(
        refused.stderr.contains("no fault may target it"),
        "{}",
        refused.stderr
    );

    let open = Town::open("long");
    open.start([Workload::web("web")]);
    let refused = open.netfault("inject blackhole deploy/web --for 2h");
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("2h"), "{}", refused.stderr);
    let left = open.get("networkfaults");
    let left = left["items"].as_array().expect("a list");
    assert!(left.is_empty(), "a refused fault is there: {left:?}");
}
