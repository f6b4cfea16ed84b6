//! `netfault edit` in a cluster: the time and the shares of a fault.

use std::time::Duration;

use anyhow::Result;
use chaos_api::{Faults, NetworkFault};
use serde_json::{Map, Value, json, to_value};
use tokio::time::Instant;

use super::{
    create::change,
    session::Session,
    stand::{Stand, current, missing, stand},
    text,
    watch::{Seen, until},
};
use crate::{
    args::Edit,
    exit::{Ends, Exit},
    output, words,
};

pub(super) async fn edit(session: &Session, args: &Edit) -> Result<Exit> {
    let named = session.named(&args.name)?;
    let fault = session.get(&named).await?;
    if let Stand::Over(why) = stand(&fault) {
        return Err(Ends(Exit::Error, format!("{named} is over: {why}")).into());
    }
    let changed = change(session, &named, json!(changes(args, &fault)?)).await?;
    let mut last = changed;
    let find = |fault: &NetworkFault| {
        last.clone_from(fault);
        let stand = stand(fault);
        (stand != Stand::Waiting).then_some(stand)
    };
    let end = Instant::now() + Duration::from(args.patience.timeout);
    let seen = until(session, &named, Some(end), find).await?;
    text::print(args.output, &last)?;
    match seen {
        Seen::Found(Stand::Whole) => Ok(Exit::Done),
        Seen::Found(Stand::Over(why) | Stand::Refused { why, .. }) => {
            Err(Ends(Exit::Error, format!("{named}: {why}")).into())
        }
        Seen::Found(_) | Seen::Late | Seen::Gone => {
            let lines = current(&last).map(missing).unwrap_or_default();
            output::complain("not in force", lines);
            Ok(Exit::Partly)
        }
    }
}

/// The parts of the spec that change, checked as a whole with the rest.
fn changes(args: &Edit, fault: &NetworkFault) -> Result<Map<String, Value>> {
    let mut spec = fault.spec.clone();
    let mut changes = Map::new();
    if let Some(duration) = args.duration {
        spec.duration = duration;
        changes.insert("duration".into(), to_value(duration)?);
    }
    if !args.words.is_empty() {
        spec.faults = words::faults(&args.words)?;
        let kept = fault.spec.faults.check_change(&spec.faults);
        kept.map_err(|wrong| words::wrong(&[wrong]))?;
        changes.insert("faults".into(), whole(&fault.spec.faults, &spec.faults)?);
    }
    spec.validate().map_err(|list| words::wrong(&list))?;
    Ok(changes)
}

/// The faults, and what they no longer say as nothing, since a merge keeps what is not named.
fn whole(before: &Faults, faults: &Faults) -> Result<Value> {
    let (before, mut value) = (to_value(before)?, to_value(faults)?);
    forget(&before, &mut value);
    Ok(value)
}

fn forget(before: &Value, value: &mut Value) {
    let (Some(before), Some(value)) = (before.as_object(), value.as_object_mut()) else {
        return;
    };
    for (word, old) in before {
        forget(old, value.entry(word.clone()).or_insert(Value::Null));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::whole;
    use crate::words::faults;

    #[test]
    fn a_merge_forgets_what_is_no_longer_said() {
        let read = |words: &str| faults(&[words.into()]).unwrap();
        let before = read("delay 100ms 10ms distribution normal reset 50%");
        let merge = whole(&before, &read("delay 200ms reset")).unwrap();
        let nothing = serde_json::Value::Null;
        let delay = json!({"latency": "200ms", "jitter": nothing, "distribution": nothing});
        assert_eq!(
            merge,
            json!({"delay": delay, "reset": {"probability": nothing}})
        );
    }
}
