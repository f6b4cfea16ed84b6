//! The objects of an installation, in the order in which one needs the other.

use anyhow::{Context, Result};
use kube::api::DynamicObject;
use serde_json::Value;

/// The objects, as `kubectl apply -f` takes them too.
const TEXT: &str = include_str!("../../../../deploy/netfault.yaml");

/// The kinds that others need first.
const FIRST: [&str; 3] = ["Namespace", "CustomResourceDefinition", "ServiceAccount"];

/// The kinds that need all others.
const LAST: [&str; 2] = ["DaemonSet", "Deployment"];

/// How our own images are named.
const OWN_IMAGE: &str = "netfault.dev/netfault:";

/// The objects, with another image where one is given.
pub(super) fn objects(image: Option<&str>) -> Result<Vec<DynamicObject>> {
    let documents: Vec<Option<Value>> =
        serde_saphyr::from_multiple(TEXT).context("the built-in objects")?;
    let mut objects = Vec::new();
    for mut document in documents.into_iter().flatten() {
        if let Some(image) = image {
            set_image(&mut document, image);
        }
        objects.push(serde_json::from_value(document).context("the built-in objects")?);
    }
    objects.sort_by_key(|object| rank(kind(object)));
    Ok(objects)
}

/// The kind of an object.
pub(super) fn kind(object: &DynamicObject) -> &str {
    object
        .types
        .as_ref()
        .map_or("", |types| types.kind.as_str())
}

/// An object's kind and name, as a user reads it.
pub(super) fn title(object: &DynamicObject) -> String {
    let name = object.metadata.name.as_deref().unwrap_or_default();
    format!("{} {name}", kind(object))
}

fn rank(kind: &str) -> usize {
    let first = FIRST.iter().position(|one| *one == kind);
    let last = LAST.iter().position(|one| *one == kind);
    first.unwrap_or_else(|| FIRST.len() + last.map_or(0, |last| last + 1))
}

fn set_image(document: &mut Value, image: &str) {
    for list in ["containers", "initContainers"] {
        let list = document.pointer_mut(&format!("/spec/template/spec/{list}"));
        for container in list.and_then(Value::as_array_mut).into_iter().flatten() {
            let own = container["image"].as_str();
            if own.is_some_and(|own| own.starts_with(OWN_IMAGE)) {
                container["image"] = image.into();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_objects_come_in_the_order_in_which_one_needs_the_other() {
        let objects = objects(None).unwrap();
        let ranks: Vec<_> = objects.iter().map(|object| rank(kind(object))).collect();
        assert!(ranks.is_sorted(), "{ranks:?}");
        let definitions = objects
            .iter()
            .filter(|one| kind(one) == "CustomResourceDefinition");
        assert_eq!(definitions.count(), 4);
    }

    #[test]
    fn another_image_is_set_in_our_own_containers_only() {
        let mut document = serde_json::json!({"spec": {"template": {"spec": {"containers": [
            {"image": "netfault.dev/netfault:v0.1.0"}, {"image": "example.org/other:v1"}]}}}});
        set_image(&mut document, "example.org/netfault:v2");
        let containers = &document["spec"]["template"]["spec"]["containers"];
        assert_eq!(containers[0]["image"], "example.org/netfault:v2");
        assert_eq!(containers[1]["image"], "example.org/other:v1");
    }
}
