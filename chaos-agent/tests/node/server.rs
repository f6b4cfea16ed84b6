//! An API server with three objects: a plan, a report and perhaps a halt.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{Method, Request, Response, StatusCode, header::DATE},
};
use chaos_api::{ENCODING, NodePlanSpec, NodeReportStatus};
use chaos_plan::{PlanBody, Report, encode};
use futures::stream;
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime, sync::watch};

/// The name of the only node.
pub(crate) const NODE: &str = "n1";

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the server holds.
#[derive(Default)]
struct Objects {
    plan: Option<NodePlanSpec>,
    halted: bool,
    status: Option<NodeReportStatus>,
    written: u64,
    down: bool,
}

/// The server; clones are the same one.
#[derive(Clone)]
pub(crate) struct Server {
    objects: Arc<Mutex<Objects>>,
    changed: watch::Sender<u64>,
    address: SocketAddr,
}

impl Server {
    /// A server that listens on a port of its own.
    pub(crate) fn start() -> Self {
        let (tell, told) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let server = Self {
                    objects: Arc::default(),
                    changed: watch::Sender::new(1),
                    address: listener.local_addr().unwrap(),
                };
                tell.send(server.clone()).unwrap();
                let routes = Router::new().fallback(answer).with_state(server);
                axum::serve(listener, routes).await.unwrap();
            });
        });
        told.recv().unwrap()
    }

    /// A kubeconfig that leads here.
    pub(crate) fn kubeconfig(&self) -> String {
        let address = self.address;
        format!(
            "{{apiVersion: v1, kind: Config, current-context: c, \
             clusters: [{{name: c, cluster: {{server: \"http://{address}\"}}}}], \
             users: [{{name: c, user: {{}}}}], \
             contexts: [{{name: c, context: {{cluster: c, user: c}}}}]}}"
        )
    }

    /// Publishes a plan.
    pub(crate) fn publish(&self, sequence: i64, body: &PlanBody) {
        let (plan, hash) = encode(body);
        self.lock().plan = Some(NodePlanSpec {
            epoch: 1,
            sequence,
            hash,
            encoding: ENCODING.into(),
            published: 0,
            plan,
        });
        self.changed.send_modify(|version| *version += 1);
    }

    /// Makes the halt, or takes it away.
    pub(crate) fn halt(&self, halted: bool) {
        self.lock().halted = halted;
        self.changed.send_modify(|version| *version += 1);
    }

    /// Refuses every request from now on, or no longer.
    pub(crate) fn down(&self, down: bool) {
        self.lock().down = down;
        self.changed.send_modify(|version| *version += 1);
    }

    /// How often the report was written.
    pub(crate) fn written(&self) -> u64 {
        self.lock().written
    }

    /// The report's status once it is as wanted.
    pub(crate) fn status(&self, wanted: impl Fn(&NodeReportStatus) -> bool) -> NodeReportStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            let status = self.lock().status.clone();
            if let Some(status) = status.clone().filter(|status| wanted(status)) {
                return status;
            }
            assert!(Instant::now() < until, "the report is {status:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The report once the plan of this number is acknowledged.
    pub(crate) fn answer(&self, sequence: i64) -> Report {
        let status = self.status(|status| status.sequence == sequence);
        Report::from_text(&status.report).unwrap()
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap()
    }

    /// The objects of one kind: a plan, a halt or a report.
    fn items(&self, kind: &str) -> Vec<Value> {
        let version = self.changed.borrow().to_string();
        let objects = self.lock();
        let object = |name: &str, kind: &str, field: &str, value: Value| {
            json!({
                "apiVersion": "netfault.dev/v1alpha1", "kind": kind,
                "metadata": { "name": name, "resourceVersion": version }, field: value,
            })
        };
        match kind {
            "nodeplans" => objects
                .plan
                .iter()
                .map(|plan| object(NODE, "NodePlan", "spec", json!(plan)))
                .collect(),
            "halts" if objects.halted => vec![object("halt", "Halt", "spec", json!({}))],
            "nodereports" => {
                let mut report = object(NODE, "NodeReport", "spec", json!({}));
                report["metadata"]["resourceVersion"] = json!(objects.written.to_string());
                report["status"] = json!(objects.status);
                vec![report]
            }
            _ => Vec::new(),
        }
    }
}

async fn answer(State(server): State<Server>, request: Request<Body>) -> Response<Body> {
    if server.lock().down {
        return status(StatusCode::SERVICE_UNAVAILABLE);
    }
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let mut words = path
        .trim_start_matches("/apis/netfault.dev/v1alpha1/")
        .split('/');
    let kind = words.next().unwrap_or_default().to_owned();
    match words.next() {
        None if query.contains("watch=true") => events(server, kind, &query),
        None => {
            let version = server.changed.borrow().to_string();
            let items = server.items(&kind);
            json_of(&json!({ "metadata": { "resourceVersion": version }, "items": items }))
        }
        Some(_) if request.method() == Method::PATCH => write(&server, request).await,
        Some(_) => match server.items(&kind).first() {
            Some(object) => json_of(object),
            None => status(StatusCode::NOT_FOUND),
        },
    }
}

/// Each change after the one that the query names as an event, until the server goes down.
fn events(server: Server, kind: String, query: &str) -> Response<Body> {
    let mut words = query.split('&');
    let since = words.find_map(|word| word.strip_prefix("resourceVersion="));
    let since: u64 = since.unwrap().parse().unwrap();
    let state = (server.changed.subscribe(), server, kind, since);
    let events = stream::unfold(state, |(mut changes, server, kind, since)| async move {
        let now = *changes.wait_for(|version| *version > since).await.ok()?;
        if server.lock().down {
            return None;
        }
        let line = match server.items(&kind).first() {
            Some(object) => format!("{}\n", json!({ "type": "MODIFIED", "object": object })),
            None => gone(&kind, now),
        };
        Some((Ok::<_, Infallible>(line), (changes, server, kind, now)))
    });
    dated(Response::new(Body::from_stream(events)))
}

fn gone(kind: &str, version: u64) -> String {
    let (name, kind) = if kind == "halts" {
        ("halt", "Halt")
    } else {
        (NODE, "NodePlan")
    };
    let object = json!({
        "apiVersion": "netfault.dev/v1alpha1", "kind": kind, "spec": {},
        "metadata": { "name": name, "resourceVersion": version.to_string() },
    });
    format!("{}\n", json!({ "type": "DELETED", "object": object }))
}

async fn write(server: &Server, request: Request<Body>) -> Response<Body> {
    let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let patch: Value = serde_json::from_slice(&body).unwrap();
    let status = serde_json::from_value(patch["status"].clone()).unwrap();
    {
        let mut objects = server.lock();
        objects.status = Some(status);
        objects.written += 1;
    }
    json_of(&server.items("nodereports")[0])
}

fn json_of(value: &Value) -> Response<Body> {
    dated(Response::new(value.to_string().into()))
}

fn status(code: StatusCode) -> Response<Body> {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": code.to_string(),
        "reason": if code == StatusCode::NOT_FOUND { "NotFound" } else { "ServiceUnavailable" },
        "code": code.as_u16(),
    });
    let mut response = Response::new(body.to_string().into());
    *response.status_mut() = code;
    response
}

/// The server's clock stands where the tests' plans begin.
fn dated(mut response: Response<Body>) -> Response<Body> {
    let date = "Fri, 20 Nov 2026 12:00:00 GMT".parse().unwrap();
    response.headers_mut().insert(DATE, date);
    response
}
