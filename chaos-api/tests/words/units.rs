//! Units survive being written and read, and a wrong one names its fix.

use chaos_api::{Percent, PortRange, Span};
use proptest::prelude::*;

fn percent(text: &str) -> Result<Percent, String> {
    text.parse()
        .map_err(|error: chaos_api::PercentError| error.to_string())
}

fn span(text: &str) -> Result<Span, String> {
    text.parse()
        .map_err(|error: chaos_api::SpanError| error.to_string())
}

fn ports(text: &str) -> Result<PortRange, String> {
    text.parse()
        .map_err(|error: chaos_api::PortRangeError| error.to_string())
}

proptest! {
    #[test]
    fn a_percentage_survives_being_written(parts in 0_u32..=100_000_000) {
        let text = format!("{}.{:06}%", parts / 1_000_000, parts % 1_000_000);
        let share = percent(&text).unwrap();
        prop_assert_eq!(percent(&share.to_string()), Ok(share));
        let exact = f64::from(parts) / 1e8 * 4_294_967_296.0;
        #[expect(clippy::cast_precision_loss, reason = "2^32 fits an f64 exactly")]
        let threshold = share.threshold() as f64;
        prop_assert!((threshold - exact).abs() <= 0.5);
    }

    #[test]
    fn a_span_survives_being_written(nanos: u64, shift in 0_u32..64) {
        let length = Span::from_nanos(nanos >> shift);
        prop_assert_eq!(span(&length.to_string()), Ok(length));
        let json = serde_json::to_string(&length).unwrap();
        prop_assert_eq!(serde_json::from_str::<Span>(&json).unwrap(), length);
    }

    #[test]
    fn a_port_range_survives_being_written(one in 1_u16.., other in 1_u16..) {
        let range = PortRange::new(one.min(other), one.max(other)).unwrap();
        prop_assert_eq!(ports(&range.to_string()), Ok(range));
    }

    #[test]
    fn no_text_makes_a_unit_panic(text in "[0-9.%hmsuµn-]{0,12}|.{0,12}") {
        let _ = (percent(&text), span(&text), ports(&text), PortRange::list(&text));
    }
}

#[test]
fn a_percentage_becomes_the_nearest_threshold() {
    assert_eq!(percent("100%").unwrap().threshold(), 1 << 32);
    assert_eq!(percent("50%").unwrap().threshold(), 1 << 31);
    assert_eq!(percent("12.5%").unwrap().threshold(), 1 << 29);
    assert_eq!(percent("0%").unwrap().threshold(), 0);
    assert_eq!(percent("0.000001%").unwrap().threshold(), 43);
    assert_eq!(percent("12.50%").unwrap().to_string(), "12.5%");
}

#[test]
fn a_wrong_percentage_names_its_fix() {
    let line = |text| percent(text).unwrap_err();
    assert_eq!(line("0.5"), r#""0.5" is ambiguous; write "0.5%" or "50%""#);
    assert_eq!(line("50"), r#""50" is ambiguous; write "50%""#);
    assert_eq!(line("1"), r#""1" is ambiguous; write "1%" or "100%""#);
    assert_eq!(line("100.1%"), r#""100.1%" is over 100%; write 0% to 100%"#);
    let fine = r#""0.0000001%" is too fine; write at most 6 decimals, as in "0.000001%""#;
    assert_eq!(line("0.0000001%"), fine);
    for text in ["", "%", "half", "-1%", "1e1%", ".5%", "5.%", "5 %", "+5%"] {
        let expected = format!(r#""{text}" is not a percentage; write it as in "12.5%""#);
        assert_eq!(line(text), expected);
    }
}

#[test]
fn a_span_is_a_number_whatever_its_text() {
    let nanos = |text| span(text).unwrap().as_nanos();
    assert_eq!(nanos("0.5ms"), 500_000);
    assert_eq!(nanos("1.5s"), 1_500_000_000);
    assert_eq!(nanos("2h45m"), 9_900_000_000_000);
    assert_eq!(nanos("1500ms"), nanos("1.5s"));
    assert_eq!(nanos("10us"), nanos("10µs"));
    assert_eq!(nanos("0s"), 0);
    assert!(span("9s") < span("10s"));
    assert_eq!(span("9900s").unwrap().to_string(), "2h45m");
    assert_eq!(span("3600.25s").unwrap().to_string(), "1h0.25s");
    assert_eq!(span("0.5ms").unwrap().to_string(), "500us");
}

#[test]
fn a_wrong_span_names_its_fix() {
    let line = |text| span(text).unwrap_err();
    assert_eq!(line("30"), r#""30" has no unit; write "30s" or "30ms""#);
    assert_eq!(
        line("-5s"),
        r#""-5s" is negative; write a length of time, as in "30s""#
    );
    assert_eq!(line("0.5ns"), r#""0.5ns" is finer than 1ns"#);
    assert_eq!(
        line("9999999h"),
        r#""9999999h" is too long to count in nanoseconds"#
    );
    for text in ["", "s", "5 s", "5d", "1s5", "1..5s", ".5s", "soon", "1S"] {
        let start = format!(r#""{text}" is not a duration; write it as in "30s""#);
        assert!(line(text).starts_with(&start), "{}", line(text));
    }
}

#[test]
fn a_wrong_port_names_its_fix() {
    let line = |text| ports(text).unwrap_err();
    assert_eq!(line("0"), r#""0" has port 0; ports are 1 to 65535"#);
    assert_eq!(line("0-80"), r#""0-80" has port 0; ports are 1 to 65535"#);
    assert_eq!(
        line("6230-6222"),
        r#""6230-6222" is reversed; write "6222-6230""#
    );
    for text in ["", "-", "80-", "http", "65536", "80-90-100", "+80"] {
        let start = format!(r#""{text}" is not a port or a range; write it as in "4222""#);
        assert!(line(text).starts_with(&start), "{}", line(text));
    }
}

#[test]
fn a_port_in_a_file_may_be_a_number_but_a_percentage_may_not() {
    assert_eq!(
        serde_json::from_str::<PortRange>("80").unwrap(),
        ports("80").unwrap()
    );
    let error = serde_json::from_str::<Percent>("0.5")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(r#""0.5" is ambiguous; write "0.5%" or "50%""#),
        "{error}"
    );
}
