//! Arguments as types of the application.

use std::collections::BTreeMap;
use std::fmt::Debug;

use bytes::Bytes;
use fanfare_socketio::limits::JSON_DEPTH_MAX;
use fanfare_socketio::{Data, Json, Value};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::decoder::json;

fn bytes(data: &[u8]) -> Bytes {
    Bytes::copy_from_slice(data)
}

fn data(text: &str) -> Data {
    Data::new(json(text), Vec::new()).unwrap()
}

/// Three attachments, whatever the text says of them.
fn unchecked(text: &str) -> Data {
    let attachment = Value::Binary(Bytes::new());
    Data::of(&[Value::Json(json(text)), Value::Array(vec![attachment; 3])])
}

/// What a value is written as, and that the same is read from it.
fn check<T>(value: &T, text: &str, attachments: &[&[u8]])
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let data = Data::write(value).unwrap();
    assert_eq!(data.json().as_str(), text, "{value:?}");
    assert_eq!(data.attachments(), attachments, "{value:?}");
    assert_eq!(&data.read::<T>().unwrap(), value, "{text}");
}

fn read_fails<T: DeserializeOwned + Debug>(data: &Data, expected: &str) {
    let error = data.read::<T>().unwrap_err();
    assert_eq!(error.to_string(), expected, "{}", data.json());
}

fn write_fails<T: Serialize + Debug>(value: &T, expected: &str) {
    let error = Data::write(value).unwrap_err();
    assert_eq!(error.to_string(), expected, "{value:?}");
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct File {
    name: String,
    content: Bytes,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Both(u8, File);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped((u8, Bytes));

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Name(String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Nothing;

/// Everything that serde tells apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tree {
    Bytes(Bytes),
    Float(f64),
    List(Vec<Self>),
    Map(BTreeMap<String, Self>),
    Named {
        left: Box<Self>,
        right: Option<Box<Self>>,
    },
    Numbered(BTreeMap<i32, Self>),
    Pair(Box<Self>, (Box<Self>, u64)),
    Text(String),
    Unit,
    Wrapped(Name),
}

#[test]
fn a_tuple_is_the_list_of_arguments() {
    check(
        &(String::from("a"), 1.5, true, ()),
        r#"["a",1.5,true,null]"#,
        &[],
    );
    check(&(vec![1, 2],), "[[1,2]]", &[]);
    check(&[1, 2], "[1,2]", &[]);
    let file = File {
        name: "a".into(),
        content: bytes(&[1]),
    };
    let text = r#"[7,{"name":"a","content":{"_placeholder":true,"num":0}}]"#;
    check(&Both(7, file.clone()), text, &[&[1]]);
    check(&(7_u8, file), text, &[&[1]]);
    check(
        &Wrapped((7, bytes(&[1]))),
        r#"[7,{"_placeholder":true,"num":0}]"#,
        &[&[1]],
    );
}

#[test]
fn a_unit_is_no_argument() {
    check(&(), "[]", &[]);
    check(&Nothing, "[]", &[]);
    data("[1,2]").read::<()>().unwrap();
}

#[test]
fn everything_else_is_one_argument() {
    check(&1, "[1]", &[]);
    check(&vec![1, 2], "[[1,2]]", &[]);
    check(&String::from("a\n"), r#"["a\n"]"#, &[]);
    check(&Name("a".into()), r#"["a"]"#, &[]);
    check(&None::<u8>, "[null]", &[]);
    check(&Some((1, 2)), "[[1,2]]", &[]);
    check(&BTreeMap::from([(1, 'a')]), r#"[{"1":"a"}]"#, &[]);
    check(&Tree::Unit, r#"["Unit"]"#, &[]);
    check(
        &bytes(&[1, 2]),
        r#"[{"_placeholder":true,"num":0}]"#,
        &[&[1, 2]],
    );
    check(&serde_json::json!({"a": [1, {}]}), r#"[{"a":[1,{}]}]"#, &[]);
    let pair = Tree::Pair(
        Box::new(Tree::Unit),
        (Box::new(Tree::Bytes(bytes(&[1]))), 2),
    );
    let text = r#"[{"Pair":["Unit",[{"Bytes":{"_placeholder":true,"num":0}},2]]}]"#;
    check(&pair, text, &[&[1]]);
}

#[test]
fn missing_arguments_are_null_and_more_do_not_matter() {
    let one = data("[1]");
    assert_eq!(
        one.read::<(u8, Option<u8>, Option<Bytes>)>().unwrap(),
        (1, None, None)
    );
    assert_eq!(one.read::<(u8, ())>().unwrap(), (1, ()));
    assert_eq!(data("[]").read::<Option<u8>>().unwrap(), None);
    let none = data("[]").read::<serde_json::Value>().unwrap();
    assert_eq!(none, serde_json::Value::Null);
    assert_eq!(
        data(" [ 1 , [2] , 3 ] ").read::<(u8, [u8; 1])>().unwrap(),
        (1, [2])
    );
    assert_eq!(data("[1,2]").read::<u8>().unwrap(), 1);
}

#[test]
fn placeholders_are_read_as_javascript_reads_them() {
    let attachments = vec![bytes(&[0]), bytes(&[1])];
    for (text, expected) in [
        (r#"[{"num":1,"_placeholder":true}]"#, 1),
        (r#"[{"_placeholder":true,"num":1.0}]"#, 1),
        (r#"[{"_placeholder":true,"num":0,"num":1e0}]"#, 1),
        (
            r#"[{"_placeholder":false,"num":-0,"a":[{}],"\u005fplaceholder":true}]"#,
            0,
        ),
    ] {
        let data = Data::new(json(text), attachments.clone()).unwrap();
        assert_eq!(data.read::<Bytes>().unwrap(), [expected][..], "{text}");
        assert_eq!(
            data.values().unwrap(),
            [Value::Binary(bytes(&[expected]))],
            "{text}"
        );
    }
}

#[test]
fn text_stays_text_for_raw_values() {
    let text = r#"[ {"b":1.0, "a":1e400} ,[2]]"#;
    let (first, second) = data(text).read::<(Box<RawValue>, Box<RawValue>)>().unwrap();
    assert_eq!(first.get(), r#"{"b":1.0, "a":1e400}"#);
    assert_eq!(
        data(text).read::<Box<RawValue>>().unwrap().get(),
        first.get()
    );
    let written = Data::write(&(&first, &second)).unwrap();
    assert_eq!(written.json().as_str(), r#"[{"b":1.0, "a":1e400},[2]]"#);
    assert_eq!(Data::write(&second).unwrap().json().as_str(), "[[2]]");
}

#[test]
fn two_places_may_share_an_attachment() {
    let text = r#"[{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]"#;
    let data = Data::new(json(text), vec![bytes(&[1])]).unwrap();
    assert_eq!(
        data.read::<(Bytes, Bytes)>().unwrap(),
        (bytes(&[1]), bytes(&[1]))
    );
}

#[test]
fn bytes_may_come_as_text_or_numbers_too() {
    assert_eq!(
        data(r#"["a",[1,2]]"#).read::<(Bytes, Bytes)>().unwrap(),
        (bytes(b"a"), bytes(&[1, 2]))
    );
}

#[test]
fn hostile_placeholders_are_errors() {
    for text in [
        r#"{"_placeholder":true}"#,
        r#"{"_placeholder":true,"num":3}"#,
        r#"{"_placeholder":true,"num":-1}"#,
        r#"{"_placeholder":true,"num":1.5}"#,
        r#"{"_placeholder":true,"num":18446744073709551615}"#,
        r#"{"_placeholder":true,"num":18446744073709551616}"#,
        r#"{"_placeholder":true,"num":"0"}"#,
        r#"{"_placeholder":true,"num":null}"#,
        r#"{"_placeholder":true,"num":[0]}"#,
        r#"{"_placeholder":true,"num":{"a":[0]}}"#,
        r#"{"_placeholder":true,"num":0,"num":false}"#,
    ] {
        let error = unchecked(text).read::<Bytes>().unwrap_err().to_string();
        assert!(
            error.starts_with("argument 1: placeholder without an attachment"),
            "{text}: {error}"
        );
    }
    // A number that is none here, though JavaScript reads it as infinite.
    read_fails::<Bytes>(
        &unchecked(r#"{"_placeholder":true,"num":1e400}"#),
        "argument 1: number out of range at line 1 column 32",
    );
    let expected = "argument 1: invalid type: map, expected byte array at line 1 column 26";
    read_fails::<Bytes>(&unchecked(r#"{"_placeholder":1,"num":0}"#), expected);
}

#[test]
fn without_attachments_nothing_is_a_placeholder() {
    let lookalike = data(r#"[{"_placeholder":true,"num":0}]"#);
    assert!(lookalike.read::<Bytes>().is_err());
    let read = lookalike.read::<serde_json::Value>().unwrap();
    assert_eq!(read, serde_json::json!({"_placeholder": true, "num": 0}));
}

#[test]
fn errors_name_the_argument_and_what_was_expected() {
    read_fails::<u8>(
        &data(r#"["a"]"#),
        r#"argument 1: invalid type: string "a", expected u8 at line 1 column 3"#,
    );
    read_fails::<(u8, Vec<u8>)>(
        &data("[1,[2,300]]"),
        "argument 2: invalid value: integer `300`, expected u8 at line 1 column 6",
    );
    read_fails::<(u8, String)>(
        &data("[1]"),
        "argument 2 is missing: invalid type: null, expected a string",
    );
    read_fails::<File>(
        &data(r#"[{"name":"a"}]"#),
        "argument 1: missing field `content` at line 1 column 12",
    );
}

#[test]
fn what_cannot_be_written_is_told() {
    let key = "key must be a string";
    write_fails(
        &(1, BTreeMap::from([(vec![1], 2)])),
        &format!("argument 2: {key}"),
    );
    write_fails(
        &BTreeMap::from([(Some(bytes(&[1])), 2)]),
        &format!("argument 1: {key}"),
    );
    let deep = (0..JSON_DEPTH_MAX).fold(Tree::Unit, |tree, _| Tree::List(vec![tree]));
    write_fails(&deep, &format!("nested deeper than {JSON_DEPTH_MAX}"));
    let lookalike = serde_json::json!({"_placeholder": true, "num": 1});
    Data::write(&(&lookalike,)).unwrap();
    write_fails(
        &(lookalike, bytes(&[1])),
        "an object with `_placeholder` cannot go with bytes: receivers take it for one",
    );
}

#[test]
fn names_are_put_before_arguments_and_taken_away() {
    let check = |arguments: &str, event: &str| {
        let with = data(arguments).with_first("a\"b");
        assert_eq!(with.json().as_str(), event);
        let inside = arguments.trim().trim_start_matches('[').trim();
        assert_eq!(with.without_first().json().as_str(), format!("[{inside}"));
    };
    check("[]", r#"["a\"b"]"#);
    check(" [ ] ", r#"["a\"b"]"#);
    check("[1.0]", r#"["a\"b",1.0]"#);
    check(
        r#"[ 1e400, "],[" ,{"a":[ ]}]"#,
        r#"["a\"b",1e400, "],[" ,{"a":[ ]}]"#,
    );
    assert_eq!(
        data(" [ [ 1 ] , 2 ] ").without_first().json().as_str(),
        "[ 2 ] "
    );
    assert_eq!(data("[1,[2]]").without_first().json().as_str(), "[[2]]");
    assert_eq!(data("[]").without_first().json().as_str(), "[]");
}

#[test]
fn attachments_keep_their_numbers() {
    let data = Data::write(&(bytes(&[1]), bytes(&[2]))).unwrap();
    let rest = data.without_first();
    assert_eq!(rest.json().as_str(), r#"[{"_placeholder":true,"num":1}]"#);
    assert_eq!(rest.read::<Bytes>().unwrap(), bytes(&[2]));
    let event = data.with_first("a");
    assert_eq!(event.attachments(), data.attachments());
    assert_eq!(event.without_first(), data);
}

#[test]
fn a_string_is_put_behind_the_arguments() {
    let check = |before: &str, after: &str| {
        let mut data = data(before);
        data.push_last("a\"b");
        assert_eq!(data.json().as_str(), after);
    };
    check("[]", r#"["a\"b"]"#);
    check(" [ ] ", r#"["a\"b"]"#);
    check("[\"n\",0]", r#"["n",0,"a\"b"]"#);
    check("[[ ] ] ", r#"[[ ],"a\"b"]"#);
}

fn leaf() -> BoxedStrategy<Tree> {
    prop_oneof![
        any::<i32>().prop_map(|it| Tree::Float(f64::from(it) / 8.0)),
        any::<String>().prop_map(Tree::Text),
        any::<String>().prop_map(|it| Tree::Wrapped(Name(it))),
        Just(Tree::Unit),
    ]
    .boxed()
}

fn leaf_with_bytes() -> BoxedStrategy<Tree> {
    let bytes = prop::collection::vec(any::<u8>(), 0..8);
    prop_oneof![leaf(), bytes.prop_map(|it| Tree::Bytes(it.into()))].boxed()
}

fn tree(leaf: BoxedStrategy<Tree>) -> impl Strategy<Value = Tree> {
    leaf.prop_recursive(5, 32, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let maybe = prop::option::of(boxed.clone());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::List),
            prop::collection::btree_map(any::<String>(), inner.clone(), 0..4).prop_map(Tree::Map),
            prop::collection::btree_map(any::<i32>(), inner, 0..4).prop_map(Tree::Numbered),
            (boxed.clone(), boxed.clone(), any::<u64>())
                .prop_map(|(left, right, number)| Tree::Pair(left, (right, number))),
            (boxed, maybe).prop_map(|(left, right)| Tree::Named { left, right }),
        ]
    })
}

proptest! {
    #[test]
    fn values_come_back(trees in prop::collection::vec(tree(leaf_with_bytes()), 1..4), last in tree(leaf_with_bytes())) {
        let data = Data::write(&(&trees, &last)).unwrap();
        prop_assert_eq!(data.read::<(Vec<Tree>, Tree)>().unwrap(), (trees.clone(), last));
        prop_assert_eq!(&data.read::<Vec<Tree>>().unwrap(), &trees);
        let single = Data::write(&trees).unwrap();
        prop_assert_eq!(single.read::<Vec<Tree>>().unwrap(), trees);
        // Written as from values, and a receiver of values finds every attachment in its place.
        let values = single.values().unwrap();
        prop_assert_eq!(Data::of(&values), single);
    }

    #[test]
    fn without_bytes_the_text_is_that_of_serde_json(tree in tree(leaf()), number in any::<f64>()) {
        let list = (&tree, number);
        let data = Data::write(&list).unwrap();
        prop_assert_eq!(data.json().as_str(), serde_json::to_string(&list).unwrap());
        let data = Data::write(&tree).unwrap();
        prop_assert_eq!(data.json().as_str(), serde_json::to_string(&[&tree]).unwrap());
        prop_assert_eq!(Json::write(&tree).unwrap(), Json::write(&data.read::<Tree>().unwrap()).unwrap());
    }

    /// Whatever a packet carries, reading gives a value or an error.
    #[test]
    fn hostile_arguments_are_read_or_refused(
        text in r#"\{("_placeholder":(true|false|1|\{\}|\[1e400\]),|"num":(0|1|2|9|1\.0|-1|-0|"0"|1e99|99999999999999999999),|"a":\[\{\}\],){0,4}"b":0\}"#,
    ) {
        let data = unchecked(&text);
        let is_placeholder = matches!(data.values().as_deref(), Ok([Value::Binary(_), ..]));
        let read = data.read::<Bytes>();
        prop_assert_eq!(read.is_ok(), is_placeholder, "{}: {:?}", text, read);
        let _ = data.read::<(Tree, Tree)>();
        let _ = data.read::<serde_json::Value>();
    }

    #[test]
    fn names_come_and_go(tree in tree(leaf_with_bytes()), name in any::<String>()) {
        let data = Data::write(&(&tree, 1)).unwrap();
        let event = data.with_first(&name);
        prop_assert_eq!(&event.without_first(), &data);
        prop_assert_eq!(&event.read::<(String, Tree, u8)>().unwrap(), &(name.clone(), tree, 1));
        let mut pushed = data;
        pushed.push_last(&name);
        prop_assert_eq!(pushed.read::<((), u8, String)>().is_err(), true);
        prop_assert_eq!(pushed.read::<(serde::de::IgnoredAny, u8, String)>().unwrap().2, name);
    }
}
