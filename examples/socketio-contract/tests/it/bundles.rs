//! The browser's client, served by the contract.

use crate::http::{Http, get};
use crate::site::{packages, start};

#[test]
fn files_are_those_of_the_package() {
    let server = start();
    let folder = packages().join("node_modules/socket.io-client/dist");
    for name in [
        "socket.io.js",
        "socket.io.min.js",
        "socket.io.esm.min.js",
        "socket.io.msgpack.min.js",
    ] {
        for (name, kind) in [
            (name.to_owned(), "application/javascript; charset=utf-8"),
            (format!("{name}.map"), "application/json; charset=utf-8"),
        ] {
            let target = format!("/socket.io/{name}?v=1");
            let reply = get(server.address(), &target);
            assert_eq!(reply.status, 200, "{name}");
            assert_eq!(reply.field("content-type"), Some(kind), "{name}");
            assert_eq!(reply.field("cache-control"), Some("public, max-age=0"));
            let file = std::fs::read(folder.join(&name)).expect("a file of the package");
            assert!(reply.body == file, "{name} is another");

            let tag = reply.field("etag").expect("a tag");
            assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
            for tag in [tag.to_owned(), format!("W/{tag}")] {
                let mut http = Http::connect(server.address());
                http.begin("GET", &target, &format!("If-None-Match: {tag}\r\n"));
                let reply = http.reply();
                assert_eq!((reply.status, reply.body.len()), (304, 0), "{name} {tag}");
            }
        }
    }
}
