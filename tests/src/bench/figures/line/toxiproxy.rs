//! `line_gbps_50ms`: the bytes per second of a TCP stream that the line delays by 50 ms, once it is in
//! full flow; the baseline is one that goes through Toxiproxy on the sender's side, with a `latency` toxic
//! of 50 ms. Left out where Toxiproxy is not installed.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::{Effort, Figure, Group, gbit, stream};
use crate::bed::tcp::{Bulk, Connection, Listener, Wire};
use crate::bed::tools::Tool;
use crate::bed::{Netfault, Pair, Process, within};

pub(in super::super) const GROUP: Group = Group {
    names: &["line_gbps_50ms"],
    measure,
};

const SERVER: &str = "toxiproxy-server";
/// Where its interface listens, and where its proxy does.
const API: &str = "127.0.0.1:8474";
const PROXY: &str = "127.0.0.1:8475";

/// How long a stream takes to open its window.
const RAMP: Duration = Duration::from_secs(3);

fn measure(effort: Effort) -> Vec<Figure> {
    let Some(tool) = Tool::find(SERVER) else {
        eprintln!("  {SERVER} is not installed; run `cargo xtask setup --for bench`");
        return Vec::new();
    };
    let sample = effort.lasting(Duration::from_secs(3), Duration::from_millis(300));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..effort.times(5, 1) {
        ours.push(through_the_line(sample));
        theirs.push(through_toxiproxy(&tool, sample));
    }
    vec![
        Figure::paired("line_gbps_50ms", "Gbit/s", &ours, &theirs)
            .note("one TCP stream at 50 ms; baseline: through Toxiproxy with 50 ms"),
    ]
}

fn through_the_line(sample: Duration) -> f64 {
    let (pair, netfault) = (Pair::new(), Netfault::new());
    let words = "delay 50ms --direction egress --proto tcp --for 1m";
    let fault = netfault.inject(&pair.client, words);
    let stream = stream(&pair);
    sleep(RAMP);
    let rate = gbit(&stream, sample);
    drop(stream);
    fault.stop();
    rate
}

fn through_toxiproxy(tool: &Tool, sample: Duration) -> f64 {
    let pair = Pair::new();
    let listener = Listener::on(&pair.server, Wire::V4, 0);
    let _proxy = proxy(tool, &pair, &listener);
    let client = pair.client.enter(|| TcpStream::connect(PROXY));
    let stream = Bulk::start(Connection {
        client: client.expect("the proxy listens"),
        server: listener.take_any(),
    });
    sleep(RAMP);
    gbit(&stream, sample)
}

/// Toxiproxy in the sender's namespace, which delays what goes to a listener.
fn proxy(tool: &Tool, pair: &Pair, listener: &Listener) -> Process {
    let config = tempfile::NamedTempFile::new().expect("a temporary file");
    let proxies = serde_json::json!([{
        "name": "line", "listen": PROXY, "upstream": listener.target().to_string(), "enabled": true,
    }]);
    fs::write(config.path(), proxies.to_string()).expect("it can be written");
    let mut command: Command = tool.command();
    command.arg("-config").arg(config.path());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let process = pair.client.spawn(&mut command);
    let toxic = r#"{"name": "late", "type": "latency", "stream": "upstream", "attributes": {"latency": 50}}"#;
    let accepted = within(Duration::from_secs(5), || {
        pair.client
            .enter(|| post("/proxies/line/toxics", toxic))
            .filter(|answer| answer.starts_with("HTTP/1.0 200"))
    });
    accepted.expect("Toxiproxy takes a toxic");
    process
}

/// Posts a body to Toxiproxy's interface; what it answers.
fn post(path: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(API).ok()?;
    let length = body.len();
    let head = format!("POST {path} HTTP/1.0\r\nHost: {API}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
