//! The settings of an installation.

use std::collections::BTreeMap;

use chaos_api::{Settings, Span};

fn read(data: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let owned = |(key, value): &(&str, &str)| ((*key).into(), (*value).into());
    let data: BTreeMap<String, String> = data.iter().map(owned).collect();
    Settings::read("netfault-system", &data)
        .map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
}

#[test]
fn what_is_not_set_has_a_value() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings, Settings::new("netfault-system"));
    assert_eq!(settings.max_duration, Span::from_secs(3600));
    assert_eq!(settings.max_pods, 50);
}

#[test]
fn what_is_set_holds() {
    let settings = read(&[("maxDuration", "10m"), ("maxPods", "5")]).unwrap();
    assert_eq!(settings.max_duration, Span::from_secs(600));
    assert_eq!(settings.max_pods, 5);
}

#[test]
fn what_is_wrong_is_refused_rather_than_left_out() {
    let wrong = read(&[("maxDuration", "600"), ("maxPods", "0"), ("maxpods", "5")]).unwrap_err();
    let expected = [
        "maxDuration: \"600\" has no unit; write \"600s\" or \"600ms\"",
        "maxPods: \"0\" is not a number above 0",
        "maxpods: is not a setting; there are maxDuration and maxPods",
    ];
    assert_eq!(wrong, expected);
    let wrong = read(&[("maxDuration", "25h")]).unwrap_err();
    let line = "maxDuration: \"25h\" is not allowed; write more than 0s and at most 24h";
    assert_eq!(wrong, [line]);
}
