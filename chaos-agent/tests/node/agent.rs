//! A running agent.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use chaos_api::{Blackhole, Enforcement, Faults, Probes, Traffic};
use chaos_plan::{FaultId, PlanBody, PlannedFault, PodPlan, Report, ReportState};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::server::{NODE, Server};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The process. It is killed when this goes.
pub(crate) struct Agent {
    process: Child,
    http: SocketAddr,
    _dir: TempDir,
}

impl Agent {
    /// Starts one that answers to this server.
    pub(crate) fn start(server: &Server) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let kubeconfig = dir.path().join("kubeconfig");
        fs::write(&kubeconfig, server.kubeconfig()).unwrap();
        let http = free();
        let mut command = Command::new(env!("CARGO_BIN_EXE_netfault-agent"));
        command.args(["--node", NODE, "--listen", &http.to_string()]);
        command
            .env("KUBECONFIG", &kubeconfig)
            .env("NETFAULT_RUN_DIR", dir.path().join("run"));
        Self {
            process: command.spawn().unwrap(),
            http,
            _dir: dir,
        }
    }

    /// What a path of its HTTP server answers: the status code and the text.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let until = Instant::now() + PATIENCE;
        let mut stream = loop {
            match TcpStream::connect(self.http) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < until, "{error}"),
            }
            thread::sleep(Duration::from_millis(10));
        };
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let code = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (code, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    /// Tells it to end, and waits until it has; whether it did so without an error.
    pub(crate) fn end(&mut self) -> bool {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        self.process.wait().unwrap().success()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A plan for one pod that is on no machine, under one fault.
pub(crate) fn plan(fault: &str) -> PlanBody {
    PlanBody {
        faults: vec![PlannedFault {
            id: FaultId {
                namespace: "orders".into(),
                name: fault.into(),
                uid: format!("uid-{fault}"),
            },
            faults: Faults {
                blackhole: Some(Blackhole::default()),
                ..Faults::default()
            },
            traffic: Traffic::default(),
            ends: "2026-11-20T13:00:00Z".parse().unwrap(),
            seed: 7,
            draw: chaos_api::Draw::Ordinal,
            enforcement: Enforcement::Enforce,
            probes: Probes::Spare,
        }],
        pods: vec![PodPlan {
            namespace: "orders".into(),
            name: "orders-0".into(),
            uid: "00000000-0000-4000-8000-000000000000".into(),
            ips: vec![Ipv4Addr::new(10, 1, 1, 10).into()],
            hash: None,
            faults: vec![0],
            probes: Vec::new(),
        }],
        ..PlanBody::default()
    }
}

/// The reasons of all refusals, with the fault's name before each.
pub(crate) fn refusals(report: &Report) -> Vec<String> {
    let reason = |state: &ReportState| match state {
        ReportState::Refused { reason, .. } => reason.clone(),
        state => format!("{state:?}"),
    };
    let pods = report.pods.iter();
    pods.map(|pod| format!("{} {}", pod.fault.name, reason(&pod.state)))
        .collect()
}

fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}
