//! The schema that editors use names exactly the keys that loading accepts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::SCHEMA;
use super::super::file::File;

/// Where each table of the schema lies, and a file in which that table holds a key nobody knows.
const TABLES: [(&str, &str); 13] = [
    ("", "nobody = 1"),
    ("/properties/meta", "[meta]\nnobody = 1"),
    ("/properties/prices", "[prices]\nnobody = 1"),
    ("/properties/places", "[places]\nnobody = 1"),
    ("/properties/words", "[words]\nnobody = 1"),
    ("/properties/signals", "[signals]\nnobody = 1"),
    ("/properties/same", "[same]\nnobody = 1"),
    ("/properties/intent/items", "[[intent]]\nnobody = 1"),
    ("/properties/aside/items", "[[aside]]\nnobody = 1"),
    ("/properties/day/items", "[[day]]\nnobody = 1"),
    ("/properties/danger/items", "[[danger]]\nnobody = 1"),
    ("/properties/diagnosis/items", "[[diagnosis]]\nnobody = 1"),
    ("/properties/callers", "[callers]\nnobody = 1"),
];

#[test]
fn the_schema_names_the_keys_that_loading_knows() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();

    for (place, text) in TABLES {
        let refused = toml::from_str::<File>(text).unwrap_err().to_string();
        let known = schema.pointer(place).and_then(|it| it["properties"].as_object()).unwrap();
        let known: BTreeSet<&str> = known.keys().map(String::as_str).collect();

        let told = refused.split(", expected").nth(1).unwrap_or_else(|| panic!("{refused}"));
        let loaded: BTreeSet<&str> = told.split('`').skip(1).step_by(2).collect();
        assert_eq!(known, loaded, "{place}");
    }
}
