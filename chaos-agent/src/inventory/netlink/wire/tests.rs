//! Messages as the kernel sends them, byte by byte.

use super::*;

fn message(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + payload.len()).unwrap();
    let mut bytes = Vec::from(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn outcome(bytes: &[u8]) -> Result<Option<Vec<u8>>, NetlinkError> {
    let message = messages(bytes).next().unwrap().unwrap();
    Ok(match step("routes", 7, &message)? {
        Step::Item(payload) => Some(payload.to_vec()),
        Step::Skip | Step::End => None,
    })
}

#[test]
fn messages_of_odd_length_are_told_apart() {
    let bytes = [message(20, 0, 7, b"abcde"), message(20, 0, 7, b"xy")].concat();
    let found: Vec<_> = messages(&bytes)
        .map(|m| m.unwrap().payload().to_vec())
        .collect();
    assert_eq!(found, [b"abcde".to_vec(), b"xy".to_vec()]);
}

#[test]
fn a_message_that_is_cut_off_is_an_error_and_the_last() {
    let bytes = message(20, 0, 7, b"abcdefgh");
    let mut found = messages(&bytes[..20]);
    assert!(found.next().unwrap().is_err());
    assert!(found.next().is_none());
}

#[test]
fn answers_to_another_question_are_skipped() {
    assert_eq!(
        outcome(&message(20, 0, 7, b"mine")).unwrap(),
        Some(b"mine".to_vec())
    );
    assert_eq!(outcome(&message(20, 0, 6, b"late")).unwrap(), None);
}

#[test]
fn the_kernels_error_is_kept_in_done_and_in_error() {
    for kind in [NLMSG_ERROR, NLMSG_DONE] {
        let error = outcome(&message(kind, 0, 7, &(-2_i32).to_ne_bytes())).unwrap_err();
        assert!(error.is_not_found(), "{error:?}");
        assert_eq!(error.to_string(), "the kernel refuses to tell routes");
        assert!(
            outcome(&message(kind, 0, 7, &0_i32.to_ne_bytes()))
                .unwrap()
                .is_none()
        );
    }
}
