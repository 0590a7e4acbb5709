//! What a page gets that asks for the client.

use http::Request;
use http_body_util::{BodyExt as _, Empty};
use tower_service::Service as _;

use super::*;
use crate::engine::{Cors, Origins};
use crate::{Builder, SocketIo};

type Fields = &'static [(&'static str, &'static str)];

fn fields(fields: Fields) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn get(name: &str, request: Fields) -> Response<Bytes> {
    answer(&Method::GET, name, &fields(request)).unwrap()
}

fn field(response: &Response<Bytes>, name: &str) -> String {
    let value = response.headers().get(name);
    value.map_or("", |it| it.to_str().unwrap()).to_owned()
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut plain).unwrap();
    plain
}

#[test]
fn every_file_is_whole_of_this_version_and_says_what_it_is() {
    assert_eq!(TAG, format!("\"{VERSION}\""));
    let banner = format!("/*!\n * Socket.IO v{VERSION}\n");
    for file in &FILES {
        let response = get(file.name, &[]);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(field(&response, "etag"), TAG);
        assert_eq!(field(&response, "cache-control"), "public, max-age=0");
        assert_eq!(
            field(&response, "content-length"),
            response.body().len().to_string()
        );
        let is_script = response.body().starts_with(banner.as_bytes());
        let is_map = response.body().starts_with(b"{\"version\":3,");
        match file.name.strip_suffix(".map") {
            Some(_) => {
                assert!(is_map, "{}", file.name);
                assert_eq!(
                    field(&response, "content-type"),
                    "application/json; charset=utf-8"
                );
            }
            None => {
                assert!(is_script, "{}", file.name);
                assert_eq!(
                    field(&response, "content-type"),
                    "application/javascript; charset=utf-8"
                );
                let end = format!("//# sourceMappingURL={}.map", file.name);
                assert!(response.body().trim_ascii_end().ends_with(end.as_bytes()));
            }
        }
    }
}

#[test]
fn who_accepts_gzip_gets_it_and_the_same_file() {
    fn check(accepted: Fields, is_packed: bool) {
        let response = get("socket.io.min.js", accepted);
        let coding = field(&response, "content-encoding");
        assert_eq!(coding == "gzip", is_packed, "{accepted:?}");
        assert_eq!(field(&response, "vary"), "accept-encoding");
        let plain = match is_packed {
            true => unpacked(response.body()),
            false => response.body().to_vec(),
        };
        assert_eq!(plain, get("socket.io.min.js", &[]).body()[..]);
    }
    check(&[("accept-encoding", "gzip, deflate, br")], true);
    check(
        &[("accept-encoding", "br"), ("accept-encoding", "GZIP;q=0.1")],
        true,
    );
    check(&[("accept-encoding", "*")], true);
    check(&[("accept-encoding", "gzip;q=0")], false);
    check(&[("accept-encoding", "br, deflate")], false);
    check(&[("accept-encoding", "")], false);
}

#[test]
fn who_has_this_version_gets_no_second_one() {
    fn check(known: &[&str], is_known: bool) {
        let mut request = HeaderMap::new();
        for known in known {
            let known = known.replace("THIS", TAG);
            request.append(IF_NONE_MATCH, known.try_into().unwrap());
        }
        let response = answer(&Method::GET, "socket.io.js", &request).unwrap();
        let status = response.status();
        assert_eq!(status == StatusCode::NOT_MODIFIED, is_known, "{known:?}");
        assert_eq!(response.body().is_empty(), is_known);
        assert_eq!(field(&response, "etag"), TAG);
    }
    check(&["THIS"], true);
    check(&["W/THIS"], true);
    check(&["\"4.8.3\" ,W/THIS"], true);
    check(&["\"a\"", "THIS"], true);
    check(&["*"], true);
    check(&["\"4.8.3\""], false);
    check(&[VERSION], false);
    check(&["w/THIS"], false);
}

#[test]
fn any_method_gets_the_file_but_head_only_its_length() {
    let whole = get("socket.io.js", &[]);
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let response = answer(&method, "socket.io.js", &HeaderMap::new()).unwrap();
        assert_eq!(response.body(), whole.body());
    }
    let head = answer(&Method::HEAD, "socket.io.js", &HeaderMap::new()).unwrap();
    assert_eq!(head.headers(), whole.headers());
    assert!(head.body().is_empty());
}

#[test]
fn only_the_names_of_files_are_files() {
    let others = [
        "",
        "/socket.io.js",
        "socket.io.js/",
        "socket.io.js.gz",
        "Socket.IO.js",
        "socket.io.msgpack.js",
        "../client-dist/socket.io.js",
        "LICENSE",
    ];
    for name in others {
        assert!(
            answer(&Method::GET, name, &HeaderMap::new()).is_none(),
            "{name}"
        );
    }
}

/// Asks a whole server.
async fn ask(builder: Builder, method: Method, target: &str) -> Response<Bytes> {
    let (_layer, io) = builder.build();
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().unwrap();
    let Ok(response) = io.service().call(request).await;
    let (head, body) = response.into_parts();
    let Ok(body) = body.collect().await;
    Response::from_parts(head, body.to_bytes())
}

#[tokio::test]
async fn a_server_serves_the_client_below_its_mount_whatever_the_query() {
    let served = ask(
        SocketIo::builder().path("/a/b/"),
        Method::GET,
        "/a/b/socket.io.esm.min.js?v=1&EIO=4&transport=polling",
    )
    .await;
    assert_eq!(served.body(), get("socket.io.esm.min.js", &[]).body());
    assert_eq!(field(&served, "access-control-allow-origin"), "");
}

#[tokio::test]
async fn an_unknown_name_is_a_request_of_engine_io() {
    async fn check(builder: Builder, target: &str) {
        let response = ask(builder, Method::GET, target).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let expected = r#"{"code":0,"message":"Transport unknown"}"#;
        assert_eq!(response.body(), expected);
    }
    check(SocketIo::builder(), "/socket.io/socket.io.slim.js").await;
    let without = SocketIo::builder().serve_client(false);
    check(without, "/socket.io/socket.io.js").await;
    let again = SocketIo::builder().serve_client(false).serve_client(true);
    let response = ask(again, Method::GET, "/socket.io/socket.io.js").await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn pages_of_other_origins_may_load_it_as_the_mount_allows() {
    let open = || {
        SocketIo::builder().cors(Cors {
            origins: Origins::Any,
            credentials: false,
            guards_sockets: false,
        })
    };
    let served = ask(open(), Method::GET, "/socket.io/socket.io.js").await;
    assert_eq!(field(&served, "access-control-allow-origin"), "*");
    let preflight = ask(open(), Method::OPTIONS, "/socket.io/socket.io.js").await;
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
}
